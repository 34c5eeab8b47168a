//! A code's page as plain text.

use crate::{Code, Level};

/// Columns of a page: narrow enough for any terminal.
const WIDTH: usize = 80;

impl Code {
    /// The whole page as plain text of at most 80 columns, but for lines of an example.
    pub fn page(self) -> String {
        let example: String = self.example().lines().map(|line| format!("    {line}\n")).collect();
        let end = match self.level() {
            Level::Error => format!("ends with exit code {}.", self.exit()),
            Level::Warning => "a warning, nothing ends because of it.".to_owned(),
        };
        format!(
            "{}: {}\n\n{}\n\nExample\n\n{example}\nWhat to do\n\n{}\n\n{}; {end}",
            self.id(),
            self.title(),
            wrap(self.means()),
            wrap(self.advice()),
            self.room().title(),
        )
    }
}

/// Breaks lines between words.
fn wrap(text: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}
