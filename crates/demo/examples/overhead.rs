//! Measures what the roles cost beside the configured demand: CPU per request of `ms-exercise`, of the
//! gateway and of the proxy, each in a process of its own, and how exactly a demand is met.
//!
//! `cargo run --release -p swarmlab-demo --example overhead`, and for `ms-exercise` on PostgreSQL
//! `… overhead HOST PORT USER DATABASE` with the password in `POSTGRES_PASSWORD`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use swarmlab_demo::{
    BaseUrl, DatabaseConfig, DemandConfig, DemoError, PostgresConfig, Secret, SqliteConfig, gateway,
    ms_exercise, ms_other, proxy,
};

type Failure = Box<dyn std::error::Error>;

const CLIENTS: usize = 4;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => serve(&arguments[1..]),
        _ => measure(&arguments),
    }
}

/// The child: one role on free ports, which it prints.
fn serve(arguments: &[String]) -> Result<(), Failure> {
    let [role, demand_ms, rest @ ..] = arguments else { return Err("serve ROLE DEMAND_MS …".into()) };
    let demand = DemandConfig { mean_ms: demand_ms.parse()?, ..DemandConfig::default() };
    let listen: SocketAddr = ([127, 0, 0, 1], 0).into();
    let token_secret = Secret::new("overhead");
    swarmlab_demo::runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        let admin = tokio::net::TcpListener::bind(listen).await?;
        println!("{} {}", listener.local_addr()?, admin.local_addr()?);
        let never = std::future::pending();
        match role.as_str() {
            "ms-other" => {
                let config = ms_other::MsOtherConfig { listen, demand, token_secret };
                ms_other::serve_on(listener, config, never).await?;
            }
            "ms-exercise" => {
                let database = database(rest)?;
                let config = ms_exercise::MsExerciseConfig { listen, demand, database, token_secret };
                ms_exercise::serve_on(listener, config, never).await?;
            }
            "gateway" => {
                let upstream: BaseUrl = rest[0].parse()?;
                let config = gateway::GatewayConfig {
                    listen,
                    demand,
                    ms_exercise: upstream.clone(),
                    ms_other: upstream,
                    upstream_timeout: Duration::from_secs(10),
                };
                gateway::serve_on(listener, config, never).await?;
            }
            _ => {
                let config = proxy::ProxyConfig {
                    listen,
                    admin: listen,
                    upstreams: vec![rest[0].parse()?],
                    connect_timeout: Duration::from_secs(1),
                    response_timeout: None,
                };
                proxy::Proxy::new(&config).serve_on(listener, admin, never).await;
            }
        }
        Ok(())
    })
}

fn database(rest: &[String]) -> Result<DatabaseConfig, Failure> {
    Ok(match rest {
        [path] => DatabaseConfig::Sqlite(SqliteConfig { path: path.into() }),
        [host, port, user, database] => DatabaseConfig::Postgres(PostgresConfig {
            host: host.clone(),
            port: port.parse()?,
            user: user.clone(),
            password: Secret::from_env("POSTGRES_PASSWORD").map_err(|e: DemoError| e.to_string())?,
            database: database.clone(),
            connections: 8,
        }),
        _ => return Err("expected a SQLite file, or HOST PORT USER DATABASE".into()),
    })
}

/// A role in a process of its own; ended with this one.
struct Role {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
}

impl Role {
    fn start(role: &str, demand_ms: f64, rest: &[String]) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", role, &demand_ms.to_string()])
            .args(rest)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (address, admin) = line.trim().split_once(' ').ok_or("no addresses")?;
        let address = address.parse()?;
        let metrics = if role == "proxy" { admin.parse()? } else { address };
        Ok(Self { child, address, metrics })
    }

    fn metric(&self, name: &str) -> Result<f64, Failure> {
        let text = exchange(&mut TcpStream::connect(self.metrics)?, &request("GET", "/metrics", "", ""))?;
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ') || rest.starts_with('{'))
        });
        let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(values.sum())
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(method: &str, path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Sends a request and reads its answer, on a connection that is kept.
fn exchange(stream: &mut TcpStream, request: &str) -> Result<String, Failure> {
    stream.write_all(request.as_bytes())?;
    let (mut received, mut chunk) = (Vec::new(), [0; 16 << 10]);
    loop {
        let n = stream.read(&mut chunk)?;
        if n == 0 {
            return Err("closed".into());
        }
        received.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(&received);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Ok(text.into_owned());
        }
    }
}

