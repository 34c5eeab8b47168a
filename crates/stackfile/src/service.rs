//! One service of a stack.

use crate::blobs::{self, BlobUse};
use crate::deploy::{self, Deploy};
use crate::env::{Surroundings, parse_env_file};
use crate::extension;
use crate::healthcheck::{self, Healthcheck};
use crate::keys;
use crate::mounts::{self, Mount};
use crate::networks::{self, Attachment};
use crate::ports::{self, Port};
use crate::read::{command, duration, labels, options, pairs, text_or_texts, texts};
use crate::specs::Role;
use std::collections::BTreeMap;
use std::time::Duration;
use swarmlab_codes as codes;
use swarmlab_yaml::{Key, Kind, MapReader, Span, Spanned, Value};

/// One service of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name in the file.
    pub name: String,
    /// Where its name stands in the file.
    pub span: Span,
    /// The image's name.
    pub image: String,
    /// The arguments, or the whole command of an image without an entry point.
    pub command: Option<Vec<String>>,
    /// What is run instead of the image's entry point.
    pub entrypoint: Option<Vec<String>>,
    /// Environment by name; a name without a value is taken out of the image's environment.
    pub environment: BTreeMap<String, Option<String>>,
    /// Host name of the tasks.
    pub hostname: Option<String>,
    /// User and group, names or numbers.
    pub user: Option<String>,
    /// Working folder.
    pub working_dir: Option<String>,
    /// True if an init process reaps and forwards signals.
    pub init: Option<bool>,
    /// True if the root file system is read-only.
    pub read_only: bool,
    /// True if a terminal is attached.
    pub tty: bool,
    /// True if standard input stays open.
    pub stdin_open: bool,
    /// Labels of the containers (not of the service).
    pub labels: BTreeMap<String, String>,
    /// Health check; the image's own if absent.
    pub healthcheck: Option<Healthcheck>,
    /// Networks; the stack's `default` one if empty.
    pub networks: Vec<Attachment>,
    /// Published ports.
    pub ports: Vec<Port>,
    /// TCP ports that its author says it listens on (`expose`); of no effect on a Swarm.
    pub expose: Vec<u16>,
    /// Configs.
    pub configs: Vec<BlobUse>,
    /// Secrets.
    pub secrets: Vec<BlobUse>,
    /// Volumes, folders and memory (`tmpfs:` included).
    pub mounts: Vec<Mount>,
    /// Time between the stop signal and the kill.
    pub stop_grace_period: Option<Duration>,
    /// The stop signal.
    pub stop_signal: Option<String>,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Resource limits of the process.
    pub ulimits: Vec<Ulimit>,
    /// Kernel settings.
    pub sysctls: BTreeMap<String, String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Extra host names: name and address.
    pub extra_hosts: Vec<(String, String)>,
    /// Where output goes; the Engine's default if absent.
    pub logging: Option<Logging>,
    /// How ready the kernel is to kill it, -1000 to 1000.
    pub oom_score_adj: Option<i64>,
    /// How a Windows container is kept apart.
    pub isolation: Option<Isolation>,
    /// What a Windows container's account comes from.
    pub credential_spec: Option<CredentialSpec>,
    /// How the Swarm runs it.
    pub deploy: Deploy,
    /// What it is to the experiment.
    pub role: Role,
    /// The services whose traffic this one carries.
    pub fronts: Vec<Spanned<String>>,
    /// CPU time that one request costs, as its author declares it.
    pub demand: Option<Duration>,
    /// The name it is known by on its networks instead of its own (`x-swarmlab: { alias: … }`).
    pub alias: Option<Spanned<String>>,
}

impl Service {
    /// The name that the service is known by on its networks, besides declared aliases.
    pub fn network_name(&self) -> &str {
        self.alias.as_ref().map_or(&self.name, |alias| &alias.value)
    }

    /// The number of tasks, where it does not depend on the number of nodes.
    pub fn replicas(&self) -> Option<u32> {
        match self.deploy.mode {
            deploy::Mode::Replicated { replicas } | deploy::Mode::ReplicatedJob { replicas } => {
                Some(replicas)
            }
            deploy::Mode::Global | deploy::Mode::GlobalJob => None,
        }
    }
}

/// A resource limit of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ulimit {
    /// Its name, e.g. `nofile`.
    pub name: String,
    /// The limit in force.
    pub soft: i64,
    /// What the process may raise it to.
    pub hard: i64,
}

/// How a Windows container is kept apart from its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// As the node's engine does it.
    Default,
    /// By the node's own kernel.
    Process,
    /// By a virtual machine.
    Hyperv,
}

