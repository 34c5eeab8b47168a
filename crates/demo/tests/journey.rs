//! The user's journey through the whole application, and the counts it leaves on the way.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Metrics, Stack, login};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn login_verify_create_list_logout() {
    let stack = Stack::start().await;
    let client = reqwest::Client::new();
    let token = login(&client, &stack.gateway_proxy.url(), "ada").await;

    let verified = client.get(stack.url("/verify")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(verified.status(), 200);
    assert_eq!(verified.json::<Value>().await.unwrap(), json!({ "user": "ada" }));

    for n in 1..=22 {
        let body = json!({ "title": format!("exercise {n}"), "description": "ten times" });
        let create = client.post(stack.url("/exercises")).bearer_auth(&token).json(&body);
        let created = create.send().await.unwrap();
        assert_eq!(created.status(), 201);
        assert_eq!(created.json::<Value>().await.unwrap(), json!({ "id": n }));
    }
    let listed = client.get(stack.url("/exercises")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(listed.status(), 200);
    let listed: Vec<Value> = listed.json().await.unwrap();
    let titles: Vec<_> =
        listed.iter().map(|exercise| exercise["title"].as_str().unwrap().to_owned()).collect();
    assert_eq!(titles, (3..=22).rev().map(|n| format!("exercise {n}")).collect::<Vec<_>>());
    assert_eq!(listed[0]["description"], "ten times");

    let bobs = login(&client, &stack.gateway_proxy.url(), "bob").await;
    let listed = client.get(stack.url("/exercises")).bearer_auth(&bobs).send().await.unwrap();
    assert_eq!(listed.json::<Value>().await.unwrap(), json!([]), "everyone sees their own");

    let left = client.post(stack.url("/logout")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(left.status(), 204);
    assert_eq!(left.bytes().await.unwrap().len(), 0);

    let gateway = Metrics::of(&stack.gateway.url()).await;
    for (series, count) in [
        (r#"{endpoint="login",method="POST",code="200"}"#, 2.0),
        (r#"{endpoint="verify",method="GET",code="200"}"#, 1.0),
        (r#"{endpoint="create_exercise",method="POST",code="201"}"#, 22.0),
        (r#"{endpoint="list_exercises",method="GET",code="200"}"#, 2.0),
        (r#"{endpoint="logout",method="POST",code="204"}"#, 1.0),
    ] {
        assert_eq!(gateway.value(&format!("demo_requests_total{series}")), count, "{series}\n{}", gateway.0);
    }
    assert_eq!(gateway.sum("demo_requests_total"), 28.0);
    assert_eq!(gateway.sum("demo_request_seconds_count"), 28.0);
    let exercise = Metrics::of(&stack.ms_exercise.url()).await;
    let other = Metrics::of(&stack.ms_other.url()).await;
    assert_eq!(exercise.sum("demo_requests_total"), 24.0);
    assert_eq!(other.sum("demo_requests_total"), 4.0);
    for (proxy, count) in
        [(&stack.gateway_proxy, 28.0), (&stack.ms_exercise_proxy, 24.0), (&stack.ms_other_proxy, 4.0)]
    {
        let metrics = proxy.metrics().await;
        assert_eq!(metrics.value("swarmlab_proxy_downstream_requests_total"), count);
        assert_eq!(metrics.value("swarmlab_proxy_upstream_requests_total"), count);
        assert_eq!(metrics.value(r#"swarmlab_proxy_upstream_responses_total{class="2xx"}"#), count);
        assert_eq!(metrics.value("swarmlab_proxy_upstream_seconds_count"), count);
        assert_eq!(metrics.value("swarmlab_proxy_in_flight"), 0.0);
        assert_eq!(metrics.sum("swarmlab_proxy_upstream_failures_total"), 0.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_there_is_401_and_bad_requests_are_told_apart() {
    let stack = Stack::start().await;
    let client = reqwest::Client::new();
    let token = login(&client, &stack.gateway_proxy.url(), "ada").await;
    let forged = format!("{token}00");
    for path in ["/verify", "/exercises"] {
        let bare = client.get(stack.url(path)).send().await.unwrap();
        assert_eq!(bare.status(), 401, "{path}");
        assert_eq!(bare.headers()["www-authenticate"], "Bearer");
        assert!(bare.json::<Value>().await.unwrap()["error"].is_string());
        let wrong = client.get(stack.url(path)).bearer_auth(&forged).send().await.unwrap();
        assert_eq!(wrong.status(), 401, "{path}");
    }
    for (path, token, body, status) in [
        ("/logout", "nonsense", "", 401),
        ("/exercises", "nonsense", r#"{"title":"x"}"#, 401),
        ("/exercises", &token, r#"{"title":""}"#, 400),
        ("/exercises", &token, "{", 400),
        ("/login", "", r#"{"user":""}"#, 400),
        ("/login", "", "[]", 400),
        ("/nowhere", "", "", 404),
    ] {
        let post = client.post(stack.url(path)).bearer_auth(token).body(body);
        let response = post.send().await.unwrap();
        assert_eq!(response.status(), status, "{path} {body}");
        assert!(response.json::<Value>().await.unwrap()["error"].is_string());
    }
    let long = client.post(stack.url("/login")).body(vec![b' '; 65 << 10]).send().await.unwrap();
    assert_eq!(long.status(), 413);
    let gateway = Metrics::of(&stack.gateway.url()).await;
    assert_eq!(gateway.value(r#"demo_requests_total{endpoint="unknown",method="POST",code="404"}"#), 1.0);
    assert_eq!(gateway.sum("demo_requests_total"), 13.0, "refused requests count as well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_proof_are_no_application_requests() {
    let stack = Stack::start().await;
    for role in [&stack.gateway, &stack.ms_exercise, &stack.ms_other] {
        swarmlab_demo::healthcheck(&format!("{}/healthz", role.url()), std::time::Duration::from_secs(5))
            .unwrap();
        let proof = reqwest::get(format!("{}/proof", role.url())).await.unwrap();
        assert_eq!(proof.status(), 200);
    }
    let proof = reqwest::get(stack.url("/proof")).await.unwrap();
    let body: Value = proof.json().await.unwrap();
    let expected = json!({ "touched": [
        { "target": stack.ms_exercise_proxy.url(), "error": null },
        { "target": stack.ms_other_proxy.url(), "error": null },
    ]});
    assert_eq!(body, expected);
    let gateway = Metrics::of(&stack.gateway.url()).await;
    assert_eq!(gateway.value("demo_proof_requests_total"), 2.0);
    for role in [&stack.gateway, &stack.ms_exercise, &stack.ms_other] {
        assert_eq!(Metrics::of(&role.url()).await.sum("demo_requests_total"), 0.0);
    }
    for proxy in [&stack.ms_exercise_proxy, &stack.ms_other_proxy] {
        assert_eq!(proxy.metrics().await.value("swarmlab_proxy_upstream_requests_total"), 2.0);
    }

    stack.ms_other_proxy.upstreams.replace(&[]);
    let proof = reqwest::get(stack.url("/proof")).await.unwrap();
    assert_eq!(proof.status(), 502);
    let body: Value = proof.json().await.unwrap();
    assert_eq!(body["touched"][0]["error"], Value::Null);
    assert_eq!(body["touched"][1]["error"], "/healthz answered 503 Service Unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_agree_on_every_hop_under_200_concurrent_requests() {
    let stack = Stack::start().await;
    let client = reqwest::Client::new();
    let token = login(&client, &stack.gateway_proxy.url(), "ada").await;
    let mut requests = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (client, token) = (client.clone(), token.clone());
        let (exercises, verify) = (stack.url("/exercises"), stack.url("/verify"));
        requests.spawn(async move {
            for _ in 0..3 {
                let request = match n % 4 {
                    0 => client.get(&verify),
                    1 => client.get(&exercises),
                    _ => client.post(&exercises).json(&json!({ "title": "x" })),
                };
                let response = request.bearer_auth(&token).send().await.unwrap();
                assert!(response.status().is_success(), "{}", response.status());
                response.bytes().await.unwrap();
            }
        });
    }
    while let Some(outcome) = requests.join_next().await {
        outcome.unwrap();
    }
    let gateway = Metrics::of(&stack.gateway.url()).await;
    assert_eq!(gateway.sum("demo_requests_total"), 601.0);
    assert_eq!(gateway.value("demo_in_flight"), 0.0);
    assert_eq!(Metrics::of(&stack.ms_exercise.url()).await.sum("demo_requests_total"), 450.0);
    assert_eq!(Metrics::of(&stack.ms_other.url()).await.sum("demo_requests_total"), 151.0);
    for (proxy, count) in
        [(&stack.gateway_proxy, 601.0), (&stack.ms_exercise_proxy, 450.0), (&stack.ms_other_proxy, 151.0)]
    {
        let metrics = proxy.metrics().await;
        assert_eq!(metrics.value("swarmlab_proxy_downstream_requests_total"), count);
        assert_eq!(metrics.sum("swarmlab_proxy_upstream_responses_total"), count);
        assert_eq!(metrics.value(r#"swarmlab_proxy_upstream_seconds_bucket{le="+Inf"}"#), count);
    }
}
