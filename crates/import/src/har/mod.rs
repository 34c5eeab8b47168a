//! A recording becomes a journey: pages are tasks, entries are steps.

mod choose;
mod correlate;
mod headers;
mod model;
mod pages;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use self::choose::{Chosen, Kept, choose};
use self::correlate::{Correlator, Found};
use self::request::{Part, Place, Request};
use crate::draft::{Draft, Step, is_token};
use crate::secrets::{Secrets, is_secret_name, is_secret_value};
use crate::{Format, ImportError, Imported, Options, json, json_error, write};

/// Values looked at in one answer.
const LEAVES: usize = 20_000;

/// A step, and what pages need to know of it.
struct Recorded<'a> {
    step: Step,
    kept: Kept<'a>,
    /// Steps whose answers it needs.
    needs: BTreeSet<usize>,
}

/// Makes a scenario of a recording.
pub(crate) fn import(text: &str, title: &str, options: &Options) -> Result<Imported, ImportError> {
    let file: model::File = serde_json::from_str(text).map_err(json_error)?;
    let log = file.log;
    let Chosen { kept, hosts, mut remarks } = choose(&log.entries, options);
    if kept.is_empty() {
        let why = if remarks.is_empty() { "the recording holds none".to_owned() } else { remarks.join("; ") };
        return Err(ImportError::NothingLeft(why));
    }
    let target =
        kept.iter().find(|kept| Some(&kept.url.authority) == hosts.first()).map(|kept| kept.url.origin());
    let further: BTreeMap<String, String> = kept
        .iter()
        .filter(|kept| Some(&kept.url.authority) != hosts.first())
        .map(|kept| (kept.url.authority.clone(), kept.url.origin()))
        .collect();
    let cookies = Cookies::of(&kept);
    let mut secrets = Secrets::default();
    let mut dropped: BTreeMap<String, usize> = BTreeMap::new();
    let recorded = steps(kept, &hosts, &cookies, &mut secrets, &mut dropped);
    let mut draft = Draft { name: title.to_owned(), cookies: cookies.are_kept(), ..Draft::default() };
    let creator: String = log.creator.name.chars().filter(|c| !c.is_control()).take(40).collect();
    let by = if creator.is_empty() { String::new() } else { format!(" by {creator}") };
    draft.comments.push(format!("Imported from a recording{by}. To run it:"));
    draft.comments.push(format!("swarmlab load {} --scenario FILE", target.as_deref().unwrap_or("URL")));
    cookies.tell(&mut draft.comments, &mut remarks);
    if let Some(text) = cookies.unsendable() {
        remarks.push(text);
    }
    if !dropped.is_empty() {
        let names: Vec<String> = dropped.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        draft.comments.push(format!("Headers that are not brought over: {}.", names.join(", ")));
    }
    pages::arrange(recorded, &log.pages, &mut draft);
    let table = secrets.table();
    if table.is_some() {
        let names: Vec<&str> = secrets.names().collect();
        let text = format!(
            "secrets are not brought over: {} become columns of {}, which needs the real values",
            names.join(", "),
            options.secrets_file
        );
        draft.comments.push(format!("{}.", upper_first(&text)));
        remarks.push(text);
    }
    let asks = draft
        .on_start
        .iter()
        .chain(&draft.tasks)
        .flat_map(|task| &task.steps)
        .filter(|s| !s.comments.is_empty());
    match asks.count() {
        0 => {}
        count => remarks.push(format!("{count} of the steps have a comment that asks for a look")),
    }
    let steps = draft.count();
    if steps == 0 {
        return Err(ImportError::NothingLeft(
            "the recording does not hold the bodies of its requests".to_owned(),
        ));
    }
    let scenario = write::scenario(&draft, table.as_ref().map(|_| options.secrets_file.as_str()));
    let targets = further.into_iter().collect();
    Ok(Imported { format: Format::Har, scenario, secrets: table, steps, target, targets, remarks })
}

