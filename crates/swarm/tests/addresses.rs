//! Every way an engine can be unreachable or of no use, by engines that answer as real ones were seen to
//! (20.10, as manager, outside any Swarm, and locked). No engine is needed.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use swarmlab_swarm::{CheckHealth, SwarmError, connect, connect_any, doctor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

const VERSION: &str = r#"{"Platform":{"Name":""},"Version":"20.10.24+dfsg1","ApiVersion":"1.41",
    "MinAPIVersion":"1.12","Os":"linux","Arch":"amd64","KernelVersion":"6.1.0"}"#;

/// Requests an engine was sent, as `GET /info`.
type Requests = Arc<Mutex<Vec<String>>>;

/// An engine that gives `/version` and an `/info` with this part on the Swarm, and knows nothing else.
fn fake_engine(socket: &Path, swarm: &'static str) -> Requests {
    let listener = UnixListener::bind(socket).unwrap();
    let requests = Requests::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match client.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8(head).unwrap();
            let request = head.split(" HTTP").next().unwrap().to_string();
            let (status, body) = match request.as_str() {
                "GET /version" => ("200 OK", VERSION.to_string()),
                "GET /info" => {
                    ("200 OK", format!(r#"{{"Name":"host","NCPU":2,"MemTotal":1024,"Swarm":{swarm}}}"#))
                }
                _ => ("404 Not Found", r#"{"message":"page not found"}"#.to_string()),
            };
            seen.lock().unwrap().push(request);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    requests
}

async fn refused(swarm: &'static str) -> SwarmError {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let requests = fake_engine(&socket, swarm);
    let address = format!("unix://{}", socket.display());
    let error = connect(Some(&address)).await.unwrap_err();
    // Nothing was asked for but what it is: no Swarm was made, left or unlocked.
    assert_eq!(*requests.lock().unwrap(), ["GET /version", "GET /info"]);
    // Work on images asks for no Swarm.
    let engine = connect_any(Some(&address)).await.unwrap();
    assert_eq!((engine.info().version.as_str(), engine.info().cpus), ("20.10.24+dfsg1", 2));
    // It is one finding among others, with the same words.
    let checks = doctor(&engine, None).await.unwrap();
    assert!(checks.iter().any(|c| c.what == "engine" && c.health == CheckHealth::Fine), "{checks:?}");
    let swarm = checks.iter().find(|c| c.what == "swarm").unwrap();
    assert_eq!((swarm.health, &swarm.found), (CheckHealth::Broken, &error.to_string()));
    assert_eq!(swarm.remedy, error.help());
    error
}

#[tokio::test]
async fn an_engine_outside_any_swarm_is_told_how_to_become_one_and_left_as_it_is() {
    let error = refused(
        r#"{"NodeID":"","NodeAddr":"","LocalNodeState":"inactive","ControlAvailable":false,"Error":"",
        "RemoteManagers":null}"#,
    )
    .await;
    assert_eq!(error.code().name(), "not-a-swarm");
    assert!(error.help().contains("docker swarm init"));
}

#[tokio::test]
async fn a_worker_points_to_its_managers() {
    let error = refused(
        r#"{"NodeID":"w","NodeAddr":"10.0.0.2","LocalNodeState":"active","ControlAvailable":false,"Error":"",
        "RemoteManagers":[{"NodeID":"m","Addr":"10.0.0.1:2377"}]}"#,
    )
    .await;
    assert_eq!(error.code().name(), "not-a-manager");
    assert!(error.help().contains("10.0.0.1:2377"));
}

#[tokio::test]
async fn a_locked_swarm_is_told_how_to_unlock_it() {
    let error = refused(
        r#"{"NodeID":"","NodeAddr":"","LocalNodeState":"locked","ControlAvailable":false,
        "Error":"Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock it.",
        "RemoteManagers":null}"#,
    )
    .await;
    assert_eq!(error.code().name(), "swarm-locked");
    assert!(error.help().contains("docker swarm unlock"));
}

#[tokio::test]
async fn no_socket_and_a_dead_socket_are_no_engine() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let address = format!("unix://{}", socket.display());
    let missing = connect(Some(&address)).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        format!("no Docker engine answers at {address}: there is no such socket")
    );
    // A socket nobody listens on any more: what a killed engine leaves.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let dead = connect(Some(&address)).await.unwrap_err();
    assert_eq!(dead.code().name(), "no-engine", "{dead}");
    assert!(dead.to_string().contains("refused"), "{dead}");
    assert!(dead.help().contains("DOCKER_HOST"));
}

#[tokio::test]
async fn a_port_nobody_listens_on_is_no_engine() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = connect(Some(&format!("tcp://{free}"))).await.unwrap_err();
    assert_eq!(error.code().name(), "no-engine", "{error}");
}

#[tokio::test]
async fn something_that_is_no_engine_is_named_as_such() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = client.read(&mut head).await;
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
        }
    });
    let error = connect(Some(&format!("tcp://{address}"))).await.unwrap_err();
    assert_eq!(error.code().name(), "engine-error");
    assert!(error.to_string().starts_with("could not talk to the engine"), "{error}");
}
