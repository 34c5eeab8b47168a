//! `swarmlab explain [CODE]`

use clap::Args;
use console::Style;
use serde_json::{Value, json};
use swarmlab_codes::{self as codes, Code, Level};
use swarmlab_yaml::nearest;

use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each error and warning carries a code: error[E204-unknown-service]. Its page says what it means, shows an example that \
makes it, and what to do. docs/errors.md holds all pages.

Examples:
  swarmlab explain E204               one page; 204 and unknown-service name it as well
  swarmlab explain                    all codes
  swarmlab explain --json | jq -r '.codes[].code'

Exit codes: 0 done, 2 there is no such code.")]
pub struct ExplainArgs {
    /// Number or name of an error or warning, e.g. E204, 204, unknown-service
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
        let table = output::table(&["code", "name", "what"], &rows);
        output::say(global.json, &json!({"event": "codes", "codes": listed}), table.trim_end());
        return Exit::Success;
    };
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
                |code| format!("did you mean `{code}`? `swarmlab explain` lists all codes"),
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
fn near(wanted: &str) -> Option<Code> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let digits = wanted.trim_start_matches(['e', 'w']);
    if let Ok(number) = digits.parse::<u16>() {
        return codes::all().min_by_key(|code| code.number().abs_diff(number));
    }
    let names: Vec<&str> = codes::all().flat_map(|code| [code.name(), code.id()]).collect();
    nearest(&wanted, names).and_then(codes::find)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant() {
        assert_eq!(near("unknown-servcie"), Some(codes::UNKNOWN_SERVICE));
        assert_eq!(near("E205"), Some(codes::UNKNOWN_SERVICE));
        assert_eq!(near("e204-unknown-servic"), Some(codes::UNKNOWN_SERVICE));
        assert_eq!(near("something else entirely"), None);
    }
}
