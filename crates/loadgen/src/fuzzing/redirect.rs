//! Redirects, from a `Location` to the request that follows it.

use crate::engine::{Origin, Trail};
use crate::target::{Endpoint, LoadTarget, Scheme};

/// A request in the first part, a `Location` behind the last line end. What it leads to is a path that can be sent, without
/// dot segments, at one of the targets; the request that follows is one of HTTP/1.1 with one head and one empty line.
pub fn redirect(input: &[u8]) {
    let at = input.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let (request, location) = input.split_at(at);
    let target = |host: &str, scheme| LoadTarget::new(scheme, host, Endpoint::Addresses(Vec::new()));
    let targets = [target("h", Scheme::Http), target("other:8443", Scheme::Https)];
    let origins: Vec<Origin> = targets.iter().map(Origin::of).collect();
    let mut trail = Trail::default();
    trail.keep(request);
    let Some(to) = trail.lead(location, 0, &origins) else { return };
    assert!(to < targets.len());
    let path = trail.path().to_vec();
    assert!(path.starts_with(b"/") && path.iter().all(u8::is_ascii_graphic), "{}", path.escape_ascii());
    let only_path = path.split(|&b| b == b'?').next().unwrap_or_default();
    assert!(
        only_path.split(|&b| b == b'/').all(|part| part != b"." && part != b".."),
        "{}",
        path.escape_ascii()
    );
    for status in [301, 303, 307] {
        let host = (to != 0).then_some("other:8443");
        trail.keep(request);
        trail.go(status, host, Some(b"Cookie: a=b\r\n"));
        let sent = trail.request();
        let words: Vec<&[u8]> = sent.splitn(3, |&b| b == b' ').collect();
        assert_eq!(words.get(1).copied(), Some(&path[..]));
        assert!(sent.windows(4).any(|window| window == b"\r\n\r\n"));
    }
}
