//! An entry for fuzzing: descriptors, messages and answers of any bytes.

use super::{Descriptor, message, percent_decoded};

/// A descriptor whose types hold one of everything.
const DESCRIPTOR: &[u8] = include_bytes!("tests/known.binpb");

/// The first byte chooses what `data` is: a descriptor, an answer to a call, its JSON, or the body of an answer.
///
/// # Panics
/// If something that must hold does not.
pub fn fuzz_grpc(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else { return };
    if choice.is_multiple_of(4) {
        if let Ok(descriptor) = Descriptor::read(data) {
            let _ = descriptor.method("a.B/C");
        }
        return;
    }
    let _ = percent_decoded(data);
    let _ = message(data, data.len() as u64);
    let known = Descriptor::read(DESCRIPTOR).and_then(|descriptor| {
        descriptor.method("everything.Echo/Unary").map_err(|_| super::DescriptorError::NoService)
    });
    let Ok(method) = known else { panic!("the committed descriptor cannot be read") };
    let mut encoded = Vec::new();
    match choice % 4 {
        1 => {
            if let Ok(json) = method.decode(data) {
                // What was read can be written, except what has no form in JSON.
                let _ = method.encode(json.to_string().as_bytes(), &mut encoded);
            }
        }
        _ => {
            if method.encode(data, &mut encoded).is_ok() {
                let json = method.decode(&encoded);
                assert!(json.is_ok(), "{json:?}");
            }
        }
    }
}
