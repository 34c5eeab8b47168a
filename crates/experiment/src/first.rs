//! The first experiment of a stack: where load can go, read off published ports and health checks, and files to begin with.
//!
//! What is read is said in the files, what is guessed as well: they are their user's from then on.

use std::fmt::Write as _;

use swarmlab_codes::{self as codes, Code};
use swarmlab_stackfile::{Protocol as Transport, Role, Service, Stack};
use swarmlab_weave::{Fronts, Naming, Protocol, Telemetry, Wanted, Wishes, url_of_check, usual, weave};
use swarmlab_yaml::{Diagnostic, nearest};

use super::is_folder_name;

/// A service that load can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the stack file.
    pub service: String,
    /// The port it listens on.
    pub port: u16,
    /// Where that port is published; none where the engine chooses.
    pub published: Option<u16>,
    /// The path of the first request.
    pub path: String,
    /// Where that path comes from.
    pub from: PathFrom,
}

/// Who says that a path answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathFrom {
    /// The service's health check.
    HealthCheck,
    /// Nobody: it is the root.
    Guess,
}

/// Files to begin with.
#[derive(Debug, Clone, PartialEq)]
pub struct First {
    /// Name of the experiment.
    pub name: String,
    /// Where load goes.
    pub entry: Entry,
    /// Other services it could go to, by the same signs.
    pub others: Vec<Entry>,
    /// Proxies that are put before services, in words.
    pub fronts: Vec<String>,
    /// Texts by the names of their files: the experiment first.
    pub files: Vec<(&'static str, String)>,
    /// What weaving could not do, or does otherwise than one might think.
    pub remarks: Vec<Diagnostic>,
}

/// Why a stack has no first experiment.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoFirst {
    /// No service is published at a port that speaks HTTP.
    #[error(
        "nothing says where load can go: no service publishes a port that is known to take HTTP requests"
    )]
    NoEntry {
        /// All services.
        services: Vec<String>,
    },
    /// A name that no service has.
    #[error("the stack has no service `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest of those that there are.
        near: Option<String>,
        /// All of them.
        services: Vec<String>,
    },
    /// A service that is named, at a port that it does not publish.
    #[error("`{service}` publishes {published}: load from outside does not reach it{}", asked.map(|p| format!(" at {p}")).unwrap_or_default())]
    NotPublished {
        /// The service.
        service: String,
        /// The port that was asked for.
        asked: Option<u16>,
        /// The port to publish.
        port: u16,
        /// What it publishes, in words.
        published: String,
    },
    /// A service that is published at ports of other protocols alone.
    #[error("`{service}` publishes {}, which is not HTTP's", joined(ports))]
    NotHttp {
        /// The service.
        service: String,
        /// Its ports.
        ports: Vec<u16>,
    },
}

impl NoFirst {
    /// Its number and name.
    pub fn code(&self) -> Code {
        codes::NO_FIRST_TARGET
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::NoEntry { services } => format!(
                "publish the port of one of {} in the stack file: `ports: [{{ target: 80, published: 8080 }}]`; one that is published and \
                 speaks HTTP at a port of another protocol can be named: `--service NAME:PORT`",
                services.join(", ")
            ),
            Self::Unknown { near: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Unknown { near: None, services, .. } => format!("it has {}", services.join(", ")),
            Self::NotHttp { service, ports } => {
                format!(
                    "if it takes HTTP requests there all the same, say so: `--service {service}:{}`",
                    joined(&ports[..1.min(ports.len())])
                )
            }
            Self::NotPublished { service, port, .. } => {
                format!(
                    "add to `{service}` in the stack file: `ports: [{{ target: {port}, published: {port} }}]`"
                )
            }
        }
    }
}

