//! `swarmlab doctor [STACK]`

use std::path::PathBuf;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_swarm::{Check, CheckHealth, Engine, doctor};

use super::{Global, output, session, swarm, up};
use crate::exit::Exit;

/// Less room than this on the engine's disk is told: the images of the sample stack alone need one.
const LEAST_FREE_BYTES: u64 = 2 << 30;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Changes nothing. What is not as it should be comes with a remedy; exit code 3 if no stack could come up.

Examples:
  swarmlab doctor
  swarmlab doctor stacks/exercise.yml   also its ports and images
  swarmlab doctor --json")]
pub struct DoctorArgs {
    /// Stack file whose ports and images are looked at, too
    stack: Option<PathBuf>,
}

/// Looks.
pub fn main(args: &DoctorArgs, global: &Global) -> Exit {
    session::block_on(|_, _| async move {
        let checks = match look(args, global).await {
            Ok(checks) => checks,
            Err(exit) => return exit,
        };
        output::say(
            global.json,
            &serde_json::json!({"event": "doctor", "checks": checks}),
            text(&checks).trim_end(),
        );
        let broken: Vec<&str> =
            checks.iter().filter(|c| c.health == CheckHealth::Broken).map(|c| c.what.as_str()).collect();
        if broken.is_empty() {
            return Exit::Success;
        }
        let why = format!("no stack can come up before this is mended: {}", broken.join(", "));
        output::fail(&why, Some("each line above has its remedy"), global.json, codes::ENVIRONMENT_BROKEN)
    })
}

/// All that can be seen: without an engine, that there is none.
async fn look(args: &DoctorArgs, global: &Global) -> Result<Vec<Check>, Exit> {
    if let Some(path) = &args.stack {
        swarm::readable(path, global)?;
    }
    let engine = match swarmlab_swarm::connect_any(global.engine.as_deref()).await {
        Ok(engine) => engine,
        Err(e) => return Ok(vec![Check::failed("engine", &e)]),
    };
    let specs = match &args.stack {
        None => None,
        Some(path) => Some(swarm::stack(path, &up::stack_name(None, path), None, &engine, global).await?.0),
    };
    let seen = doctor(&engine, specs.as_ref()).await;
    let mut checks = seen.map_err(|e| swarm::swarm_failed(e, global))?;
    checks.push(ipvs(&engine));
    checks.extend(disk(&engine).await);
    if specs.is_none() {
        checks.push(images(&engine).await);
    }
    Ok(checks)
}

fn text(checks: &[Check]) -> String {
    let mut out = String::new();
    let width = checks.iter().map(|check| check.what.chars().count()).max().unwrap_or(0);
    for check in checks {
        let word = match check.health {
            CheckHealth::Fine => "fine",
            CheckHealth::Warning => "warn",
            CheckHealth::Broken => "FAIL",
            CheckHealth::Unknown => "?",
        };
        out.push_str(&format!("{word:4}  {:width$}  {}\n", check.what, check.found));
        if !check.remedy.is_empty() {
            out.push_str(&format!("      {:width$}  -> {}\n", "", check.remedy));
        }
    }
    out
}

/// Virtual addresses and the ingress mesh are balanced by the kernel's IPVS. It can be seen of this machine only.
fn ipvs(engine: &Engine) -> Check {
    let remedy =
        "modprobe ip_vs; or give services `endpoint_mode: dnsrr` and publish ports with `mode: host`";
    if !engine.info().address.starts_with("unix://") {
        return Check::not(
            "IPVS",
            CheckHealth::Unknown,
            "the engine is on another machine",
            "there: ls /proc/net/ip_vs",
        );
    }
    if std::path::Path::new("/proc/net/ip_vs").exists() {
        return Check::fine("IPVS", "the kernel balances virtual addresses and the ingress");
    }
    let found = "the kernel has no IPVS (or has not loaded it): virtual addresses and the ingress may carry no traffic";
    Check::not("IPVS", CheckHealth::Warning, found, remedy)
}

/// Room for images and containers, where the engine is here.
async fn disk(engine: &Engine) -> Option<Check> {
    if !engine.info().address.starts_with("unix://") {
        return None;
    }
    let root = engine.docker().info().await.ok()?.docker_root_dir?;
    let stat = rustix::fs::statvfs(&root).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let found = format!("{:.1} GB free for the engine ({root})", free as f64 / 1e9);
    Some(if free < LEAST_FREE_BYTES {
        Check::not("disk", CheckHealth::Warning, found, "make room: docker system prune")
    } else {
        Check::fine("disk", found)
    })
}

/// The images of the sample stack.
async fn images(engine: &Engine) -> Check {
    match swarmlab_images::list(engine.docker()).await {
        Ok(images) if images.is_empty() => Check::not(
            "images",
            CheckHealth::Fine,
            "none of the sample stack's is built here",
            "only if you want to run it: swarmlab images build",
        ),
        Ok(images) => Check::fine("images", format!("{} of the sample stack's are here", images.len())),
        Err(e) => Check::not("images", CheckHealth::Unknown, e.to_string(), "see the engine's log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_stand_below_what_they_remedy() {
        let checks = [
            Check::fine("engine", "Docker 28"),
            Check::not("IPVS", CheckHealth::Warning, "missing", "modprobe ip_vs"),
        ];
        assert_eq!(
            text(&checks),
            "fine  engine  Docker 28\nwarn  IPVS    missing\n              -> modprobe ip_vs\n"
        );
    }
}