/// Where a Windows container's account (group managed service account) is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSpec {
    /// In a config of this file.
    Config(Spanned<String>),
    /// In a file of the node.
    File(String),
    /// In the node's registry.
    Registry(String),
}

/// Where a service's output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// Driver; the Engine's default if absent.
    pub driver: Option<String>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
}

pub(crate) fn read(name: &str, value: &Value<'_>, around: &Surroundings<'_>) -> Option<Service> {
    let map = value.mapping()?;
    check_name(name, value);
    keys::judge(&map);
    let own = map.optional("x-swarmlab", extension::read).unwrap_or_default();
    let mut deploy = map.optional("deploy", deploy::read).unwrap_or_default();
    restart(&map, &mut deploy);
    let (role, fronts) = (extension::role(&deploy, &map), extension::fronts(&deploy));
    let demand = extension::demand(own.demand, &deploy, &map);
    let image = map.required("image", Value::text);
    let mounts = map.optional("volumes", |v| mounts::read(v, around)).unwrap_or_default();
    if let Some(depends_on) = map.get("depends_on").filter(|v| !v.is_null()) {
        no_order(&depends_on);
    }
    let service = Service {
        name: name.to_owned(),
        span: value.key_span(),
        image: String::new(),
        command: map.optional("command", command),
        entrypoint: map.optional("entrypoint", command),
        environment: environment(&map, around),
        hostname: map.optional("hostname", Value::text),
        user: map.optional("user", Value::text),
        working_dir: map.optional("working_dir", Value::text),
        init: map.optional("init", Value::bool),
        read_only: map.or("read_only", false, Value::bool),
        tty: map.or("tty", false, Value::bool),
        stdin_open: map.or("stdin_open", false, Value::bool),
        labels: map.optional("labels", labels).unwrap_or_default(),
        healthcheck: map.optional("healthcheck", healthcheck::read),
        networks: map.optional("networks", networks::read_attachments).unwrap_or_default(),
        ports: map.optional("ports", ports::read).unwrap_or_default(),
        expose: map.get_unlisted("expose").map(|v| ports::exposed(&v)).unwrap_or_default(),
        configs: map.optional("configs", blobs::read_uses).unwrap_or_default(),
        secrets: map.optional("secrets", blobs::read_uses).unwrap_or_default(),
        mounts,
        stop_grace_period: map.optional("stop_grace_period", duration),
        stop_signal: map.optional("stop_signal", Value::text),
        cap_add: map.optional("cap_add", texts).unwrap_or_default(),
        cap_drop: map.optional("cap_drop", texts).unwrap_or_default(),
        ulimits: map.optional("ulimits", ulimits).unwrap_or_default(),
        sysctls: map.optional("sysctls", labels).unwrap_or_default(),
        dns: map.optional("dns", dns).unwrap_or_default(),
        dns_search: map.optional("dns_search", text_or_texts).unwrap_or_default(),
        extra_hosts: map.optional("extra_hosts", extra_hosts).unwrap_or_default(),
        logging: map.optional("logging", logging),
        oom_score_adj: map.optional("oom_score_adj", |v| v.int(-1000..=1000)),
        isolation: map.optional("isolation", |v| {
            let all = [
                ("default", Isolation::Default),
                ("process", Isolation::Process),
                ("hyperv", Isolation::Hyperv),
            ];
            v.enum_of(&all)
        }),
        credential_spec: map.optional("credential_spec", credential_spec),
        deploy,
        role,
        fronts,
        demand,
        alias: own.alias,
    };
    map.known_prefix("x-").finish();
    Some(Service { image: image.unwrap_or_default(), ..service })
}

/// The Engine's rule for names of services, which become names in its DNS.
fn check_name(name: &str, value: &Value<'_>) {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !(name.chars().all(inner) && edge(name.chars().next()) && edge(name.chars().next_back())) {
        let cx = value.cx();
        let message = format!("`{name}` cannot be the name of a service");
        let expected = "letters, digits, `-` and `_`, a letter or digit first and last";
        cx.push(cx.error(codes::BAD_NAME, value.key_span(), message).at(value.path()).expected(expected));
    }
}

