//! `swarmlab demo <role>`: the sample application, one role a process. Options can also be set by environment
//! (`DEMO_…`), so that a stack file configures a role without a command line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use swarmlab_codes as codes;
use swarmlab_demo::{
    BaseUrl, DatabaseConfig, DemandConfig, DemoError, Distribution, PostgresConfig, Secret, SqliteConfig,
    ai_agent, gateway, ms_exercise, ms_other, proxy, target_app,
};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab demo target-app                 something to load, on 127.0.0.1:8080
  swarmlab demo ai-agent --model-a-ms 20     an agent with two models")]
pub struct DemoArgs {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
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

#[derive(Debug, Args)]
struct Common {
    /// Address to listen on
    #[arg(long, env = "DEMO_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// CPU milliseconds burned for each request
    #[arg(long, env = "DEMO_DEMAND_MS", default_value_t = 0.0)]
    demand_ms: f64,
    /// How demand is distributed: constant or exponential
    #[arg(long, env = "DEMO_DISTRIBUTION", default_value = "constant")]
    distribution: Distribution,
    /// Seed of the demand
    #[arg(long, env = "DEMO_SEED", default_value_t = 0)]
    seed: u64,
    /// Threads that burn (default: one a core)
    #[arg(long, env = "DEMO_WORKERS")]
    workers: Option<NonZeroUsize>,
    /// End when standard input closes, so that a killed parent leaves nothing behind
    #[arg(long)]
    exit_with_parent: bool,
}

impl Common {
    fn demand(&self) -> DemandConfig {
        DemandConfig {
            mean_ms: self.demand_ms,
            distribution: self.distribution,
            seed: self.seed,
            workers: self.workers,
        }
    }
}

#[derive(Debug, Args)]
struct GatewayArgs {
    #[command(flatten)]
    common: Common,
    /// Where ms-exercise, or the proxy before it, is
    #[arg(long, env = "DEMO_EXERCISE_URL")]
    exercise_url: BaseUrl,
    /// Where ms-other, or the proxy before it, is
    #[arg(long, env = "DEMO_OTHER_URL")]
    other_url: BaseUrl,
    /// Seconds one call to them may take
    #[arg(long, env = "DEMO_UPSTREAM_TIMEOUT_S", default_value_t = 30.0)]
    upstream_timeout_s: f64,
}

#[derive(Debug, Args)]
struct MsExerciseArgs {
    #[command(flatten)]
    common: Common,
    /// `postgres://user@host[:port]/database` (password: DEMO_PASSWORD_FILE or DEMO_PASSWORD) or `sqlite:FILE`
    #[arg(long, env = "DEMO_DATABASE", value_parser = database)]
    database: DatabaseConfig,
}

#[derive(Debug, Args)]
struct MsOtherArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct TargetAppArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct AiAgentArgs {
    #[command(flatten)]
    common: Common,
    /// CPU milliseconds burned for each answer of model a (`--demand-ms`: for each request that reaches no model)
    #[arg(long, env = "DEMO_MODEL_A_MS", default_value_t = 20.0)]
    model_a_ms: f64,
    /// CPU milliseconds burned for each answer of model b
    #[arg(long, env = "DEMO_MODEL_B_MS", default_value_t = 35.0)]
    model_b_ms: f64,
}

#[derive(Debug, Args)]
struct ProxyArgs {
    /// Address that clients connect to
    #[arg(long)]
    listen: SocketAddr,
    /// Address of /metrics and /healthz
    #[arg(long)]
    admin: SocketAddr,
    /// Address of a replica; once for each
    #[arg(long = "upstream", required = true)]
    upstreams: Vec<SocketAddr>,
    /// End when standard input closes
    #[arg(long)]
    exit_with_parent: bool,
}

#[derive(Debug, Args)]
struct HealthcheckArgs {
    /// Health URL, e.g. http://127.0.0.1:8080/healthz
    url: String,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 2.0)]
    timeout_s: f64,
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
    fn validate(&self) -> Result<(), DemoError> {
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

/// A role and its options, as on a command line.
#[derive(Debug, clap::Parser)]
#[command(name = "swarmlab demo", no_binary_name = true)]
struct Line {
    #[command(flatten)]
    args: DemoArgs,
}

/// What a role would refuse of a container's command line and its environment, in one sentence; nothing of a command line
/// without a role. Options that are set in both ways are taken from the command line, as the role does.
pub fn refused(line: &[String], environment: &BTreeMap<String, String>) -> Option<String> {
    // This process's own variables are not the container's.
    let command = <Line as clap::CommandFactory>::command()
        .mut_subcommands(|role| role.mut_args(|option| option.env(None::<&str>)));
    let of = |role: &clap::Command| -> Vec<String> {
        role.get_arguments().filter_map(|a| a.get_long().map(str::to_owned)).collect()
    };
    let known: BTreeMap<&str, Vec<String>> =
        command.get_subcommands().map(|r| (r.get_name(), of(r))).collect();
    let role = line.iter().position(|word| known.contains_key(word.as_str()))?;
    let mut line = line[role..].to_vec();
    let own = &known[line[0].as_str()];
    for (name, value) in environment {
        let Some(option) = name.strip_prefix("DEMO_").filter(|_| !SECRETS.contains(&name.as_str())) else {
            continue;
        };
        // One block of variables may serve several roles; each leaves those of the others alone.
        let long = option.to_ascii_lowercase().replace('_', "-");
        if !own.contains(&long) && known.values().any(|of| of.contains(&long)) {
            continue;
        }
        let option = format!("--{long}");
        let given = |a: &String| *a == option || a.starts_with(&format!("{option}="));
        if !line.iter().any(given) {
            line.push(format!("{option}={value}"));
        }
    }
    let read = command.clone().try_get_matches_from(line);
    let text = match read.and_then(|matches| <Line as clap::FromArgMatches>::from_arg_matches(&matches)) {
        Ok(line) => return line.args.role.validate().err().map(|e| e.to_string()),
        Err(refused) => refused.to_string(),
    };
    let first = text.lines().next().unwrap_or_default();
    Some(first.trim_start_matches("error: ").to_owned())
}

/// Variables that a role reads by itself: they never stand on a command line.
const SECRETS: [&str; 4] =
    ["DEMO_PASSWORD", "DEMO_PASSWORD_FILE", "DEMO_TOKEN_SECRET", "DEMO_TOKEN_SECRET_FILE"];

/// Runs the role until it is told to stop.
pub fn main(args: &DemoArgs) -> Exit {
    if let Role::Healthcheck(a) = &args.role {
        // No runtime: this runs every few seconds inside the container whose CPU is measured.
        return match swarmlab_demo::healthcheck(&a.url, Duration::from_secs_f64(a.timeout_s.clamp(0.1, 60.0)))
        {
            Ok(()) => Exit::Success,
            Err(e) => super::output::fail(&e, None, false, codes::UNHEALTHY),
        };
    }
    let runtime = match swarmlab_demo::runtime() {
        Ok(r) => r,
        Err(e) => return super::output::fail(&e, None, false, codes::NO_RUNTIME),
    };
    match runtime.block_on(serve(&args.role)) {
        Ok(()) => Exit::Success,
        Err(e) => {
            let help = taken(&e).map(|address| {
                format!(
                    "another process listens on {address}: stop it (`ss -ltnp` names it), or choose another address"
                )
            });
            let code = if help.is_some() { codes::DEMO_PORT } else { codes::DEMO_FAILED };
            super::output::fail(&e, help.as_deref(), false, code)
        }
    }
}

/// The address that could not be listened on because it is in use.
fn taken(error: &DemoError) -> Option<SocketAddr> {
    match error {
        DemoError::Listen { address, source } if source.kind() == std::io::ErrorKind::AddrInUse => {
            Some(*address)
        }
        _ => None,
    }
}

async fn serve(role: &Role) -> Result<(), DemoError> {
    match role {
        Role::Gateway(a) => {
            let config = gateway::GatewayConfig {
                listen: a.common.listen,
                demand: a.common.demand(),
                ms_exercise: a.exercise_url.clone(),
                ms_other: a.other_url.clone(),
                upstream_timeout: Duration::from_secs_f64(a.upstream_timeout_s.clamp(0.001, 3600.0)),
            };
            gateway::run(config, told_to_stop(a.common.exit_with_parent)).await
        }
        Role::MsExercise(a) => {
            let mut database = a.database.clone();
            if let DatabaseConfig::Postgres(p) = &mut database {
                p.password = Secret::from_env("DEMO_PASSWORD")?;
            }
            let config = ms_exercise::MsExerciseConfig {
                listen: a.common.listen,
                demand: a.common.demand(),
                database,
                token_secret: token_secret()?,
            };
            ms_exercise::run(config, told_to_stop(a.common.exit_with_parent)).await
        }
        Role::MsOther(a) => {
            let config = ms_other::MsOtherConfig {
                listen: a.common.listen,
                demand: a.common.demand(),
                token_secret: token_secret()?,
            };
            ms_other::run(config, told_to_stop(a.common.exit_with_parent)).await
        }
        Role::TargetApp(a) => {
            let config = target_app::TargetAppConfig {
                listen: a.common.listen,
                demand: a.common.demand(),
                token_secret: Secret::from_env("DEMO_TOKEN_SECRET")?,
            };
            target_app::run(config, told_to_stop(a.common.exit_with_parent)).await
        }
        Role::AiAgent(a) => {
            let config = ai_agent::AiAgentConfig {
                listen: a.common.listen,
                demand: a.common.demand(),
                model_a_ms: a.model_a_ms,
                model_b_ms: a.model_b_ms,
            };
            ai_agent::run(config, told_to_stop(a.common.exit_with_parent)).await
        }
        Role::Proxy(a) => {
            let config = proxy::ProxyConfig {
                listen: a.listen,
                admin: a.admin,
                upstreams: a.upstreams.clone(),
                connect_timeout: Duration::from_secs(2),
                response_timeout: None,
            };
            proxy::run(config, told_to_stop(a.exit_with_parent)).await
        }
        Role::Healthcheck(_) => Ok(()),
    }
}

fn token_secret() -> Result<Secret, DemoError> {
    Secret::from_env("DEMO_TOKEN_SECRET")?.ok_or_else(|| DemoError::Secret {
        variable: "DEMO_TOKEN_SECRET_FILE".to_owned(),
        reason: "neither it nor DEMO_TOKEN_SECRET is set; every replica must be given the same secret"
            .to_owned(),
    })
}

/// Resolves on SIGTERM, on Ctrl-C, and with a parent to follow, when that is gone.
async fn told_to_stop(follow_parent: bool) {
    let parent_gone = async {
        if !follow_parent {
            std::future::pending::<()>().await;
        }
        let mut byte = [0; 64];
        while tokio::io::stdin().read(&mut byte).await.is_ok_and(|n| n > 0) {}
    };
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return parent_gone.await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = parent_gone => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_in_use_is_named_and_lies_with_the_environment() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            demo: DemoArgs,
        }
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap();
        let line = ["demo", "target-app", "--listen", &address.to_string()].map(str::to_owned);
        let parsed = <Line as clap::Parser>::try_parse_from(line).unwrap_or_else(|e| panic!("{e}"));
        let failed = swarmlab_demo::runtime().unwrap().block_on(serve(&parsed.demo.role)).unwrap_err();
        assert_eq!(taken(&failed), Some(address));
        assert_eq!(main(&parsed.demo), Exit::Environment);
        let config = DemoError::Config("wrong".to_owned());
        assert_eq!(taken(&config), None);
    }

    #[test]
    fn what_a_role_would_refuse_is_found_without_starting_it() {
        let refused = |role: &[&str], set: &[(&str, &str)]| {
            let role: Vec<String> = role.iter().map(|&a| a.to_owned()).collect();
            let set = set.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
            refused(&role, &set)
        };
        let fine = [
            ("DEMO_LISTEN", "0.0.0.0:1"),
            ("DEMO_DEMAND_MS", "2.5"),
            ("DEMO_PASSWORD_FILE", "/p"),
            ("TZ", "UTC"),
        ];
        assert_eq!(refused(&["ms-other"], &fine), None);
        // The command line goes before the environment.
        assert_eq!(refused(&["ms-other", "--demand-ms", "3"], &[("DEMO_DEMAND_MS", "abc")]), None);
        let said = refused(&["ms-other"], &[("DEMO_DEMAND_MS", "abc")]).unwrap();
        assert!(said.contains("invalid value 'abc' for '--demand-ms"), "{said}");
        let said = refused(&["ms-other"], &[("DEMO_DISTRIBUTION", "bimodal")]).unwrap();
        assert!(said.contains("bimodal"), "{said}");
        assert_eq!(refused(&["ms-other"], &[("DEMO_EXERCISE_URL", "http://x")]), None, "another role's");
        let said = refused(&["ms-other"], &[("DEMO_DEMAND_MSS", "2")]).unwrap();
        assert!(said.contains("--demand-mss"), "{said}");
        // What can be read and cannot work.
        for demand_ms in ["60001", "-1", "NaN"] {
            let said = refused(&["ms-other"], &[("DEMO_DEMAND_MS", demand_ms)]).unwrap();
            assert!(said.contains(&format!("between 0 and 60000 ms, got {demand_ms}")), "{said}");
        }
        let said = refused(&["ai-agent", "--model-b-ms", "60001"], &[]).unwrap();
        assert!(said.contains("got 60001"), "{said}");
        assert!(refused(&["gateway"], &[]).is_some(), "it needs to know where the others are");
        // The image's entry point may be spelt out, and a command line of something else is none of ours.
        assert!(refused(&["swarmlab", "demo", "ms-other"], &[("DEMO_DEMAND_MS", "abc")]).is_some());
        assert_eq!(refused(&["sleep", "5"], &[("DEMO_DEMAND_MS", "abc")]), None);
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
