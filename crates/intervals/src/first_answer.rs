//! The first answer of each kind that was not as hoped: what a person wants to see before anything else.

use serde::{Deserialize, Serialize};

use crate::ErrorKind;

/// One answer, as much of it as helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstAnswer {
    /// Endpoint.
    pub endpoint: String,
    /// Status; 0 where the protocol has none.
    pub status: u16,
    /// What was wrong with it; nothing with a redirect that the step accepts.
    pub error: Option<ErrorKind>,
    /// Headers that tell something and hold no secret, each on a line: `location: /login`.
    pub headers: String,
    /// The beginning of the body as text, at most 2 KiB; values that look like secrets are blanked. [`Self::BINARY`] for one
    /// that is no text.
    pub body: String,
    /// Length of the whole body as it came, bytes.
    pub body_bytes: u64,
}

impl FirstAnswer {
    /// What stands for a body that is no text: nothing of it is kept.
    pub const BINARY: &'static str = "(binary)";

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix("location: "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_found_by_its_whole_name() {
        let headers = "location-hint: x\nlocation: /login\n".to_owned();
        let (endpoint, body) = ("a".to_owned(), String::new());
        let answer = FirstAnswer { endpoint, status: 302, error: None, headers, body, body_bytes: 0 };
        assert_eq!(answer.location(), Some("/login"));
        assert_eq!(FirstAnswer { headers: "date: today\n".to_owned(), ..answer }.location(), None);
    }
}
