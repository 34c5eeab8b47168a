//! The oracle: CPU per request as the process accounts for it against the demand that was configured.
//! One test in its own process, for the process' CPU clock counts everything that runs in it.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;

use common::{Metrics, start_ms_other};
use swarmlab_demo::{DemandConfig, Distribution};

const CLIENTS: u32 = 3;
const REQUESTS_EACH: u32 = 40;

/// Sends requests one after the other from a plain socket: the client shares the process, so it must cost
/// next to nothing.
fn client(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut answer = [0; 4096];
    for _ in 0..REQUESTS_EACH {
        stream.write_all(b"GET /verify HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let n = stream.read(&mut answer).unwrap();
        assert!(answer[..n].starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&answer[..n]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cpu_per_request_is_the_configured_demand() {
    for (mean_ms, distribution) in [(15.0, Distribution::Constant), (8.0, Distribution::Exponential)] {
        let workers = NonZeroUsize::new(2);
        let role = start_ms_other(DemandConfig { mean_ms, distribution, seed: 11, workers }).await;
        let before = Metrics::of(&role.url()).await;
        let address = role.address;
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| tokio::task::spawn_blocking(move || client(address))).collect();
        for client in clients {
            client.await.unwrap();
        }
        let after = Metrics::of(&role.url()).await;
        let grown = |name: &str| after.sum(name) - before.sum(name);

        let requests = grown("demo_requests_total");
        assert_eq!(requests, f64::from(CLIENTS * REQUESTS_EACH));
        let demanded_s = grown("demo_cpu_demanded_seconds_total");
        let burned_s = grown("demo_cpu_burned_seconds_total");
        let process_s = grown("process_cpu_seconds_total");
        println!(
            "{distribution} {mean_ms} ms: demanded {:.4}, burned {:.4}, process {:.4} ms a request",
            demanded_s / requests * 1e3,
            burned_s / requests * 1e3,
            process_s / requests * 1e3
        );
        if distribution == Distribution::Constant {
            assert!((demanded_s / requests * 1e3 - mean_ms).abs() < 1e-9);
        }
        assert!((burned_s / demanded_s - 1.0).abs() < 0.02, "burned {burned_s} of {demanded_s} s");
        assert!(process_s >= burned_s, "the process burned what its threads burned");
        let overhead = process_s / demanded_s - 1.0;
        assert!(overhead < 0.10, "{:.1} % beside the demand", overhead * 100.0);
        assert!(after.value("process_resident_memory_bytes") > 1e6);
        role.stop().await.unwrap();
    }
}