/// Sends `requests` from a few connections in turn, and prints what the role's process took for each.
fn drive(name: &str, role: &Role, requests: usize, text: &str) -> Result<(), Failure> {
    // Connections, statements and caches first.
    send(role, requests / 10, text)?;
    let counter = match name.contains("proxy") {
        true => "swarmlab_proxy_upstream_responses_total",
        false => "demo_requests_total",
    };
    let read = || -> Result<_, Failure> {
        let burned_s = role.metric("demo_cpu_burned_seconds_total")?;
        Ok((role.metric("process_cpu_seconds_total")?, role.metric(counter)?, burned_s))
    };
    let before = read()?;
    send(role, requests, text)?;
    let after = read()?;
    let count = after.1 - before.1;
    let (process_us, burned_us) = ((after.0 - before.0) / count * 1e6, (after.2 - before.2) / count * 1e6);
    let memory_mib = role.metric("process_resident_memory_bytes")? / f64::from(1 << 20);
    println!(
        "{name:<38} {count:>6} requests  process {process_us:>9.1} us  burned {burned_us:>9.1} us  \
         beside {:>6.1} us  memory {memory_mib:.1} MiB",
        process_us - burned_us
    );
    Ok(())
}

fn send(role: &Role, requests: usize, text: &str) -> Result<(), Failure> {
    let failed = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| -> Result<(), String> {
                    let mut stream = TcpStream::connect(role.address).map_err(|e| e.to_string())?;
                    stream.set_nodelay(true).map_err(|e| e.to_string())?;
                    for _ in 0..requests / CLIENTS {
                        let answer = exchange(&mut stream, text).map_err(|e| e.to_string())?;
                        if !answer.starts_with("HTTP/1.1 20") {
                            return Err(answer);
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().find_map(|client| client.join().map_or(Some("panicked".into()), Result::err))
    });
    failed.map_or(Ok(()), |error: String| Err(error.into()))
}

fn measure(postgres: &[String]) -> Result<(), Failure> {
    let file = std::env::temp_dir().join(format!("swarmlab-overhead-{}.db", std::process::id()));
    let sqlite = vec![file.display().to_string()];
    let outcome = measure_all(&sqlite, postgres);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    outcome
}

fn measure_all(sqlite: &[String], postgres: &[String]) -> Result<(), Failure> {
    let other = Role::start("ms-other", 0.0, &[])?;
    let body = r#"{"user":"ada"}"#;
    let login = exchange(&mut TcpStream::connect(other.address)?, &request("POST", "/login", "", body))?;
    let token = login.split('"').nth(3).ok_or("no token")?;
    let create = request("POST", "/exercises", token, r#"{"title":"push-ups","description":"ten"}"#);
    let list = request("GET", "/exercises", token, "");
    let verify = request("GET", "/verify", token, "");

    drive("ms-other verify", &other, 20_000, &verify)?;
    let databases: &[(&str, &[String])] = match postgres.is_empty() {
        true => &[("SQLite", sqlite)],
        false => &[("SQLite", sqlite), ("PostgreSQL", postgres)],
    };
    for (name, database) in databases {
        let exercise = Role::start("ms-exercise", 0.0, database)?;
        drive(&format!("ms-exercise create, {name}"), &exercise, 8_000, &create)?;
        drive(&format!("ms-exercise list of 20, {name}"), &exercise, 8_000, &list)?;
        let exercise = Role::start("ms-exercise", 15.0, database)?;
        drive(&format!("ms-exercise create at 15 ms, {name}"), &exercise, 400, &create)?;
    }
    let gateway = Role::start("gateway", 0.0, &[format!("http://{}", other.address)])?;
    drive("gateway verify", &gateway, 20_000, &verify)?;
    let proxy = Role::start("proxy", 0.0, &[other.address.to_string()])?;
    drive("proxy before ms-other", &proxy, 20_000, &verify)
}
