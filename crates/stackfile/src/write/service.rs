//! One service.

use super::deploy;
use super::tree::{Entries, Tree};
use crate::blobs::BlobUse;
use crate::extension::DEMAND_LABEL;
use crate::healthcheck::Healthcheck;
use crate::mounts::{Mount, MountKind, PROPAGATIONS};
use crate::networks::Attachment;
use crate::ports::{Port, PortMode, Protocol};
use crate::service::{CredentialSpec, Isolation, Service};

pub(super) fn tree(service: &Service) -> Tree {
    let mut out = Entries::default();
    out.some("x-swarmlab", Some(own(service)));
    out.put("image", Tree::text(&service.image));
    out.some("entrypoint", service.entrypoint.as_ref().map(Tree::texts));
    if let Some(command) = &service.command {
        out.put("command", Tree::texts(command));
    }
    let variable = |value: &Option<String>| value.as_ref().map_or(Tree::plain("null"), Tree::text);
    let variables = service.environment.iter().map(|(name, value)| (name.clone(), variable(value)));
    out.some("environment", Some(Tree::Map(variables.collect())));
    out.some("hostname", service.hostname.as_ref().map(Tree::text));
    out.some("user", service.user.as_ref().map(Tree::text));
    out.some("working_dir", service.working_dir.as_ref().map(Tree::text));
    out.some("init", service.init.map(Tree::plain));
    out.flag("read_only", service.read_only);
    out.flag("tty", service.tty);
    out.flag("stdin_open", service.stdin_open);
    out.some("labels", Some(Tree::pairs(&service.labels)));
    if let Some(check) = &service.healthcheck {
        out.put("healthcheck", healthcheck(check));
    }
    out.some("networks", Some(networks(&service.networks)));
    out.some(
        "expose",
        Some(Tree::List(service.expose.iter().map(|port| Tree::text(port.to_string())).collect())),
    );
    out.some("ports", Some(Tree::List(service.ports.iter().map(port).collect())));
    out.some("configs", Some(Tree::List(service.configs.iter().map(blob).collect())));
    out.some("secrets", Some(Tree::List(service.secrets.iter().map(blob).collect())));
    out.some("volumes", Some(Tree::List(service.mounts.iter().map(mount).collect())));
    out.some("stop_grace_period", service.stop_grace_period.map(super::duration));
    out.some("stop_signal", service.stop_signal.as_ref().map(Tree::text));
    out.some("cap_add", Some(Tree::texts(&service.cap_add)));
    out.some("cap_drop", Some(Tree::texts(&service.cap_drop)));
    let ulimit = |u: &crate::service::Ulimit| {
        let both = [("soft", u.soft), ("hard", u.hard)];
        (u.name.clone(), Tree::Map(both.map(|(key, n)| (key.to_owned(), Tree::plain(n))).to_vec()))
    };
    out.some("ulimits", Some(Tree::Map(service.ulimits.iter().map(ulimit).collect())));
    out.some("sysctls", Some(Tree::pairs(&service.sysctls)));
    out.some("dns", Some(Tree::texts(&service.dns)));
    out.some("dns_search", Some(Tree::texts(&service.dns_search)));
    let host = |(name, address): &(String, String)| Tree::text(format!("{name}:{address}"));
    out.some("extra_hosts", Some(Tree::List(service.extra_hosts.iter().map(host).collect())));
    if let Some(logging) = &service.logging {
        let mut log = Entries::default();
        log.some("driver", logging.driver.as_ref().map(Tree::text));
        log.some("options", Some(Tree::pairs(&logging.options)));
        out.put("logging", log.done());
    }
    out.some("oom_score_adj", service.oom_score_adj.map(Tree::plain));
    out.some(
        "isolation",
        service.isolation.map(|isolation| {
            Tree::text(match isolation {
                Isolation::Default => "default",
                Isolation::Process => "process",
                Isolation::Hyperv => "hyperv",
            })
        }),
    );
    out.some(
        "credential_spec",
        service.credential_spec.as_ref().map(|spec| {
            let (key, value) = match spec {
                CredentialSpec::Config(config) => ("config", &config.value),
                CredentialSpec::File(file) => ("file", file),
                CredentialSpec::Registry(registry) => ("registry", registry),
            };
            Tree::Map(vec![(key.to_owned(), Tree::text(value))])
        }),
    );
    out.put("deploy", deploy::tree(&service.deploy));
    out.done()
}

