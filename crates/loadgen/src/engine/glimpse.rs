//! What is kept of an answer that was not as hoped: a few headers and the beginning of the body, without secrets.

use std::sync::LazyLock;

use httparse::Header;
use regex::Regex;
use swarmlab_intervals::FirstAnswer;

/// As much of the body as is kept.
const BODY_BYTES: usize = 2 << 10;
/// As much of a header's value.
const VALUE_BYTES: usize = 300;

/// Headers that tell why, in lower case. No others are kept: cookies and tokens are among those.
const TELLING: [&str; 14] = [
    "allow",
    "content-length",
    "content-type",
    "date",
    "grpc-message",
    "grpc-status",
    "location",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-envoy-upstream-service-time",
    "x-ratelimit-remaining",
    "x-request-id",
];

/// Buffers that are used again.
#[derive(Debug, Default)]
pub(crate) struct Glimpse {
    headers: Vec<u8>,
    body: Vec<u8>,
    is_open: bool,
    /// Whether all headers are kept.
    is_whole: bool,
}

impl Glimpse {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.headers.clear();
        self.body.clear();
        self.is_open = false;
        self.is_whole = false;
    }

    /// Begins with the head of an answer that somebody looks at: all headers are kept.
    #[cold]
    pub fn open_all(&mut self, headers: &[Header<'_>]) {
        (self.is_open, self.is_whole) = (true, true);
        for header in headers {
            self.push_header(&header.name.to_ascii_lowercase(), header.value);
        }
    }

    fn push_header(&mut self, name: &str, value: &[u8]) {
        self.headers.extend_from_slice(name.as_bytes());
        self.headers.extend_from_slice(b": ");
        let shown = &value[..value.len().min(VALUE_BYTES)];
        self.headers.extend(shown.iter().map(|&b| if b < b' ' { b' ' } else { b }));
        self.headers.push(b'\n');
    }

    /// Begins with the head of an answer.
    pub fn open(&mut self, headers: &[Header<'_>]) {
        self.is_open = true;
        for header in headers {
            if let Some(name) = TELLING.iter().find(|name| header.name.eq_ignore_ascii_case(name)) {
                self.push_header(name, header.value);
            }
        }
    }

    /// Goes on with a piece of the body.
    pub fn push(&mut self, data: &[u8]) {
        if self.is_open {
            let room = BODY_BYTES.saturating_sub(self.body.len());
            self.body.extend_from_slice(&data[..data.len().min(room)]);
        }
    }

    /// Shows this body in place of the one that came.
    pub fn show_instead(&mut self, body: &[u8]) {
        if self.is_open {
            self.body.clear();
            self.push(body);
        }
    }

    /// Headers and body as text; `kept` is the body where this was not opened.
    #[cold]
    pub fn shown(&self, kept: &[u8]) -> (String, String) {
        let body = if self.is_open { &self.body[..] } else { &kept[..kept.len().min(BODY_BYTES)] };
        let headers = String::from_utf8_lossy(&self.headers);
        let told = headers.lines().map(|line| match line.strip_prefix("location: ") {
            Some(to) => format!("location: {}\n", blank(&blank_query(to)).trim_end()),
            None if self.is_whole && !is_telling(line) => format!("{}\n", blank(line).trim_end()),
            None => format!("{line}\n"),
        });
        (told.collect(), words(body))
    }
}

/// Whether a line is a header that holds no secret.
fn is_telling(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| TELLING.contains(&name))
}

impl Glimpse {
    /// A text without secrets, whole.
    #[cold]
    pub fn without_secrets(text: &[u8]) -> String {
        blank(&String::from_utf8_lossy(text))
    }

    /// The beginning of a body as text.
    #[cold]
    pub fn text(body: &[u8]) -> String {
        words(&body[..body.len().min(BODY_BYTES)])
    }
}

/// The beginning of a body without secrets; one that is no text is only called so: in what is no text no name tells of a
/// secret. Texts of C end with a NUL.
fn words(body: &[u8]) -> String {
    let end = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let body = if end == 0 { body } else { &body[..end] };
    if body.contains(&0) { FirstAnswer::BINARY.to_owned() } else { blank(&String::from_utf8_lossy(body)) }
}

/// Puts `***` for what looks like a secret: values of names that say so (JSON, forms, queries, header echoes, HTML), schemes
/// of authorization, users in URLs.
fn blank(text: &str) -> String {
    PATTERNS.iter().fold(text.to_owned(), |text, (pattern, with)| match pattern {
        Some(pattern) => pattern.replace_all(&text, *with).into_owned(),
        // Rather nothing than a secret.
        None => String::new(),
    })
}

