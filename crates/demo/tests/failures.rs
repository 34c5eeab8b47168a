//! Upstreams that are down, break, or keep silent: each has its status and its reason, and nothing is sent
//! twice.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{
    Metrics, closed_port, constant, free_port, login, start_gateway, start_gateway_with_timeout,
    start_ms_other, start_proxy, start_proxy_with_timeout, until,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server that reads a request's head, says `answer`, and closes; it counts the heads.
async fn scripted(answer: &'static [u8], keep_open: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = free_port().await;
    let address = listener.local_addr().unwrap();
    let heads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heads);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                if stream.read_buf(&mut head).await.unwrap() == 0 {
                    break;
                }
            }
            if !head.is_empty() {
                counted.fetch_add(1, Ordering::SeqCst);
                stream.write_all(answer).await.unwrap();
            }
            if keep_open {
                kept.push(stream);
            }
        }
    });
    (address, heads)
}

async fn status(url: &str) -> u16 {
    let response = reqwest::Client::new().get(format!("{url}/verify")).send().await.unwrap();
    let status = response.status().as_u16();
    let body: serde_json::Value = response.json().await.unwrap();
    assert!(body["error"].is_string(), "{body}");
    status
}

fn failures(reason: &str) -> String {
    format!("swarmlab_proxy_upstream_failures_total{{reason=\"{reason}\"}}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_listens() {
    let nobody = closed_port().await;
    let proxy = start_proxy(&[nobody]).await;
    let direct = start_gateway(constant(0.0), "http://127.0.0.1:9", &format!("http://{nobody}")).await;
    let proxied = start_gateway(constant(0.0), "http://127.0.0.1:9", &proxy.url()).await;
    assert_eq!(status(&direct.url()).await, 503);
    assert_eq!(status(&proxied.url()).await, 503);
    let metrics = proxy.metrics().await;
    assert_eq!(metrics.value(&failures("connect")), 1.0);
    assert_eq!(metrics.value(&failures("no_upstream")), 1.0);
    assert_eq!(metrics.value("swarmlab_proxy_downstream_requests_total"), 1.0);
    assert_eq!(metrics.value("swarmlab_proxy_upstream_requests_total"), 0.0, "nothing was written");
    assert_eq!(metrics.value(r#"swarmlab_proxy_downstream_responses_total{class="5xx"}"#), 1.0);
    let gateway = Metrics::of(&proxied.url()).await;
    assert_eq!(gateway.value(r#"demo_requests_total{endpoint="verify",method="GET",code="503"}"#), 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_written_is_never_sent_again() {
    let (breaks, heads) = scripted(b"", false).await;
    let direct = start_gateway(constant(0.0), "http://127.0.0.1:9", &format!("http://{breaks}")).await;
    assert_eq!(status(&direct.url()).await, 502);
    assert_eq!(heads.load(Ordering::SeqCst), 1);

    let proxy = start_proxy(&[breaks, breaks]).await;
    assert_eq!(status(&proxy.url()).await, 502);
    assert_eq!(heads.load(Ordering::SeqCst), 2);
    let metrics = proxy.metrics().await;
    assert_eq!(metrics.value(&failures("reset")), 1.0);
    assert_eq!(metrics.value("swarmlab_proxy_upstream_requests_total"), 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_upstream_is_given_up() {
    let (silent, heads) = scripted(b"", true).await;
    let bound = Duration::from_millis(100);
    let other = format!("http://{silent}");
    let gateway = start_gateway_with_timeout(constant(0.0), "http://127.0.0.1:9", &other, bound).await;
    assert_eq!(status(&gateway.url()).await, 504);
    let proxy = start_proxy_with_timeout(&[silent], Some(bound)).await;
    assert_eq!(status(&proxy.url()).await, 504);
    assert_eq!(proxy.metrics().await.value(&failures("response_timeout")), 1.0);
    assert_eq!(heads.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_breaks_off_at_the_client() {
    let (breaks, _) = scripted(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", false).await;
    let proxy = start_proxy(&[breaks]).await;
    let response = reqwest::get(proxy.url()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    let metrics = proxy.metrics().await;
    assert_eq!(metrics.value(&failures("body")), 1.0);
    assert_eq!(metrics.value("swarmlab_proxy_upstream_seconds_count"), 0.0, "it was never complete");

    let gateway = start_gateway(constant(0.0), "http://127.0.0.1:9", &format!("http://{breaks}")).await;
    assert_eq!(status(&gateway.url()).await, 502);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_upstream_says_of_itself_is_translated_what_it_says_of_the_request_is_not() {
    for (answer, expected) in [
        (&b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"[..], 502),
        (b"HTTP/1.1 503 Full\r\ncontent-length: 0\r\n\r\n", 503),
        (b"HTTP/1.1 504 Late\r\ncontent-length: 0\r\n\r\n", 504),
        (b"HTTP/1.1 409 No\r\ncontent-length: 13\r\n\r\n{\"error\":\"x\"}", 409),
        (b"HTTP/1.1 404 No route\r\ncontent-length: 8\r\n\r\nno route", 404),
        (b"SMTP ready\r\n\r\n", 502),
    ] {
        let (other, _) = scripted(answer, false).await;
        let gateway = start_gateway(constant(0.0), "http://127.0.0.1:9", &format!("http://{other}")).await;
        assert_eq!(status(&gateway.url()).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_go_in_turn_to_those_that_accept() {
    let (a, b) = (start_ms_other(constant(0.0)).await, start_ms_other(constant(0.0)).await);
    let proxy = start_proxy(&[a.address, closed_port().await, b.address]).await;
    let client = reqwest::Client::new();
    for _ in 0..30 {
        login(&client, &proxy.url(), "ada").await;
    }
    let (at_a, at_b) = (
        Metrics::of(&a.url()).await.sum("demo_requests_total"),
        Metrics::of(&b.url()).await.sum("demo_requests_total"),
    );
    assert_eq!((at_a, at_b), (10.0, 20.0), "b takes the turns of the one before it");
    assert_eq!(proxy.metrics().await.value(&failures("connect")), 10.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_can_be_replaced_while_serving() {
    let (a, b) = (start_ms_other(constant(0.0)).await, start_ms_other(constant(0.0)).await);
    let proxy = start_proxy(&[a.address]).await;
    let client = reqwest::Client::new();
    login(&client, &proxy.url(), "ada").await;
    let admin = format!("http://{}/upstreams", proxy.admin);
    let put = client.put(&admin).json(&[b.address]).send().await.unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(proxy.upstreams.addresses(), [b.address]);
    let listed: Vec<SocketAddr> = client.get(&admin).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed, [b.address]);
    a.stop().await.unwrap();
    for _ in 0..4 {
        login(&client, &proxy.url(), "ada").await;
    }
    assert_eq!(Metrics::of(&b.url()).await.sum("demo_requests_total"), 4.0);
    let refused = client.put(&admin).body(r#"["nowhere"]"#).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(proxy.upstreams.addresses(), [b.address], "a bad list changes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_that_comes_back_is_found_again() {
    let first = start_ms_other(constant(0.0)).await;
    let proxy = start_proxy(&[first.address]).await;
    let gateway = start_gateway(constant(0.0), "http://127.0.0.1:9", &first.url()).await;
    let client = reqwest::Client::new();
    login(&client, &proxy.url(), "ada").await;
    login(&client, &gateway.url(), "ada").await;
    first.stop().await.unwrap();
    assert_eq!(status(&proxy.url()).await, 503, "kept connections are closed, new ones refused");
    assert_eq!(status(&gateway.url()).await, 503);
    let second = start_ms_other(constant(0.0)).await;
    proxy.upstreams.replace(&[second.address]);
    login(&client, &proxy.url(), "ada").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_goes_is_given_back_once_its_requests_are_answered() {
    let slow = start_ms_other(constant(400.0)).await;
    let quick = start_ms_other(constant(0.0)).await;
    let proxy = start_proxy(&[slow.address]).await;
    let (client, url) = (reqwest::Client::new(), proxy.url());
    let answered = tokio::spawn(async move {
        login(&client, &url, "ada").await;
        std::time::Instant::now()
    });
    until("the request is under way", || async {
        proxy.metrics().await.value("swarmlab_proxy_in_flight") > 0.0
    })
    .await;
    let admin = format!("http://{}/upstreams", proxy.admin);
    let list = format!("[\"{}\"]", quick.address);
    let client = reqwest::Client::new();
    let given_back = client.put(format!("{admin}?drain_s=10")).body(list.clone()).send().await.unwrap();
    let at = std::time::Instant::now();
    assert_eq!(given_back.status(), 200);
    assert!(answered.await.unwrap() <= at, "the answer came first");
    let wrong = client.put(format!("{admin}?drain_s=x")).body(list).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_stream_through_the_proxy() {
    let listener = free_port().await;
    let proxy = start_proxy(&[listener.local_addr().unwrap()]).await;
    let mut client = tokio::net::TcpStream::connect(proxy.role.address).await.unwrap();
    client
        .write_all(b"POST /x?y=1 HTTP/1.1\r\nhost: example\r\nconnection: x-hop\r\nx-hop: 1\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n")
        .await
        .unwrap();
    let (mut upstream, _) = listener.accept().await.unwrap();
    let mut received = Vec::new();
    // The first half of the request arrives while the second is not sent yet.
    read_until(&mut upstream, &mut received, "four").await;
    client.write_all(b"4\r\nmore\r\n0\r\n\r\n").await.unwrap();
    read_until(&mut upstream, &mut received, "0\r\n\r\n").await;
    let head = String::from_utf8_lossy(&received).to_ascii_lowercase();
    assert!(head.starts_with("post /x?y=1 http/1.1\r\n"), "{head}");
    assert!(
        head.contains("host: example\r\n") && !head.contains("x-hop") && !head.contains("connection"),
        "{head}"
    );

    // So does the answer's.
    upstream
        .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-own: 1\r\n\r\n3\r\none\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    read_until(&mut client, &mut answer, "one").await;
    assert_eq!(proxy.metrics().await.value("swarmlab_proxy_in_flight"), 1.0);
    upstream.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    read_until(&mut client, &mut answer, "0\r\n\r\n").await;
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    assert!(answer.contains("x-own: 1\r\n") && !answer.contains("date:"), "{answer}");
    until("it is complete", || async {
        proxy.metrics().await.value("swarmlab_proxy_upstream_seconds_count") == 1.0
    })
    .await;
}

async fn read_until(stream: &mut tokio::net::TcpStream, received: &mut Vec<u8>, end: &str) {
    while !received.windows(end.len()).any(|part| part == end.as_bytes()) {
        let n = stream.read_buf(received).await.unwrap();
        assert_ne!(n, 0, "closed before {end:?}: {}", String::from_utf8_lossy(received));
    }
}
