#![allow(clippy::unwrap_used)]
//! Responses whole, in pieces, and broken.

use httparse::Header;
use proptest::prelude::*;

use super::{Fault, ParseError, Progress, ResponseParser, Sink};

#[derive(Debug, Default, PartialEq)]
struct Heard {
    status: u16,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sink for Heard {
    fn head(&mut self, status: u16, headers: &[Header<'_>]) {
        assert_eq!(self.status, 0, "only the final head is told");
        self.status = status;
        self.fields = headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect();
    }

    fn body(&mut self, data: &[u8]) {
        assert!(!data.is_empty());
        self.body.extend_from_slice(data);
    }
}

fn parser() -> ResponseParser {
    ResponseParser::new(2048, 4096)
}

/// Feeds `input` cut at `cuts`; what was heard, whether it may be kept alive and how many bytes belong to it.
fn feed(input: &[u8], cuts: &[usize]) -> Result<(Heard, Option<bool>, usize), ParseError> {
    let mut parser = parser();
    parser.begin(false);
    let mut heard = Heard::default();
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (input.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(input.len());
    let mut from = 0;
    for to in cuts {
        if let Progress::Done { keep_alive, consumed } = parser.feed(&input[from..to], &mut heard)? {
            return Ok((heard, Some(keep_alive), from + consumed));
        }
        from = to;
    }
    Ok((heard, parser.is_complete_at_end().then_some(false), from))
}

fn whole(input: &str) -> (Heard, Option<bool>, usize) {
    feed(input.as_bytes(), &[]).unwrap()
}

#[test]
fn a_length_ends_the_body() {
    let (heard, keep_alive, consumed) = whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloextra");
    assert_eq!((heard.status, heard.body.as_slice(), keep_alive), (200, &b"hello"[..], Some(true)));
    assert_eq!(consumed, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".len());
}

#[test]
fn chunks_extensions_and_trailers_are_read() {
    let body = "5;name=\"v\"\r\nhello\r\n6 \r\n world\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n";
    let input = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    let (heard, keep_alive, consumed) = whole(&input);
    assert_eq!((heard.body.as_slice(), keep_alive, consumed), (&b"hello world"[..], Some(true), input.len()));
}

#[test]
fn interim_responses_are_skipped() {
    let input =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";
    let (heard, keep_alive, consumed) = whole(input);
    assert_eq!((heard.status, keep_alive, consumed), (204, Some(true), input.len()));
    assert!(heard.fields.is_empty());
}

#[test]
fn no_framing_means_until_close() {
    let (heard, keep_alive, _) = whole("HTTP/1.1 200 OK\r\n\r\nall of it");
    assert_eq!((heard.body.as_slice(), keep_alive), (&b"all of it"[..], Some(false)));
    let (_, keep_alive, _) = whole("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
    assert_eq!(keep_alive, None);
}

#[test]
fn the_answer_to_head_has_no_body() {
    let mut parser = parser();
    parser.begin(true);
    let mut heard = Heard::default();
    let input = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let progress = parser.feed(input, &mut heard).unwrap();
    assert_eq!(progress, Progress::Done { keep_alive: true, consumed: input.len() });
}

#[test]
fn bounds_are_named() {
    let error = |input: &str| feed(input.as_bytes(), &[]).unwrap_err();
    let many = "A: b\r\n".repeat(101);
    assert_eq!(error(&format!("HTTP/1.1 200 OK\r\n{many}\r\n")), ParseError::HeaderTooLarge);
    let long = "x".repeat(2048);
    assert_eq!(error(&format!("HTTP/1.1 200 OK\r\nA: {long}\r\n\r\n")), ParseError::HeaderTooLarge);
    assert_eq!(error(&format!("HTTP/1.1 200 OK\r\nA: {long}")), ParseError::HeaderTooLarge);
    assert_eq!(error(&"\r\n".repeat(2048)), ParseError::HeaderTooLarge);
    assert_eq!(error("HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n"), ParseError::BodyTooLarge);
    assert_eq!(error(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(4097))), ParseError::BodyTooLarge);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(error(&format!("{chunked}1001\r\n{}", "x".repeat(4097))), ParseError::BodyTooLarge);
    assert_eq!(error(&format!("{chunked}0\r\nA: {long}\r\n\r\n")), ParseError::HeaderTooLarge);
    for body in ["\r\n", "x\r\n", "1234567890abcdef\r\n", "1\r\nab", "1\nx", "1;\n"] {
        let fault = error(&format!("{chunked}{body}"));
        assert!(matches!(fault, ParseError::Bad(Fault::ChunkSize | Fault::ChunkEnd)), "{body:?}: {fault:?}");
    }
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    assert_eq!(error(&interim.repeat(2048 / interim.len() + 1)), ParseError::HeaderTooLarge);
    let extended = format!("1;{}\r\na\r\n", "e".repeat(1023));
    assert_eq!(error(&format!("{chunked}{}", extended.repeat(17))), ParseError::HeaderTooLarge);
    assert!(feed(format!("{chunked}{}0\r\n\r\n", extended.repeat(16)).as_bytes(), &[]).is_ok());
    assert_eq!(error("SSH-2.0-OpenSSH\r\n"), ParseError::Bad(Fault::NotHttp));
}

#[test]
fn junk_in_pieces_is_found_early() {
    let mut parser = parser();
    parser.begin(false);
    let mut heard = Heard::default();
    assert_eq!(parser.feed(b"H", &mut heard), Ok(Progress::More));
    assert_eq!(parser.feed(b"ello", &mut heard), Err(ParseError::Bad(Fault::NotHttp)));
}

/// A valid response with its body, as (bytes, body).
fn response() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let body = prop::collection::vec(any::<u8>(), 0..200);
    let fields = prop::collection::vec("X-[a-z]{1,8}: [ -~]{0,20}", 0..5);
    let chunks = prop::collection::vec(1_usize..40, 1..6);
    (100_u16..600, body, fields, 0_u8..3, chunks, any::<bool>()).prop_map(
        |(status, body, fields, framing, chunks, interim)| {
            let status = if status < 200 { 200 } else { status };
            let mut out = Vec::new();
            if interim {
                out.extend_from_slice(b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
            }
            out.extend_from_slice(format!("HTTP/1.1 {status} Some reason\r\n").as_bytes());
            fields.iter().for_each(|field| out.extend_from_slice(format!("{field}\r\n").as_bytes()));
            let bodiless = status == 204 || status == 304;
            match framing {
                0 => out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes()),
                1 => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n"),
                _ => out.extend_from_slice(b"Connection: close\r\n\r\n"),
            }
            if bodiless {
                return (out, Vec::new());
            }
            if framing == 1 {
                let mut rest = body.as_slice();
                for size in chunks.iter().cycle() {
                    if rest.is_empty() {
                        break;
                    }
                    let (chunk, after) = rest.split_at((*size).min(rest.len()));
                    out.extend_from_slice(format!("{:X};e=1\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                    rest = after;
                }
                out.extend_from_slice(b"0\r\nT: v\r\n\r\n");
            } else {
                out.extend_from_slice(&body);
            }
            (out, body)
        },
    )
}

proptest! {
    #[test]
    fn cuts_do_not_matter((input, body) in response(), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let at_once = feed(&input, &[]).unwrap();
        prop_assert_eq!(&at_once.0.body, &body);
        prop_assert_eq!(at_once.2, input.len());
        prop_assert!(at_once.1.is_some());
        prop_assert_eq!(&feed(&input, &cuts).unwrap(), &at_once);
        let every: Vec<usize> = (0..input.len()).collect();
        prop_assert_eq!(&feed(&input, &every).unwrap(), &at_once);
    }

    #[test]
    fn junk_never_panics(input in prop::collection::vec(any::<u8>(), 0..3000), cuts in prop::collection::vec(any::<usize>(), 0..6)) {
        let _ = feed(&input, &cuts);
    }

    #[test]
    fn damaged_responses_never_panic(
        (mut input, _) in response(),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 1..4),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        for (at, byte) in damage {
            let length = input.len();
            input[at % length] = byte;
        }
        let at_once = feed(&input, &[]);
        if at_once.is_ok() {
            // What can be read at once is read the same way, or refused, in pieces.
            let in_pieces = feed(&input, &cuts);
            prop_assert!(in_pieces == at_once || in_pieces.is_err());
        }
    }
}

#[test]
fn folded_lines_are_unfolded() {
    let input =
        b"HTTP/1.1 200 OK\r\nX-Long: one\r\n  two\r\n\tthree \r\nContent-Length:\r\n 2\r\nY: z\r\n\r\nok!";
    for cuts in (0..input.len()).map(|cut| vec![cut]).chain([vec![], (0..input.len()).collect()]) {
        let (heard, keep_alive, consumed) = feed(input, &cuts).unwrap();
        let fields = [("X-Long", "one two three"), ("Content-Length", "2"), ("Y", "z")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        assert_eq!((heard.fields, heard.body), (fields.to_vec(), b"ok".to_vec()), "{cuts:?}");
        assert_eq!((keep_alive, consumed), (Some(true), input.len() - 1), "{cuts:?}");
    }
    // The bound of a head holds for folded ones as well.
    let endless = [&b"HTTP/1.1 200 OK\r\nX: a"[..], &b"\r\n a".repeat(2000)].concat();
    for cuts in [vec![], (0..endless.len()).collect()] {
        assert_eq!(feed(&endless, &cuts), Err(ParseError::HeaderTooLarge));
    }
    for bad in ["HTTP/1.1 200 OK\r\n X: a\r\n\r\n", "HTTP/1.1 200 OK\r\nX\r\n : a\r\n\r\n"] {
        assert_eq!(feed(bad.as_bytes(), &[]), Err(ParseError::Bad(Fault::HeaderName)), "{bad}");
    }
}
