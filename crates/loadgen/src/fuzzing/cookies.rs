//! Cookies, from `Set-Cookie` fields to the `Cookie` field of the next request.

use crate::scenario::cookie::{Jar, SetCookie, date};

/// What RFC 6265 section 6.1 asks for at least, and a jar keeps at most: cookies, and bytes of one.
const COOKIES: usize = 50;
const COOKIE_BYTES: usize = 4096;

const NOW_UNIX_S: i64 = 1_800_000_000;

/// A request's path in the first line, a `Set-Cookie` field in each other one. What is sent then can stand in a
/// header, is bounded, and holds the last cookie that was set if it is for this path.
pub fn cookies(input: &[u8]) {
    let mut lines = input.split(|&byte| byte == b'\n');
    let path = lines.next().unwrap_or_default();
    let mut jar = Jar::default();
    let mut sent = Vec::new();
    for field in lines {
        let was_empty = jar.is_empty();
        jar.store(field, path, NOW_UNIX_S);
        sent.clear();
        assert_eq!(jar.write(path, NOW_UNIX_S, &mut sent), !sent.is_empty());
        check(&sent);
        match SetCookie::parse(field, NOW_UNIX_S) {
            None => assert!(!was_empty || jar.is_empty(), "kept what is no cookie"),
            Some(cookie) => {
                let pair = [cookie.name, b"=", cookie.value].concat();
                let is_over = cookie.ends_unix_s.is_some_and(|ends| ends <= NOW_UNIX_S);
                assert!(!is_over || !was_empty || jar.is_empty(), "kept what is over");
                if !is_over && path.starts_with(b"/") && cookie.path.is_none() {
                    assert!(pairs(&sent).any(|sent| sent == pair), "did not send what was just set");
                }
            }
        }
        // Behind the end of time only those are left that last as long as the jar.
        let mut later = Vec::new();
        jar.write(path, i64::MAX, &mut later);
        assert!(later.len() <= sent.len());
        if let Some(unix_s) = date(field) {
            // 1601 to 9999, the years that a date can have.
            assert!((-11_644_473_600..=253_402_387_199).contains(&unix_s), "{unix_s}");
        }
    }
    jar.clear();
    assert!(!jar.write(path, NOW_UNIX_S, &mut sent));
}

fn pairs(sent: &[u8]) -> impl Iterator<Item = &[u8]> {
    sent.split(|&byte| byte == b';').map(<[u8]>::trim_ascii_start)
}

/// Whether the value of a `Cookie` field is one.
fn check(sent: &[u8]) {
    assert!(!sent.iter().any(|&byte| byte < 0x20 || byte == 0x7f), "breaks out of the header");
    assert!(sent.len() <= COOKIES * (COOKIE_BYTES + "=; ".len()));
    if !sent.is_empty() {
        assert!(pairs(sent).count() <= COOKIES);
        assert!(pairs(sent).all(|pair| pair.iter().position(|&byte| byte == b'=').is_some_and(|at| at > 0)));
    }
}