/// The files of `env_file`, overlaid by `environment`; a name without a value is looked up outside.
fn environment(map: &MapReader<'_>, around: &Surroundings<'_>) -> BTreeMap<String, Option<String>> {
    let mut variables = BTreeMap::new();
    let read_one = |file: &Value<'_>| {
        let content = around.read(file)?;
        let text = String::from_utf8_lossy(&content);
        match parse_env_file(&text, around.env) {
            Ok(variables) => Some(variables),
            Err((line, why)) => {
                file.fail(
                    codes::BAD_CONTENT,
                    format!("line {line} of the file: {why}"),
                    "lines of NAME=value",
                );
                None
            }
        }
    };
    let files = map.optional("env_file", |v| match v.node().kind {
        Kind::Sequence(_) => v.list(read_one),
        _ => Some(vec![read_one(v)?]),
    });
    for file in files.unwrap_or_default() {
        variables.extend(file);
    }
    for (name, value) in map.optional("environment", |v| pairs(v, '=')).unwrap_or_default() {
        let value = value.or_else(|| (around.env)(&name));
        variables.insert(name, value);
    }
    variables
}

fn ulimits(value: &Value<'_>) -> Option<Vec<Ulimit>> {
    let one = |v: &Value<'_>| {
        let Kind::Mapping(_) = v.node().kind else {
            return v.int(-1..=i64::MAX).map(|n| (n, n));
        };
        let map = v.mapping()?;
        let soft = map.required("soft", |v| v.int(-1..=i64::MAX));
        let hard = map.required("hard", |v| v.int(-1..=i64::MAX));
        map.finish();
        Some((soft?, hard?))
    };
    let read = value.map(one)?.into_iter();
    Some(read.map(|(Key { name, .. }, (soft, hard))| Ulimit { name, soft, hard }).collect())
}

fn dns(value: &Value<'_>) -> Option<Vec<String>> {
    let one = |v: &Value<'_>| v.parsed::<std::net::IpAddr>("an IP address").map(|ip| ip.to_string());
    match value.node().kind {
        Kind::Sequence(_) => value.list(one),
        _ => Some(vec![one(value)?]),
    }
}

/// `name:address` or `name=address`, in a list or as a mapping.
fn extra_hosts(value: &Value<'_>) -> Option<Vec<(String, String)>> {
    const EXPECTED: &str = "name:address";
    if let Kind::Mapping(_) = value.node().kind {
        let mut hosts: Vec<(String, String)> =
            value.map(Value::text)?.into_iter().map(|(key, address)| (key.name, address)).collect();
        // A mapping has no order; the docker command line sorts it.
        hosts.sort();
        return Some(hosts);
    }
    value.list(|v| {
        v.parse(EXPECTED, |text| match text.split_once([':', '=']) {
            Some((name, address)) if !name.is_empty() && !address.is_empty() => {
                Ok((name.to_owned(), address.to_owned()))
            }
            _ => Err(format!("`{text}` lacks a name or an address")),
        })
    })
}

fn logging(value: &Value<'_>) -> Option<Logging> {
    let map = value.mapping()?;
    let driver = map.optional("driver", Value::text);
    let options = map.optional("options", options).unwrap_or_default();
    map.known_prefix("x-").finish();
    Some(Logging { driver, options })
}

/// Says that `depends_on` has no effect; what it names need not be declared, as it does nothing.
fn no_order(value: &Value<'_>) {
    let cx = value.cx();
    let message = "`depends_on` has no effect on a Swarm: all services start at once";
    let warning = cx.warning(codes::IGNORED_KEY, value.key_span(), message).at(value.path());
    cx.push(warning.help("a service must wait for what it needs, or fail and be restarted"));
}

/// `restart` stands for the restart policy where there is none.
fn restart(map: &MapReader<'_>, deploy: &mut Deploy) {
    let Some(value) = map.get_unlisted("restart").filter(|v| !v.is_null()) else { return };
    let policy = deploy::from_restart(&value).flatten();
    if deploy.restart_policy.is_some() {
        let message = "`restart` has no effect beside `deploy.restart_policy`";
        let cx = value.cx();
        cx.push(cx.warning(codes::IGNORED_KEY, value.key_span(), message).at(value.path()).help("remove it"));
    } else {
        deploy.restart_policy = policy;
    }
}

/// One of `config`, `file` and `registry`.
fn credential_spec(value: &Value<'_>) -> Option<CredentialSpec> {
    let map = value.mapping()?;
    let config = map.optional("config", |v| v.spanned(Value::text)).map(CredentialSpec::Config);
    let file = map.optional("file", Value::text).map(CredentialSpec::File);
    let registry = map.optional("registry", Value::text).map(CredentialSpec::Registry);
    map.finish();
    let mut given = [config, file, registry].into_iter().flatten();
    let first = given.next();
    if given.next().is_some() {
        let message = "a credential spec comes from one place only";
        value.cx().push(value.error(codes::BAD_VALUE, message).expected("one of config, file, registry"));
    }
    first
}
