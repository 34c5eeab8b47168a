//! `swarmlab explain [CODE]`

use clap::Args;
use console::Style;
use serde_json::{Value, json};
use swarmlab_codes::{self as codes, Code, Level};
use swarmlab_intervals::ErrorKind;
use swarmlab_yaml::nearest;

use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each error and warning carries a code: error[E204-unknown-service]. Its page says what it means, shows an example that \
makes it, and what to do. docs/errors.md holds all pages. Requests that fail are counted by names without a number: \
check_failed.

Examples:
  swarmlab explain E204               one page; 204 and unknown-service name it as well
  swarmlab explain check_failed       how a request ended
  swarmlab explain                    all codes, and all names of failed requests
  swarmlab explain --json | jq -r '.codes[].code'

Exit codes: 0 done, 2 there is no such code.")]
pub struct ExplainArgs {
    /// Number or name of an error or warning, e.g. E204, 204, unknown-service; or name of a failed request, e.g. timeout
    code: Option<String>,
    /// All pages as one Markdown document: docs/errors.md
    #[arg(long, conflicts_with_all = ["code", "json"])]
    markdown: bool,
}

/// Prints one page, or the list.
pub fn main(args: &ExplainArgs, global: &Global) -> Exit {
    if args.markdown {
        output::line(&codes::markdown().trim_end());
        return Exit::Success;
    }
    let Some(wanted) = &args.code else {
        let listed: Vec<Value> = codes::all().map(value).collect();
        let rows: Vec<Vec<String>> =
            codes::all().map(|c| [c.short(), c.name(), c.title()].map(str::to_owned).to_vec()).collect();
        let mut table = output::table(&["code", "name", "what"], &rows);
        let kinds: Vec<Value> = ErrorKind::ALL.into_iter().map(of_request).collect();
        let rows: Vec<Vec<String>> = ErrorKind::ALL
            .into_iter()
            .map(|kind| [kind.name(), kind.stage(), kind.means()].map(str::to_owned).to_vec())
            .collect();
        table.push('\n');
        table.push_str(&output::table(&["failed request", "how far", "what"], &rows));
        let event = json!({"event": "codes", "codes": listed, "requests": kinds});
        output::say(global.json, &event, table.trim_end());
        return Exit::Success;
    };
    if let Some(kind) = request(wanted) {
        let mut told = of_request(kind);
        told["event"] = "explained".into();
        output::say(global.json, &told, &styled(&request_page(kind)));
        return Exit::Success;
    }
    match codes::find(wanted) {
        Some(code) => {
            let mut told = value(code);
            told["event"] = "explained".into();
            output::say(global.json, &told, &styled(&code.page()));
            Exit::Success
        }
        None => {
            let help = near(wanted).map_or_else(
                || "`swarmlab explain` lists all codes".to_owned(),
                |name| format!("did you mean `{name}`? `swarmlab explain` lists all codes"),
            );
            let error = format!("no error or warning is called `{wanted}`");
            output::fail(&error, Some(&help), global.json, codes::UNKNOWN_CODE)
        }
    }
}

fn value(code: Code) -> Value {
    let level = match code.level() {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    json!({
        "code": code.id(), "number": code.number(), "name": code.name(), "level": level,
        "room": code.room().title(), "title": code.title(), "means": code.means(), "example": code.example(),
        "advice": code.advice(), "exit": code.exit(),
    })
}

/// The failed requests that a word names, `-` for `_` as well.
fn request(word: &str) -> Option<ErrorKind> {
    ErrorKind::named(&word.trim().to_ascii_lowercase().replace('-', "_"))
}

fn of_request(kind: ErrorKind) -> Value {
    json!({"name": kind.name(), "stage": kind.stage(), "means": kind.means(), "advice": kind.advice()})
}

/// What there is to say of a name of failed requests.
fn request_page(kind: ErrorKind) -> String {
    format!(
        "{kind}: a request that failed ({})\n\n{}.\n\nWhat to do\n  Look at {}.\n\ndocs/reference.md, Names of errors, has all.",
        kind.stage(),
        capital(kind.means()),
        kind.advice()
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Headings bold, where standard output is a terminal and colours are wanted.
fn styled(page: &str) -> String {
    let bold = Style::new().bold();
    let lines = page.lines().enumerate().map(|(i, line)| {
        let heading = i == 0 || line == "Example" || line == "What to do";
        if heading { bold.apply_to(line).to_string() } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The code that was probably meant: the nearest number, else the most similar name.
fn near(wanted: &str) -> Option<&'static str> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let digits = wanted.trim_start_matches(['e', 'w']);
    if let Ok(number) = digits.parse::<u16>() {
        return codes::all().min_by_key(|code| code.number().abs_diff(number)).map(Code::id);
    }
    let names = codes::all().flat_map(|code| [code.name(), code.id()]);
    let names: Vec<&str> = names.chain(ErrorKind::ALL.map(ErrorKind::name)).collect();
    let name = nearest(&wanted, names)?;
    codes::find(name).map(Code::id).or_else(|| ErrorKind::named(name).map(ErrorKind::name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant() {
        let unknown_service = Some(codes::UNKNOWN_SERVICE.id());
        assert_eq!(near("unknown-servcie"), unknown_service);
        assert_eq!(near("E205"), unknown_service);
        assert_eq!(near("e204-unknown-servic"), unknown_service);
        assert_eq!(near("chek_failed"), Some("check_failed"));
        assert_eq!(near("something else entirely"), None);
    }
}