fn joined(ports: &[u16]) -> String {
    ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

/// Looks at a stack. `stack_path` is the way to its file from where the files will stand; `wanted` names the service, and the
/// port if need be.
///
/// # Errors
/// [`NoFirst`].
pub fn first(stack: &Stack, stack_path: &str, wanted: Option<&Wanted>) -> Result<First, NoFirst> {
    let wishes = Wishes {
        fronts: Fronts::Auto,
        protocol: None,
        telemetry: Telemetry::Woven { port: None },
        naming: Naming::Kept,
    };
    // A stack with a Prometheus of its own is observed by that.
    let woven = weave(stack, &wishes, &|_| None).ok();
    let fronted = |service: &Service| {
        let front = woven.as_ref().and_then(|w| w.front(&service.name));
        front.is_some_and(|front| front.ports.iter().any(|(_, protocol)| *protocol != Protocol::Tcp))
    };
    let mut entries: Vec<(u8, Entry)> = stack
        .services
        .iter()
        .flat_map(|service| entries(service).into_iter().map(move |entry| (service, entry)))
        .filter_map(|(service, entry)| Some((rank(stack, service, fronted(service))?, entry)))
        .collect();
    // Stable: of equals the one that stands first in the file.
    entries.sort_by_key(|(rank, _)| *rank);
    let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).collect();
    let (entry, others) = match wanted {
        Some(wanted) => (named(stack, wanted)?, Vec::new()),
        None => {
            let mut all = entries.into_iter().filter(|e| usual(e.port) != Protocol::Tcp);
            let names = || stack.services.iter().map(|s| s.name.clone()).collect();
            let entry = all.next().ok_or_else(|| NoFirst::NoEntry { services: names() })?;
            (entry, all.collect())
        }
    };
    let stem = std::path::Path::new(&stack.file).file_stem().unwrap_or_default().to_string_lossy();
    let word: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let name = if is_folder_name(&word) { word } else { "first".to_owned() };
    let fronts = woven.iter().flat_map(|w| &w.fronts);
    let fronts: Vec<String> = fronts.map(|f| format!("{} before {}", f.proxy, f.name)).collect();
    let files = vec![
        ("experiment.yml", experiment(&name, stack_path, &entry, woven.is_some())),
        ("shape.yml", SHAPE.to_owned()),
        ("scenario.yml", scenario(&name, &entry)),
    ];
    let remarks = woven.map_or_else(Vec::new, |w| w.remarks);
    Ok(First { name, entry, others, fronts, files, remarks })
}

/// Whether a path can be asked for as it stands: what a shell would have replaced, or a scenario would, is none.
fn is_literal(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_graphic() && !"${}()<>\\^`\"".contains(c))
}

/// The published ports of a service.
fn entries(service: &Service) -> Vec<Entry> {
    let (checked, path) = match url_of_check(service) {
        Some((port, path)) if is_literal(&path) => (Some(port), path),
        _ => (None, "/".to_owned()),
    };
    let entry = |target: u16, published: Option<u16>| {
        let is_checked = checked == Some(target);
        Entry {
            service: service.name.clone(),
            port: target,
            published,
            path: if is_checked { path.clone() } else { "/".to_owned() },
            from: if is_checked { PathFrom::HealthCheck } else { PathFrom::Guess },
        }
    };
    let tcp = service.ports.iter().filter(|port| port.protocol == Transport::Tcp);
    tcp.map(|port| entry(port.target, port.published)).collect()
}

/// Lower is likelier to be where users come in: a proxy that somebody put there, then what speaks HTTP for sure. Telemetry and
/// databases are not, though they publish ports.
fn rank(stack: &Stack, service: &Service, is_fronted: bool) -> Option<u8> {
    let stands_before = |other: &&Service| service.fronts.iter().any(|front| front.value == other.name);
    Some(match service.role {
        Role::Proxy if stack.services.iter().any(|s| stands_before(&s)) => 0,
        Role::Proxy => 1,
        Role::Application | Role::Other if is_fronted && url_of_check(service).is_some() => 2,
        Role::Application | Role::Other if is_fronted => 3,
        Role::Application | Role::Other => 4,
        _ => return None,
    })
}

