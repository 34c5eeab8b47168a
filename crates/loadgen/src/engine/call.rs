//! What the answer to a gRPC call comes to: its code, and its message as JSON in place of the encoded one.

use httparse::Header;

use super::kept::Kept;
use crate::grpc::{Frame, message, percent_decoded};
use crate::scenario::compiled::CompiledStep;
use swarmlab_intervals::{GRPC_STATUSES, grpc_name};

/// How a call ended.
pub(crate) struct Called {
    /// The code, as a status ([`GRPC_STATUSES`]).
    pub status: u16,
    /// What to say of it, if it is not what the step expects.
    pub problem: Option<String>,
}

/// Reads a complete answer with status 200 to the call of `step`; `None`: the step is none.
///
/// # Errors
/// Why it is no answer to a call.
pub(crate) fn settle(step: &CompiledStep, kept: &mut Kept) -> Option<Result<Called, String>> {
    let call = step.grpc.as_ref()?;
    Some((|| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let content_type = kept.fields(call.content_type).next().unwrap_or_default();
        if !content_type.starts_with(b"application/grpc") {
            return Err(format!("the content-type is {:?}: it is no gRPC that answers", text(content_type)));
        }
        let Some(status) = kept.fields(call.status).last() else {
            return Err(
                "an answer without grpc-status: it broke off, or a proxy swallowed its trailers".to_owned()
            );
        };
        let code: u16 = match std::str::from_utf8(status).ok().and_then(|digits| digits.parse().ok()) {
            Some(code) if code < 1000 => code,
            _ => return Err(format!("grpc-status {:?} is no code", text(status))),
        };
        let status = GRPC_STATUSES + code;
        if !call.expect.contains(&code) {
            let said = kept.fields(call.message).last().map(percent_decoded).unwrap_or_default();
            let problem = format!("{} ({code}): {said}", grpc_name(code));
            let fields = [("grpc-status", code.to_string()), ("grpc-message", said)];
            let shown = fields.each_ref().map(|(name, value)| Header { name, value: value.as_bytes() });
            kept.glimpse.open(&shown);
            return Ok(Called { status, problem: Some(problem) });
        }
        let encoding = || {
            kept.fields(call.encoding).next().map_or_else(String::new, |name| format!(" ({})", text(name)))
        };
        let frame =
            message(&kept.body, kept.body_bytes).map_err(|problem| format!("{problem}{}", encoding()))?;
        let json = match frame {
            Frame::None if code == 0 => return Err("status OK without a message".to_owned()),
            Frame::None => None,
            Frame::Longer if step.wants_message() => {
                return Err("the message is larger than 1 MiB, too large to be looked at".to_owned());
            }
            Frame::Longer => None,
            Frame::Whole(encoded) if step.wants_message() => Some(call.method.decode(encoded)?),
            // Who only looks at it is shown what there is, and does not make a failure of it.
            Frame::Whole(encoded) if step.shows_all => call.method.decode(encoded).ok(),
            Frame::Whole(_) => None,
        };
        if let Some(json) = json {
            kept.body.clear();
            // Writing to memory does not fail.
            let _ = serde_json::to_writer(&mut kept.body, &json);
            kept.glimpse.show_instead(&kept.body);
        }
        Ok(Called { status, problem: None })
    })())
}
