//! Cookies: what a target sets is sent back to it (RFC 6265).
//!
//! A user of a class with `cookies` has one jar per target. `Path`, `Max-Age` and `Expires` are obeyed.
//! `Domain` is not: a cookie belongs to the target that set it, and is sent to no other. `Secure`, `HttpOnly`
//! and `SameSite` are not either: there are no scripts and no other sites here.

use swarmlab_units::utc;

/// Most cookies in a jar; the oldest gives way (RFC 6265 section 6.1 asks for at least 50 per domain).
const MAXIMUM_COOKIES: usize = 50;

/// Longest name and value together, bytes (RFC 6265 section 6.1: at least 4096). Longer ones are ignored.
const MAXIMUM_COOKIE_BYTES: usize = 4096;

/// One `Set-Cookie` field, as it concerns a jar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie<'a> {
    /// Name.
    pub name: &'a [u8],
    /// Value; quotes belong to it.
    pub value: &'a [u8],
    /// `Path`, if it is an absolute one.
    pub path: Option<&'a [u8]>,
    /// When it ends, seconds since the Unix epoch; the past deletes it. `None`: with the jar.
    pub ends_unix_s: Option<i64>,
}

impl<'a> SetCookie<'a> {
    /// Reads the value of a `Set-Cookie` field (RFC 6265 section 5.2); `None` if there is no cookie in it.
    pub fn parse(field: &'a [u8], now_unix_s: i64) -> Option<Self> {
        let mut parts = field.split(|&byte| byte == b';');
        let (name, value) = split(parts.next()?)?;
        let is_sendable = |bytes: &[u8]| !bytes.iter().any(|&byte| byte < 0x20 || byte == 0x7f);
        if name.is_empty()
            || !is_sendable(name)
            || !is_sendable(value)
            || name.len() + value.len() > MAXIMUM_COOKIE_BYTES
        {
            return None;
        }
        let mut cookie = Self { name, value, path: None, ends_unix_s: None };
        let mut has_max_age = false;
        for part in parts {
            let Some((key, value)) = split(part) else { continue };
            if key.eq_ignore_ascii_case(b"path") {
                // A path that is not absolute means the default path (section 5.2.4).
                cookie.path = value.starts_with(b"/").then_some(value);
            } else if key.eq_ignore_ascii_case(b"max-age") {
                if let Some(seconds) = whole_number(value) {
                    has_max_age = true;
                    cookie.ends_unix_s =
                        Some(if seconds <= 0 { i64::MIN } else { now_unix_s.saturating_add(seconds) });
                }
            } else if key.eq_ignore_ascii_case(b"expires") && !has_max_age {
                // Max-Age goes before Expires, wherever it stands (section 5.3).
                cookie.ends_unix_s = date(value).or(cookie.ends_unix_s);
            }
        }
        Some(cookie)
    }
}

/// Key and value around the first `=`, without blanks at their ends; a cookie or attribute without `=` is
/// none that matters here.
fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = part.iter().position(|&byte| byte == b'=')?;
    Some((part[..at].trim_ascii(), part[at + 1..].trim_ascii()))
}