/// The service that the user named.
fn named(stack: &Stack, wanted: &Wanted) -> Result<Entry, NoFirst> {
    let Some(service) = stack.service(&wanted.service) else {
        let near =
            nearest(&wanted.service, stack.services.iter().map(|s| s.name.as_str())).map(str::to_owned);
        let services = stack.services.iter().map(|s| s.name.clone()).collect();
        return Err(NoFirst::Unknown { name: wanted.service.clone(), near, services });
    };
    let entries = entries(service);
    let of_port = |entry: &&Entry| wanted.port.is_none_or(|port| entry.port == port);
    let speaks_http = |entry: &&Entry| wanted.port.is_some() || usual(entry.port) != Protocol::Tcp;
    if let Some(entry) = entries.iter().find(|e| of_port(e) && speaks_http(e)) {
        return Ok(entry.clone());
    }
    if wanted.port.is_none() && !entries.is_empty() {
        let ports = entries.iter().map(|e| e.port).collect();
        return Err(NoFirst::NotHttp { service: service.name.clone(), ports });
    }
    let port = wanted
        .port
        .or(url_of_check(service).map(|(port, _)| port))
        .or(service.expose.first().copied())
        .unwrap_or(80);
    let published = match &entries[..] {
        [] => "no port".to_owned(),
        some => some.iter().map(|e| e.port.to_string()).collect::<Vec<_>>().join(", "),
    };
    Err(NoFirst::NotPublished { service: service.name.clone(), asked: wanted.port, port, published })
}

/// A few users more every quarter of a minute: little enough for any service, and enough for a curve.
const SHAPE: &str = "\
# 2, 4, 6, 8, 10 users, 15 s each: from where on does the response time rise?
#   swarmlab shapes show shape.yml
shape: step
first: 2
increment: 2
steps: 5
hold: 15s
down: false
";

fn experiment(name: &str, stack: &str, entry: &Entry, is_woven: bool) -> String {
    let mut out = format!(
        "# A first experiment, to be changed: docs/reference.md has every key.\n#   swarmlab check experiment.yml\n#   swarmlab run \
         experiment.yml\nname: {}\ntestbed: swarm\nstack: {}\n",
        quoted(name),
        quoted(stack)
    );
    out.push_str(match is_woven {
        true => "observe: true        # proxies before what takes HTTP requests, Prometheus, cAdvisor, node-exporter, for the run alone\n",
        false => "# The stack has a Prometheus of its own: what that scrapes is what is measured.\n",
    });
    let published = match entry.published {
        Some(port) => format!("published at {port}"),
        None => "published at a port that the engine chooses".to_owned(),
    };
    let _ = write!(
        out,
        "target: {{ service: {}, port: {} }}        # {published}\nload:\n  model: closed        # users who wait for their answers; open: \
         requests per second\n  shape: shape.yml\n  scenario: scenario.yml\n  warmup: {{ duration: 5s, level: 1 }}\nmeasure: {{ bin: 1s \
         }}\n# What you promise; a run that does not keep it has exit code 7.\n# slo: {{ p95: 500ms, error_rate: 1% }}\n",
        quoted(&entry.service),
        entry.port
    );
    out
}

fn scenario(name: &str, entry: &Entry) -> String {
    let from = match entry.from {
        PathFrom::HealthCheck => "the path of the service's health check",
        PathFrom::Guess => "a guess",
    };
    format!(
        "# What a user does. A recording or a description of an API makes one, too: swarmlab scenario import FILE.har|openapi.json\n\
         name: {}\nsteps:\n  - {{ name: first, request: {} }}        # {from}\nwait: {{ between: [100ms, 300ms] }}\n",
        quoted(name),
        quoted(&format!("GET {}", entry.path))
    )
}

