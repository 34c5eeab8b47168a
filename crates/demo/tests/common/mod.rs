//! Starts roles on free ports inside the test, and reads their metrics.
#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use swarmlab_demo::ai_agent::AiAgentConfig;
use swarmlab_demo::gateway::GatewayConfig;
use swarmlab_demo::ms_exercise::MsExerciseConfig;
use swarmlab_demo::ms_other::MsOtherConfig;
use swarmlab_demo::proxy::{Proxy, ProxyConfig, UpstreamsHandle};
use swarmlab_demo::target_app::TargetAppConfig;
use swarmlab_demo::{
    DatabaseConfig, DemandConfig, Secret, SqliteConfig, ai_agent, gateway, ms_exercise, ms_other, target_app,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A role that serves until it is told to stop.
pub struct Role {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Role {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to stop; `await` what comes back to wait for the end.
    pub fn stop(self) -> JoinHandle<()> {
        let _ = self.stop.send(());
        self.task
    }
}

/// Somewhere to listen, and a future that resolves on stop.
pub async fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// An address nobody listens on.
pub async fn closed_port() -> SocketAddr {
    free_port().await.local_addr().unwrap()
}

pub const NOWHERE: &str = "127.0.0.1:0";

pub fn secret() -> Secret {
    Secret::new("a key for tests")
}

pub fn constant(mean_ms: f64) -> DemandConfig {
    DemandConfig { mean_ms, ..DemandConfig::default() }
}

pub fn sqlite(folder: &Path) -> DatabaseConfig {
    DatabaseConfig::Sqlite(SqliteConfig { path: folder.join("exercises.db") })
}

macro_rules! role {
    ($module:ident, $config:expr) => {{
        let listener = free_port().await;
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        let config = $config;
        let task = tokio::spawn(async move { $module::serve_on(listener, config, shutdown).await.unwrap() });
        Role { address, stop, task }
    }};
}

pub async fn start_ms_other(demand: DemandConfig) -> Role {
    role!(ms_other, MsOtherConfig { listen: NOWHERE.parse().unwrap(), demand, token_secret: secret() })
}

pub async fn start_target_app(demand: DemandConfig) -> Role {
    let token_secret = None;
    role!(target_app, TargetAppConfig { listen: NOWHERE.parse().unwrap(), demand, token_secret })
}

pub async fn start_ai_agent(demand: DemandConfig, model_a_ms: f64, model_b_ms: f64) -> Role {
    role!(ai_agent, AiAgentConfig { listen: NOWHERE.parse().unwrap(), demand, model_a_ms, model_b_ms })
}

pub async fn start_ms_exercise(demand: DemandConfig, database: DatabaseConfig) -> Role {
    let listen = NOWHERE.parse().unwrap();
    role!(ms_exercise, MsExerciseConfig { listen, demand, database, token_secret: secret() })
}

pub async fn start_gateway(demand: DemandConfig, ms_exercise: &str, ms_other: &str) -> Role {
    start_gateway_with_timeout(demand, ms_exercise, ms_other, Duration::from_secs(30)).await
}

pub async fn start_gateway_with_timeout(
    demand: DemandConfig,
    ms_exercise: &str,
    ms_other: &str,
    upstream_timeout: Duration,
) -> Role {
    let listen = NOWHERE.parse().unwrap();
    let (ms_exercise, ms_other) = (ms_exercise.parse().unwrap(), ms_other.parse().unwrap());
    role!(gateway, GatewayConfig { listen, demand, ms_exercise, ms_other, upstream_timeout })
}

/// A proxy with its admin listener.
pub struct RunningProxy {
    pub role: Role,
    pub admin: SocketAddr,
    pub upstreams: UpstreamsHandle,
}

impl RunningProxy {
    pub fn url(&self) -> String {
        self.role.url()
    }

    pub async fn metrics(&self) -> Metrics {
        Metrics::of(&format!("http://{}", self.admin)).await
    }
}

pub async fn start_proxy(upstreams: &[SocketAddr]) -> RunningProxy {
    start_proxy_with_timeout(upstreams, None).await
}

pub async fn start_proxy_with_timeout(
    upstreams: &[SocketAddr],
    response_timeout: Option<Duration>,
) -> RunningProxy {
    let (listener, admin_listener) = (free_port().await, free_port().await);
    let (address, admin) = (listener.local_addr().unwrap(), admin_listener.local_addr().unwrap());
    let proxy = Proxy::new(&ProxyConfig {
        listen: NOWHERE.parse().unwrap(),
        admin: NOWHERE.parse().unwrap(),
        upstreams: upstreams.to_vec(),
        connect_timeout: Duration::from_secs(30),
        response_timeout,
    });
    let upstreams = proxy.upstreams();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        proxy.serve_on(listener, admin_listener, shutdown).await;
    });
    RunningProxy { role: Role { address, stop, task }, admin, upstreams }
}

/// A whole application: client -> proxy -> gateway -> proxies -> services.
pub struct Stack {
    pub gateway: Role,
    pub ms_exercise: Role,
    pub ms_other: Role,
    pub gateway_proxy: RunningProxy,
    pub ms_exercise_proxy: RunningProxy,
    pub ms_other_proxy: RunningProxy,
    _folder: tempfile::TempDir,
}

impl Stack {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ms_exercise = start_ms_exercise(constant(0.0), sqlite(folder.path())).await;
        let ms_other = start_ms_other(constant(0.0)).await;
        let ms_exercise_proxy = start_proxy(&[ms_exercise.address]).await;
        let ms_other_proxy = start_proxy(&[ms_other.address]).await;
        let gateway = start_gateway(constant(0.0), &ms_exercise_proxy.url(), &ms_other_proxy.url()).await;
        let gateway_proxy = start_proxy(&[gateway.address]).await;
        Self {
            gateway,
            ms_exercise,
            ms_other,
            gateway_proxy,
            ms_exercise_proxy,
            ms_other_proxy,
            _folder: folder,
        }
    }

    /// Where clients go.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.gateway_proxy.url())
    }
}

/// Logs in and gives the token back.
pub async fn login(client: &reqwest::Client, base: &str, user: &str) -> String {
    let request =
        client.post(format!("{base}/login")).json(&serde_json::json!({ "user": user, "password": "x" }));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: serde_json::Value = response.json().await.unwrap();
    body["token"].as_str().unwrap().to_owned()
}

/// What `/metrics` said at one moment.
pub struct Metrics(pub String);

impl Metrics {
    pub async fn of(base: &str) -> Self {
        let response = reqwest::get(format!("{base}/metrics")).await.unwrap();
        assert_eq!(response.status(), 200);
        Self(response.text().await.unwrap())
    }

    /// The value of one series, named with its labels; 0 when there is none yet.
    pub fn value(&self, series: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// The sum over all series of one name.
    pub fn sum(&self, name: &str) -> f64 {
        let lines = self.0.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
        });
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
    }
}

/// Asks again until `condition` holds; fails after 20 s.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
