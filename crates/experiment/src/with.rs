//! `KEY=VALUE`: a key of the experiment that the command line sets, whatever stands in the file.

use swarmlab_codes as codes;
use swarmlab_yaml::{Diagnostic, Document, Node, Span, patch};

/// A key of the experiment and the value that it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct With {
    /// Where it stands, as findings print it: `load.shape`, `autoscale.web.max`, `actions[0].at`.
    pub key: String,
    /// The value, YAML on one line; files are relative to the experiment's.
    pub text: String,
    /// The same, read.
    pub value: Node,
}

impl With {
    /// Reads `KEY=VALUE`.
    ///
    /// # Errors
    /// What it is instead, and what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let example = "expected KEY=VALUE, e.g. load.shape=other.yml or slo.p95=200ms";
        let (key, value) = text.split_once('=').ok_or(example)?;
        let (given, value) = (key.trim(), value.trim());
        let Some(key) = patch::canonical(given) else {
            let given: String = given.chars().take(100).collect();
            return Err(format!("`{given}` is no key of an experiment: {example}"));
        };
        // By name alone it is seen which of them are secrets, and must not be written down.
        if patch::is_within(&key, "variables") {
            let set = match key.strip_prefix("variables.") {
                Some(variable) => format!("{variable}={value}"),
                None => "NAME=VALUE".to_owned(),
            };
            return Err(format!("variables are set by their names: `--set {set}`"));
        }
        let refused = match key.as_str() {
            "seed" => Some("the seed has an option of its own: --seed"),
            "name" | "stack" => Some("it says which experiment this is: change the file"),
            _ => None,
        };
        if let Some(why) = refused {
            return Err(format!("`{key}` cannot be set so: {why}"));
        }
        if value.contains('\n') {
            return Err(format!("the value of `{key}` has more than one line: {example}"));
        }
        let read = swarmlab_yaml::load(value, "VALUE");
        let value_read = read.map_err(|findings| {
            let first = findings.iter().next().map_or_else(String::new, |d| d.message.clone());
            format!("the value of `{key}` cannot be read: {first}")
        })?;
        Ok(Self { key, text: value.to_owned(), value: value_read.root })
    }

    /// As it stood on the command line.
    pub fn word(&self) -> String {
        format!("--with {}={}", self.key, self.text)
    }
}

/// Puts what the command line sets into a document; what cannot be put in is a finding each.
pub(crate) fn put(document: &mut Document, with: &[With]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for one in with {
        if let Err(e) = patch::put(&mut document.root, &one.key, &one.value) {
            let message = format!("`{}`: {e}", one.word());
            let finding =
                Diagnostic::error(codes::BAD_VALUE, &document.file, &document.text, Span::START, message);
            out.push(finding.help("keys of an experiment: docs/reference.md"));
        }
    }
    out
}

/// Says of findings about what the command line set that it did: the line that is shown with them has something else.
pub(crate) fn tell(findings: Vec<Diagnostic>, file: &str, with: &[With]) -> Vec<Diagnostic> {
    let about = |d: &Diagnostic| {
        // Of a key that nobody knows nothing below is looked at.
        let inside = |w: &&With| {
            patch::is_within(&d.path, &w.key)
                || d.code == codes::UNKNOWN_KEY && patch::is_within(&w.key, &d.path)
        };
        (d.file == file).then(|| with.iter().rev().find(inside)).flatten()
    };
    let told = |d: Diagnostic| match about(&d) {
        Some(one) => {
            let message = format!("{} (set by `{}`)", d.message, one.word());
            Diagnostic { message, ..d }
        }
        None => d,
    };
    findings.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Overrides;

    fn read(with: &[&str], seed: Option<u64>) -> Result<crate::Experiment, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", "services:\n  web: { image: nginx, hostname: \"${HOST:-a}\" }\n");
        write("shape.yml", "shape: constant\nlevel: 2\nduration: 30s\n");
        write("steep.yml", "shape: constant\nlevel: 9\nduration: 30s\n");
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write(
            "experiment.yml",
            "name: a\nstack: stack.yml\ntarget: { service: web, port: 80 }\n\
             load: { model: open, shape: shape.yml, scenario: scenario.yml }\n",
        );
        let with = with.iter().map(|text| With::parse(text).unwrap()).collect();
        let overrides = Overrides { with, seed, ..Overrides::default() };
        let read = crate::read_with(&folder.path().join("experiment.yml"), &|_| None, &overrides);
        read.map(|loaded| loaded.experiment).map_err(|e| e.to_string())
    }

    #[test]
    fn keys_of_the_file_are_replaced_and_missing_ones_added() {
        let plain = read(&[], None).unwrap();
        assert_eq!((plain.load.shape.value_at(1.0), plain.seed, plain.slo.is_none()), (2.0, 42, true));
        let with = ["load.shape=steep.yml", "slo={ p95: 250ms }", "slo.error_rate=2%", "measure.bin = 2s"];
        let changed = read(&with, Some(7)).unwrap();
        let slo = changed.slo.unwrap();
        assert_eq!((changed.load.shape.value_at(1.0), changed.seed, slo.error_rate), (9.0, 7, Some(0.02)));
        assert_eq!(changed.measure.bin.as_secs(), 2);
        assert_eq!(changed.overrides[..2], ["--with load.shape=steep.yml", "--with slo={ p95: 250ms }"]);
        assert_eq!(changed.overrides.last().unwrap(), "--seed 7");
        assert_eq!(changed.text, plain.text, "the text is the file's; what was changed stands beside it");
    }

    #[test]
    fn what_is_wrong_with_a_set_key_is_told_as_set() {
        for (with, words) in [
            ("load.shap=steep.yml", "unknown key `shap` in load (set by `--with load.shap=steep.yml`)"),
            ("load.shape=none.yml", "none.yml cannot be read"),
            ("load.model=opn", "load.model cannot be `opn` (set by `--with load.model=opn`)"),
            ("load.model.x=1", "`load.model` is a string and has nothing in it"),
            ("lod.model=open", "unknown key `lod` in the file (set by `--with lod.model=open`)"),
        ] {
            let said = read(&[with], None).unwrap_err();
            assert!(said.contains(words), "{with}: {said}");
        }
    }

    #[test]
    fn what_is_no_key_and_value_is_refused() {
        for (text, words) in [
            ("load.shape", "expected KEY=VALUE"),
            ("load..shape=x", "no key of an experiment"),
            ("variables.HOST=x", "--set HOST=x"),
            ("variables={ DB_PASSWORD: x }", "--set NAME=VALUE"),
            ("\"variables\".DB_PASSWORD=x", "--set DB_PASSWORD=x"),
            ("seed=4", "--seed"),
            ("\"seed\"=4", "--seed"),
            ("name=x", "change the file"),
            ("slo={", "cannot be read"),
            ("slo=", "cannot be read"),
        ] {
            assert!(With::parse(text).unwrap_err().contains(words), "{text}");
        }
        let deep = format!("{}=1", ["a"; 60_000].join("."));
        assert!(With::parse(&deep).unwrap_err().contains("no key of an experiment"));
    }
}
