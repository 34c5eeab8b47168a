//! The hot path the other way: hyper's connection API on a runtime per core, with the same recording. Kept so that the
//! comparison can be made again (docs/measurement.md has its figures); the engine does not use it.

use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper_util::rt::TokioIo;
use swarmlab_intervals::Histogram;

/// What one connection has seen.
struct Seen {
    requests: u64,
    response: Histogram,
    service: Histogram,
    lateness: Histogram,
}

fn histogram() -> Histogram {
    Histogram::new_with_max(3_600_000_000, 3).unwrap()
}

/// `users` connections, each sending one request after the other for `duration_s`, on one thread.
pub fn closed(address: &str, users: usize, duration_s: f64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let seen: Vec<Seen> = local.block_on(&runtime, async {
        let end = Instant::now() + std::time::Duration::from_secs_f64(duration_s);
        let tasks: Vec<_> =
            (0..users).map(|_| tokio::task::spawn_local(connection(address.to_owned(), end))).collect();
        let mut all = Vec::new();
        for task in tasks {
            all.push(task.await.unwrap());
        }
        all
    });
    let mut sum = Seen { requests: 0, response: histogram(), service: histogram(), lateness: histogram() };
    for one in &seen {
        sum.requests += one.requests;
        sum.response.add(&one.response).unwrap();
        sum.service.add(&one.service).unwrap();
        sum.lateness.add(&one.lateness).unwrap();
    }
    println!("Requests: {}", sum.requests);
    println!("Requests/sec: {:.1}", sum.requests as f64 / duration_s);
    println!(
        "response us: p50 {} p99 {}",
        sum.response.value_at_quantile(0.5),
        sum.response.value_at_quantile(0.99)
    );
}

async fn connection(address: String, end: Instant) -> Seen {
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, driver) =
        hyper::client::conn::http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(async move {
        let _ = driver.await;
    });
    let mut seen = Seen { requests: 0, response: histogram(), service: histogram(), lateness: histogram() };
    loop {
        let intended = Instant::now();
        if intended >= end {
            return seen;
        }
        sender.ready().await.unwrap();
        let request =
            Request::builder().uri("/").header("host", address.as_str()).body(Empty::new()).unwrap();
        let sent = Instant::now();
        let answer = sender.send_request(request).await.unwrap();
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
        let done = Instant::now();
        seen.requests += 1;
        let us = |d: std::time::Duration| d.as_micros() as u64;
        seen.response.saturating_record(us(done - intended));
        seen.service.saturating_record(us(done - sent));
        seen.lateness.saturating_record(us(sent - intended));
    }
}
