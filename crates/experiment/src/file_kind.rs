//! What kind of file it is, by the keys at its top: one that is given in place of another is told as what it is, with the
//! command that takes it, instead of with a finding for each key.

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_yaml::{Diagnostic, Diagnostics, Span, Value};

use super::load::parse;

/// So many keys of a file that is nothing known are named.
const FEW_KEYS: usize = 5;

/// Kinds of files that people have beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// What `run` takes.
    Experiment,
    /// What `campaign` takes.
    Campaign,
    /// What users do.
    Scenario,
    /// Load over time.
    Shape,
    /// What `replay` takes.
    Controllers,
    /// What `up` takes: Compose.
    Stack,
    /// What `simulate` takes; one that names services alone looks like a stack.
    Simulation,
    /// What metrics mean.
    Catalogue,
    /// A recording of a browser.
    Recording,
    /// OpenAPI or Swagger.
    Api,
    /// A file that a run wrote.
    OfRun,
}

impl FileKind {
    /// The kind of a text, by the names of the keys at its top; `None`: no kind that is known.
    pub fn of(text: &str) -> Option<Self> {
        let keys = top_keys(text);
        let has = |key: &str| keys.iter().any(|k| k == key);
        let all = [
            (
                Self::Recording,
                has("log") && text.trim_start_matches('\u{feff}').trim_start().starts_with('{'),
            ),
            (Self::Api, has("openapi") || has("swagger")),
            (Self::OfRun, has("headline") && has("verdicts") || has("started_unix_s") && has("topology")),
            (Self::Campaign, has("axes") && has("experiment")),
            (Self::Shape, has("shape") && !has("load")),
            // With a stack it is an experiment that has a key too many.
            (
                Self::Simulation,
                has("services") && !has("stack") && (has("load") || has("entry") || has("observed_after")),
            ),
            (Self::Experiment, has("load")),
            (Self::Controllers, has("autoscale")),
            (Self::Stack, has("services")),
            (Self::Scenario, has("steps") || has("tasks") || has("classes")),
            (Self::Catalogue, has("metrics")),
        ];
        all.into_iter().find_map(|(kind, is)| is.then_some(kind))
    }

    /// The kind of a file; `None` also where it cannot be read.
    pub fn of_file(path: &Path) -> Option<Self> {
        Self::of(&std::fs::read_to_string(path).ok()?)
    }

    /// In words, with an article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Experiment => "an experiment",
            Self::Campaign => "a campaign",
            Self::Scenario => "a scenario",
            Self::Shape => "a load shape",
            Self::Controllers => "a controllers file",
            Self::Stack => "a stack file",
            Self::Simulation => "a model of `simulate`",
            Self::Catalogue => "a catalogue of metrics",
            Self::Recording => "a recording (HAR)",
            Self::Api => "the description of an API (OpenAPI, Swagger)",
            Self::OfRun => "a file of a run's folder",
        }
    }

    /// Which commands take a file of this kind, and what names one.
    pub fn taken_by(self, path: &str) -> String {
        match self {
            Self::Experiment => format!("`swarmlab run {path}` runs it"),
            Self::Campaign => {
                format!("`swarmlab campaign {path}` runs it, with --dry-run it checks all variants")
            }
            Self::Scenario => format!(
                "`swarmlab load URL --scenario {path}` sends it; an experiment names it as `load.scenario`"
            ),
            Self::Shape => format!(
                "`swarmlab shapes show {path}` draws it, `swarmlab load URL --shape {path}` sends it; an experiment names it as \
                 `load.shape`"
            ),
            Self::Controllers => format!("`swarmlab replay RUN --controllers {path}` asks them"),
            Self::Stack => format!("`swarmlab up {path}` deploys it; an experiment names it as `stack`"),
            Self::Simulation => {
                format!("`swarmlab simulate {path}` simulates it; an experiment names it as `simulation`")
            }
            Self::Catalogue => format!(
                "`swarmlab catalogues show {path}` shows it; an experiment names it in `measure.catalogues`"
            ),
            Self::Recording | Self::Api => {
                format!("`swarmlab scenario import {path} -o scenario.yml` makes a scenario of it")
            }
            Self::OfRun => "`swarmlab report FOLDER` reads the folder that it stands in".to_owned(),
        }
    }

    /// That a text is of this kind, or of none that is known.
    ///
    /// # Errors
    /// It is of another: what it is, and what takes it.
    pub fn expect(self, path: &Path, text: &str) -> Result<(), Diagnostics> {
        let shown = path.display().to_string();
        match Self::of(text) {
            Some(kind) if kind != self => {
                let message = format!("this is {}, not {}", kind.words(), self.words());
                let finding = Diagnostic::error(codes::WRONG_FILE, &shown, text, Span::START, message);
                Err(finding.expected(self.words()).help(kind.taken_by(&shown)).into())
            }
            _ => Ok(()),
        }
    }

    /// That a text is of no known kind and has none of this kind's keys.
    pub(super) fn nothing_of(self, path: &Path, text: &str) -> Diagnostic {
        let mut keys = top_keys(text);
        let more = keys.len().saturating_sub(FEW_KEYS);
        keys.truncate(FEW_KEYS);
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message =
            format!("this is not {}: none of its keys ({}{more}) is one", self.words(), keys.join(", "));
        let shown = path.display().to_string();
        let finding = Diagnostic::error(codes::WRONG_FILE, &shown, text, Span::START, message);
        let help = "`swarmlab check FILE` knows experiments, scenarios, load shapes, stacks, controllers, catalogues and models \
                    of `simulate` by their keys";
        finding.expected(self.words()).help(help)
    }

    /// As [`expect`](Self::expect), of a file; one that cannot be read is no finding of this one.
    ///
    /// # Errors
    /// As [`expect`](Self::expect).
    pub fn expect_file(self, path: &Path) -> Result<(), Diagnostics> {
        std::fs::read_to_string(path).map_or(Ok(()), |text| self.expect(path, &text))
    }

    /// Parses a text of this kind with a reader.
    pub(super) fn parse<T>(
        self,
        path: &Path,
        text: &str,
        read: impl FnOnce(&Value<'_>) -> Option<T>,
    ) -> Result<(T, Diagnostics), Diagnostics> {
        self.expect(path, text)?;
        parse(path, text, read)
    }
}

