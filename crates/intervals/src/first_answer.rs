//! The first answer of each kind that was not as hoped: what a person wants to see before anything else.

use crate::ErrorKind;

/// One answer, as much of it as helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstAnswer {
    /// Endpoint.
    pub endpoint: String,
    /// Status; 0 where the protocol has none.
    pub status: u16,
    /// What was wrong with it; nothing with a redirect that the step accepts.
    pub error: Option<ErrorKind>,
    /// Headers that tell something and hold no secret, each on a line: `location: /login`.
    pub headers: String,
    /// The beginning of the body as text, at most 2 KiB; values that look like secrets are blanked.
    pub body: String,
    /// Length of the whole body as it came, bytes.
    pub body_bytes: u64,
}

impl FirstAnswer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Status and error in a few words: `404 (unexpected_status)`.
    pub fn title(&self) -> String {
        match self.error {
            Some(kind) => format!("{} ({})", self.status, kind.name()),
            None => self.status.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_by_its_whole_name() {
        let answer = FirstAnswer {
            endpoint: "a".to_owned(),
            status: 302,
            error: None,
            headers: "location-hint: x\nlocation: /login\n".to_owned(),
            body: String::new(),
            body_bytes: 0,
        };
        assert_eq!(answer.header("location"), Some("/login"));
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(answer.title(), "302");
        let failed = FirstAnswer { error: Some(ErrorKind::UnexpectedStatus), status: 404, ..answer };
        assert_eq!(failed.title(), "404 (unexpected_status)");
    }
}
