//! `ai-agent`: chats and repairs on behalf of two models, of which `b` may cost more CPU than `a`. No model
//! is behind it: answers are made up of fixed sentences, what is real is the demand.

use std::net::SocketAddr;

use hyper::{Method, StatusCode, Uri};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

use crate::demand::DemandConfig;
use crate::endpoint::Endpoint;
use crate::error::{DemoError, listen};
use crate::reply::Reply;
use crate::service::{self, AppRequest, Application, Proof};

/// Settings of `ai-agent`.
#[derive(Debug, Clone)]
pub struct AiAgentConfig {
    /// Where to listen; in a container `0.0.0.0:8001`.
    pub listen: SocketAddr,
    /// CPU demand of a request that reaches no model (`GET /status`, whatever is refused). Its distribution,
    /// seed and threads hold for the models as well.
    pub demand: DemandConfig,
    /// Mean CPU demand of one answer of model `a`, in milliseconds.
    pub model_a_ms: f64,
    /// Mean CPU demand of one answer of model `b`, in milliseconds.
    pub model_b_ms: f64,
}

/// Serves until `shutdown` resolves, then answers what is in flight.
///
/// # Errors
/// The address cannot be bound, or a setting cannot work.
pub async fn run(config: AiAgentConfig, shutdown: impl Future<Output = ()>) -> Result<(), DemoError> {
    let listener = listen(config.listen).await?;
    serve_on(listener, config, shutdown).await
}

/// [`run`] on a listener that is bound already (`config.listen` is not used).
///
/// # Errors
/// A setting cannot work.
pub async fn serve_on(
    listener: TcpListener,
    config: AiAgentConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let means_ms = [config.demand.mean_ms, config.model_a_ms, config.model_b_ms];
    service::serve_classes(AiAgent::default(), &config.demand, &means_ms, listener, shutdown).await
}

/// Longest chat message, in characters.
const MAX_MESSAGE_CHARS: usize = 4000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EncodeLabelValue)]
#[allow(non_camel_case_types, reason = "the names are the label's values, and those of the queries")]
enum Model {
    a,
    b,
}

