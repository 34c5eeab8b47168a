//! A stack of somebody else's, with proxies and telemetry woven in.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::bystanders::Bystanders;
use crate::engine::{assert_gone, engine};
use crate::support::{Lab, swarmlab, verdict};

/// Two services as somebody has them: no role, no proxy, no telemetry. `side` is reached by `web`'s network alone.
const STACK: &str = "\
services:
  web:
    image: swarmlab/demo:local
    command: [ms-other]
    environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"0.0.0.0:5002\" }
    ports: [{ target: 5002, published: 18090, mode: host }]
    deploy: { endpoint_mode: dnsrr, replicas: 1 }
  side:
    image: swarmlab/demo:local
    command: [ms-other]
    environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"0.0.0.0:5002\" }
    healthcheck:
      test: [CMD, /usr/local/bin/swarmlab, demo, healthcheck, \"http://127.0.0.1:5002/healthz\"]
      interval: 2s
    deploy: { endpoint_mode: dnsrr }
";

/// Runs a command; what is written without an engine gets the images that were built, by their variables.
fn command(args: &[&str]) -> (Option<i32>, Vec<serde_json::Value>) {
    let images = ["envoy", "prometheus", "cadvisor", "node-exporter"].map(|name| {
        let variable = format!("{}_IMAGE", name.to_uppercase().replace('-', "_"));
        (variable, format!("swarmlab/{name}:local"))
    });
    let socket = engine().replace("unix://", "");
    let root = Path::new(&socket).with_file_name("data").display().to_string();
    let of_engine = [("DOCKER_SOCKET".to_owned(), socket), ("DOCKER_DATA_ROOT".to_owned(), root)];
    let out = swarmlab()
        .args(["--json", "--engine", &engine()])
        .args(args)
        .envs(images.into_iter().chain(of_engine))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    (out.status.code(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// The body that an address answers with.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 OK"), "{path}: {answer}");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap()
}

/// What a front has counted, as Prometheus has it.
fn counted(front: &str) -> f64 {
    let query = format!("sum(envoy_http_downstream_rq_total%7Bjob%3D%22{front}%22%7D)");
    let answer: serde_json::Value =
        serde_json::from_str(&get("127.0.0.1:9090", &format!("/api/v1/query?query={query}"))).unwrap();
    answer["data"]["result"][0]["value"][1].as_str().map_or(0.0, |value| value.parse().unwrap())
}

fn write_stack(folder: &Path) -> String {
    let file = folder.join("plain.yml");
    std::fs::write(&file, STACK).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_front_sees_every_request_that_users_send_to_the_published_port() {
    let bystanders = Bystanders::start();
    let folder = tempfile::tempdir().unwrap();
    let file = write_stack(folder.path());
    let (code, lines) = command(&["up", &file, "--name", "woven", "--observe"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let up = lines.iter().find(|l| l["event"] == "up").unwrap();
    assert_eq!(up["unproven"].as_array().unwrap().len(), 0, "{up:#}");
    let fronts: Vec<_> =
        up["fronts"].as_array().unwrap().iter().map(|f| f["proxy"].as_str().unwrap()).collect();
    // `side` is known by its health check.
    assert_eq!(fronts, ["web-front", "side-front"]);
    assert!(lines.iter().any(|l| l.to_string().contains("each of 2 proxies")), "{lines:#?}");
    let before = counted("web-front");
    assert!(before >= 1.0 && counted("side-front") >= 1.0, "they were proven by a request each");
    for _ in 0..25 {
        assert!(!get("127.0.0.1:18090", "/healthz").is_empty());
    }
    let end = std::time::Instant::now() + Duration::from_secs(20);
    while counted("web-front") < before + 25.0 && std::time::Instant::now() < end {
        std::thread::sleep(Duration::from_millis(250));
    }
    assert_eq!(counted("web-front"), before + 25.0);
    let (code, lines) = command(&["down", "woven"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    assert_gone("woven");

    // The same as a file: what `weave` writes comes up by itself.
    let out = folder.path().join("out.yml");
    let out = out.to_str().unwrap();
    let (code, lines) = command(&["weave", &file, "-o", out]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let (code, lines) = command(&["up", out, "--name", "written"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    assert!(!get("127.0.0.1:18090", "/healthz").is_empty());
    let (code, _) = command(&["down", "written"]);
    assert_eq!(code, Some(0));
    assert_gone("written");
    bystanders.assert_untouched();
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_first_experiment_is_written_and_its_requests_are_proven() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_stack(folder.path());
    let out = folder.path().join("lab").display().to_string();
    // Nothing in the file says which path answers: the root does not, and that is told.
    let (code, lines) = command(&["init", &file, "-o", &out, "--prove"]);
    let said = lines.last().unwrap();
    assert_eq!((code, said["code"].as_str()), (Some(5), Some("E631-no-answer")), "{lines:#?}");
    assert!(said["message"].as_str().unwrap().contains("as expected"), "{said}");
    assert_gone("plain");
    let checked = STACK.replace(
        "    ports: [{",
        "    healthcheck: { test: [CMD, /usr/local/bin/swarmlab, demo, healthcheck, \"http://127.0.0.1:5002/healthz\"], interval: 2s \
         }\n    ports: [{",
    );
    std::fs::write(&file, checked).unwrap();
    let (code, lines) = command(&["init", &file, "-o", &out, "--force", "--prove"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let written = lines.iter().find(|l| l["event"] == "initialised").unwrap();
    assert_eq!(written["target"]["path"], "/healthz");
    assert!(lines.last().unwrap()["answered"].as_u64().unwrap() > 5, "{lines:#?}");
    let finished = lines.iter().find(|l| l["event"] == "finished").unwrap();
    assert_eq!(verdict(&finished["summary"], "counts-agree")["status"], "pass");
    assert_gone("plain");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_front_with_nobody_behind_it_fails_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_stack(folder.path());
    let text = STACK.replace("    healthcheck:\n", "    x-none:\n");
    std::fs::write(&file, text).unwrap();
    let (code, lines) = command(&["up", &file, "--name", "unseen", "--front", "side:9", "--wait", "30s"]);
    let error = lines.iter().find(|l| l["event"] == "error").unwrap();
    assert_eq!((code, error["code"].as_str()), (Some(4), Some("E504-no-proof")), "{lines:#?}");
    let said = error["message"].as_str().unwrap();
    assert!(said.contains("side-front") && said.contains("side:9") && said.contains("503"), "{said}");
    assert_gone("unseen");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_run_on_any_stack_has_a_proxy_and_its_figures() {
    let lab = Lab::new();
    let file = write_stack(lab.dir.path());
    std::fs::write(lab.dir.path().join("shape.yml"), "shape: constant\nlevel: 3\nduration: 15s\n").unwrap();
    std::fs::write(
        lab.dir.path().join("scenario.yml"),
        "name: any\nsteps: [{ name: health, request: GET /healthz }]\nwait: { constant: 50ms }\n",
    )
    .unwrap();
    let experiment = lab.dir.path().join("experiment.yml");
    let text = format!(
        "name: any\ntestbed: swarm\nstack: {file}\nobserve: {{ front: [web] }}\ntarget: {{ service: web, port: 5002 }}\n\
         load:\n  model: closed\n  shape: shape.yml\n  scenario: scenario.yml\n"
    );
    std::fs::write(&experiment, text).unwrap();
    let ended = lab.run(&experiment, &["--name", "any", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let summary = ended.summary();
    let sent = summary["counts"]["sent"].as_f64().unwrap();
    let servers = summary["counts"]["servers"].as_array().unwrap();
    let of = |counter: &str| {
        servers.iter().find(|c| c["counter"] == counter).unwrap_or_else(|| panic!("{servers:#?}"))
    };
    for counter in ["web-front: requests from its clients", "web-front: requests to the service behind"] {
        let count = of(counter);
        assert_eq!((count["count"].as_f64(), count["exact"].as_bool()), (Some(sent), Some(true)), "{count}");
    }
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass", "{summary:#}");
    let measured = summary["figures"].to_string();
    assert!(measured.contains("web"), "the service behind is measured: {measured}");
    assert_gone("any");
}