/// Values of a query, whatever they are called: where a redirect leads is told, not with what.
fn blank_query(location: &str) -> String {
    static QUERY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([?&#][^=&\s]+=)[^&#\s]*").ok());
    QUERY.as_ref().map_or_else(String::new, |query| query.replace_all(location, "$1***").into_owned())
}

static PATTERNS: LazyLock<Vec<(Option<Regex>, &str)>> = LazyLock::new(|| {
    const NAMES: &str = r"[a-z0-9_-]*(?:token|secret|passw(?:or)?d|passwd|passphrase|(?:api|access|private)_?-?key|jwt|[cx]srf|authorization|cookie|sess(?:ion)?_?id|session|credential|signature|saml)[a-z0-9_-]*";
    [
        // A value that was cut off counts as well; JSON inside JSON has its quotes escaped.
        (format!(r#"(?i)(\\?"{NAMES}\\?"\s*:\s*\\?")(?:[^"\\]|\\[^"])*"#), "$1***"),
        (format!(r#"(?i)("{NAMES}"\s*:\s*)[0-9][^,}}\s]*"#), "$1***"),
        (format!(r#"(?i)("{NAMES}"\s*:\s*)\[[^\]]*\]?"#), "$1[***]"),
        (format!(r"(?i)(<(?:[\w.-]+:)?{NAMES}(?:\s[^>]*)?>)[^<]+"), "$1***"),
        (format!(r"(?i)(\b{NAMES}=)[^&\s;<]+"), "$1***"),
        (format!(r#"(?i)(name="{NAMES}"\s+value=")[^"]*"#), "$1***"),
        (format!(r"(?im)(^|[\s>])({NAMES}\s*:[ \t]*)[^\s<].*$"), "$1$2***"),
        (r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}".to_owned(), "$1 ***"),
        (r"://[^/@\s]+@".to_owned(), "://***@"),
        // A signed token (JWT), whatever it is called.
        (r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]*".to_owned(), "***"),
    ]
    .into_iter()
    .map(|(pattern, with)| (Regex::new(&pattern).ok(), with))
    .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telling_headers_are_kept_and_cookies_are_not() {
        let header = |name, value: &'static str| Header { name, value: value.as_bytes() };
        let mut glimpse = Glimpse::default();
        glimpse.open(&[
            header("Location", "/login?token=abc&next=/x"),
            header("Set-Cookie", "session=secret"),
            header("Retry-After", "30"),
        ]);
        glimpse.push(b"moved");
        let (headers, body) = glimpse.shown(b"");
        assert_eq!(headers, "location: /login?token=***&next=***\nretry-after: 30\n");
        assert_eq!(body, "moved");
        glimpse.clear();
        assert_eq!(glimpse.shown(b"kept"), (String::new(), "kept".to_owned()));
    }

    #[test]
    fn values_that_look_like_secrets_are_blanked() {
        for (text, shown) in [
            (r#"{"access_token": "abc.def", "user": "u"}"#, r#"{"access_token": "***", "user": "u"}"#),
            (r#"{"error":"no","Password":"p","n":1}"#, r#"{"error":"no","Password":"***","n":1}"#),
            (r#"{"password":1234,"n":1}"#, r#"{"password":***,"n":1}"#),
            (r#"{"body":"{\"token\":\"abc\"}"}"#, r#"{"body":"{\"token\":\"***\"}"}"#),
            ("Authorization: Basic dXNlcjpwdw==", "Authorization: ***"),
            ("GET /\nX-Api-Key: k1\nHost: h", "GET /\nX-Api-Key: ***\nHost: h"),
            (r#"<input name="csrf_token" value="abc">"#, r#"<input name="csrf_token" value="***">"#),
            ("see https://user:pw@host/x", "see https://***@host/x"),
            ("PHPSESSID=abc; path=/", "PHPSESSID=***; path=/"),
            ("user=u&api_key=k1&x=y", "user=u&api_key=***&x=y"),
            ("send Bearer eyJhbGciOi.x.y again", "send Bearer *** again"),
            (r#"{"token":"cut of"#, r#"{"token":"***"#),
            (r#"{"tokens":["a","b"],"n":[1]}"#, r#"{"tokens":[***],"n":[1]}"#),
            (r#"{"tokens":["cut of"#, r#"{"tokens":[***]"#),
            (
                "<l><wsse:Password Type=\"t\">p</wsse:Password><n>1</n>",
                "<l><wsse:Password Type=\"t\">***</wsse:Password><n>1</n>",
            ),
            (r#"{"id":"eyJhbGciOi.eyJzdWIi.x_y-z"}"#, r#"{"id":"***"}"#),
            (r#"{"author":"Key","csrf":"c"}"#, r#"{"author":"Key","csrf":"***"}"#),
            ("no secret here", "no secret here"),
        ] {
            assert_eq!(blank(text), shown);
        }
    }

    #[test]
    fn a_body_that_is_no_text_is_called_so_and_one_can_stand_for_it() {
        let mut glimpse = Glimpse::default();
        glimpse.show_instead(b"nobody looks");
        assert_eq!(glimpse.shown(b"kept").1, "kept");
        glimpse.open(&[]);
        glimpse.push(b"\0\0\0\x01x");
        assert_eq!(glimpse.shown(b"").1, "(binary)");
        glimpse.show_instead(b"no such user\0");
        assert_eq!(glimpse.shown(b"").1, "no such user");
        glimpse.show_instead(b"\0\0");
        assert_eq!(glimpse.shown(b"").1, "(binary)");
        glimpse.show_instead(br#"{"token":"abc"}"#);
        assert_eq!(glimpse.shown(b"").1, r#"{"token":"***"}"#);
    }

    #[test]
    fn the_beginning_of_a_body_is_kept() {
        let mut glimpse = Glimpse::default();
        glimpse.open(&[]);
        for _ in 0..5 {
            glimpse.push(&[b'x'; 1000]);
        }
        assert_eq!(glimpse.shown(b"").1.len(), BODY_BYTES);
    }
}