/// As YAML takes it for a text.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./ ".contains(c))
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
        && !text.ends_with(' ');
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stack(services: &str) -> Stack {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("my shop.yml");
        std::fs::write(&path, format!("services:\n{services}")).unwrap();
        super::super::read_stack(&path, &|_| None).unwrap()
    }

    fn at(found: &First) -> (&str, u16, &str) {
        (&found.entry.service, found.entry.port, &found.entry.path)
    }

    const CHECK: &str = "healthcheck: { test: [CMD, curl, -f, \"http://localhost:3000/up\"] }";

    #[test]
    fn load_goes_where_users_come_in() {
        for (services, expected) in [
            // Published at a port of its protocol, and not the database beside it.
            (
                "  db: { image: postgres, ports: [\"5432:5432\"] }\n  web: { image: w, ports: [\"8080:80\"] }\n".to_owned(),
                ("web", 80, "/"),
            ),
            // One that says by its health check that it speaks HTTP goes before one that does not.
            (
                format!("  a: {{ image: a, ports: [\"81:81\"] }}\n  b: {{ image: b, ports: [\"3000:3000\"], {CHECK} }}\n"),
                ("b", 3000, "/up"),
            ),
            // A proxy that stands before others goes before those.
            (
                format!(
                    "  b: {{ image: b, ports: [\"3000:3000\"], {CHECK} }}\n  door: {{ image: envoy, ports: [\"80:8080\"], deploy: {{ \
                     labels: {{ swarmlab.role: proxy, swarmlab.fronts: b }} }} }}\n"
                ),
                ("door", 8080, "/"),
            ),
        ] {
            let found = first(&stack(&services), "../s.yml", None).unwrap();
            assert_eq!(at(&found), expected, "{services}");
        }
    }

    #[test]
    fn what_observes_is_no_way_in() {
        let stack = stack(
            "  prom: { image: prom, ports: [\"9090:9090\"], deploy: { labels: { swarmlab.role: telemetry } } }\n  web: { image: w, \
             ports: [\"8080:80\"] }\n",
        );
        let found = first(&stack, "s.yml", None).unwrap();
        assert_eq!((at(&found), found.others.len()), (("web", 80, "/"), 0));
    }

    #[test]
    fn the_files_say_what_was_read_and_what_was_guessed_and_name_other_ways_in() {
        let stack = stack(&format!(
            "  b: {{ image: b, ports: [\"3000:3000\"], {CHECK} }}\n  a_b: {{ image: a, ports: [\"81:80\"] }}\n"
        ));
        let found = first(&stack, "../my shop.yml", None).unwrap();
        assert_eq!(found.name, "my-shop");
        assert_eq!(found.others.iter().map(|e| e.service.as_str()).collect::<Vec<_>>(), ["a_b"]);
        let text = |at: usize| found.files[at].1.as_str();
        assert!(
            text(0).contains("target: { service: b, port: 3000 }") && text(0).contains("published at 3000"),
            "{}",
            text(0)
        );
        assert!(
            text(2).contains("request: GET /up }        # the path of the service's health check"),
            "{}",
            text(2)
        );
        let wanted = Wanted { service: "a_b".into(), port: None };
        let other = first(&stack, "s.yml", Some(&wanted)).unwrap();
        assert!(other.files[2].1.contains("GET / }        # a guess"), "{}", other.files[2].1);
        assert_eq!(quoted("5 a:b"), "\"5 a:b\"");
    }

    #[test]
    fn what_is_no_literal_path_is_a_guess() {
        for path in ["/\u{fc}", "/{{x}}", "/$(hostname)", "/${HEALTH}/x", "/a b"] {
            assert!(!is_literal(path), "{path}");
        }
        assert!(is_literal("/up?a=1&b=2%20c;d=~x"));
    }

    #[test]
    fn where_nothing_is_known_it_says_what_to_do() {
        let stack = stack("  db: { image: postgres, ports: [\"5432:5432\"] }\n  worker: { image: w }\n");
        let told = |wanted: Option<(&str, Option<u16>)>| {
            let wanted = wanted.map(|(service, port)| Wanted { service: service.to_owned(), port });
            let e = first(&stack, "s.yml", wanted.as_ref()).unwrap_err();
            format!("{e}. {}", e.help())
        };
        for (said, words) in [
            (told(None), ["no service publishes a port", "db, worker"]),
            (told(Some(("workr", None))), ["no service `workr`", "did you mean `worker`?"]),
            (told(Some(("worker", Some(80)))), ["`worker` publishes no port", "target: 80"]),
            (told(Some(("db", None))), ["`db` publishes 5432, which is not HTTP", "--service db:5432"]),
        ] {
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
        // Named with its port it is taken at its word.
        let wanted = Wanted { service: "db".into(), port: Some(5432) };
        assert_eq!(at(&first(&stack, "s.yml", Some(&wanted)).unwrap()), ("db", 5432, "/"));
    }

    #[test]
    fn what_is_written_is_an_experiment() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        let services = format!("services:\n  b: {{ image: b, ports: [\"3000:3000\"], {CHECK} }}\n");
        write("stack.yml", &services);
        let stack = super::super::read_stack(&dir.path().join("stack.yml"), &|_| None).unwrap();
        for (name, text) in first(&stack, "stack.yml", None).unwrap().files {
            write(name, &text);
        }
        let loaded = super::super::read(&dir.path().join("experiment.yml"), &|_| None).unwrap();
        assert_eq!(loaded.experiment.target.service, "b-front");
        assert_eq!(loaded.experiment.load.shape.duration_s(), 75.0);
    }
}
