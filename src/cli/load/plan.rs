//! From arguments to the engine's specification; nothing is started here.

use std::path::Path;

use swarmlab_codes::{self as codes, Code};
use swarmlab_loadgen::{
    Body, HttpRequest, Limits, LoadError, LoadSpec, Model, Scenario, Step, Template, TemplateError, Wait,
};
use swarmlab_loadgen::{ConnectionLifetime, HttpVersion, LoadTarget, Reuse, Secret, TargetError, TlsOptions};
use swarmlab_shapes::shape::Constant;
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_yaml::Diagnostics;

use super::args::{LoadArgs, Spin};
use swarmlab_experiment as experiment;

/// A load that can be started.
#[derive(Debug)]
pub struct Plan {
    /// What the engine is told.
    pub spec: LoadSpec,
    /// The load in one line.
    pub title: String,
    /// What is odd about the files.
    pub warnings: Diagnostics,
}

/// Why arguments are no load.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Files with findings of their own.
    #[error("{0}")]
    Files(Diagnostics),
    /// A URL.
    #[error("{url}: {error}")]
    Url {
        /// What it is called in the arguments.
        url: String,
        /// What is wrong.
        error: TargetError,
    },
    /// A URL with a character that must be encoded.
    #[error("{}: a URL cannot hold {blank:?}", url.escape_debug())]
    Blank {
        /// The URL.
        url: String,
        /// The character.
        blank: char,
    },
    /// A header without a colon.
    #[error("--header {0:?} is not NAME: VALUE")]
    Header(String),
    /// A template in an argument.
    #[error("{what}: {error}")]
    Template {
        /// Which argument.
        what: String,
        /// What is wrong.
        error: TemplateError,
    },
    /// A file of an argument.
    #[error("{path} cannot be read: {error}")]
    File {
        /// Its path.
        path: String,
        /// The system's answer.
        error: std::io::Error,
    },
    /// `--target` without a name.
    #[error("--target {0:?} is not NAME=URL")]
    TargetName(String),
    /// Several names of targets and no URLs for them.
    #[error("steps of the scenario go to {}, which no --target gives", .0.join(", "))]
    Targets(Vec<String>),
    /// Settings of TLS without TLS.
    #[error("--cacert, --cert, --server-name, --insecure and --alpn have no meaning without an https:// URL")]
    NoTls,
    /// A thread without a connection.
    #[error("--connections {connections} is less than --threads {threads}")]
    Threads {
        /// Connections wanted.
        connections: u32,
        /// Threads wanted.
        threads: u8,
    },
    /// The engine's own check.
    #[error("{0}")]
    Load(#[from] LoadError),
}