/// The keys at the top of a text: of a JSON object, or lines of a YAML block mapping that are not indented. Nothing else of it
/// is read: recordings are large, and files with mistakes have a kind as well.
fn top_keys(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return top_keys_of_json(text);
    }
    let key = |line: &str| {
        let (key, rest) = line.split_once(':')?;
        let key = key.trim_end().trim_matches(['"', '\'']);
        let is_word =
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        (is_word && (rest.is_empty() || rest.starts_with(char::is_whitespace))).then(|| key.to_owned())
    };
    text.lines().filter_map(key).collect()
}

/// The keys of the outermost object of a JSON text, which may be broken further down.
fn top_keys_of_json(text: &str) -> Vec<String> {
    let (mut keys, mut depth, mut begin, mut is_escaped) = (Vec::new(), 0_u32, None, false);
    for (at, byte) in text.bytes().enumerate() {
        match (begin, byte) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(from), b'"') => {
                if depth == 1 && text[at + 1..].trim_start().starts_with(':') {
                    keys.push(text[from..at].to_owned());
                }
                begin = None;
            }
            (Some(_), _) => {}
            (None, b'"') => begin = Some(at + 1),
            (None, b'{' | b'[') => depth = depth.saturating_add(1),
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn kinds_are_told_by_the_keys_at_the_top() {
        for (text, kind) in [
            ("name: a\nstack: s.yml\nload:\n  shape: x\n", Some(FileKind::Experiment)),
            ("name: a\nexperiment: e.yml\naxes:\n  POOL: [4]\n", Some(FileKind::Campaign)),
            ("name: a\nsteps:\n  - name: x\n", Some(FileKind::Scenario)),
            ("# how much\n\"shape\": step\nsteps: [1]\n", Some(FileKind::Shape)),
            ("stack: s.yml\nautoscale:\n  web: {}\n", Some(FileKind::Controllers)),
            ("version: '3.8'\r\nservices:\r\n  web:\r\n    image: x\r\n", Some(FileKind::Stack)),
            ("entry: a\nservices: {}\n", Some(FileKind::Simulation)),
            ("stack: s.yml\nload: {}\nservices: [a]\n", Some(FileKind::Experiment)),
            ("services: {}\nload: { model: open }\n", Some(FileKind::Simulation)),
            ("name: mine\nmetrics: []\n", Some(FileKind::Catalogue)),
            ("\u{feff}{ \"log\": { \"entries\": [] } }", Some(FileKind::Recording)),
            ("openapi: 3.1.0\npaths: {}\n", Some(FileKind::Api)),
            ("{\"swagger\": \"2.0\", \"paths\": {}}", Some(FileKind::Api)),
            ("{\"headline\": [], \"verdicts\": []}", Some(FileKind::OfRun)),
            ("log:\n  level: 3\n", None),
            ("# Heading\n\nservices: are what runs.\n  load:\n", Some(FileKind::Stack)),
            ("see http://x/y: load\n", None),
            ("{\"a\": {\"services\": 1}, \"b\\\"\": \"load: {\", \"c\": [\"steps\"]}", None),
            ("{\"name\": \"a\", \"steps\" : [ broken", Some(FileKind::Scenario)),
            ("{ broken", None),
            ("", None),
        ] {
            assert_eq!(FileKind::of(text), kind, "{text}");
        }
    }

    #[test]
    fn what_is_given_in_place_of_another_is_told_with_what_takes_it() {
        let path = Path::new("x.yml");
        assert!(FileKind::Shape.expect(path, "shape: sine\n").is_ok());
        assert!(FileKind::Shape.expect(path, "x: 1\n").is_ok());
        let told = FileKind::Shape.expect(path, "services: {}\n").unwrap_err().to_string();
        for part in ["E120-wrong-file", "this is a stack file, not a load shape", "`swarmlab up x.yml`"] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }
}
