//! Whatever the input is, the answer is a trace or an error, never a panic, and a trace is a shape.

use proptest::prelude::*;

use super::*;
use crate::Shape;

/// Text that is close to being right.
fn almost() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("0,1\n".to_owned()),
        Just("HashOwner,HashApp,HashFunction,Trigger,1,2\n".to_owned()),
        Just("a,b,c,http,1,2\n".to_owned()),
        Just(LOG.to_owned()),
        "[0-9.,e+-]{0,8}",
        "\\PC{0,12}",
        Just("\n".to_owned()),
        (0_u32..100, 0_u32..50).prop_map(|(t, rate)| format!("{t},{rate}\n")),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn answers(bytes: &[u8]) -> Result<(), TestCaseError> {
    for format in Format::ALL {
        if let Ok(trace) = parse_bytes(format, bytes) {
            let shape = Shape::Trace(trace);
            // Rates may be beyond any load, times may be equal once the first is taken off: an error, no panic.
            if shape.validate().is_ok() {
                prop_assert!(shape.value_at(shape.duration_s() / 2.0) >= 0.0);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        answers(&bytes)?;
    }

    #[test]
    fn any_text_is_answered(text in almost(), from in 0_u64..100, length in 0_u64..100, bin_s in 1e-4_f64..1e3) {
        answers(text.as_bytes())?;
        let select = Select { from_ns: from * 300_000_000, to_ns: Some((from + length) * 300_000_000), ..Select::default() };
        let options = Options { select, bin_s, bad_lines: 2 };
        for format in Format::ALL {
            if let Ok(reading) = read(format, text.as_bytes(), &options) {
                let shape = Shape::Trace(Trace::new(reading.series, Between::Linear, ""));
                let _ = shape.validate();
                prop_assert!(shape.duration_s() <= options.select.end_s() - options.select.begin_s() + 1e-6);
            }
        }
    }

    #[test]
    fn cut_short_input_is_answered(cut in 0_usize..400) {
        let text = &LOG.as_bytes()[..cut.min(LOG.len())];
        answers(text)?;
    }
}
