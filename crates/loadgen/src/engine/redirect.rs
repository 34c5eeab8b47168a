//! Following a redirect (RFC 9110, section 15.4): where it leads, and what of the request goes along.

use crate::target::{LoadTarget, Scheme};

/// Where a target is, as far as a `Location` can name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `http` or `https`; Redis has none.
    scheme: &'static str,
    /// Host and port as in the `Host` header, lower case, without the scheme's own port.
    authority: String,
}

impl Origin {
    /// The origin of a target.
    pub fn of(target: &LoadTarget) -> Self {
        let scheme = match target.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Redis => "",
        };
        Self { scheme, authority: authority(&target.host, scheme) }
    }
}

fn authority(text: &str, scheme: &str) -> String {
    let host = text.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let port = if scheme == "https" { ":443" } else { ":80" };
    host.strip_suffix(port).unwrap_or(&host).to_owned()
}

/// A request that may be redirected: as it was last sent, and where it has come so far. Buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    /// Redirects followed since the step began.
    pub count: u32,
    /// The target of the request; without a redirect the step's own.
    pub target: usize,
    /// When the step was due.
    pub begun_ns: u64,
    request: Vec<u8>,
    next: Vec<u8>,
    path: Vec<u8>,
}

impl Trail {
    /// The request as it is sent.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Keeps a request that may be redirected.
    pub fn keep(&mut self, request: &[u8]) {
        self.request.clear();
        self.request.extend_from_slice(request);
    }

    /// The step has ended.
    #[inline]
    pub fn end(&mut self) {
        self.count = 0;
    }

    /// Where `location` in an answer of the target `from` leads: the number of the target; `None` if it is none that the load
    /// knows. The path is kept for [`Trail::go`].
    pub fn lead(&mut self, location: &[u8], from: usize, origins: &[Origin]) -> Option<usize> {
        let text = std::str::from_utf8(location).ok()?;
        let base = self.request.split(|&b| b == b' ').nth(1).unwrap_or_default();
        let (origin, path) = resolve(base, text, origins.get(from)?.scheme)?;
        let target = match origin {
            None => from,
            Some(origin) if origins.get(from) == Some(&origin) => from,
            Some(origin) => origins.iter().position(|known| *known == origin)?,
        };
        self.path = path;
        Some(target)
    }

    /// The path that the redirect leads to.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The request becomes the one that an answer of `status` asks for. `host`: of the other target, if it is another.
    /// `cookies`: the line for the new path, where users keep cookies.
    pub fn go(&mut self, status: u16, host: Option<&str>, cookies: Option<&[u8]>) {
        self.next.clear();
        rewrite(&self.request, status, &self.path, host, cookies, &mut self.next);
        std::mem::swap(&mut self.request, &mut self.next);
        self.count += 1;
    }
}

/// A reference relative to a path (RFC 3986, section 5.2): the origin if it names one, and path and query. `None` for what
/// is no reference over HTTP.
pub(crate) fn resolve(base: &[u8], location: &str, scheme: &str) -> Option<(Option<Origin>, Vec<u8>)> {
    let location = location.trim().split('#').next().unwrap_or_default();
    let (origin, rest) = if let Some(rest) = location.strip_prefix("//") {
        (Some(scheme.to_owned()), rest)
    } else if let Some((scheme, rest)) = location.split_once("://").filter(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    }) {
        (Some(scheme.to_ascii_lowercase()), rest)
    } else {
        (None, location)
    };
    if let Some(scheme) = origin {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let scheme = ["http", "https"].into_iter().find(|known| *known == scheme)?;
        let authority = authority(&rest[..end], scheme);
        if authority.is_empty() {
            return None;
        }
        let path =
            if rest[end..].starts_with('/') { rest[end..].to_owned() } else { format!("/{}", &rest[end..]) };
        return Some((Some(Origin { scheme, authority }), clean(&path)));
    }
    // A scheme without an authority: `mailto:`, `javascript:`.
    let before_slash = rest.split(['/', '?']).next().unwrap_or_default();
    if before_slash.contains(':') {
        return None;
    }
    let base = String::from_utf8_lossy(base);
    let base_path = base.split('?').next().unwrap_or_default();
    let path = if rest.is_empty() {
        base.clone().into_owned()
    } else if rest.starts_with('/') {
        rest.to_owned()
    } else if rest.starts_with('?') {
        format!("{base_path}{rest}")
    } else {
        let folder = base_path.rfind('/').map_or("/", |at| &base_path[..=at]);
        format!("{folder}{rest}")
    };
    Some((None, clean(&path)))
}

/// Removes dot segments (RFC 3986, section 5.2.4) and encodes what cannot stand in a request.
fn clean(path: &str) -> Vec<u8> {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    let mut out = Vec::new();
    segments.iter().for_each(|segment| push_encoded("/", segment, &mut out));
    if out.is_empty() {
        out.push(b'/');
    }
    if let Some(query) = query {
        push_encoded("?", query, &mut out);
    }
    out
}

