#![allow(clippy::unwrap_used)]
//! Descriptors and messages against what Google's implementation makes of them (`tests/reference.py`).

use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer::{Frame, message, percent_decoded, push_frame};
use super::{Descriptor, DescriptorError, Method, MethodError, Place, fuzz_grpc};

const KNOWN: &[u8] = include_bytes!("tests/known.binpb");

fn method() -> Method {
    Descriptor::read(KNOWN).unwrap().method("everything.Echo/Unary").unwrap()
}

fn reference() -> Value {
    serde_json::from_str(include_str!("tests/reference.json")).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The same value, with the numbers of both sides compared as numbers.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

#[test]
fn messages_are_encoded_and_decoded_as_by_the_reference() {
    let method = method();
    for case in reference()["good"].as_array().unwrap() {
        let mut encoded = Vec::new();
        method.encode(case["json"].to_string().as_bytes(), &mut encoded).unwrap();
        assert_eq!(hex(&encoded), case["hex"].as_str().unwrap(), "{}", case["json"]);
        let told = method.decode(&unhex(case["hex"].as_str().unwrap())).unwrap();
        assert!(same(&told, &case["told"]), "{told}\n{}", case["told"]);
        assert_eq!(method.misfits(&case["json"]), []);
    }
}

#[test]
fn what_the_reference_refuses_is_refused() {
    let method = method();
    for case in reference()["bad"].as_array().unwrap() {
        let misfits = method.misfits(case);
        assert_eq!(misfits.len(), 1, "{case}: {misfits:?}");
        assert_eq!(method.encode(case.to_string().as_bytes(), &mut Vec::new()), Err(misfits[0].clone()));
    }
}

#[test]
fn all_misfits_are_told_with_their_places() {
    let message = json!({
        "an_int32": "x", "inners": [{}, {"txt": "a"}], "counts": {"a": 1.5}, "aColour": "RDE", "at": 5,
        "aString": "{{name}}", "anInt64": "{{user}}", "packed": "{{list|raw}}", "words": ["{{a}}", 2],
    });
    let told: Vec<String> = method().misfits(&message).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "an_int32 is \"x\" (expected: a whole number of 32 bits)",
            "aColour is no value of everything.Colour (expected: COLOUR_UNSPECIFIED, RED, BLUE)",
            "words[1] is 2 (expected: text)",
            "inners[1].txt is no field of everything.Inner (expected: text, next)",
            "counts.a is 1.5 (expected: a whole number of 32 bits)",
            "at does not fit google.protobuf.Timestamp (expected: a moment such as 2026-01-31T12:00:00Z)",
        ]
    );
    let misfits = method().misfits(&json!({"inners": [{"txt": 1}]}));
    let path = vec![Place::Key("inners".into()), Place::Item(0), Place::Key("txt".into())];
    assert_eq!((&misfits[0].path, misfits[0].given.as_deref()), (&path, Some("txt")));
    assert_eq!(misfits[0].known, ["text", "next"]);
    assert!(method().encode(b"{", &mut Vec::new()).unwrap_err().problem.contains("no JSON"));
}

#[test]
fn methods_are_found_or_the_near_ones_are_told() {
    let descriptor = Descriptor::read(KNOWN).unwrap();
    assert_eq!(descriptor.method("/everything.Echo/Unary").unwrap().path(), "/everything.Echo/Unary");
    assert_eq!(descriptor.method("everything.Echo.Fail").unwrap().path(), "/everything.Echo/Fail");
    let known = |name: &str| match descriptor.method(name) {
        Err(MethodError::Unknown { known, .. }) => known,
        other => panic!("{other:?}"),
    };
    let of_echo =
        ["everything.Echo/Down", "everything.Echo/Fail", "everything.Echo/Unary", "everything.Echo/Up"];
    assert_eq!(known("everything.Echo/Unray"), of_echo);
    assert_eq!(known("Echo/Unary").len(), 5);
    for (name, streams) in [("everything.Echo/Down", "requests"), ("everything.Echo/Up", "answers")] {
        let name = name.to_owned();
        assert_eq!(descriptor.method(&name), Err(MethodError::Streams { name, streams }));
    }
}

