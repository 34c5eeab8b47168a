//! gRPC steps: a descriptor, a method of it, and a message that fits.

use swarmlab_codes as codes;
use swarmlab_loadgen::grpc::{Descriptor, Method, MethodError, Misfit, Place};
use swarmlab_loadgen::{Action, GrpcCall};
use swarmlab_yaml::{Key, Kind, Node, Value, nearest};

use super::request::json;
use super::step::template;
use super::{answer, files};

/// Largest descriptor that is read, bytes.
const MAXIMUM_DESCRIPTOR_BYTES: usize = 32 << 20;

/// `{ descriptor: api.binpb, method: pkg.Service/Method, message: { … }, metadata: { … }, expect: OK }`.
pub(super) fn read(value: &Value<'_>) -> Option<Action> {
    let map = value.mapping()?;
    let descriptor = map.required("descriptor", descriptor);
    let method = map.required("method", |v| {
        let name = v.name()?;
        // What is wrong with the descriptor was told before.
        method(v, &name, descriptor.as_ref()?)
    });
    let message = map.optional("message", |v| {
        v.mapping()?;
        fits(v, method.as_ref()?).then(|| json(v.node()))
    });
    let metadata = map.or("metadata", Vec::new(), |v| {
        Some(v.map(template)?.into_iter().map(|(k, t)| (k.name, t)).collect())
    });
    let expect = map.or("expect", vec![0], |v| answer::one_or_more(v, code));
    let has_message = map.get("message").is_some_and(|v| !v.is_null());
    map.finish();
    let message = if has_message { message? } else { serde_json::Value::Object(Default::default()) };
    Some(Action::Grpc(Box::new(GrpcCall { metadata, expect, ..GrpcCall::new(method?, message) })))
}

/// What stands for the name of a step without one.
pub(super) fn name_of(value: &Value<'_>) -> Option<String> {
    Some(value.node().get("grpc")?.get("method")?.text()?.to_owned())
}

fn descriptor(value: &Value<'_>) -> Option<Descriptor> {
    let bytes = files::bytes(value, MAXIMUM_DESCRIPTOR_BYTES)?;
    match Descriptor::read(&bytes) {
        Ok(descriptor) => Some(descriptor),
        Err(problem) => {
            value.fail(
                codes::BAD_DESCRIPTOR,
                format!("{} cannot be used: {problem}", value.path()),
                "a file that `protoc --include_imports --descriptor_set_out=FILE` has written",
            );
            None
        }
    }
}

fn method(value: &Value<'_>, name: &str, descriptor: &Descriptor) -> Option<Method> {
    let problem = match descriptor.method(name) {
        Ok(method) => return Some(method),
        Err(problem) => problem,
    };
    let finding = value.error(codes::BAD_METHOD, format!("{}: {problem}", value.path()));
    let finding = match &problem {
        MethodError::Unknown { known, .. } => {
            let finding = finding.expected("a method such as pkg.Service/Method");
            match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("known: {}", known.join(", "))),
            }
        }
        _ => finding.expected("a unary method: one message there, one back"),
    };
    value.cx().push(finding);
    None
}

/// Tells everything in the message that does not fit its type. Whether all of it fits.
fn fits(value: &Value<'_>, method: &Method) -> bool {
    let misfits = method.misfits(&json(value.node()));
    for misfit in &misfits {
        let place = place_of(value, &misfit.path);
        let Misfit { problem, expected, .. } = misfit;
        let message = format!("{} {problem}", place.path());
        let finding = match &misfit.given {
            // The name itself is wrong, not what stands behind it.
            Some(_) if problem.starts_with("is no field") => {
                value.cx().error(codes::GRPC_MESSAGE, place.key_span(), message)
            }
            _ => place.error(codes::GRPC_MESSAGE, message),
        };
        let finding = finding.expected(expected.clone());
        let near = misfit.given.as_deref().and_then(|g| nearest(g, misfit.known.iter().map(String::as_str)));
        value.cx().push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        });
    }
    misfits.is_empty()
}

/// The value that a path leads to, or as far as it goes.
fn place_of<'c>(from: &Value<'c>, path: &[Place]) -> Value<'c> {
    let mut at = from.clone();
    for place in path {
        let next = match (place, &at.node().kind) {
            (Place::Key(key), Kind::Mapping(_)) => at.entries().and_then(|entries: Vec<(&Key, _)>| {
                entries.into_iter().find(|(known, _)| known.name == *key).map(|(_, value)| value)
            }),
            (Place::Item(item), Kind::Sequence(_)) => at.items().and_then(|items| items.get(*item).cloned()),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// `OK`, `NOT_FOUND` or a number.
fn code(value: &Value<'_>) -> Option<u16> {
    const NAMES: [&str; 17] = swarmlab_loadgen::GRPC_CODES;
    if let Node { kind: Kind::Int(_), .. } = value.node() {
        return value.int(0..=999).and_then(|code| u16::try_from(code).ok());
    }
    let words: Vec<(&str, u16)> = NAMES.into_iter().zip(0..).collect();
    value.enum_of(&words)
}
