#![allow(clippy::unwrap_used)]
use std::io::Read;

use super::*;

type All = Vec<(Labels, Vec<Point>)>;

fn all(input: impl Read) -> Result<(Answer, All), AnswerError> {
    let mut out = All::new();
    let answer = read(input, &mut |labels, points| {
        out.push((labels.clone(), points.to_vec()));
        Ok(())
    })?;
    Ok((answer, out))
}

/// One byte at a time: every token is torn.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        into[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

const MATRIX: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"__name__":"a_total","job":"w\"é\u00e9\ud83d\ude00","empty":""},"values":[[1435781430.781,"1"],[1435781431,"+Inf"]]},
    {"values":[[-1.5,"NaN"],[1e3,"-1.5e-7"]],"metric":{}}
  ]},"warnings":["one store did not answer"],"stats":{"x":[1,{"y":null}]}} "#;

#[test]
fn a_matrix_is_read_as_it_stands_however_it_is_torn() {
    for (answer, series) in [all(MATRIX.as_bytes()).unwrap(), all(Drops(MATRIX.as_bytes())).unwrap()] {
        assert!(answer.is_success && !answer.is_partial);
        assert_eq!((answer.series, answer.samples), (2, 4));
        assert_eq!(answer.warnings, ["one store did not answer"]);
        assert_eq!(series[0].0["job"], "w\"éé😀");
        assert!(!series[0].0.contains_key("empty"), "a label without a value is no label");
        let times: Vec<i64> = series.iter().flat_map(|s| s.1.iter().map(|p| p.t_ms)).collect();
        assert_eq!(times, [1_435_781_430_781, 1_435_781_431_000, -1500, 1_000_000]);
        assert_eq!(series[0].1[1].value, f64::INFINITY);
        assert!(series[1].1[0].value.is_nan());
        assert_eq!(series[1].1[1].value, -1.5e-7);
    }
}

#[test]
fn an_answer_that_ends_early_is_told_wherever_it_was_cut() {
    let whole = MATRIX.trim_end();
    for cut in (0..whole.len()).filter(|i| whole.is_char_boundary(*i)) {
        let told = all(&whole.as_bytes()[..cut]);
        assert!(matches!(told, Err(AnswerError::Cut(at)) if at == cut as u64), "{cut}: {told:?}");
    }
}

#[test]
fn a_vector_a_scalar_and_an_error_are_answers() {
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[2,"3"]}]}}"#;
    assert_eq!(all(vector.as_bytes()).unwrap().1[0].1, [Point { t_ms: 2000, value: 3.0 }]);
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[5.25,"5.25"]}}"#;
    assert_eq!(all(scalar.as_bytes()).unwrap().1[0].1, [Point { t_ms: 5250, value: 5.25 }]);
    let error = r#"{"status":"error","errorType":"bad_data","error":"no"}"#;
    let (answer, none) = all(error.as_bytes()).unwrap();
    assert_eq!(
        (answer.is_success, &*answer.error_type, &*answer.error, none.len()),
        (false, "bad_data", "no", 0)
    );
    let empty = r#"{"data":{"result":[],"resultType":"matrix"},"status":"success","isPartial":true}"#;
    let (answer, none) = all(empty.as_bytes()).unwrap();
    assert!(answer.is_success && answer.is_partial && none.is_empty());
}

#[test]
fn what_is_no_answer_or_no_number_says_so() {
    let result = |inner: &str| format!("{{\"status\":\"success\",\"data\":{{\"result\":[{inner}]}}}}");
    for (text, told) in [
        ("<html>".to_owned(), "no JSON: it begins with `<`, not with `{`"),
        ("{\"a\":1}".to_owned(), "has no `status`"),
        ("{\"status\":\"up\"}".to_owned(), "neither"),
        ("{\"status\":\"success\"} x".to_owned(), "damaged: trailing characters at line 1 column 22"),
        (result(r#"{"metric":{},"values":[[1,"infinity"]]}"#), "`infinity`, which is no number"),
        (result(r#"{"metric":{},"values":[[1,""]]}"#), "no number"),
        (result(r#"{"metric":{},"values":[[1,2]]}"#), "expected a number as a text"),
        (result(r#"{"metric":{},"values":[[1]]}"#), "without a value"),
        ("{\"data\":\"x\",\"error\":{},\"status\":{}}".to_owned(), "neither"),
        (result(r#"{"metric":{},"values":[[1e99,"1"]]}"#), "no time"),
        (result(r#"{"metric":{"__name__":"h"},"histograms":[[1,{"count":"1"}]]}"#), "native histograms (h)"),
        (result(r#"{"metric":{},"values":[[1,"1"}"#), "damaged: trailing characters at line 1 column 68"),
        (format!("{{\"status\":{}", "[".repeat(1000)), "damaged: recursion limit"),
    ] {
        let error = all(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(told), "{text}: {error}");
    }
    // What is passed over may be as deep as it likes.
    let deep = format!("{{\"x\":{}{},\"status\":\"error\"}}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    assert!(!all(deep.as_bytes()).unwrap().0.is_success);
}

#[test]
fn what_has_no_end_is_refused_before_it_fills_memory() {
    let endless = |head: &'static str, byte| head.as_bytes().chain(std::io::repeat(byte));
    for (head, byte) in [
        (r#"{"status":"success","data":{"result":[{"metric":{"a":""#, b'x'),
        (r#"{"status":"error","error":""#, b'x'),
        ("{\"status\": ", b' '),
    ] {
        let told = all(endless(head, byte)).unwrap_err();
        assert!(matches!(told, AnswerError::Damaged(_)), "{head}: {told}");
        assert!(told.to_string().contains("no series ends within 16 MiB"), "{told}");
    }
}