impl PlanError {
    /// Its number and name; of several findings in files the first.
    pub fn code(&self) -> Code {
        match self {
            PlanError::Files(findings) => findings.code(),
            PlanError::Url { .. } | PlanError::Blank { .. } => codes::BAD_URL,
            PlanError::Header(_) => codes::BAD_HEADER,
            PlanError::Template { .. } => codes::BAD_TEMPLATE,
            PlanError::File { .. } => codes::UNREADABLE_ARGUMENT,
            PlanError::TargetName(_) => codes::BAD_TARGET_OPTION,
            PlanError::Targets(_) => codes::TARGETS_NOT_GIVEN,
            PlanError::NoTls => codes::TLS_WITHOUT_HTTPS,
            PlanError::Threads { .. } => codes::TOO_MANY_THREADS,
            PlanError::Load(e) => e.code(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            PlanError::Blank { .. } => {
                Some("write a blank as %20, and other characters percent-encoded as well")
            }
            PlanError::Url { .. } => Some("for example http://127.0.0.1:8080/path"),
            PlanError::Header(_) => Some("for example --header 'content-type: application/json'"),
            PlanError::Targets(_) => Some(
                "--target NAME=URL for each (the positional URL serves one name that is left over, and steps that name none)",
            ),
            PlanError::Threads { .. } => Some("each thread has connections of its own: at least one"),
            PlanError::Template { .. } => Some("`{{` opens a variable; --body-file sends a body as it is"),
            PlanError::TargetName(_) => Some("for example --target agent=http://127.0.0.1:8001"),
            _ => None,
        }
    }
}

/// Reads the files that the arguments name, and puts everything together.
pub fn plan(args: &LoadArgs) -> Result<Plan, PlanError> {
    let tls = tls(args)?;
    let (main, path) = main_target(&args.url, args.scenario.is_some())?;
    let mut targets = vec![main];
    "main".clone_into(&mut targets[0].name);
    for text in &args.target {
        let (name, url) = text.split_once('=').ok_or_else(|| PlanError::TargetName(without_user(text)))?;
        let mut target = parse(url)?;
        name.clone_into(&mut target.name);
        targets.push(target);
    }
    for t in &mut targets {
        t.http = if args.http2 {
            HttpVersion::Http2
        } else if args.alpn {
            HttpVersion::Negotiate
        } else {
            HttpVersion::Http1
        };
        t.connections = if args.no_keepalive { Reuse::PerRequest } else { Reuse::KeepAlive };
        t.lifetime = ConnectionLifetime {
            max_age_s: args.connection_max_age.map(|d| d.as_secs_f64()),
            max_requests: args.connection_max_requests,
            max_idle_s: args.connection_max_idle.map(|d| d.as_secs_f64()),
        };
        if t.is_tls() {
            t.tls = tls.clone();
        }
    }
    let tls_flags =
        args.insecure || args.cacert.is_some() || args.cert.is_some() || args.server_name.is_some();
    if (tls_flags || args.alpn) && !targets.iter().any(LoadTarget::is_tls) {
        return Err(PlanError::NoTls);
    }
    let mut scenario = match &args.scenario {
        Some(file) => {
            let mut scenario = experiment::read_scenario(file).map_err(PlanError::Files)?;
            for (name, value) in headers(args)? {
                scenario.add_header(&name, &value);
            }
            let strangers: Vec<String> = scenario
                .targets()
                .into_iter()
                .filter(|name| !targets.iter().any(|t| t.name == *name))
                .map(str::to_owned)
                .collect();
            match strangers.as_slice() {
                [] => {}
                [one] => one.clone_into(&mut targets[0].name),
                several => return Err(PlanError::Targets(several.to_vec())),
            }
            scenario
        }
        None => one_request(args, &path)?,
    };
    if let Some(most) = args.follow_redirects {
        scenario.follow_redirects(most);
    }
    scenario.accept_encoding(&args.accept_encoding);
    let duration_s = args.duration.as_secs_f64();
    let constant = |level: f64| Shape::Constant(Constant { level, duration_s });
    let arrivals = args.arrivals.map(Arrivals::from);
    let model = match (&args.shape, args.rate, arrivals) {
        (Some(file), _, arrivals) => {
            let shape = experiment::read_shape(file).map_err(PlanError::Files)?;
            match arrivals {
                Some(arrivals) => Model::Open { rate_per_s: shape, arrivals },
                None => Model::Closed { users: shape, spawn_rate_per_s: args.spawn_rate },
            }
        }
        (None, Some(rate), arrivals) => {
            Model::Open { rate_per_s: constant(rate), arrivals: arrivals.unwrap_or_default() }
        }
        (None, None, _) => Model::Closed {
            users: constant(f64::from(args.users.unwrap_or(args.connections))),
            spawn_rate_per_s: args.spawn_rate,
        },
    };
    if args.connections < u32::from(args.threads) {
        return Err(PlanError::Threads { connections: args.connections, threads: args.threads });
    }
    let connections = args.connections as usize;
    let mut spec = LoadSpec::new(Vec::new(), "", model, scenario);
    spec.targets = targets;
    spec.seed = args.seed;
    spec.threads = usize::from(args.threads);
    let streams = args.streams.map_or(1, |n| n as usize);
    spec.limits = Limits {
        max_connections: connections,
        max_in_flight: connections.saturating_mul(streams).min(1 << 20),
        ..Limits::default()
    };
    spec.timeout_s = args.timeout.as_secs_f64();
    spec.drain_s = args.drain.as_secs_f64();
    spec.spin_s = match args.spin {
        Spin::Auto => None,
        Spin::For(time) => Some(time.as_secs_f64()),
    };
    spec.keep_awake = args.keep_awake;
    spec.validate()?;
    let title = title(args, &spec);
    Ok(Plan { spec, title, warnings: Diagnostics::new(Vec::new()) })
}

fn parse(url: &str) -> Result<LoadTarget, PlanError> {
    LoadTarget::parse(url).map_err(|error| PlanError::Url { url: without_user(url), error })
}

/// A URL that may be shown: a name and password before an `@` are no part of it.
pub(super) fn without_user(url: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    match url.rfind('@').filter(|at| *at >= authority) {
        Some(at) => format!("{}***{}", &url[..authority], &url[at..]),
        None => url.to_owned(),
    }
}

/// The target of the URL, and the path that is requested where there is no scenario; with one the path goes before
/// each of its own.
fn main_target(url: &str, has_scenario: bool) -> Result<(LoadTarget, String), PlanError> {
    if let Some(blank) = url.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(PlanError::Blank { url: without_user(url), blank });
    }
    // A fragment is the client's own affair (RFC 3986, section 3.5).
    let url = url.split('#').next().unwrap_or_default();
    let authority = url.find("://").map_or(0, |at| at + 3);
    let path_at = url[authority..].find(['/', '?']).map(|at| authority + at);
    match path_at {
        Some(at) if !has_scenario && authority > 0 => {
            let path = &url[at..];
            let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
            Ok((parse(&url[..at])?, path))
        }
        _ => Ok((parse(url)?, "/".to_owned())),
    }
}

