//! `swarmlab demo <role>`: the sample application, one role a process.

mod options;
mod refused;
mod serve;

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_demo::DemoError;

use crate::exit::Exit;
use options::Role;
pub use refused::refused;
use serve::serve;

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
}
