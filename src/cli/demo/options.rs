//! The roles and their options. Options can also be set by environment (`DEMO_…`), so that a stack file configures a role without
//! a command line.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use swarmlab_demo::{
    BaseUrl, DatabaseConfig, DemandConfig, DemoError, Distribution, PostgresConfig, SqliteConfig,
};

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// The entrance: login, verify, exercises, logout
    #[command(after_help = "\
Examples:
  swarmlab demo gateway --exercise-url http://127.0.0.1:8001 --other-url http://127.0.0.1:8002")]
    Gateway(GatewayArgs),
    /// Stores and lists exercises in PostgreSQL or SQLite
    #[command(after_help = "\
Examples:
  DEMO_TOKEN_SECRET=s swarmlab demo ms-exercise --database sqlite:exercises.db --listen 127.0.0.1:8001")]
    MsExercise(MsExerciseArgs),
    /// Issues and checks tokens
    #[command(after_help = "\
Examples:
  DEMO_TOKEN_SECRET=s swarmlab demo ms-other --listen 127.0.0.1:8002")]
    MsOther(MsOtherArgs),
    /// A web shop: health, products, orders, login by cookie, GraphQL
    #[command(after_help = "\
Examples:
  swarmlab demo target-app
  swarmlab demo target-app --listen 127.0.0.1:9000 --demand-ms 5")]
    TargetApp(TargetAppArgs),
    /// Chats and repairs on behalf of two models of different cost
    #[command(after_help = "\
Examples:
  swarmlab demo ai-agent --model-a-ms 20 --model-b-ms 35")]
    AiAgent(AiAgentArgs),
    /// The reverse proxy of the embedded testbed
    #[command(after_help = "\
Examples:
  swarmlab demo proxy --listen 127.0.0.1:8000 --admin 127.0.0.1:9901 --upstream 127.0.0.1:8001")]
    Proxy(ProxyArgs),
    /// Asks a health URL and exits 0 if it answers 200; for container health checks
    #[command(after_help = "\
Examples:
  swarmlab demo healthcheck http://127.0.0.1:8080/healthz")]
    Healthcheck(HealthcheckArgs),
}

/// What all roles that serve have.
#[derive(Debug, Args)]
pub struct Common {
    /// Address to listen on
    #[arg(long, env = "DEMO_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// CPU milliseconds burned for each request
    #[arg(long, env = "DEMO_DEMAND_MS", default_value_t = 0.0)]
    pub demand_ms: f64,
    /// How demand is distributed: constant or exponential
    #[arg(long, env = "DEMO_DISTRIBUTION", default_value = "constant")]
    pub distribution: Distribution,
    /// Seed of the demand
    #[arg(long, env = "DEMO_SEED", default_value_t = 0)]
    pub seed: u64,
    /// Threads that burn (default: one a core)
    #[arg(long, env = "DEMO_WORKERS")]
    pub workers: Option<NonZeroUsize>,
    /// End when standard input closes, so that a killed parent leaves nothing behind
    #[arg(long)]
    pub exit_with_parent: bool,
}

impl Common {
    /// What its requests cost.
    pub fn demand(&self) -> DemandConfig {
        DemandConfig {
            mean_ms: self.demand_ms,
            distribution: self.distribution,
            seed: self.seed,
            workers: self.workers,
        }
    }
}

/// Options of `gateway`.
#[derive(Debug, Args)]
pub struct GatewayArgs {
    #[command(flatten)]
    pub common: Common,
    /// Where ms-exercise, or the proxy before it, is
    #[arg(long, env = "DEMO_EXERCISE_URL")]
    pub exercise_url: BaseUrl,
    /// Where ms-other, or the proxy before it, is
    #[arg(long, env = "DEMO_OTHER_URL")]
    pub other_url: BaseUrl,
    /// Seconds one call to them may take
    #[arg(long, env = "DEMO_UPSTREAM_TIMEOUT_S", default_value_t = 30.0, value_parser = seconds)]
    pub upstream_timeout_s: f64,
}

/// Options of `ms-exercise`.
#[derive(Debug, Args)]
pub struct MsExerciseArgs {
    #[command(flatten)]
    pub common: Common,
    /// `postgres://user@host[:port]/database` (password: DEMO_PASSWORD_FILE or DEMO_PASSWORD) or `sqlite:FILE`
    #[arg(long, env = "DEMO_DATABASE", value_parser = database)]
    pub database: DatabaseConfig,
}

/// Options of `ms-other`.
#[derive(Debug, Args)]
pub struct MsOtherArgs {
    #[command(flatten)]
    pub common: Common,
}