/// All steps in their order.
fn steps<'a>(
    kept: Vec<Kept<'a>>,
    hosts: &[String],
    cookies: &Cookies,
    secrets: &mut Secrets,
    dropped: &mut BTreeMap<String, usize>,
) -> Vec<Recorded<'a>> {
    let mut correlator = Correlator::default();
    let mut names: Vec<String> = Vec::new();
    let mut found: Vec<(Recorded<'a>, Vec<String>)> = Vec::new();
    for (index, kept) in kept.into_iter().enumerate() {
        let (sent, answer) = (&kept.entry.request, &kept.entry.response);
        let request = Request::new(&kept.url, &sent.headers, sent.post_data.as_ref(), sent.body_size);
        let mut comments = request.comments.clone();
        let mut variables: Vec<(Place, String)> = Vec::new();
        let mut from_answers = Vec::new();
        for part in request.parts() {
            match correlator.look(&part, kept.start_ms, &names) {
                Found::Variable(name) => {
                    from_answers.push(name.clone());
                    variables.push((part.place, name));
                }
                Found::Perhaps(_) | Found::Own if is_secret(&part) => {
                    let name = secrets.variable(&part.name, &part.value);
                    variables.push((part.place, name));
                }
                Found::Perhaps(text) => comments.push(text),
                Found::Own => {}
            }
        }
        for name in &request.dropped {
            *dropped.entry(name.clone()).or_default() += 1;
        }
        let mut written = request.written(&variables);
        if let Some(value) = cookies.header(&sent.headers, secrets) {
            written.headers.push(("cookie".to_owned(), value));
        }
        let method = sent.method.to_ascii_uppercase();
        let status = answer.status as u16;
        if status >= 400 {
            comments.push(format!("this was answered with {status} in the recording"));
        }
        // Without the headers that ask whether something has changed the whole of it is sent.
        let expect = if status == 304 { Vec::new() } else { vec![status.to_string()] };
        let is_off = request.lacks_body.is_some();
        if let Some(why) = request.lacks_body {
            comments.push(format!("not sent: {why}"));
        }
        let step = Step {
            comments,
            is_off,
            name: format!("{method} {}", written.shown),
            target: hosts.iter().skip(1).find(|host| **host == kept.url.authority).cloned(),
            method,
            path: written.path,
            headers: written.headers,
            body: written.body,
            expect,
            extract: Vec::new(),
        };
        names.push(step.name.clone());
        // What is not sent answers nothing.
        if !is_off {
            listen(&mut correlator, index, &kept);
        }
        found.push((Recorded { step, kept, needs: BTreeSet::new() }, from_answers));
    }
    let mut gives: BTreeMap<String, usize> = BTreeMap::new();
    for link in correlator.links() {
        gives.insert(link.variable.clone(), link.step);
        if let Some((recorded, _)) = found.get_mut(link.step) {
            recorded.step.extract.push((link.variable, link.from));
        }
    }
    for (recorded, from_answers) in &mut found {
        recorded.needs = from_answers.iter().filter_map(|name| gives.get(name).copied()).collect();
    }
    found.into_iter().map(|(recorded, _)| recorded).collect()
}

/// Takes in what an answer gives.
fn listen(correlator: &mut Correlator, index: usize, kept: &Kept<'_>) {
    let answer = &kept.entry.response;
    let noun =
        kept.url.path.rsplit('/').find(|s| !s.is_empty() && s.bytes().any(|b| b.is_ascii_alphabetic()));
    if answer.content.is_json()
        && let Some(leaves) = answer.content.body().and_then(|body| json::leaves(&body, LEAVES))
    {
        correlator.answered(index, kept.end_ms, &leaves, noun.unwrap_or("value"));
    }
    for header in &answer.headers {
        let is_name = is_token(&header.name);
        if is_name && is_secret_name(&header.name) && !header.name.eq_ignore_ascii_case("set-cookie") {
            correlator.answered_header(index, kept.end_ms, &header.name, &header.value);
        }
    }
}

fn is_secret(part: &Part) -> bool {
    let is_named = !matches!(part.place, Place::Path(_)) && is_secret_name(&part.name);
    (is_named && !part.value.is_empty()) || is_secret_value(&part.value)
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the recording does with cookies.
struct Cookies {
    set: BTreeSet<String>,
    sent: BTreeSet<String>,
}

impl Cookies {
    fn of(kept: &[Kept<'_>]) -> Self {
        let names = |text: &str| text.to_owned();
        let set =
            kept.iter().flat_map(|k| headers::set_cookies(&k.entry.response.headers).map(names)).collect();
        let sent =
            kept.iter().flat_map(|k| headers::cookies(&k.entry.request.headers).map(|(name, _)| names(name)));
        Self { set, sent: sent.collect() }
    }

    /// Whether users keep what answers set; else they send what the browser had before.
    fn are_kept(&self) -> bool {
        !self.set.is_empty()
    }

    /// The header for cookies that no answer sets.
    fn header(&self, headers: &[model::Pair], secrets: &mut Secrets) -> Option<String> {
        if self.are_kept() {
            return None;
        }
        let pairs = headers::cookies(headers).filter(|(name, _)| Self::is_name(name));
        let pairs: Vec<String> = pairs
            .map(|(name, value)| {
                format!("{name}={{{{{}}}}}", secrets.variable(&format!("cookie_{name}"), value))
            })
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn is_name(name: &str) -> bool {
        !name.is_empty() && !name.contains('{') && name.bytes().all(|b| b.is_ascii_graphic())
    }

    /// What to say of cookies whose names cannot be written.
    fn unsendable(&self) -> Option<String> {
        let count = self.sent.iter().filter(|name| !Self::is_name(name)).count();
        let is_some = count > 0 && !self.are_kept();
        is_some.then(|| format!("{count} left out: cookies whose names cannot be sent"))
    }

    fn tell(&self, comments: &mut Vec<String>, remarks: &mut Vec<String>) {
        if !self.are_kept() {
            return;
        }
        comments.push("Users keep the cookies that answers set (`cookies: true`).".to_owned());
        let before: Vec<&str> = self.sent.difference(&self.set).map(String::as_str).collect();
        if !before.is_empty() {
            remarks.push(format!(
                "the browser had cookies from before the recording, which are left out: {}; record from a fresh window if \
                 they matter",
                before.join(", ")
            ));
        }
    }
}
