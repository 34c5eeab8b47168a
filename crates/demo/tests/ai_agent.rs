//! The AI agent: both models, the messages nobody should send, and what each model costs.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Metrics, constant, start_ai_agent, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn post(url: &str, body: &Value) -> (StatusCode, Value) {
    let response = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_models_repair_and_chat() {
    let role = start_ai_agent(constant(0.0), 0.0, 0.0).await;
    let url = |path: &str| format!("{}{path}", role.url());
    for (model, times) in [("a", 1), ("b", 2)] {
        for nth in 1..=times {
            let (status, answer) = post(&url(&format!("/repair?model={model}")), &json!({})).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!((&answer["success"], &answer["model"]), (&json!(true), &json!(model)));
            assert_eq!(answer["repair"], nth);
        }
        let message = json!({ "message": "How many containers are running?", "model": model });
        let (status, answer) = post(&url("/chat"), &message).await;
        assert_eq!((status, &answer["model"]), (StatusCode::OK, &json!(model)));
        assert!(answer["response"].as_str().unwrap().starts_with("Two containers run"), "{answer}");
    }
    let by_query = post(&url("/chat?model=b"), &json!({ "message": "Hello" })).await;
    assert_eq!((by_query.0, &by_query.1["model"]), (StatusCode::OK, &json!("b")));

    let status: Value = reqwest::get(url("/status")).await.unwrap().json().await.unwrap();
    let models = json!({ "a": { "chats": 1, "repairs": 1 }, "b": { "chats": 2, "repairs": 2 } });
    assert_eq!(status, json!({ "status": "ok", "models": models }));
    let metrics = Metrics::of(&role.url()).await;
    for (series, count) in [
        (r#"demo_model_chats_total{model="a"}"#, 1.0),
        (r#"demo_model_chats_total{model="b"}"#, 2.0),
        (r#"demo_model_repairs_total{model="a"}"#, 1.0),
        (r#"demo_model_repairs_total{model="b"}"#, 2.0),
        (r#"demo_requests_total{endpoint="chat",method="POST",code="200"}"#, 3.0),
        (r#"demo_requests_total{endpoint="repair",method="POST",code="200"}"#, 3.0),
        (r#"demo_requests_total{endpoint="status",method="GET",code="200"}"#, 1.0),
    ] {
        assert_eq!(metrics.value(series), count, "{series}\n{}", metrics.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_prompts_get_a_reason_and_cost_no_model() {
    let role = start_ai_agent(constant(0.0), 1000.0, 1000.0).await;
    let chat = format!("{}/chat", role.url());
    for (message, reason) in [
        (json!({ "message": "", "model": "a" }), "empty"),
        (json!({ "message": "x".repeat(5000), "model": "b" }), "5000 characters"),
        (json!({ "message": "\u{0}\u{1}\u{7}", "model": "a" }), "U+0000"),
        (json!({ "message": "hello", "model": "c" }), "expected"),
        (json!({ "message": "hello" }), "no `model`"),
        (json!({ "model": "a" }), "missing field `message`"),
        (json!(7), "expected"),
    ] {
        let (status, answer) = post(&chat, &message).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{message}");
        assert!(answer["error"].as_str().unwrap().contains(reason), "{answer}");
    }
    let (status, answer) = post(&format!("{}/repair?model=c", role.url()), &json!({})).await;
    assert_eq!((status, answer["error"].is_string()), (StatusCode::BAD_REQUEST, true));
    let metrics = Metrics::of(&role.url()).await;
    assert_eq!(metrics.value("demo_cpu_demanded_seconds_total"), 0.0);
    assert_eq!(metrics.sum("demo_model_chats_total") + metrics.sum("demo_model_repairs_total"), 0.0);

    let emoji = post(&chat, &json!({ "message": "🔥".repeat(500), "model": "a" })).await;
    assert_eq!(emoji.0, StatusCode::OK);
    assert!(emoji.1["response"].as_str().unwrap().starts_with("I see no words"), "{}", emoji.1);
    assert_eq!(Metrics::of(&role.url()).await.value("demo_cpu_demanded_seconds_total"), 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_models_differ_in_what_they_cost() {
    let role = start_ai_agent(constant(1.0), 10.0, 25.0).await;
    let demanded_s = async || Metrics::of(&role.url()).await.value("demo_cpu_demanded_seconds_total");
    let mut before_s = 0.0;
    for (path, cost_ms) in [("/repair?model=a", 10.0), ("/repair?model=b", 25.0), ("/nothing", 1.0)] {
        post(&format!("{}{path}", role.url()), &json!({})).await;
        let after_s = demanded_s().await;
        assert!((after_s - before_s - cost_ms / 1e3).abs() < 1e-9, "{path}: {} s", after_s - before_s);
        before_s = after_s;
    }
    let metrics = Metrics::of(&role.url()).await;
    assert!(metrics.value("demo_cpu_burned_seconds_total") >= 0.036);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_told_to_stop_answers_what_is_in_flight() {
    let role = start_ai_agent(constant(0.0), 300.0, 0.0).await;
    let url = role.url();
    swarmlab_demo::healthcheck(&format!("{url}/healthz"), std::time::Duration::from_secs(5)).unwrap();
    let repair = format!("{url}/repair?model=a");
    let in_flight = tokio::spawn(async move { post(&repair, &json!({})).await });
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    let stopped = role.stop();
    assert_eq!(in_flight.await.unwrap().0, StatusCode::OK);
    stopped.await.unwrap();
}
