//! Checking WebSocket steps.

use std::collections::BTreeSet;

use super::StepProblem;
use super::step::{check_check, check_header, check_target, check_token};
use crate::scenario::{Action, Step, UserClass, Websocket, WebsocketAction};
use crate::ws;

/// Fields of the handshake that the engine writes.
const RESERVED: [&str; 8] = [
    "connection",
    "content-length",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

/// Checks what does not depend on other steps.
pub(super) fn check(step: &Step, websocket: &Websocket, problems: &mut Vec<StepProblem>) {
    match &websocket.action {
        WebsocketAction::Connect { path, protocols, headers } => {
            check_target(path, problems);
            protocols.iter().for_each(|protocol| check_token(protocol, problems));
            for (name, value) in headers {
                check_header(name, value, &RESERVED, problems);
            }
        }
        WebsocketAction::Close { code, .. } if !ws::is_sendable(*code) => {
            problems.push(StepProblem::CloseCode(*code));
        }
        WebsocketAction::Close { reason, .. } if reason.len() > ws::MAXIMUM_REASON_BYTES => {
            problems.push(StepProblem::CloseReason(reason.len()));
        }
        _ => {}
    }
    for awaited in websocket.awaits().unwrap_or_default() {
        check_check(awaited, false, problems);
    }
    let has_answer =
        websocket.awaits().is_some() || matches!(websocket.action, WebsocketAction::Connect { .. });
    let looks = !step.extract.is_empty() || step.checks.iter().any(|check| check.is_of_answer());
    if looks && !has_answer {
        problems.push(StepProblem::NoAnswer);
    }
}

/// Checks that what a class uses is opened somewhere in it.
pub(super) fn check_connections(class: &UserClass, mut found: impl FnMut(&Step, StepProblem)) {
    let of = |step: &'_ Step| match &step.action {
        Action::Websocket(websocket) => {
            let opens = matches!(websocket.action, WebsocketAction::Connect { .. });
            Some((websocket.connection.clone(), opens))
        }
        _ => None,
    };
    let opened: BTreeSet<String> =
        class.steps().filter_map(of).filter(|(_, opens)| *opens).map(|(name, _)| name).collect();
    for step in class.steps() {
        if let Some((name, false)) = of(step)
            && !opened.contains(&name)
        {
            found(step, StepProblem::NoConnection { name, known: opened.iter().cloned().collect() });
        }
    }
}
