//! What is to be said of a file: each thing once, with its count and its first place.

use std::fmt;

/// One thing that is to be said of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The file as it was named.
    pub file: String,
    /// The first line that it is about, from 1.
    pub line: u64,
    /// How many lines it is about.
    pub lines: u64,
    /// What it is, and what became of them; words that follow the place.
    pub what: &'static str,
    /// The first as it was found, shortened; may be empty.
    pub first: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)?;
        match (self.lines, self.first.is_empty()) {
            (1, true) => Ok(()),
            (1, false) => write!(f, ": {}", self.first),
            (n, true) => write!(f, " ({n} times, this is the first)"),
            (n, false) => write!(f, " ({n} times, the first: {})", self.first),
        }
    }
}

/// Longest example, characters.
const SHOWN: usize = 80;

/// All remarks, in the order in which they were first due.
#[derive(Debug, Clone, Default)]
pub struct Remarks {
    file: String,
    all: Vec<Remark>,
}

impl Remarks {
    /// What follows is about this file.
    pub fn of_file(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Notes a line; `first` is asked for an example only the first time.
    pub fn note(&mut self, line: u64, what: &'static str, first: impl FnOnce() -> String) {
        self.note_many(line, 1, what, first);
    }

    /// Notes so many lines at once.
    pub fn note_many(&mut self, line: u64, lines: u64, what: &'static str, first: impl FnOnce() -> String) {
        // There are a dozen kinds at most.
        match self.all.iter_mut().find(|r| r.what == what && r.file == self.file) {
            Some(known) => known.lines += lines,
            None => {
                let first = shortened(&first());
                self.all.push(Remark { file: self.file.clone(), line, lines, what, first });
            }
        }
    }

    /// All of them.
    pub fn into_all(self) -> Vec<Remark> {
        self.all
    }

    /// The last file and the most frequent of its remarks, for a file of which nothing else is left.
    pub fn gravest(&self) -> Option<&Remark> {
        self.all.iter().max_by_key(|r| r.lines)
    }
}

/// Without characters that would change a terminal, and not longer than a line.
pub fn shortened(text: &str) -> String {
    let mut out: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_said_once_a_file_with_its_count_and_first_place() {
        let mut remarks = Remarks::default();
        remarks.of_file("a.csv");
        remarks.note(3, "no number", || "N/A".to_owned());
        remarks.note(9, "no number", || unreachable!());
        remarks.note(4, "the header again", String::new);
        remarks.of_file("b.csv");
        remarks.note(7, "no number", || "x\n\u{1b}[2J".repeat(50));
        let all: Vec<String> = remarks.into_all().iter().map(ToString::to_string).collect();
        assert_eq!(all[0], "a.csv:3: no number (2 times, the first: N/A)");
        assert_eq!(all[1], "a.csv:4: the header again");
        assert!(all[2].starts_with("b.csv:7: no number: x  [2J") && all[2].ends_with('…'), "{}", all[2]);
    }
}
