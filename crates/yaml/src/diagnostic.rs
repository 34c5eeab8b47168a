//! What is wrong with a file, where, and what to do about it.

use crate::Span;
use crate::span::floor_boundary;
use serde::{Serialize, Serializer};
use std::fmt;
use swarmlab_codes::{Code, Level};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but something in it has no effect or is unwise.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One finding in a file. `Display` renders it as rustc does, with the line and a caret under the spot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The kind of finding, e.g. `E001-unknown-key`.
    #[serde(serialize_with = "id")]
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The file's name as the user wrote it.
    pub file: String,
    /// The spot in the file.
    pub span: Span,
    /// The way to the value from the root, e.g. `services.web.ports[0]`; empty for the root.
    pub path: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What was expected at the spot; printed beside the caret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of the file in which the span starts, without its line ending; empty if there is none or
    /// if it is longer than 2000 bytes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_line: String,
}

fn id<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id())
}

impl Diagnostic {
    /// An error at `span` of `text`, which is the content of `file`.
    pub fn error(code: Code, file: &str, text: &str, span: Span, message: impl Into<String>) -> Self {
        debug_assert!(code.level() == Level::Error, "{code} is no error");
        Self::new(code, file, text, span, message.into())
    }

    /// A warning at `span` of `text`, which is the content of `file`.
    pub fn warning(code: Code, file: &str, text: &str, span: Span, message: impl Into<String>) -> Self {
        debug_assert!(code.level() == Level::Warning, "{code} is no warning");
        Self::new(code, file, text, span, message.into())
    }

    fn new(code: Code, file: &str, text: &str, span: Span, message: String) -> Self {
        Diagnostic {
            code,
            severity: match code.level() {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
            },
            file: file.to_owned(),
            span,
            path: String::new(),
            message,
            expected: None,
            help: None,
            source_line: line_of(text, span.offset).to_owned(),
        }
    }

    /// Says where in the tree the spot is.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Says what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// True for errors, false for warnings.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { line, column, .. } = self.span;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "{}[{}]: {}", self.severity, self.code, self.message)?;
        write!(f, "{gutter}--> {}:{line}:{column}", self.file)?;
        if !self.path.is_empty() {
            write!(f, " ({})", self.path)?;
        }
        if !self.source_line.is_empty() {
            let (shown, lead, carets) = window(&self.source_line, column, self.caret_chars());
            write!(f, "\n{gutter} |\n{number} | {shown}\n{gutter} | {lead}{}", "^".repeat(carets))?;
            if let Some(expected) = &self.expected {
                write!(f, " expected {expected}")?;
            }
        } else if let Some(expected) = &self.expected {
            write!(f, "\n{gutter} = expected {expected}")?;
        }
        if let Some(help) = &self.help {
            for (i, part) in help.lines().enumerate() {
                write!(f, "\n{gutter} {} {part}", if i == 0 { "= help:" } else { "       " })?;
            }
        }
        Ok(())
    }
}

impl Diagnostic {
    /// How many characters of the first line the span covers, at least one.
    fn caret_chars(&self) -> usize {
        let head: String = self.source_line.chars().skip(self.span.column - 1).collect();
        let mut end = self.span.len.min(head.len());
        while !head.is_char_boundary(end) {
            end -= 1;
        }
        head[..end].trim_end().chars().count().max(1)
    }
}

/// Cuts a long line to a readable stretch around the caret. Returns what to show, the blanks before the
/// caret (tabs kept, so that the caret stays under its spot) and the number of carets.
fn window(line: &str, column: usize, carets: usize) -> (String, String, usize) {
    const WIDTH: usize = 140;
    let chars: Vec<char> =
        line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    let start =
        if chars.len() <= WIDTH { 0 } else { (column - 1).saturating_sub(WIDTH / 2).min(chars.len()) };
    let end = chars.len().min(start + WIDTH);
    let cut_left = if start > 0 { "..." } else { "" };
    let cut_right = if end < chars.len() { "..." } else { "" };
    let shown: String = chars[start..end].iter().collect();
    let before = chars[start..(column - 1).clamp(start, end)].iter();
    let lead: String = before.map(|&c| if c == '\t' { '\t' } else { ' ' }).collect();
    let carets = carets.min((end + 1).saturating_sub(column)).max(1);
    (format!("{cut_left}{shown}{cut_right}"), format!("{}{lead}", " ".repeat(cut_left.len())), carets)
}

/// The line of `text` that holds byte `offset`, without line ending and byte-order mark.
fn line_of(text: &str, offset: usize) -> &str {
    let start = floor_boundary(text, offset);
    let from = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let to = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let line = text[from..to].trim_end_matches('\r');
    let line = if from == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
    if line.len() > 2000 { "" } else { line }
}

/// All findings in one or more files, sorted by file and position. `Display` renders every one and a
/// closing count; `Serialize` gives the plain list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts the findings by file, position and code; exact repetitions (one anchor read at two places)
    /// are kept once.
    pub fn new(mut findings: Vec<Diagnostic>) -> Self {
        findings.sort_by(|a, b| {
            (&a.file, a.span.offset, a.code, &a.message).cmp(&(&b.file, b.span.offset, b.code, &b.message))
        });
        findings
            .dedup_by(|a, b| (&a.file, a.span, a.code, &a.message) == (&b.file, b.span, b.code, &b.message));
        Diagnostics(findings)
    }

    /// True if there is at least one error among the findings.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// The code of the first error, for those who can tell only one.
    pub fn code(&self) -> Code {
        self.0.iter().find(|d| d.is_error()).map_or(swarmlab_codes::UNREADABLE, |d| d.code)
    }

    /// Number of errors, number of warnings.
    pub fn counts(&self) -> (usize, usize) {
        let errors = self.0.iter().filter(|d| d.is_error()).count();
        (errors, self.0.len() - errors)
    }

    /// The findings in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Number of findings.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings as a plain list.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics(vec![one])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.0 {
            writeln!(f, "{one}\n")?;
        }
        let (errors, warnings) = self.counts();
        let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        match (errors, warnings) {
            (0, w) => write!(f, "{}", plural(w, "warning")),
            (e, 0) => write!(f, "{}", plural(e, "error")),
            (e, w) => write!(f, "{}, {}", plural(e, "error"), plural(w, "warning")),
        }
    }
}

impl std::error::Error for Diagnostics {}