fn push_encoded(before: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

/// Whether a request of this method becomes a GET: by 303 all but HEAD, by 301 and 302 a POST (RFC 9110, sections 15.4.2 to
/// 15.4.4, as all browsers do); by 307 and 308 none.
fn becomes_get(method: &[u8], status: u16) -> bool {
    match status {
        303 => method != b"HEAD" && method != b"GET",
        301 | 302 => method == b"POST",
        _ => false,
    }
}

/// The request to follow with, in HTTP/1.1. Without its body it has no headers about one; to another origin no credentials
/// go (RFC 9110, section 15.4).
fn rewrite(
    before: &[u8],
    status: u16,
    path: &[u8],
    host: Option<&str>,
    cookies: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    let head_end = before.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(before.len());
    let (head, body) = (&before[..head_end], before.get(head_end + 4..).unwrap_or_default());
    let method = head.split(|&b| b == b' ').next().unwrap_or_default();
    let to_get = becomes_get(method, status);
    out.extend_from_slice(if to_get { b"GET" } else { method });
    out.push(b' ');
    out.extend_from_slice(path);
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if let Some(host) = host {
        out.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
    }
    for line in head.split(|&b| b == b'\n').skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = line.split(|&b| b == b':').next().unwrap_or_default();
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let about_body = name.len() > 8 && name[..8].eq_ignore_ascii_case(b"content-");
        let left_behind = (to_get && (about_body || is("transfer-encoding")))
            || (cookies.is_some() && is("cookie"))
            || (host.is_some()
                && ["host", "authorization", "proxy-authorization", "cookie", "origin"].into_iter().any(is));
        if !left_behind && !line.is_empty() {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(cookies.unwrap_or_default());
    out.extend_from_slice(b"\r\n");
    if !to_get {
        out.extend_from_slice(body);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn path(base: &str, location: &str) -> String {
        let (origin, path) = resolve(base.as_bytes(), location, "http").unwrap();
        let origin = origin.map(|o| format!("{}://{}", o.scheme, o.authority)).unwrap_or_default();
        format!("{origin}{}", String::from_utf8(path).unwrap())
    }

    #[test]
    fn references_are_resolved_as_rfc_3986_says() {
        // Section 5.4 with the base http://a/b/c/d?q, without parameters of paths.
        let cases = [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("//g", "http://g/"),
            ("?y", "/b/c/d?y"),
            ("g?y", "/b/c/g?y"),
            ("", "/b/c/d?q"),
            (".", "/b/c/"),
            ("./", "/b/c/"),
            ("..", "/b/"),
            ("../", "/b/"),
            ("../g", "/b/g"),
            ("../..", "/"),
            ("../../g", "/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("g.", "/b/c/g."),
            ("..g", "/b/c/..g"),
            ("./g/.", "/b/c/g/"),
            ("g/../h", "/b/c/h"),
            ("g#s/../x", "/b/c/g"),
            ("https://H:443/x", "https://h/x"),
            ("http://h:80?x", "http://h/?x"),
            ("http://u@h/ä b", "http://h/%C3%A4%20b"),
            ("/a?u=http://x/", "/a?u=http://x/"),
        ];
        for (location, expected) in cases {
            assert_eq!(path("/b/c/d?q", location), expected, "{location}");
        }
        for none in ["mailto:a@b", "ftp://h/x", "http:///x", "javascript:x"] {
            assert_eq!(resolve(b"/", none, "http"), None, "{none}");
        }
    }

    fn rewritten(method: &str, status: u16, host: Option<&str>, cookies: Option<&str>) -> String {
        let before = format!(
            "{method} /a HTTP/1.1\r\nHost: h\r\nAuthorization: x\r\ncontent-type: t\r\nContent-Length: 2\r\nCookie: a=b\r\n\r\nhi"
        );
        let mut out = Vec::new();
        rewrite(before.as_bytes(), status, b"/z", host, cookies.map(str::as_bytes), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn methods_and_bodies_follow_rfc_9110() {
        let kept = "Host: h\r\nAuthorization: x\r\n";
        let about = "content-type: t\r\nContent-Length: 2\r\n";
        for (method, status, becomes) in
            [("POST", 301, "GET"), ("POST", 302, "GET"), ("POST", 303, "GET"), ("PUT", 303, "GET")]
        {
            let expected = format!("{becomes} /z HTTP/1.1\r\n{kept}Cookie: a=b\r\n\r\n");
            assert_eq!(rewritten(method, status, None, None), expected, "{method} {status}");
        }
        for (method, status) in
            [("POST", 307), ("POST", 308), ("PUT", 301), ("DELETE", 302), ("HEAD", 303), ("GET", 303)]
        {
            let expected = format!("{method} /z HTTP/1.1\r\n{kept}{about}Cookie: a=b\r\n\r\nhi");
            assert_eq!(rewritten(method, status, None, None), expected, "{method} {status}");
        }
        let expected = format!("POST /z HTTP/1.1\r\n{kept}{about}Cookie: c=d\r\n\r\nhi");
        assert_eq!(rewritten("POST", 307, None, Some("Cookie: c=d\r\n")), expected);
        let expected = format!("POST /z HTTP/1.1\r\nHost: other\r\n{about}\r\nhi");
        assert_eq!(rewritten("POST", 308, Some("other"), None), expected);
    }

    #[test]
    fn only_known_targets_are_followed_to() {
        let origins = [("http", "a:8080"), ("https", "b")]
            .map(|(scheme, host)| Origin { scheme, authority: host.to_owned() });
        let mut trail = Trail::default();
        trail.keep(b"GET /x/y HTTP/1.1\r\n\r\n");
        assert_eq!(trail.lead(b"z", 0, &origins), Some(0));
        assert_eq!(trail.path(), b"/x/z");
        assert_eq!(trail.lead(b"http://A:8080/", 0, &origins), Some(0));
        assert_eq!(trail.lead(b"https://b:443/q", 0, &origins), Some(1));
        for elsewhere in ["http://b/", "https://a:8080/", "//c/", "mailto:x"] {
            assert_eq!(trail.lead(elsewhere.as_bytes(), 0, &origins), None, "{elsewhere}");
        }
        trail.go(302, None, None);
        assert_eq!((trail.count, trail.request()), (1, &b"GET /q HTTP/1.1\r\n\r\n"[..]));
    }
}