impl Model {
    fn from_query(uri: &Uri) -> Result<Self, String> {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        match pairs.into_iter().find(|(key, _)| *key == "model") {
            Some((_, "a")) => Ok(Self::a),
            Some((_, "b")) => Ok(Self::b),
            Some((_, other)) => Err(format!("there is no model `{other}`, only `a` and `b`")),
            None => Err("the query has no `model`; expected ?model=a or ?model=b".into()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabel {
    model: Model,
}

/// Counts what each model answered.
#[derive(Default)]
struct AiAgent {
    chats: Family<ModelLabel, Counter>,
    repairs: Family<ModelLabel, Counter>,
}

/// What a request wants of a model.
enum Wish {
    Status,
    Repair(Model),
    Chat(Model, String),
}

#[derive(Deserialize)]
struct Chat {
    message: String,
    model: Option<Model>,
}

impl Wish {
    /// Reads a request; the answer to it if it is refused.
    fn of(request: &AppRequest) -> Result<Self, Reply> {
        let bad = |reason: &str| Reply::error(StatusCode::BAD_REQUEST, reason);
        match request.endpoint {
            Endpoint::status => Ok(Self::Status),
            Endpoint::repair => Model::from_query(&request.uri).map(Self::Repair).map_err(|e| bad(&e)),
            Endpoint::chat => {
                let Chat { message, model } = serde_json::from_slice(&request.body).map_err(|e| {
                    bad(&format!("expected {{\"message\": …, \"model\": \"a\" or \"b\"}}: {e}"))
                })?;
                let model = match model {
                    Some(model) => model,
                    None => Model::from_query(&request.uri).map_err(|e| bad(&e))?,
                };
                check_message(&message).map_err(|e| bad(&e))?;
                Ok(Self::Chat(model, message))
            }
            _ => Err(Reply::error(StatusCode::NOT_FOUND, "no such endpoint")),
        }
    }
}

fn check_message(message: &str) -> Result<(), String> {
    if message.trim().is_empty() {
        return Err("the message is empty".into());
    }
    let chars = message.chars().count();
    if chars > MAX_MESSAGE_CHARS {
        return Err(format!("the message has {chars} characters; at most {MAX_MESSAGE_CHARS} are read"));
    }
    match message.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(control) => Err(format!("the message holds the control character U+{:04X}", u32::from(control))),
        None => Ok(()),
    }
}

impl Application for AiAgent {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    async fn proof(&self) -> Vec<Proof> {
        Vec::new()
    }

    fn endpoint(&self, method: &Method, path: &str) -> Endpoint {
        Endpoint::of_ai_agent(method, path)
    }

    fn demand_class(&self, request: &AppRequest) -> usize {
        match Wish::of(request) {
            Ok(Wish::Repair(Model::a) | Wish::Chat(Model::a, _)) => 1,
            Ok(Wish::Repair(Model::b) | Wish::Chat(Model::b, _)) => 2,
            Ok(Wish::Status) | Err(_) => 0,
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("demo_model_chats", "Chat messages answered", self.chats.clone());
        registry.register("demo_model_repairs", "Repairs done", self.repairs.clone());
    }

    async fn handle(&self, request: AppRequest) -> Reply {
        match Wish::of(&request) {
            Ok(Wish::Status) => Reply::json(StatusCode::OK, &self.status()),
            Ok(Wish::Repair(model)) => {
                let nth = self.repairs.get_or_create(&ModelLabel { model }).inc() + 1;
                let actions = ["read the container list", "restarted target-app", "checked its health"];
                let answer = json!({ "success": true, "model": model, "repair": nth, "actions": actions });
                Reply::json(StatusCode::OK, &answer)
            }
            Ok(Wish::Chat(model, message)) => {
                self.chats.get_or_create(&ModelLabel { model }).inc();
                let answer = json!({ "response": answer_to(&message), "model": model });
                Reply::json(StatusCode::OK, &answer)
            }
            Err(refusal) => refusal,
        }
    }
}

impl AiAgent {
    fn status(&self) -> serde_json::Value {
        let of = |model: Model| {
            let label = ModelLabel { model };
            let (chats, repairs) = (self.chats.get_or_create(&label), self.repairs.get_or_create(&label));
            json!({ "chats": chats.get(), "repairs": repairs.get() })
        };
        json!({ "status": "ok", "models": { "a": of(Model::a), "b": of(Model::b) } })
    }
}

/// One of a few sentences, by what the message is about.
fn answer_to(message: &str) -> String {
    let lower = message.to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let sentence = if about(&["container", "docker"]) {
        "Two containers run: target-app and ai-agent."
    } else if about(&["status", "health"]) {
        "All services answer their health checks."
    } else if about(&["tool", "diagnose", "repair"]) {
        "I can read health checks and logs, and restart a container."
    } else if !message.chars().any(char::is_alphanumeric) {
        "I see no words in that. Ask me about the system in plain text."
    } else {
        "I watch the sample application and repair it when it fails."
    };
    format!("{sentence} (Your message had {} characters.)", message.chars().count())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_query_names_the_model() {
        let of = |path: &str| Model::from_query(&path.parse().unwrap());
        assert_eq!(of("/repair?model=a"), Ok(Model::a));
        assert_eq!(of("/repair?x=1&model=b"), Ok(Model::b));
        assert!(of("/repair?model=c").unwrap_err().contains("`c`"));
        for missing in ["/repair", "/repair?", "/repair?model", "/repair?models=a"] {
            assert!(of(missing).unwrap_err().contains("no `model`"), "{missing}");
        }
    }

    #[test]
    fn messages_that_cannot_be_answered_are_refused() {
        for (message, reason) in [
            ("", "empty"),
            (" \n", "empty"),
            (&*"x".repeat(MAX_MESSAGE_CHARS + 1), "4001 characters"),
            ("a\u{0}b", "U+0000"),
            ("\u{1b}[31m", "U+001B"),
        ] {
            assert!(check_message(message).unwrap_err().contains(reason), "{message:?}");
        }
        for message in ["🔥🔥🔥", &"é".repeat(MAX_MESSAGE_CHARS), "two\nlines"] {
            assert_eq!(check_message(message), Ok(()));
        }
        assert!(answer_to("🔥🔥").starts_with("I see no words"));
    }
}
