//! A real Prometheus of the test's own, filled with samples whose truth is known.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// One series with its samples: time in Unix milliseconds, value.
pub type Series = (Vec<(&'static str, String)>, Vec<(i64, f64)>);

/// Runs until it is dropped.
pub struct Prometheus {
    pub dir: tempfile::TempDir,
    pub address: SocketAddr,
    child: Child,
}

impl Prometheus {
    /// Starts one, and waits until it says that it serves. `web` is its web configuration, if it shall have one.
    pub fn start(web: Option<&dyn Fn(&Path) -> String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let binary = binary(dir.path());
        std::fs::write(dir.path().join("prometheus.yml"), "global: { scrape_interval: 1s }\n").unwrap();
        // Free when it was asked for; nobody else on the machine asks for this one on purpose.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(binary);
        command
            .current_dir(dir.path())
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg("--web.enable-remote-write-receiver")
            .arg(format!("--web.listen-address={address}"));
        if let Some(web) = web {
            std::fs::write(dir.path().join("web.yml"), web(dir.path())).unwrap();
            command.arg("--web.config.file=web.yml");
        }
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("ready to receive web requests") {
            assert!(log.read_line(&mut said).unwrap() > 0, "Prometheus ended:\n{said}");
        }
        // A pipe that nobody reads would stop it.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { dir, address, child }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Writes samples into it, in the order of their times.
    pub fn write(&self, series: &[Series]) {
        let first = series.iter().flat_map(|s| &s.1).map(|s| s.0).min().unwrap();
        let last = series.iter().flat_map(|s| &s.1).map(|s| s.0).max().unwrap();
        let mut from = first;
        while from <= last {
            let to = from + 600_000;
            let mut message = Vec::new();
            for (labels, samples) in series {
                let some: Vec<_> = samples.iter().filter(|s| (from..to).contains(&s.0)).collect();
                if !some.is_empty() {
                    field(&mut message, 1, &time_series(labels, &some));
                }
            }
            self.post(&snappy(&message));
            from = to;
        }
    }

    fn post(&self, body: &[u8]) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let head = format!(
            "POST /api/v1/write HTTP/1.1\r\nHost: {}\r\nContent-Encoding: snappy\r\nConnection: close\r\n\
             Content-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n\
             Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Prometheus on the path; or from its Debian package, as `swarmlab images build` or `apt-get download` fetched it.
fn binary(dir: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).map(|p| p.join("prometheus")).find(|p| p.is_file()) {
        return found;
    }
    let cache = std::env::var_os("SWARMLAB_CACHE").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?.join("swarmlab"))
    });
    let package = cache.and_then(|cache| package(&cache.join("debian-trixie"))).or_else(|| {
        let fetched = Command::new("apt-get").args(["download", "prometheus"]).current_dir(dir).output();
        fetched.ok().and_then(|_| package(dir))
    });
    let package = package.expect(
        "a Prometheus is needed: on the path, in the cache of `swarmlab images build prometheus`, or by apt-get download",
    );
    let unpacked = Command::new("dpkg-deb").arg("-x").arg(package).arg(dir.join("package")).status().unwrap();
    assert!(unpacked.success());
    dir.join("package/usr/bin/prometheus")
}

fn package(folder: &Path) -> Option<PathBuf> {
    let mut found = std::fs::read_dir(folder).ok()?.filter_map(|e| Some(e.ok()?.path()));
    found.find(|p| {
        let name = p.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("prometheus_") && name.ends_with(".deb")
    })
}

/// `TimeSeries` of Prometheus' remote write, in protobuf.
fn time_series(labels: &[(&str, String)], samples: &[&(i64, f64)]) -> Vec<u8> {
    let mut sorted: Vec<_> = labels.iter().collect();
    sorted.sort();
    let mut out = Vec::new();
    for (name, value) in sorted {
        let mut label = Vec::new();
        field(&mut label, 1, name.as_bytes());
        field(&mut label, 2, value.as_bytes());
        field(&mut out, 1, &label);
    }
    for (t_ms, value) in samples {
        let mut sample = vec![(1 << 3) | 1];
        sample.extend_from_slice(&value.to_le_bytes());
        sample.push(2 << 3);
        varint(&mut sample, *t_ms as u64);
        field(&mut out, 2, &sample);
    }
    out
}

fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push((number << 3) | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Snappy's block format, without compressing anything.
fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, bytes.len() as u64);
    for literal in bytes.chunks(1 << 16) {
        out.push(61 << 2);
        out.extend_from_slice(&((literal.len() - 1) as u16).to_le_bytes());
        out.extend_from_slice(literal);
    }
    out
}
