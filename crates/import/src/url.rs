//! URLs as they stand in recordings and descriptions.

/// An absolute `http` or `https` URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub scheme: String,
    /// Host and port, lower case, without a name and password and without the scheme's own port.
    pub authority: String,
    /// Path, beginning with `/`.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
}

impl Url {
    /// Takes a URL apart; `None` if it is of another scheme or no URL.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return None,
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        let host = host.strip_suffix(default_port).unwrap_or(&host);
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (rest, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Self { scheme, authority: host.to_owned(), path: path.to_owned(), query })
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

/// What a path may hold as it is (RFC 3986, section 3.3, and `%`).
fn is_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte)
}

/// What a query may hold as it is; browsers leave `[`, `]`, `|` and the like in it.
fn is_query(byte: u8) -> bool {
    is_path(byte) || b"?[]|^`\\".contains(&byte)
}

/// A path made fit for a request: what cannot stand there is percent-encoded, `{` included.
pub(crate) fn path(text: &str) -> String {
    encode(text, is_path)
}

/// A query, likewise.
pub(crate) fn query(text: &str) -> String {
    encode(text, is_query)
}

/// A single value: all but unreserved characters is encoded (RFC 3986, section 2.3).
pub(crate) fn component(text: &str) -> String {
    encode(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn encode(text: &str, is_kept: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_kept(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The text behind percent-encoding; `plus`: `+` is a blank, as in forms.
pub(crate) fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn urls_are_taken_apart_and_keep_no_password() {
        let url = Url::parse("HTTPS://u:p@Shop.Example:443/a b?x={{y}}#z").unwrap();
        assert_eq!((url.origin().as_str(), url.path.as_str()), ("https://shop.example", "/a b"));
        assert_eq!(url.query.as_deref(), Some("x={{y}}"));
        assert_eq!(
            (path("/a b/ä"), query("x={{y}}")),
            ("/a%20b/%C3%A4".to_owned(), "x=%7B%7By%7D%7D".to_owned())
        );
        assert_eq!(Url::parse("http://h?q").unwrap().path, "/");
        for none in ["data:text/plain,x", "ws://h/", "http:///x", "http://a b/", ""] {
            assert_eq!(Url::parse(none), None, "{none}");
        }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        assert_eq!(decode("a%20b+c%", false), "a b+c%");
        assert_eq!(decode("a%2Bb+c%zz", true), "a+b c%zz");
        assert_eq!(decode(&component("ä/&"), false), "ä/&");
    }
}
