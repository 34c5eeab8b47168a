//! Catalogue files to types, with everything that is wrong at once.

mod labels;
mod metric;

use swarmlab_codes as codes;
use swarmlab_yaml::{Cx, Diagnostics, Kind, MapReader, Value, nearest};

use crate::builtin;
use crate::row::{Catalogue, Labels, Role, Row};

/// Answers what a file extends.
pub type Bases<'a> = dyn Fn(&str) -> Option<Catalogue> + 'a;

/// Reads a catalogue from its text; `file` is its name in findings.
///
/// # Errors
/// All findings.
pub fn parse(text: &str, file: &str) -> Result<Catalogue, Diagnostics> {
    one(text, file, &builtin::named)
}

pub(crate) fn one(text: &str, file: &str, bases: &Bases<'_>) -> Result<Catalogue, Diagnostics> {
    let document = swarmlab_yaml::load(text, file)?;
    let cx = Cx::new(&document);
    let read = element(&cx.root(), bases);
    cx.finish(read).map(|(catalogue, _)| catalogue)
}

fn element(root: &Value<'_>, bases: &Bases<'_>) -> Option<Catalogue> {
    let map = root.mapping()?;
    map.known_prefix("x-");
    let name = map.required("name", |v| word(v, "-"));
    let base = map.optional("extends", |v| extended(v, bases));
    let about = map.optional("about", Value::string);
    let role = match &base {
        Some(base) => Some(map.or("role", base.role, |v| v.enum_of(&Role::WORDS))),
        // A base that is wrong was told already.
        None if map.key("extends").is_some() => map.optional("role", |v| v.enum_of(&Role::WORDS)),
        None => map.required("role", |v| v.enum_of(&Role::WORDS)),
    };
    let labels = labels::read(&map);
    let rows = rows(&map, map.key("extends").is_some());
    map.finish();
    let (mut rows, mut labels, role, name) = (rows?, labels, role?, name?);
    let mut inherited = String::new();
    if let Some(base) = base {
        inherited = base.about;
        labels = over(labels, base.labels);
        let own: Vec<_> = rows.iter().map(|r| r.selector.clone()).collect();
        rows.extend(base.rows.into_iter().filter(|r| !own.contains(&r.selector)));
    }
    if role == Role::Proxy && !rows.iter().any(|r| r.proof) {
        let finding = root.cx().error(
            codes::NO_PROOF_METRIC,
            map.key("role").map_or(root.span(), |k| k.span),
            "a proxy must have a metric that proves that requests go through it",
        );
        let help = "write `proof: true` in the row of the counter of requests from clients";
        root.cx().push(finding.at("role").help(help));
        return None;
    }
    Some(Catalogue { name, about: about.unwrap_or(inherited), role, labels, rows })
}

/// The catalogue that a file extends.
fn extended(value: &Value<'_>, bases: &Bases<'_>) -> Option<Catalogue> {
    let name = value.name()?;
    if let Some(base) = bases(&name) {
        return Some(base);
    }
    let known: Vec<&str> = builtin::FILES.iter().map(|(known, _)| *known).collect();
    let mut finding = value
        .error(codes::UNKNOWN_CATALOGUE, format!("there is no catalogue `{name}` to extend"))
        .expected(format!("one of {}", known.join(", ")));
    if let Some(near) = nearest(&name, known) {
        finding = finding.help(format!("did you mean `{near}`?"));
    }
    value.cx().push(finding);
    None
}

/// The rows of `metrics`, none of which means what another one means.
fn rows(map: &MapReader<'_>, may_be_absent: bool) -> Option<Vec<Row>> {
    let read = |v: &Value<'_>| {
        let items = v.items()?;
        if items.is_empty() {
            v.fail(codes::NO_METRICS, format!("{} is empty", v.path()), "at least one metric");
            return None;
        }
        let rows: Vec<Option<Row>> = items.iter().map(metric::read).collect();
        for (i, row) in rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let before = rows[..i].iter().flatten().find(|r| r.selector.overlaps(&row.selector));
            if let Some(before) = before {
                let place = items[i].node().get("metric").map_or(items[i].span(), |n| n.span);
                let message =
                    format!("`{}` means series that `{}` means already", row.selector, before.selector);
                let finding = v.cx().error(codes::METRIC_TWICE, place, message).at(items[i].path());
                v.cx().push(finding.help("remove one, or tell them apart by a label: name{label=\"value\"}"));
            }
        }
        rows.into_iter().collect()
    };
    if may_be_absent { Some(map.or("metrics", Vec::new(), read)) } else { map.required("metrics", read) }
}

/// What a file says of labels, and what it leaves to the one that it extends.
fn over(own: Labels, base: Labels) -> Labels {
    let mut only = base.only;
    only.extend(own.only);
    Labels {
        service: own.service.or(base.service),
        task: own.task.or(base.task),
        node: own.node.or(base.node),
        edge: own.edge.or(base.edge),
        class: own.class.or(base.class),
        keep: own.keep.or(base.keep),
        only,
        interval_s: own.interval_s.or(base.interval_s),
    }
}

/// A word that may become part of a column's name: lower-case letters, digits, `_` and what else is allowed here.
fn word(value: &Value<'_>, also: &str) -> Option<String> {
    let word = value.string()?;
    if is_word(&word, also) {
        return Some(word);
    }
    let expected = match also {
        "" => "lower-case letters, digits and `_`, a letter first".to_owned(),
        also => format!("lower-case letters, digits, `_` and `{also}`, a letter first"),
    };
    value.fail(codes::NOT_A_WORD, format!("{} cannot be `{word}`", value.path()), expected);
    None
}

/// Whether it is a word that may become part of a column's name, at most 60 characters; `also` may be in it too.
pub fn is_word(word: &str, also: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || also.contains(c);
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.len() <= 60 && word.chars().all(fits)
}

/// Whether a value is a plain text and not a mapping or a list.
fn is_plain(value: &Value<'_>) -> bool {
    !matches!(value.node().kind, Kind::Mapping(_) | Kind::Sequence(_))
}
