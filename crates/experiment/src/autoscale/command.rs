//! `command`: a controller of your own, `{ kind: command, command: [python3, mine.py, '0.6'], answer_within: 1s }`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_yaml::{MapReader, Value};

use super::Place;

/// A child process that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program: found, so that it can be started from any folder.
    pub program: PathBuf,
    /// Its arguments, as they stand in the file.
    pub arguments: Vec<String>,
    /// Where it is started: the folder of the file, so that arguments may name files beside it.
    pub folder: PathBuf,
    /// Answers that take longer count as none.
    pub answer_within: Duration,
}

pub fn command(map: &MapReader<'_>, place: &Place<'_>) -> Option<Command> {
    let words = map.required("command", |v| {
        let words = v.list(Value::string)?;
        let Some((first, arguments)) = words.split_first() else {
            v.fail(codes::BAD_VALUE, format!("{} is empty", v.path()), "a program and its arguments");
            return None;
        };
        Some((program(v, first, place.base)?, arguments.to_vec()))
    });
    let standard = Duration::from_secs(1).min(place.every);
    let answer_within = map.or("answer_within", standard, |v| {
        let within = v.positive_duration()?;
        if within > place.every {
            let message = format!("{} is longer than the time between decisions", v.path());
            v.fail(codes::BAD_VALUE, message, format!("at most {} s", place.every.as_secs_f64()));
            return None;
        }
        Some(within)
    });
    let (program, arguments) = words?;
    Some(Command { program, arguments, folder: place.base.to_owned(), answer_within })
}

/// The program: with a slash a file, relative to this one; else one of the `PATH`.
fn program(value: &Value<'_>, name: &str, base: &Path) -> Option<PathBuf> {
    let looked: Vec<PathBuf> = if name.contains('/') {
        vec![base.join(name)]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).collect()
    };
    if let Some(found) = looked.iter().find(|p| p.is_file()) {
        return Some(std::path::absolute(found).unwrap_or_else(|_| found.clone()));
    }
    let place = if name.contains('/') {
        format!("looked for {}", base.join(name).display())
    } else {
        "looked in the folders of `PATH`; a program beside this file is `./NAME`".to_owned()
    };
    let finding = value.error(codes::NO_CONTROLLER_PROGRAM, format!("there is no program `{name}`"));
    value.cx().push(finding.expected("a program that can be started").help(place));
    None
}
