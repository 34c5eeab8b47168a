//! Stopping, and clients that leave.
#![allow(clippy::unwrap_used)]

mod common;

use common::{
    Metrics, constant, login, sqlite, start_gateway, start_ms_exercise, start_ms_other, start_proxy, until,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_told_to_stop_answers_what_is_in_flight() {
    let role = start_ms_other(constant(300.0)).await;
    let (address, url) = (role.address, role.url());
    let client = reqwest::Client::new();
    let request = client.post(format!("{url}/login")).json(&serde_json::json!({ "user": "ada" }));
    let in_flight = tokio::spawn(request.send());
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    let stopped = role.stop();
    assert_eq!(in_flight.await.unwrap().unwrap().status(), 200);
    stopped.await.unwrap();
    let refused = tokio::net::TcpStream::connect(address).await;
    assert!(refused.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_told_to_stop_answers_what_is_in_flight() {
    let role = start_ms_other(constant(300.0)).await;
    let proxy = start_proxy(&[role.address]).await;
    let request = reqwest::Client::new().post(format!("{}/login", proxy.url()));
    let in_flight = tokio::spawn(request.body(r#"{"user":"ada"}"#).send());
    let url = role.url();
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    let stopped = proxy.role.stop();
    assert_eq!(in_flight.await.unwrap().unwrap().status(), 200);
    stopped.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_do_not_hold_up_the_stop() {
    let role = start_ms_other(constant(0.0)).await;
    let client = reqwest::Client::new();
    login(&client, &role.url(), "ada").await;
    let _never_used = tokio::net::TcpStream::connect(role.address).await.unwrap();
    let stop = role.stop();
    tokio::time::timeout(std::time::Duration::from_secs(5), stop).await.expect("stops at once").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_is_counted_and_its_demand_is_burned() {
    let folder = tempfile::tempdir().unwrap();
    let exercise = start_ms_exercise(constant(100.0), sqlite(folder.path())).await;
    let proxy = start_proxy(&[exercise.address]).await;
    let gateway = start_gateway(constant(0.0), &proxy.url(), "http://127.0.0.1:9").await;
    let url = exercise.url();
    let in_flight = tokio::spawn(reqwest::Client::new().get(format!("{}/exercises", gateway.url())).send());
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    in_flight.abort();
    until("the request is answered", || async { Metrics::of(&url).await.value("demo_in_flight") == 0.0 })
        .await;
    let metrics = Metrics::of(&url).await;
    assert_eq!(metrics.sum("demo_requests_total"), 1.0);
    assert!(metrics.value("demo_cpu_burned_seconds_total") >= 0.1);
    until("the gateway has counted it", || async {
        Metrics::of(&gateway.url()).await.sum("demo_requests_total") == 1.0
    })
    .await;

    // At the proxy nothing outlives the client; it says that the client left.
    let in_flight = tokio::spawn(reqwest::Client::new().get(format!("{}/exercises", proxy.url())).send());
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    in_flight.abort();
    let left = r#"swarmlab_proxy_upstream_failures_total{reason="client_left"}"#;
    until("the proxy has noticed", || async { proxy.metrics().await.value(left) == 1.0 }).await;
    assert_eq!(proxy.metrics().await.value("swarmlab_proxy_upstream_requests_total"), 2.0);
}
