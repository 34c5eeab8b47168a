//! A real nginx (Debian package `nginx-light` or `nginx`) in a folder that goes away.
#![allow(dead_code)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running nginx; killed when dropped.
pub struct Nginx {
    child: Child,
    folder: tempfile::TempDir,
    pub address: SocketAddr,
}

/// What a `log_format` of each server writes: one line a request.
const LOG: &str = "$ssl_protocol $ssl_session_reused $connection $connection_requests $http_connection \
                   $ssl_server_name $status";

impl Nginx {
    /// Starts a server. In `server`, `PORT` stands for an address of the loopback interface and `FOLDER` for
    /// the folder of its files.
    pub fn start(server: &str) -> Self {
        // Between looking for a free port and nginx's use of it another process may take it: then once more.
        for _ in 0..10 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().display().to_string();
            let server = server.replace("PORT", &address.to_string()).replace("FOLDER", &path);
            let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
            let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|kind| format!("{kind}_temp_path {path}/{kind};"))
                .concat();
            let configuration = format!(
                "daemon off; master_process off; pid {path}/pid; {user} error_log {path}/error.log;
                 events {{ worker_connections 1024; }}
                 http {{ {paths} log_format t '{LOG}'; access_log {path}/access.log t;
                 keepalive_requests 1000000; client_max_body_size 0; server {{ {server} }} }}"
            );
            std::fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
            let child = Command::new("nginx")
                .arg("-p")
                .arg(folder.path())
                .args(["-e", "start.log", "-c", "nginx.conf"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("nginx is needed (Debian package nginx)");
            let mut nginx = Self { child, folder, address };
            if nginx.is_up(&server) {
                return nginx;
            }
            let log =
                |name: &str| std::fs::read_to_string(nginx.folder.path().join(name)).unwrap_or_default();
            let errors = log("start.log") + &log("error.log");
            assert!(errors.contains("Address already in use"), "nginx does not start: {errors}");
        }
        panic!("no free port for nginx");
    }

    /// Waits until it accepts connections; `false` if it ended instead.
    fn is_up(&mut self, server: &str) -> bool {
        let socket = self.path("socket");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let accepts = if server.contains("unix:") {
                UnixStream::connect(&socket).is_ok()
            } else {
                TcpStream::connect(self.address).is_ok()
            };
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if accepts {
                return true;
            }
            assert!(Instant::now() < deadline, "nginx does not accept connections");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends it and returns its log: the fields of each request.
    pub fn into_log(mut self) -> Vec<Vec<String>> {
        // A quit, not a kill: it writes what it has.
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::QUIT).unwrap();
        self.child.wait().unwrap();
        let text = std::fs::read_to_string(self.path("access.log")).unwrap();
        text.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
