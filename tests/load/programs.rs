//! What is loaded: roles of the sample application, a Redis.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::swarmlab;

/// A role of the sample application, until dropped.
pub struct Role {
    child: Child,
    port: u16,
}

impl Role {
    pub fn start(role: &str) -> Self {
        let port = free_port();
        let child = swarmlab()
            .args(["demo", role, "--exit-with-parent", "--listen", &format!("127.0.0.1:{port}")])
            // Its end is the end of this test.
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        await_port(port);
        Self { child, port }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a Redis of its own; the test says what is missing where there is none.
pub struct Redis {
    child: Child,
    pub port: u16,
}

impl Redis {
    pub fn start() -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("redis-server is needed (Debian package redis-server): {e}"));
        await_port(port);
        Self { child, port }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn await_port(port: u16) {
    let patience = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < patience, "nothing listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