/// A whole number with any number of digits (section 5.2.2).
fn whole_number(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits
        .iter()
        .fold(0_i64, |number, &digit| number.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some(if is_negative { -number } else { number })
}

/// A cookie date, seconds since the Unix epoch (section 5.1.1: words in any order, told by their form).
pub fn date(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter =
        |byte: &u8| matches!(byte, b'\t' | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e);
    for word in text.split(is_delimiter).filter(|word| !word.is_empty()) {
        if time.is_none() && word.contains(&b':') {
            let mut parts = word.split(|&byte| byte == b':').map(whole_number);
            let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
            if !((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second)) {
                return None;
            }
            time = Some(hour * 3600 + minute * 60 + second);
        } else if word[0].is_ascii_digit() && day.is_none() && word.len() <= 2 {
            day = whole_number(word);
        } else if month.is_none() && word.len() >= 3 && word[0].is_ascii_alphabetic() {
            month = utc::month(&word[..3]);
        } else if year.is_none() && word[0].is_ascii_digit() && matches!(word.len(), 2 | 4) {
            year = whole_number(word).map(|year| match year {
                0..=69 => year + 2000,
                70..=99 => year + 1900,
                year => year,
            });
        }
    }
    let (day, year) = (u8::try_from(day?).ok()?, i32::try_from(year?).ok()?);
    let midnight = utc::midnight(year, month?, day).filter(|_| year >= 1601)?;
    Some(midnight + time?)
}

/// The cookies that one target has set for one user; buffers are kept and used again.
#[derive(Debug, Default)]
pub struct Jar {
    /// In the order in which they are sent: longer paths first, among equal lengths the earlier created.
    cookies: Vec<Cookie>,
    /// The first so many are in force; what is behind them is kept for its buffers.
    count: usize,
    /// Cookies created so far.
    created: u64,
}

#[derive(Debug, Default)]
struct Cookie {
    name: Vec<u8>,
    value: Vec<u8>,
    path: Vec<u8>,
    ends_unix_s: Option<i64>,
    /// Number in the order of creation; a cookie that is set again keeps it (section 5.3).
    created: u64,
}

impl Jar {
    /// Obeys a `Set-Cookie` field of the answer to a request for `request_path`.
    pub fn store(&mut self, field: &[u8], request_path: &[u8], now_unix_s: i64) {
        let Some(set) = SetCookie::parse(field, now_unix_s) else { return };
        let path = set.path.unwrap_or_else(|| default_path(request_path));
        let known = self.cookies[..self.count].iter().position(|c| c.name == set.name && c.path == path);
        if set.ends_unix_s.is_some_and(|ends| ends <= now_unix_s) {
            if let Some(index) = known {
                self.remove(index);
            }
            return;
        }
        let index = known.unwrap_or_else(|| self.make_place(path.len()));
        let cookie = &mut self.cookies[index];
        for (kept, new) in
            [(&mut cookie.name, set.name), (&mut cookie.value, set.value), (&mut cookie.path, path)]
        {
            kept.clear();
            kept.extend_from_slice(new);
        }
        cookie.ends_unix_s = set.ends_unix_s;
    }

    /// A place for a new cookie with a path so long. If there are too many, the oldest gives way.
    fn make_place(&mut self, path_bytes: usize) -> usize {
        if self.count == MAXIMUM_COOKIES {
            let oldest = (0..self.count).min_by_key(|&index| self.cookies[index].created);
            self.remove(oldest.unwrap_or_default());
        }
        if self.count == self.cookies.len() {
            self.cookies.push(Cookie::default());
        }
        let index = self.cookies[..self.count].partition_point(|cookie| cookie.path.len() >= path_bytes);
        self.cookies[index..=self.count].rotate_right(1);
        self.cookies[index].created = self.created;
        self.created += 1;
        self.count += 1;
        index
    }

    fn remove(&mut self, index: usize) {
        self.cookies[index..self.count].rotate_left(1);
        self.count -= 1;
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Appends the value of the `Cookie` field for a request for `path` (RFC 6265 section 5.4: longer
    /// paths first, among equal lengths the earlier created). Whether there is any.
    pub fn write(&self, path: &[u8], now_unix_s: i64, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        for cookie in &self.cookies[..self.count] {
            if cookie.ends_unix_s.is_none_or(|ends| ends > now_unix_s) && matches(path, &cookie.path) {
                if out.len() > start {
                    out.extend_from_slice(b"; ");
                }
                out.extend_from_slice(&cookie.name);
                out.push(b'=');
                out.extend_from_slice(&cookie.value);
            }
        }
        out.len() > start
    }
}

/// Section 5.1.4: the request's path up to its last slash.
fn default_path(request: &[u8]) -> &[u8] {
    let path = without_query(request);
    match path.iter().rposition(|&byte| byte == b'/') {
        None | Some(0) => b"/",
        Some(last) => &path[..last],
    }
}

fn without_query(path: &[u8]) -> &[u8] {
    &path[..path.iter().position(|&byte| byte == b'?').unwrap_or(path.len())]
}

/// Section 5.1.4: whether a request's path lies within a cookie's.
fn matches(request: &[u8], cookie: &[u8]) -> bool {
    let path = without_query(request);
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with(b"/") || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn sent(jar: &Jar, path: &str, now_unix_s: i64) -> String {
        let mut out = Vec::new();
        jar.write(path.as_bytes(), now_unix_s, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn jar(fields: &[&str]) -> Jar {
        let mut jar = Jar::default();
        fields.iter().for_each(|field| jar.store(field.as_bytes(), b"/shop/cart?x=/y/", NOW));
        jar
    }

    #[test]
    fn cookies_are_kept_replaced_and_deleted() {
        let kept = jar(&["a=1; Path=/", "b=\"2\"; HttpOnly; Secure; path=/", "a=3; path=/"]);
        assert_eq!(sent(&kept, "/", NOW), "a=3; b=\"2\"");
        for deletion in ["a=; Path=/; Max-Age=0", "a=x; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            let kept = jar(&["a=1; Path=/", "b=2; Path=/", deletion]);
            assert_eq!(sent(&kept, "/", NOW), "b=2");
        }
        for nothing in ["", "a", "=1", "a=\x01"] {
            assert!(jar(&[nothing]).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn time_and_path_limit_a_cookie() {
        let kept = jar(&["a=1; Path=/; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
        assert_eq!((sent(&kept, "/", NOW + 9), sent(&kept, "/", NOW + 10)), ("a=1".into(), String::new()));
        let kept = jar(&["a=1", "b=2; Path=/shop/cart", "c=3; Path=relative"]);
        assert_eq!(sent(&kept, "/shop/cart/1?q", NOW), "b=2; a=1; c=3");
        assert_eq!(sent(&kept, "/shop?q=/shop/cart", NOW), "a=1; c=3");
        assert_eq!(sent(&kept, "/shopping", NOW), "");
        assert_eq!(sent(&kept, "/", NOW), "");
    }

    #[test]
    fn longer_paths_go_first_and_among_equals_the_earlier_created() {
        let fields =
            ["r=1; Path=/", "c1=1; Path=/shop/cart", "s1=1", "r2=1; Path=/", "c2=1; Path=/shop/cart", "s2=1"];
        let mut kept = jar(&fields);
        assert_eq!(sent(&kept, "/shop/cart", NOW), "c1=1; c2=1; s1=1; s2=1; r=1; r2=1");
        // Who is set again keeps its turn; who is deleted and set again does not.
        for field in ["s1=2", "c1=; Path=/shop/cart; Max-Age=0", "c1=2; Path=/shop/cart"] {
            kept.store(field.as_bytes(), b"/shop/cart", NOW);
        }
        assert_eq!(sent(&kept, "/shop/cart", NOW), "c2=1; c1=2; s1=2; s2=1; r=1; r2=1");
        // The oldest gives way, wherever it stands: the first of the root.
        for number in 0..MAXIMUM_COOKIES - 5 {
            kept.store(format!("x{number}=; Path=/deep/er/than/all").as_bytes(), b"/", NOW);
        }
        assert_eq!(sent(&kept, "/shop/cart", NOW), "c2=1; c1=2; s1=2; s2=1; r2=1");
    }

    #[test]
    fn a_jar_is_bounded() {
        let mut jar = Jar::default();
        for number in 0..60 {
            jar.store(format!("c{number}=x").as_bytes(), b"/", NOW);
        }
        assert_eq!(jar.count, MAXIMUM_COOKIES);
        assert!(sent(&jar, "/", NOW).starts_with("c10=x; "));
        jar.store(format!("big={}", "x".repeat(MAXIMUM_COOKIE_BYTES)).as_bytes(), b"/", NOW);
        assert!(!sent(&jar, "/", NOW).contains("big"));
        jar.clear();
        assert!(jar.is_empty());
    }

    #[test]
    fn dates_are_read_in_all_their_forms() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(date(text.as_bytes()), Some(784_111_777), "{text}");
        }
        assert_eq!(date(b"Tue, 29 Feb 2028 00:00:00 GMT"), Some(1_835_395_200));
        assert_eq!(date(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert!(date(b"29 Feb 2000 00:00:00").is_some() && date(b"31 Dec 2000 00:00:00").is_some());
        for no_such_day in ["31 Feb 2001", "29 Feb 2001", "29 Feb 1900", "31 Apr 2001", "0 Jan 2001"] {
            assert_eq!(date(format!("{no_such_day} 00:00:00").as_bytes()), None, "{no_such_day}");
        }
        for wrong in
            ["", "Sun", "06 Nov 1994", "99 Nov 1994 08:49:37", "06 Nov 1994 25:00:00", "06 Nov 1600 01:00:00"]
        {
            assert_eq!(date(wrong.as_bytes()), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_field_is_read_or_ignored(field in prop::collection::vec(any::<u8>(), 0..80), path in "/[a-z/?]{0,8}") {
            let mut jar = Jar::default();
            jar.store(&field, path.as_bytes(), NOW);
            let mut out = Vec::new();
            jar.write(path.as_bytes(), NOW, &mut out);
            prop_assert!(!out.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }

        #[test]
        fn any_date_is_read_or_refused(text in "[0-9:A-Za-z ,-]{0,40}") {
            date(text.as_bytes());
        }
    }
}
