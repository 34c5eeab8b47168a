//! Runs a role until it is told to stop.

use std::time::Duration;

use swarmlab_demo::{
    DatabaseConfig, DemoError, Secret, ai_agent, gateway, ms_exercise, ms_other, proxy, target_app,
};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use super::options::Role;

/// Runs it.
pub async fn serve(role: &Role) -> Result<(), DemoError> {
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