/// What no label says.
fn own(service: &Service) -> Tree {
    let mut out = Entries::default();
    out.some("alias", service.alias.as_ref().map(|alias| Tree::text(&alias.value)));
    let demand = service.demand.filter(|_| !service.deploy.labels.contains_key(DEMAND_LABEL));
    out.some("demand", demand.map(super::duration));
    out.done()
}

fn healthcheck(check: &Healthcheck) -> Tree {
    let mut out = Entries::default();
    if let Some(probe) = &check.probe {
        out.put("test", Tree::texts(&probe.engine_form()));
    }
    let times = [
        ("interval", check.interval),
        ("timeout", check.timeout),
        ("start_period", check.start_period),
        ("start_interval", check.start_interval),
    ];
    for (key, time) in times {
        out.some(key, time.map(super::duration));
    }
    out.some("retries", check.retries.map(Tree::plain));
    out.done()
}

fn networks(attachments: &[Attachment]) -> Tree {
    let one = |at: &Attachment| {
        let mut out = Entries::default();
        out.some("aliases", Some(Tree::texts(&at.aliases)));
        (at.network.clone(), out.done())
    };
    Tree::Map(attachments.iter().map(one).collect())
}

fn port(port: &Port) -> Tree {
    let mut out = Entries::default();
    out.put("target", Tree::plain(port.target));
    out.some("published", port.published.map(Tree::plain));
    let protocol = match port.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
    };
    out.put("protocol", Tree::text(protocol));
    out.put("mode", Tree::text(if port.mode == PortMode::Host { "host" } else { "ingress" }));
    out.done()
}

fn blob(one: &BlobUse) -> Tree {
    let mut out = Entries::default();
    for (key, value) in
        [("source", &one.source), ("target", &one.target), ("uid", &one.uid), ("gid", &one.gid)]
    {
        out.put(key, Tree::Text(value.clone()));
    }
    // With a zero before it, YAML reads it as an octal number.
    out.put("mode", Tree::plain(format!("0{:o}", one.mode)));
    out.done()
}

fn mount(mount: &Mount) -> Tree {
    let (kind, source) = match &mount.kind {
        MountKind::Bind { source, .. } => ("bind", Some(source.display().to_string())),
        MountKind::Volume { source, .. } => ("volume", source.clone()),
        MountKind::Tmpfs { .. } => ("tmpfs", None),
        MountKind::Npipe { source } => ("npipe", Some(source.clone())),
    };
    let mut out = Entries::default();
    out.put("type", Tree::text(kind));
    out.some("source", source.map(Tree::text));
    out.put("target", Tree::text(&mount.target));
    out.flag("read_only", mount.read_only);
    let one = |key: &str, value: Tree| Tree::Map(vec![(key.to_owned(), value)]);
    match &mount.kind {
        MountKind::Bind { propagation: Some(given), .. } => {
            let name = PROPAGATIONS.iter().find(|(_, kind)| Some(*kind) == *given).map(|(name, _)| *name);
            // Bind options that say nothing are options nevertheless.
            let options = name.map_or(Tree::Map(Vec::new()), |name| one("propagation", Tree::text(name)));
            out.put("bind", options);
        }
        MountKind::Volume { no_copy: true, .. } => out.put("volume", one("nocopy", Tree::plain(true))),
        MountKind::Tmpfs { size_bytes: Some(size) } => out.put("tmpfs", one("size", Tree::plain(size))),
        _ => {}
    }
    out.done()
}
