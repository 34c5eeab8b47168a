//! `swarmlab open RUN`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_record::folder::RunFolder;

use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `open`.
#[derive(Debug, Args)]
#[command(after_help = "\
Opens with $BROWSER (commands separated by colons, of which the first that starts is taken; in each the words behind the first \
are arguments, and %s stands for the address, which else comes last), or with xdg-open; where there is neither (or no display), the path is printed alone.

Example:
  swarmlab open results/quickstart-20261121T154233Z")]
pub struct OpenArgs {
    /// Folder of a run
    folder: PathBuf,
}

/// Opens the report.
pub fn main(args: &OpenArgs, global: &Global) -> Exit {
    let report = RunFolder::open(&args.folder).report();
    let report = match report.canonicalize() {
        Ok(report) => report,
        Err(e) => {
            let why = format!("{}: {e}", report.display());
            let folder = args.folder.display();
            let is_run = |folder: &Path| RunFolder::open(folder).manifest().exists();
            let around = args.folder.parent().filter(|around| is_run(around));
            let (help, code) = match around {
                _ if is_run(&args.folder) => (format!("`swarmlab report {folder}` writes it"), codes::NO_SUMMARY),
                Some(around) => (
                    format!("this is a file of a run: `swarmlab open {}`", around.display()),
                    codes::NO_MANIFEST,
                ),
                None if args.folder.is_dir() => (
                    format!(
                        "{folder} is no folder of a run, which has a manifest.json: `swarmlab list {folder}` shows those in it"
                    ),
                    codes::NO_MANIFEST,
                ),
                None => (
                    "give the folder of a run, as `swarmlab list` shows them; scenarios and shapes have no report".to_owned(),
                    codes::NO_MANIFEST,
                ),
            };
            return output::fail(&why, Some(&help), global.json, code);
        }
    };
    let opened = browsers().iter().any(|browser| start(browser, &report));
    let value =
        serde_json::json!({"event": "report", "report": report.display().to_string(), "opened": opened});
    output::say(global.json, &value, &report.display().to_string());
    Exit::Success
}

/// Programs to try, in this order: those of `$BROWSER`, separated by colons; `xdg-open` where there is a display to show it on.
fn browsers() -> Vec<OsString> {
    let named = std::env::var_os("BROWSER").filter(|b| !b.is_empty());
    if let Some(named) = named {
        return named.to_string_lossy().split(':').filter(|b| !b.is_empty()).map(OsString::from).collect();
    }
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|v| std::env::var_os(v).is_some_and(|d| !d.is_empty()));
    if display { vec![OsString::from("xdg-open")] } else { Vec::new() }
}

/// Whether it could be started: it is not waited for, and outlives this command.
fn start(browser: &OsString, report: &Path) -> bool {
    let quiet = Stdio::null;
    let Some((program, arguments)) = command(browser, report) else { return false };
    Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().is_ok()
}

/// Program and arguments of a command as `xdg-open` reads it: words, `%s` for the address, which else comes last.
fn command(browser: &OsString, report: &Path) -> Option<(OsString, Vec<OsString>)> {
    let Some(text) = browser.to_str() else { return Some((browser.clone(), vec![report.into()])) };
    let mut words = text.split_whitespace();
    let program = words.next()?.into();
    let mut is_named = false;
    let mut arguments: Vec<OsString> = Vec::new();
    for word in words {
        let mut argument = OsString::new();
        for (n, part) in word.split("%s").enumerate() {
            if n > 0 {
                argument.push(report);
                is_named = true;
            }
            argument.push(part);
        }
        arguments.push(argument);
    }
    if !is_named {
        arguments.push(report.into());
    }
    Some((program, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_may_have_arguments_and_say_where_the_address_stands() {
        let report = Path::new("/a b/report.html");
        let told = |text: &str| {
            let (program, arguments) = command(&OsString::from(text), report)?;
            let words: Vec<String> =
                [program].into_iter().chain(arguments).map(|w| w.to_string_lossy().into_owned()).collect();
            Some(words.join("|"))
        };
        assert_eq!(told("firefox").as_deref(), Some("firefox|/a b/report.html"));
        assert_eq!(told("firefox --new-window").as_deref(), Some("firefox|--new-window|/a b/report.html"));
        assert_eq!(
            told("chromium --app=file://%s -x").as_deref(),
            Some("chromium|--app=file:///a b/report.html|-x")
        );
        assert_eq!(told(" "), None);
    }
}
