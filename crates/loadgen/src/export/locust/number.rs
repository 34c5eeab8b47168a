//! Numbers, moments and fields as Python writes them.

/// A float as Python's `repr` writes it: the shortest text that reads back as the same number.
pub(super) fn float(value: f64) -> String {
    // Rust has the same digits, but writes exponents without a sign and without a leading zero.
    let text = format!("{value:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

/// Response times are kept to about two digits, so that 147 becomes 150, 3432 becomes 3400 and 58760 becomes
/// 59000; milliseconds. Halves go to the even neighbour, as Python rounds.
pub(super) fn bucket_ms(ms: f64) -> u64 {
    let to = |unit: f64| ((ms / unit).round_ties_even() * unit) as u64;
    match ms {
        ms if ms < 100.0 => to(1.0),
        ms if ms < 1000.0 => to(10.0),
        ms if ms < 10_000.0 => to(100.0),
        _ => to(1000.0),
    }
}

/// A moment as `YYYY-MM-DDTHH:MM:SSZ`; where four digits do not hold the year, the Unix seconds themselves.
pub(super) fn utc(unix_s: i64) -> String {
    swarmlab_units::utc::extended(unix_s).unwrap_or_else(|| unix_s.to_string())
}

/// Rows as Python's `csv` writes them: fields are quoted only where they must be, rows end with CR LF.
pub(super) struct Rows(csv::Writer<Vec<u8>>);

impl Rows {
    pub fn new() -> Self {
        let mut format = csv::WriterBuilder::new();
        Self(format.terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new()))
    }

    pub fn add(&mut self, fields: impl IntoIterator<Item = impl AsRef<[u8]>>) {
        // Memory takes all bytes, and rows may be of any length: neither this nor what follows can fail.
        let _ = self.0.write_record(fields);
    }

    pub fn text(self) -> String {
        self.0.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_pythons() {
        let texts = [(0.0, "0.0"), (5.0, "5.0"), (0.1, "0.1"), (1e16, "1e+16"), (1.5e-7, "1.5e-07")];
        for (value, text) in texts {
            assert_eq!(float(value), text);
        }
        assert_eq!(float(3.1449118953631534), "3.1449118953631534");
    }

    #[test]
    fn buckets_are_locusts() {
        let pairs = [(0.4, 0), (0.5, 0), (1.5, 2), (99.4, 99), (99.6, 100), (145.0, 140), (147.0, 150)];
        for (ms, bucket) in pairs {
            assert_eq!(bucket_ms(ms), bucket, "{ms}");
        }
        assert_eq!([996.0, 3432.0, 9960.0, 58_760.0].map(bucket_ms), [1000, 3400, 10_000, 59_000]);
    }

    #[test]
    fn moments_are_utc() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(utc(1_795_257_571), "2026-11-21T10:39:31Z");
        assert_eq!(utc(i64::MAX), "9223372036854775807");
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut rows = Rows::new();
        rows.add(["a b", "c,d", "e\"f", "#", "'g'", "\u{e4}", ""]);
        rows.add(["two\nlines", "a\rb"]);
        assert_eq!(rows.text(), "a b,\"c,d\",\"e\"\"f\",#,'g',\u{e4},\r\n\"two\nlines\",\"a\rb\"\r\n");
        assert_eq!(Rows::new().text(), "");
    }
}
