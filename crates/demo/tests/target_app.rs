//! The web shop: what each kind of request is answered, and the counts it leaves.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Metrics, constant, start_target_app, until};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn body(response: reqwest::Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browse_order_and_look_again() {
    let role = start_target_app(constant(0.0)).await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", role.url());
    let get = async |path: &str| body(client.get(url(path)).send().await.unwrap()).await;
    let order =
        async |order: Value| body(client.post(url("/orders")).json(&order).send().await.unwrap()).await;

    assert_eq!(get("/health").await, (StatusCode::OK, json!({ "status": "healthy" })));
    let (status, products) = get("/products").await;
    assert_eq!((status, products.as_array().unwrap().len()), (StatusCode::OK, 10));
    assert_eq!(get("/products/3").await, (StatusCode::OK, products[2].clone()));
    for unknown in ["/products/0", "/products/11", "/products/x", "/products/", "/products/1/2", "/nothing"] {
        let (status, answer) = get(unknown).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{unknown}");
        assert!(answer["error"].is_string());
    }

    assert_eq!(get("/orders").await, (StatusCode::OK, json!([])));
    let made = json!({ "id": 1, "product_id": 3, "quantity": 2, "total_cents": 4980 });
    assert_eq!(order(json!({ "product_id": 3, "quantity": 2 })).await, (StatusCode::CREATED, made.clone()));
    assert_eq!(get("/orders").await, (StatusCode::OK, json!([made])));
    for (wrong, expected) in [
        (json!({ "product_id": 99 }), StatusCode::NOT_FOUND),
        (json!({ "product_id": 1, "quantity": 0 }), StatusCode::BAD_REQUEST),
        (json!({ "quantity": 1 }), StatusCode::BAD_REQUEST),
        (json!([]), StatusCode::BAD_REQUEST),
    ] {
        let (status, answer) = order(wrong).await;
        assert_eq!(status, expected);
        assert!(answer["error"].is_string());
    }

    let metrics = Metrics::of(&role.url()).await;
    for (series, count) in [
        (r#"{endpoint="health",method="GET",code="200"}"#, 1.0),
        (r#"{endpoint="list_products",method="GET",code="200"}"#, 1.0),
        (r#"{endpoint="get_product",method="GET",code="200"}"#, 1.0),
        (r#"{endpoint="get_product",method="GET",code="404"}"#, 5.0),
        (r#"{endpoint="unknown",method="GET",code="404"}"#, 1.0),
        (r#"{endpoint="list_orders",method="GET",code="200"}"#, 2.0),
        (r#"{endpoint="create_order",method="POST",code="201"}"#, 1.0),
        (r#"{endpoint="create_order",method="POST",code="400"}"#, 3.0),
        (r#"{endpoint="create_order",method="POST",code="404"}"#, 1.0),
    ] {
        assert_eq!(metrics.value(&format!("demo_requests_total{series}")), count, "{series}\n{}", metrics.0);
    }
    assert_eq!(metrics.sum("demo_requests_total"), 16.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_carries_the_login() {
    let role = start_target_app(constant(0.0)).await;
    let client = reqwest::Client::new();
    let account = async |cookie: &str| {
        let request = client.get(format!("{}/account", role.url())).header("cookie", cookie);
        body(request.send().await.unwrap()).await
    };
    let login = client.post(format!("{}/login", role.url())).json(&json!({ "user": "ada" }));
    let answer = login.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.ends_with("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap();
    let logged_in = (StatusCode::OK, json!({ "user": "ada" }));
    assert_eq!(account(cookie).await, logged_in);
    assert_eq!(account(&format!("theme=dark; {cookie}")).await, logged_in);
    for wrong in ["", "session=", "session=x", "other=1", &cookie.replace("session", "sessions")] {
        assert_eq!(account(wrong).await.0, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    let nobody = client.post(format!("{}/login", role.url())).json(&json!({ "user": "" }));
    let answer = nobody.send().await.unwrap();
    assert_eq!((answer.status(), answer.headers().get("set-cookie")), (StatusCode::BAD_REQUEST, None));

    let elsewhere = start_target_app(constant(0.0)).await;
    let request = client.get(format!("{}/account", elsewhere.url())).header("cookie", cookie);
    assert_eq!(request.send().await.unwrap().status(), 401, "the key is made up at the start");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_and_rest_see_the_same_orders() {
    let role = start_target_app(constant(0.0)).await;
    let client = reqwest::Client::new();
    let ask = async |request: Value| {
        let request = client.post(format!("{}/graphql", role.url())).json(&request);
        body(request.send().await.unwrap()).await
    };
    let query = "mutation Buy($p: Int!) { createOrder(productId: $p) { id totalCents } }";
    let made = ask(json!({ "query": query, "variables": { "p": 4 } })).await;
    assert_eq!(made, (StatusCode::OK, json!({ "data": { "createOrder": { "id": 1, "totalCents": 990 } } })));
    let listed = reqwest::get(format!("{}/orders", role.url())).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(listed[0]["product_id"], 4);
    let (status, answer) = ask(json!({ "query": "{ products { id nothing } }" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["errors"][0]["message"], "there is no field `nothing` on `Product`");
    assert_eq!(ask(json!({ "no": "query" })).await.0, StatusCode::BAD_REQUEST);
    let metrics = Metrics::of(&role.url()).await;
    assert_eq!(
        metrics.value(r#"demo_requests_total{endpoint="graphql",method="POST",code="200"}"#),
        2.0,
        "{}",
        metrics.0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_told_to_stop_answers_what_is_in_flight() {
    let role = start_target_app(constant(300.0)).await;
    let (address, url) = (role.address, role.url());
    swarmlab_demo::healthcheck(&format!("{url}/healthz"), std::time::Duration::from_secs(5)).unwrap();
    let in_flight = tokio::spawn(reqwest::get(format!("{url}/products")));
    until("the request is in flight", || async { Metrics::of(&url).await.value("demo_in_flight") == 1.0 })
        .await;
    let stopped = role.stop();
    assert_eq!(in_flight.await.unwrap().unwrap().status(), 200);
    stopped.await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
