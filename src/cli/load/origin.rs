//! What decided a load, for its folder: the command line, the files that it named, and the machine that it ran on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use swarmlab_lab::machine;

use super::args::LoadArgs;
use super::plan::without_user;
use crate::load::files::Made;

/// Of this load, begun by the command line `words` (without the program's name).
pub fn of(args: &LoadArgs, words: impl Iterator<Item = String>) -> Made {
    let yaml: Vec<PathBuf> = args.scenario.iter().chain(&args.shape).cloned().collect();
    let beside = yaml.first().map_or(Path::new(""), PathBuf::as_path);
    let mut provenance: BTreeMap<String, String> = machine::describe(beside);
    provenance.insert("command".to_owned(), command(words));
    // A key or a certificate is no text of the load, and stays where it is.
    Made { provenance, yaml, others: args.body_file.iter().cloned().collect() }
}

/// As a line for a shell. Whoever reads the folder later sees what was asked for, and no secret.
fn command(words: impl Iterator<Item = String>) -> String {
    let words = words.map(|word| {
        let word = swarmlab_loadgen::without_secrets(word.as_bytes());
        // A password may hold a slash, which only whoever takes URLs apart knows.
        let word = if word.contains("://") { without_user(&word) } else { word };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=,%@+-".contains(c);
        let is_safe = !word.is_empty() && word.chars().all(is_plain);
        if is_safe { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    });
    ["swarmlab".to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[&str]) -> String {
        command(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_command_can_be_pasted_and_holds_no_secret() {
        assert_eq!(told(&["load", "http://h/a?b=c", "-r", "5"]), "swarmlab load 'http://h/a?b=c' -r 5");
        assert_eq!(told(&["load", "it's", ""]), r"swarmlab load 'it'\''s' ''");
        for (words, kept) in [
            (&["-H", "Authorization: Bearer open-sesame"][..], "Authorization: ***"),
            (&["-HX-Api-Key: open-sesame"], "X-Api-Key: ***"),
            (&["--target", "r=redis://me:open-sesame@h:6379"], "***@h:6379"),
            (&["redis://me:open/sesame@h"], "***@h"),
            (&["--body", r#"{"user":"me","password":"open-sesame"}"#], r#""user":"me""#),
        ] {
            let said = told(words);
            assert!(!said.contains("sesame") && said.contains(kept), "{said}");
        }
    }
}
