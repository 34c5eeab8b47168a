//! Access logs in common or combined log format, as Apache httpd and NCSA httpd write them and as the NASA traces
//! of the Internet Traffic Archive have them:
//! `host ident user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.0" 200 2326`, and in combined form referrer and
//! user agent after it. Each line is a request at its own time; time zones are taken into account.

use std::io::BufRead;

use swarmlab_units::utc;

use super::counter::Counter;
use super::lines::{Lines, shown};
use super::{Options, Reading, Select, TraceError};

/// Reads an access log.
///
/// # Errors
/// What is wrong with the input, and in which line, if more lines are unreadable than the options allow.
pub fn read(input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    let mut lines = Lines::new(input);
    let mut counter = Counter::new(options.bin_s, &options.select);
    let (mut records, mut selected, mut bad_lines) = (0, 0, 0);
    while let Some((line, text)) = lines.next()? {
        let entry = match entry(text) {
            Ok(entry) => entry,
            Err(_) if bad_lines < options.bad_lines => {
                bad_lines += 1;
                continue;
            }
            Err(problem) => return Err(TraceError::line(line, format!("{problem}, in `{}`", shown(text)))),
        };
        records += 1;
        counter.begin(entry.unix_s);
        if wanted(&options.select, &entry) && counter.count(entry.unix_s)? {
            selected += 1;
        }
    }
    Ok(Reading { series: counter.finish(), records, selected, bad_lines })
}

/// What is looked at of a line.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    unix_s: i64,
    request: &'a [u8],
    status: &'a [u8],
}

fn entry(text: &[u8]) -> Result<Entry<'_>, &'static str> {
    let (_, after) = split(text, b'[').ok_or("no `[time]`")?;
    let (time, after) = split(after, b']').ok_or("no `[time]`")?;
    let unix_s = unix_s(time).ok_or("the time is not as `10/Oct/2000:13:55:36 -0700`")?;
    let (_, quoted) = split(after, b'"').ok_or("no `\"request\"`")?;
    // Requests may hold quotes of their own: the request ends where a status follows.
    let is_end = |at: &usize| {
        quoted[*at] == b'"'
            && quoted.get(at + 1) == Some(&b' ')
            && quoted.get(at + 2..at + 5).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
            && quoted.get(at + 5).is_none_or(|next| *next == b' ')
    };
    let end = (0..quoted.len()).find(is_end).ok_or("no status after the `\"request\"`")?;
    Ok(Entry { unix_s, request: &quoted[..end], status: &quoted[end + 2..end + 5] })
}

fn wanted(select: &Select, entry: &Entry<'_>) -> bool {
    let mut words = entry.request.split(|b| *b == b' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let status = select.status.as_ref().is_none_or(|wanted| {
        // `2xx`: an x stands for any digit.
        wanted.len() == 3
            && wanted
                .bytes()
                .zip(entry.status)
                .all(|(want, is)| want.eq_ignore_ascii_case(&b'x') || want == *is)
    });
    status
        && select.method.as_ref().is_none_or(|wanted| method.eq_ignore_ascii_case(wanted.as_bytes()))
        && select.path.as_ref().is_none_or(|begin| path.starts_with(begin.as_bytes()))
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let index = text.iter().position(|b| *b == at)?;
    Some((&text[..index], &text[index + 1..]))
}

/// Seconds since 1970 of `10/Oct/2000:13:55:36 -0700`; without a zone it is taken as UTC.
fn unix_s(time: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(time).ok()?;
    let (moment, zone) = text.split_once(' ').unwrap_or((text, "+0000"));
    let (date, clock) = moment.split_once(':')?;
    let mut date = date.split('/');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let mut clock = clock.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    if date.next().is_some() || clock.next().is_some() {
        return None;
    }
    let (day, year) = (within(day, 1, 31)?, within(year, 1970, 9999)?);
    let midnight = utc::midnight(year as i32, utc::month(month.as_bytes())?, day as u8)?;
    let clock_s = within(hour, 0, 23)? * 3600 + within(minute, 0, 59)? * 60 + within(second, 0, 60)?;
    let (sign, offset) = match zone.split_at_checked(1)? {
        ("+", offset) => (1, offset),
        ("-", offset) => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = offset.split_at_checked(2)?;
    let zone_s = sign * (within(hours, 0, 23)? * 3600 + within(minutes, 0, 59)? * 60);
    Some(midnight + clock_s - zone_s)
}

/// Digits as a number within bounds.
fn within(digits: &str, least: i64, most: i64) -> Option<i64> {
    let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|n| plain && (least..=most).contains(n))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_those_of_date() {
        // Each checked with `date -u -d ... +%s`.
        for (time, expected) in [
            ("01/Jan/1970:00:00:00 +0000", 0),
            ("10/Oct/2000:13:55:36 -0700", 971_211_336),
            ("01/Jul/1995:00:00:01 -0400", 804_571_201),
            ("29/Feb/2024:23:59:59 +0530", 1_709_231_399),
            ("31/Dec/1999:23:59:60", 946_684_800),
            ("01/Mar/2100:00:00:00 +0000", 4_107_542_400),
        ] {
            assert_eq!(unix_s(time.as_bytes()), Some(expected), "{time}");
        }
        for time in [
            "",
            "10/Oct/2000",
            "10/Okt/2000:13:55:36 -0700",
            "32/Oct/2000:13:55:36 -0700",
            "31/Sep/2000:13:55:36 -0700",
            "29/Feb/2100:00:00:00 +0000",
            "10/Oct/2000:24:00:00 -0700",
            "10/Oct/2000:13:55:36 0700",
            "10/Oct/2000:13:55:36 +é0",
            "10/Oct/2000:13:55 +0000",
            "+1/Oct/2000:13:55:36 -0700",
        ] {
            assert_eq!(unix_s(time.as_bytes()), None, "{time}");
        }
    }

    #[test]
    fn lines_of_real_servers() {
        let nasa =
            br#"199.72.81.55 - - [01/Jul/1995:00:00:01 -0400] "GET /history/apollo/ HTTP/1.0" 200 6245"#;
        let e = entry(nasa).unwrap();
        assert_eq!((e.unix_s, e.status), (804_571_201, &b"200"[..]));
        let combined = br#"::1 - bob [10/Oct/2000:13:55:36 -0700] "POST /a?b=\"c\" HTTP/1.1" 404 - "http://x/[y]" "Mozilla/5.0 (\"q\")""#;
        let e = entry(combined).unwrap();
        assert_eq!((e.request, e.status), (&br#"POST /a?b=\"c\" HTTP/1.1"#[..], &b"404"[..]));
        // An empty request, as a probe leaves it, and one with a bare quote, as the NASA logs have them.
        assert!(entry(br#"h - - [10/Oct/2000:13:55:36 -0700] "" 400 0"#).is_ok());
        assert!(entry(br#"h - - [10/Oct/2000:13:55:36 -0700] "GET /"x" HTTP/1.0" 200"#).is_ok());
        for bad in ["alyssa.p", "h - - [x] \"GET /\" 200 1", "h - - [10/Oct/2000:13:55:36 -0700] GET / 200 1"]
        {
            assert!(entry(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