fn template(what: &str, text: &str) -> Result<Template, PlanError> {
    Template::parse(text).map_err(|error| PlanError::Template { what: what.to_owned(), error })
}

fn headers(args: &LoadArgs) -> Result<Vec<(String, Template)>, PlanError> {
    let one = |header: &String| {
        let (name, value) = header.split_once(':').ok_or_else(|| PlanError::Header(header.clone()))?;
        Ok((name.trim().to_owned(), template("--header", value.trim())?))
    };
    args.header.iter().map(one).collect()
}

fn one_request(args: &LoadArgs, path: &str) -> Result<Scenario, PlanError> {
    let mut request = HttpRequest::new(args.method.to_uppercase(), template("the URL", path)?);
    for (name, value) in headers(args)? {
        request = request.header(name, value);
    }
    request.body = match (&args.body, &args.body_file) {
        (Some(text), _) => Some(Body::Text(template("--body", text)?)),
        (None, Some(file)) => Some(Body::Bytes(
            std::fs::read(file)
                .map_err(|error| PlanError::File { path: file.display().to_string(), error })?,
        )),
        (None, None) => None,
    };
    Ok(Scenario::journey(path, vec![Step::http(path, request)], Wait::default()))
}

fn tls(args: &LoadArgs) -> Result<TlsOptions, PlanError> {
    let read = |file: &Path| {
        std::fs::read(file).map_err(|error| PlanError::File { path: file.display().to_string(), error })
    };
    Ok(TlsOptions {
        ca_pem: args.cacert.as_deref().map(read).transpose()?,
        client_cert_pem: args.cert.as_deref().map(read).transpose()?,
        client_key_pem: args.key.as_deref().map(read).transpose()?.map(Secret::from),
        insecure: args.insecure,
        server_name: args.server_name.clone(),
    })
}

fn title(args: &LoadArgs, spec: &LoadSpec) -> String {
    let what = match (&args.shape, &spec.model) {
        (Some(file), Model::Closed { .. }) => format!("users by {}", file.display()),
        (Some(file), Model::Open { .. }) => format!("requests/s by {}", file.display()),
        (None, Model::Closed { users, .. }) => plural(users.maximum() as usize, "user"),
        (None, Model::Open { rate_per_s, arrivals }) => {
            format!(
                "{} requests/s, {} arrivals",
                rate_per_s.maximum(),
                format!("{arrivals:?}").to_lowercase()
            )
        }
    };
    let scenario = args.scenario.as_ref().map_or_else(
        || format!("{} {}", args.method.to_uppercase(), without_user(&args.url)),
        |file| format!("{} on {}", file.display(), without_user(&args.url)),
    );
    format!(
        "{scenario}: {what}, at most {}, {}, {} s",
        plural(spec.limits.max_connections, "connection"),
        plural(spec.threads, "thread"),
        spec.model.shape().duration_s()
    )
}

/// A number of things.
pub fn plural(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
