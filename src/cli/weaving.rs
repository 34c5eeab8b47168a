//! What `weave` and `up --observe` share: the flags, and the wishes they make.

use clap::Args;
use swarmlab_weave::{Front, Fronts, Naming, Protocol, Telemetry, Wishes, prometheus_address};

/// Flags about what is woven in.
#[derive(Debug, Args)]
pub struct WeaveFlags {
    /// Services that get a proxy: `auto` (each that is published or known to speak HTTP; the default), `none`, or names,
    /// each with its port if the file does not say it: gateway,api:3000
    #[arg(long, value_name = "auto|none|NAME[:PORT],…", value_parser = Fronts::parse)]
    front: Option<Fronts>,
    /// What passes through them: http1, http2, grpc, or tcp (bytes; connections are counted). Default: http1, and tcp at
    /// ports that are known for something else (5432, 6379, …); with --front auto those stay tcp in any case
    #[arg(long, value_name = "PROTOCOL", value_parser = protocol)]
    front_protocol: Option<Protocol>,
    /// A Prometheus that is there already and scrapes the fronts; none is added then, and no cAdvisor or node-exporter
    #[arg(long, value_name = "URL", value_parser = prometheus_address)]
    prometheus: Option<String>,
    /// Port at which the added Prometheus is published on its node (default: 9090 if the stack leaves it free)
    #[arg(long, value_name = "PORT", conflicts_with = "prometheus", value_parser = clap::value_parser!(u16).range(1..))]
    prometheus_port: Option<u16>,
}

fn protocol(name: &str) -> Result<Protocol, String> {
    let known = || Protocol::ALL.map(|(name, _)| name).join(", ");
    Protocol::named(name).ok_or_else(|| format!("expected one of {}", known()))
}

impl WeaveFlags {
    /// Whether any was given.
    pub fn any(&self) -> bool {
        self.front.is_some()
            || self.front_protocol.is_some()
            || self.prometheus.is_some()
            || self.prometheus_port.is_some()
    }

    /// The flags that were given, as they are given.
    pub fn words(&self) -> String {
        let word =
            |flag: &str, value: Option<String>| value.map(|v| format!(" --{flag} {v}")).unwrap_or_default();
        [
            word("front", self.front.as_ref().map(Fronts::to_string)),
            word("front-protocol", self.front_protocol.map(|p| p.to_string())),
            word("prometheus", self.prometheus.clone()),
            word("prometheus-port", self.prometheus_port.map(|p| p.to_string())),
        ]
        .concat()
    }

    /// The Prometheus that is there already.
    pub fn prometheus(&self) -> Option<&String> {
        self.prometheus.as_ref()
    }

    /// What is wished for.
    pub fn wishes(&self, naming: Naming) -> Wishes {
        let telemetry = match self.prometheus {
            Some(_) => Telemetry::Elsewhere,
            None => Telemetry::Woven { port: self.prometheus_port },
        };
        let fronts = self.front.clone().unwrap_or_default();
        Wishes { fronts, protocol: self.front_protocol, telemetry, naming }
    }
}

/// A front in words: `web-front before web (80 http1)`.
pub fn in_words(front: &Front) -> String {
    let ports: Vec<String> =
        front.ports.iter().map(|(port, protocol)| format!("{port} {protocol}")).collect();
    format!("{} before {} ({})", front.proxy, front.service, ports.join(", "))
}
