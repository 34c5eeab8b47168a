//! `ms-exercise` on a real PostgreSQL server, which comes late, goes away and comes back.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/postgres.rs"]
mod server;

use std::net::SocketAddr;

use common::{Metrics, Role, constant, login, start_ms_exercise, start_ms_other, until};
use serde_json::{Value, json};
use server::Server;
use swarmlab_demo::DatabaseConfig;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

/// Stands between the role and the server, so that the test can take the server away, no matter whose it is.
async fn relay(address: SocketAddr, host: String, port: u16) -> JoinHandle<()> {
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        // Dropped with the task, and every connection with it.
        let mut connections = JoinSet::new();
        loop {
            let (mut inbound, _) = listener.accept().await.unwrap();
            let host = host.clone();
            connections.spawn(async move {
                if let Ok(mut outbound) = TcpStream::connect((host.as_str(), port)).await {
                    let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
                }
            });
        }
    })
}

async fn health(role: &Role) -> u16 {
    reqwest::get(format!("{}/healthz", role.url())).await.unwrap().status().as_u16()
}

async fn list(client: &reqwest::Client, role: &Role, token: &str) -> (u16, Value) {
    let request = client.get(format!("{}/exercises", role.url())).bearer_auth(token);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn create(client: &reqwest::Client, role: &Role, token: &str, title: &str) -> (u16, Value) {
    let request = client.post(format!("{}/exercises", role.url())).bearer_auth(token);
    let response = request.json(&json!({ "title": title })).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exercises_in_postgresql() {
    let Some(server) = Server::find().await else { return };
    let database = format!("swarmlab_test_{}", std::process::id());
    let administrator = server.client("postgres").await.unwrap();
    administrator.batch_execute(&format!("CREATE DATABASE {database}")).await.unwrap();

    replicas_start_together(&server, &database).await;
    the_database_comes_late_and_goes_and_returns(&server, &database).await;

    administrator.batch_execute(&format!("DROP DATABASE {database} WITH (FORCE)")).await.unwrap();
}

/// All of them make the table at the same moment, and none fails.
async fn replicas_start_together(server: &Server, database: &str) {
    let client = reqwest::Client::new();
    let ms_other = start_ms_other(constant(0.0)).await;
    let token = login(&client, &ms_other.url(), "ada").await;
    for _ in 0..5 {
        let administrator = server.client(database).await.unwrap();
        administrator.batch_execute("DROP TABLE IF EXISTS exercises").await.unwrap();
        let mut replicas = Vec::new();
        for _ in 0..6 {
            let config = DatabaseConfig::Postgres(server.config(database, server.port));
            replicas.push(start_ms_exercise(constant(0.0), config).await);
        }
        let mut created = JoinSet::new();
        for (n, role) in replicas.iter().enumerate() {
            let (client, token, url) = (client.clone(), token.clone(), role.url());
            created.spawn(async move {
                let request = client.post(format!("{url}/exercises")).bearer_auth(token);
                let response = request.json(&json!({ "title": format!("{n}") })).send().await.unwrap();
                (response.status().as_u16(), response.text().await.unwrap())
            });
        }
        while let Some(outcome) = created.join_next().await {
            let (status, body) = outcome.unwrap();
            assert_eq!(status, 201, "{body}");
        }
        let (status, listed) = list(&client, &replicas[0], &token).await;
        assert_eq!((status, listed.as_array().unwrap().len()), (200, 6));
        for replica in replicas {
            replica.stop().await.unwrap();
        }
    }
}

async fn the_database_comes_late_and_goes_and_returns(server: &Server, database: &str) {
    let client = reqwest::Client::new();
    let ms_other = start_ms_other(constant(0.0)).await;
    let token = login(&client, &ms_other.url(), "bob").await;
    let through = common::closed_port().await;
    let mut config = server.config(database, through.port());
    config.host = "127.0.0.1".into();
    let role = start_ms_exercise(constant(0.0), DatabaseConfig::Postgres(config)).await;

    assert_eq!(health(&role).await, 503);
    let (status, body) = create(&client, &role, &token, "too early").await;
    assert_eq!(status, 503, "{body}");

    let way = relay(through, server.host.clone(), server.port).await;
    until("healthy once the database is there", || async { health(&role).await == 200 }).await;
    let (status, body) = create(&client, &role, &token, "first").await;
    assert_eq!(status, 201, "{body}");
    let mut creations = JoinSet::new();
    for n in 0..40 {
        let (client, token, url) = (client.clone(), token.clone(), role.url());
        creations.spawn(async move {
            let request = client.post(format!("{url}/exercises")).bearer_auth(token);
            request.json(&json!({ "title": format!("{n}") })).send().await.unwrap().status()
        });
    }
    while let Some(status) = creations.join_next().await {
        assert_eq!(status.unwrap(), 201);
    }
    let (status, listed) = list(&client, &role, &token).await;
    let listed = listed.as_array().unwrap().clone();
    assert_eq!((status, listed.len()), (200, 20));
    let ids: Vec<i64> = listed.iter().map(|exercise| exercise["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "the newest first: {ids:?}");
    assert!(listed[0]["created_at_s"].as_f64().unwrap() > 1.7e9);

    way.abort();
    let _ = way.await;
    until("unhealthy without the database", || async { health(&role).await == 503 }).await;
    assert_eq!(list(&client, &role, &token).await.0, 503);

    let _way = relay(through, server.host.clone(), server.port).await;
    until("healthy again", || async { health(&role).await == 200 }).await;
    assert_eq!(list(&client, &role, &token).await.0, 200);
    let metrics = Metrics::of(&role.url()).await;
    let stored = metrics.value(r#"demo_requests_total{endpoint="create_exercise",method="POST",code="201"}"#);
    let administrator = server.client(database).await.unwrap();
    let row =
        administrator.query_one("SELECT count(*) FROM exercises WHERE user_name = 'bob'", &[]).await.unwrap();
    assert_eq!(stored, row.get::<_, i64>(0) as f64, "what was answered was stored, once");
    role.stop().await.unwrap();
}

/// The password is shown by nothing that prints the settings.
#[test]
fn settings_print_without_the_password() {
    let config = swarmlab_demo::PostgresConfig {
        host: "h".into(),
        port: 1,
        user: "u".into(),
        password: Some(swarmlab_demo::Secret::new("hunter2")),
        database: "d".into(),
        connections: 1,
    };
    assert!(!format!("{config:?}").contains("hunter2"));
}