/// Options of `target-app`.
#[derive(Debug, Args)]
pub struct TargetAppArgs {
    #[command(flatten)]
    pub common: Common,
}

/// Options of `ai-agent`.
#[derive(Debug, Args)]
pub struct AiAgentArgs {
    #[command(flatten)]
    pub common: Common,
    /// CPU milliseconds burned for each answer of model a (`--demand-ms`: for each request that reaches no model)
    #[arg(long, env = "DEMO_MODEL_A_MS", default_value_t = 20.0)]
    pub model_a_ms: f64,
    /// CPU milliseconds burned for each answer of model b
    #[arg(long, env = "DEMO_MODEL_B_MS", default_value_t = 35.0)]
    pub model_b_ms: f64,
}

/// Options of `proxy`.
#[derive(Debug, Args)]
pub struct ProxyArgs {
    /// Address that clients connect to
    #[arg(long)]
    pub listen: SocketAddr,
    /// Address of /metrics and /healthz
    #[arg(long)]
    pub admin: SocketAddr,
    /// Address of a replica; once for each
    #[arg(long = "upstream", required = true)]
    pub upstreams: Vec<SocketAddr>,
    /// End when standard input closes
    #[arg(long)]
    pub exit_with_parent: bool,
}

/// Options of `healthcheck`.
#[derive(Debug, Args)]
pub struct HealthcheckArgs {
    /// Health URL, e.g. http://127.0.0.1:8080/healthz
    pub url: String,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    pub timeout_s: f64,
}

/// Seconds; whoever uses them has bounds, between which there is no NaN.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if !seconds.is_nan() => Ok(seconds),
        _ => Err("expected seconds, e.g. 2.5".to_owned()),
    }
}

fn database(text: &str) -> Result<DatabaseConfig, String> {
    if let Some(path) = text.strip_prefix("sqlite:").filter(|p| !p.is_empty()) {
        return Ok(DatabaseConfig::Sqlite(SqliteConfig { path: PathBuf::from(path) }));
    }
    let parsed = || {
        let (user, rest) = text.strip_prefix("postgres://")?.split_once('@')?;
        let (host, database) = rest.split_once('/')?;
        let (host, port) = match host.rsplit_once(':') {
            Some((h, p)) => (h, p.parse().ok()?),
            None => (host, 5432),
        };
        let plain = |s: &str| !s.is_empty() && !s.contains([':', '@', '/']);
        (plain(user) && plain(host) && plain(database)).then(|| PostgresConfig {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            password: None,
            database: database.to_owned(),
            connections: 8,
        })
    };
    parsed().map(DatabaseConfig::Postgres).ok_or_else(|| {
        "expected postgres://user@host[:port]/database (the password comes from DEMO_PASSWORD_FILE) or sqlite:FILE".to_owned()
    })
}

impl Role {
    /// What is wrong with values that can be read and cannot work; the role itself would find it when it starts.
    pub fn validate(&self) -> Result<(), DemoError> {
        let (common, models_ms) = match self {
            Self::Gateway(a) => (&a.common, Vec::new()),
            Self::MsExercise(a) => (&a.common, Vec::new()),
            Self::MsOther(a) => (&a.common, Vec::new()),
            Self::TargetApp(a) => (&a.common, Vec::new()),
            Self::AiAgent(a) => (&a.common, vec![a.model_a_ms, a.model_b_ms]),
            Self::Proxy(_) | Self::Healthcheck(_) => return Ok(()),
        };
        let demand = common.demand();
        demand.validate()?;
        models_ms.into_iter().try_for_each(|mean_ms| DemandConfig { mean_ms, ..demand.clone() }.validate())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_time_limit_is_a_number() {
        assert_eq!((seconds("2.5"), seconds("inf")), (Ok(2.5), Ok(f64::INFINITY)));
        assert!(seconds("nan").is_err() && seconds("2s").is_err());
    }

    #[test]
    fn databases_are_told_apart_and_take_no_password() {
        assert!(matches!(database("sqlite:/tmp/x").unwrap(), DatabaseConfig::Sqlite(_)));
        let DatabaseConfig::Postgres(p) = database("postgres://u@h:1/d").unwrap() else { panic!() };
        assert_eq!((p.user.as_str(), p.host.as_str(), p.port, p.database.as_str()), ("u", "h", 1, "d"));
        for bad in ["postgres://u:secret@h/d", "postgres://h/d", "sqlite:", "mysql://u@h/d", "postgres://u@h"]
        {
            assert!(database(bad).is_err(), "{bad}");
        }
    }
}