#[test]
fn proto2_keeps_presence_and_unpacked_lists() {
    let method = Descriptor::read(KNOWN).unwrap().method("old.Store/Get").unwrap();
    let mut encoded = Vec::new();
    method.encode(br#"{"id":0,"numbers":[1,2]}"#, &mut encoded).unwrap();
    assert_eq!(hex(&encoded), "080018011802");
    assert_eq!(method.decode(&encoded).unwrap(), json!({"id": 0, "numbers": [1, 2]}));
    // A packed list is read, too.
    assert_eq!(method.decode(&unhex("1a020102")).unwrap(), json!({"numbers": [1, 2]}));
}

#[test]
fn what_is_no_descriptor_is_told() {
    let of = |bytes: &[u8]| Descriptor::read(bytes).unwrap_err();
    assert!(matches!(of(b""), DescriptorError::NotOne(_)));
    assert!(matches!(of(b"syntax = \"proto3\";"), DescriptorError::NotOne(_)));
    assert!(matches!(of(&KNOWN[..KNOWN.len() - 3]), DescriptorError::NotOne(_)));
    let lacking = of(include_bytes!("tests/lacking.binpb")).to_string();
    assert!(lacking.contains("google.protobuf.") && lacking.contains("--include_imports"), "{lacking}");
    // A file with one message `M` and no service.
    assert_eq!(of(b"\x0a\x07\x0a\x00\x22\x03\x0a\x01M"), DescriptorError::NoService);
}

#[test]
fn broken_answers_are_told_and_pieces_add_up() {
    let method = method();
    let problem = |hex: &str| method.decode(&unhex(hex)).unwrap_err();
    assert!(problem("4a05").contains("breaks off"));
    assert!(problem("4a01ff").contains("a_string is not text"));
    assert!(problem("0900").contains("breaks off"));
    assert!(problem("08").contains("breaks off"));
    assert!(problem("0801").contains("a_double is not a number"));
    assert!(method.decode(&[0x0b]).is_err(), "a group");
    // Field 11 twice, text and next; an unknown field; a oneof that is set twice.
    let merged = method.decode(&unhex("5a030a01615a021200980601d2010178d80105")).unwrap();
    assert_eq!(merged["anInner"], json!({"text": "a", "next": {"text": ""}}));
    assert_eq!((merged.get("left"), &merged["right"]), (None, &json!(5)));
    // Each piece is looked at once: if all were for each of them, this would take minutes.
    let many = method.decode(&[0x5a, 0x00].repeat(400_000)).unwrap();
    assert_eq!(many["anInner"], json!({"text": ""}));
    let deep = (0..100).fold(Vec::new(), |inner: Vec<u8>, _| {
        let mut out = vec![0x12];
        super::wire::push_varint(&mut out, inner.len() as u64);
        [out, inner].concat()
    });
    let mut outer = vec![0x5a];
    super::wire::push_varint(&mut outer, deep.len() as u64);
    assert!(method.decode(&[outer, deep].concat()).unwrap_err().contains("deeper than 64"));
}

#[test]
fn the_frame_of_a_message_is_checked() {
    let mut body = Vec::new();
    push_frame(&mut body, |out| out.extend_from_slice(b"abc"));
    assert_eq!(body, b"\0\0\0\0\x03abc");
    assert_eq!(message(&body, 8), Ok(Frame::Whole(b"abc")));
    assert_eq!(message(b"", 0), Ok(Frame::None));
    assert_eq!(message(&body[..6], 8), Ok(Frame::Longer));
    assert!(message(&body[..7], 7).unwrap_err().contains("ends within its message"));
    assert!(message(b"\0\0", 2).unwrap_err().contains("prefix"));
    assert!(message(b"\x01\0\0\0\0", 5).unwrap_err().contains("compressed"));
    assert!(message(b"<html>", 6).unwrap_err().contains("prefix"));
    assert!(message(&body.repeat(2), 16).unwrap_err().contains("more than one"));
}

#[test]
fn messages_of_statuses_are_percent_decoded() {
    assert_eq!(percent_decoded(b"caf%C3%A9 50%25 %zz %"), "caf\u{e9} 50% %zz %");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(junk in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_grpc(&junk);
    }

    #[test]
    fn a_damaged_descriptor_is_survived(at in 0..KNOWN.len(), byte in any::<u8>()) {
        let mut damaged = KNOWN.to_vec();
        damaged[at] = byte;
        fuzz_grpc(&[&[0], &damaged[..]].concat());
    }
}
