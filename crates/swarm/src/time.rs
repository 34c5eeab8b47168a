//! The Engine's timestamps as seconds since 1970.

use swarmlab_units::utc;

/// Reads RFC 3339 as the Engine writes it (`2026-11-21T03:45:47.944056952Z`, or with `+01:00`).
///
/// Returns seconds since 1970-01-01 UTC (a `f64` keeps them to a quarter of a microsecond), or `None` if
/// the text is no such time or before 1970, as the Engine's "never" (year 1) is.
pub(crate) fn unix_s(text: &str) -> Option<f64> {
    utc::parse_s(text).filter(|unix_s| *unix_s >= 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_engine_writes() {
        // An event of the Engine carries both forms: timeNano 1795232747944056952.
        let t = unix_s("2026-11-21T03:45:47.944056952Z").unwrap();
        assert!((t - 1_795_232_747.944_057).abs() < 1e-6, "{t}");
        assert_eq!(unix_s("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(unix_s("2024-02-29T12:00:00Z"), Some(1_709_208_000.0));
        assert_eq!(unix_s("2024-03-01T00:00:00+01:00"), Some(1_709_247_600.0));
    }

    #[test]
    fn never_and_nonsense_are_none() {
        for text in [
            "0001-01-01T00:00:00Z",
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-11-21T03:45:47",
            "2026-02-29T00:00:00Z",
        ] {
            assert_eq!(unix_s(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = unix_s(&text);
        }

        #[test]
        fn a_day_has_86400_seconds(day in 1i64..28, month in 1i64..=12, year in 1970i64..2200) {
            let at = |d: i64| unix_s(&format!("{year:04}-{month:02}-{d:02}T00:00:00Z")).unwrap();
            prop_assert_eq!(at(day + 1) - at(day), 86_400.0);
        }
    }
}
