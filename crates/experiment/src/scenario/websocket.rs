//! WebSocket steps: one action on a connection of the user.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use swarmlab_codes as codes;
use swarmlab_loadgen::{Action, Check, Template, Websocket, WebsocketAction, WebsocketMessage};
use swarmlab_yaml::{Kind, MapReader, Value};

use super::request::json;
use super::step::template;
use super::{answer, files};

/// The code that a connection is closed with where none is given (RFC 6455, section 7.4.1).
const NORMAL_CLOSURE: u16 = 1000;

/// Largest file that a message is read from, bytes.
const MAXIMUM_MESSAGE_BYTES: usize = 8 << 20;

/// `{ connect: /path, … }`, `{ send: …, await: … }`, `{ await: … }` or `{ close: … }`, each with the name of a `connection`.
pub(super) fn read(value: &Value<'_>) -> Option<Action> {
    let map = value.mapping()?;
    let connection = map.or("connection", String::new(), Value::name);
    let path = map.optional("connect", template);
    let protocols = map.or("protocols", Vec::new(), protocols);
    let headers = map.or("headers", Vec::new(), |v| {
        Some(v.map(template)?.into_iter().map(|(k, t)| (k.name, t)).collect())
    });
    let message = map.optional("send", message);
    let awaits = map.get("await").and_then(|v| awaited(&v));
    let close = map.optional("close", close);
    map.finish();
    let given = |key: &'static str| map.get(key).is_some();
    let actions: Vec<&str> = ["connect", "send", "close"].into_iter().filter(|key| given(key)).collect();
    for key in ["protocols", "headers"] {
        if let Some(stray) = map.get(key).filter(|_| !given("connect")) {
            let message = format!("{} has no meaning here", stray.path());
            stray.fail(codes::BAD_VALUE, message, "beside `connect`");
            return None;
        }
    }
    let action = match (actions.as_slice(), given("await")) {
        (["connect"], false) => WebsocketAction::Connect { path: path?, protocols, headers },
        (["send"], awaits_answer) => {
            let awaits = if awaits_answer { Some(awaits?) } else { None };
            WebsocketAction::Send { message: message?, awaits }
        }
        ([], true) => WebsocketAction::Await(awaits?),
        (["close"], false) => close?,
        _ => return wrong_actions(value, &map),
    };
    Some(Action::Websocket(Websocket { connection, action }))
}

fn wrong_actions<T>(value: &Value<'_>, map: &MapReader<'_>) -> Option<T> {
    let keys: Vec<&str> =
        ["connect", "send", "await", "close"].into_iter().filter(|key| map.key(key).is_some()).collect();
    let said = match keys.as_slice() {
        [] => "does nothing".to_owned(),
        several => format!("does several things ({})", several.join(", ")),
    };
    value.fail(
        codes::BAD_WEBSOCKET,
        format!("{} {said}", value.path()),
        "one of `connect`, `send` (with or without `await`), `await` and `close` a step",
    );
    None
}

/// What stands for the name of a step without one.
pub(super) fn name_of(value: &Value<'_>) -> Option<String> {
    let node = value.node().get("websocket")?;
    let action = ["connect", "send", "await", "close"].into_iter().find(|key| node.get(key).is_some())?;
    let path = node.get("connect").and_then(|path| path.text());
    Some(match path {
        Some(path) => format!("websocket connect {path}"),
        None => format!("websocket {action}"),
    })
}

fn protocols(value: &Value<'_>) -> Option<Vec<String>> {
    answer::one_or_more(value, |v| v.name())
}

/// Text, `{ json: … }` or `{ binary: base64 }` or `{ file: … }`.
fn message(value: &Value<'_>) -> Option<WebsocketMessage> {
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return template(value).map(WebsocketMessage::Text);
    }
    let map = value.mapping()?;
    let text = map.optional("text", template).map(WebsocketMessage::Text);
    let from_json = map.optional("json", json_template).map(WebsocketMessage::Text);
    let binary = map.optional("binary", |v| {
        v.parse("bytes in base64", |text| STANDARD.decode(text)).map(WebsocketMessage::Binary)
    });
    let file = map.optional("file", |v| files::bytes(v, MAXIMUM_MESSAGE_BYTES)).map(WebsocketMessage::Binary);
    map.finish();
    if answer::keys_given(&map, &["text", "json", "binary", "file"]) != 1 {
        let message = format!("{} must be one message", value.path());
        value.fail(
            codes::BAD_WEBSOCKET,
            message,
            "text, { text: … }, { json: … }, { binary: base64 } or { file: … }",
        );
        return None;
    }
    text.or(from_json).or(binary).or(file)
}

/// A value as JSON whose strings are templates.
pub(super) fn json_template(value: &Value<'_>) -> Option<Template> {
    match Template::json(&json(value.node())) {
        Ok(template) => Some(template),
        Err(error) => {
            let message = format!("{}: {error}", value.path());
            value.fail(codes::BAD_VALUE, message, "JSON whose strings are text with {{variables}}");
            None
        }
    }
}

/// Assertions on a message: nothing (or `any`) fits any.
fn awaited(value: &Value<'_>) -> Option<Vec<Check>> {
    if value.is_null() || value.node().text() == Some("any") {
        return Some(Vec::new());
    }
    if value.node().text().is_some() {
        return Some(vec![Check::BodyContains(value.name()?)]);
    }
    answer::message_checks(value)
}

/// A code, or `{ code: …, reason: … }`; nothing: a normal closure.
fn close(value: &Value<'_>) -> Option<WebsocketAction> {
    let code = |v: &Value<'_>| v.int(0..=0xFFFF).and_then(|code| u16::try_from(code).ok());
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return code(value).map(|code| WebsocketAction::Close { code, reason: String::new() });
    }
    let map = value.mapping()?;
    let code = map.or("code", NORMAL_CLOSURE, code);
    let reason = map.or("reason", String::new(), Value::text);
    map.finish();
    Some(WebsocketAction::Close { code, reason })
}
