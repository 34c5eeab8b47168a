//! A whole stack file.

use crate::blobs::{self, Blob, MAX_CONFIG_BYTES, MAX_SECRET_BYTES};
use crate::env::Surroundings;
use crate::networks::{self, Network};
use crate::service::{self, Service};
use crate::volumes::{self, Volume};
use crate::{check, interpolate};
use std::io;
use std::path::{Path, PathBuf};
use swarmlab_codes::{self as codes, Code};
use swarmlab_yaml::{Cx, Diagnostic, Diagnostics, Kind, MapReader, Span, Value};

/// A stack file as a typed model: interpolated, every reference checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// The file's name for messages.
    pub file: String,
    /// The file's text, for messages.
    pub text: String,
    /// Services in the order of the file.
    pub services: Vec<Service>,
    /// Networks in the order of the file; the implicit `default` one is not among them.
    pub networks: Vec<Network>,
    /// Volumes in the order of the file.
    pub volumes: Vec<Volume>,
    /// Configs in the order of the file.
    pub configs: Vec<Blob>,
    /// Secrets in the order of the file.
    pub secrets: Vec<Blob>,
    /// What was accepted but has no effect or is unwise.
    pub warnings: Vec<Diagnostic>,
}

impl Stack {
    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.name == name)
    }

    /// An error at a place of this file, for checks that come later (a service that an experiment names).
    pub fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, &self.file, &self.text, span, message)
    }
}

/// Reads a stack file. `text` is its content, `path` its path: for messages, and as the start of relative
/// paths. `env` gives the variables, `read_file` the contents of configs, secrets and environment files.
///
/// # Errors
/// Everything that is wrong with it, sorted by place, warnings among them: see `swarmlab_yaml::load` for
/// E1xx, E0xx for unknown keys, missing keys, wrong types and values, E2xx for variables, E3xx for what is
/// particular to stacks (W for warnings).
pub fn load(
    text: &str,
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    read_file: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
) -> Result<Stack, Diagnostics> {
    let mut document = swarmlab_yaml::load(text, &path.display().to_string())?;
    let about_variables = interpolate::interpolate(&mut document, env);
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    let around = Surroundings { env, read_file, folder };
    let cx = Cx::new(&document);
    for finding in about_variables {
        cx.push(finding);
    }
    let read = read(&cx, &around);
    let (stack, warnings) = cx.finish(read)?;
    Ok(Stack { warnings: warnings.into_vec(), ..stack })
}

/// Reads a stack file from the disk, and the files it names; see [`load`].
///
/// # Errors
/// As [`load`]; E200 if the file itself cannot be read, E113 if it is no UTF-8 text.
pub fn load_file(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Stack, Diagnostics> {
    load(&text_of(path)?, path, env, &|path| std::fs::read(path))
}

/// The text of a stack file.
///
/// # Errors
/// E200 if it cannot be read, E113 if it is no UTF-8 text.
pub fn text_of(path: &Path) -> Result<String, Diagnostics> {
    std::fs::read_to_string(path).map_err(|error| {
        // One that is there but holds no text is not missing.
        let (code, message) = match error.kind() {
            std::io::ErrorKind::InvalidData => {
                (codes::NOT_TEXT, "the stack file is no text (UTF-8)".to_owned())
            }
            _ => (codes::NO_STACK_FILE, format!("cannot read the stack file: {error}")),
        };
        Diagnostic::error(code, &path.display().to_string(), "", Span::START, message).into()
    })
}

/// The newest version of the format is 3.13.
const NEWEST_MINOR: u8 = 13;

fn read(cx: &Cx<'_>, around: &Surroundings<'_>) -> Option<Stack> {
    let root = cx.root();
    let map = root.mapping()?;
    if let Some(value) = map.get("version").filter(|v| !v.is_null()) {
        version(&value);
    }
    if let Some(name) = map.get_unlisted("name") {
        name.warn(codes::IGNORED_KEY, "`name` has no effect: the stack is named when it is brought up");
    }
    let services = map.required("services", |v| section(v, |name, v| service::read(name, v, around)));
    if let Some(value) =
        map.get("services").filter(|v| matches!(&v.node().kind, Kind::Mapping(m) if m.is_empty()))
    {
        value.fail(codes::BAD_VALUE, "the stack has no service", "at least one service");
    }
    let networks = map.optional("networks", |v| section(v, networks::read));
    let volumes = map.optional("volumes", |v| section(v, volumes::read));
    let configs =
        map.optional("configs", |v| section(v, |name, v| blobs::read(name, v, MAX_CONFIG_BYTES, around)));
    let secrets =
        map.optional("secrets", |v| section(v, |name, v| blobs::read(name, v, MAX_SECRET_BYTES, around)));
    map.known_prefix("x-").finish();
    let stack = Stack {
        file: cx.document().file.clone(),
        text: cx.document().text.clone(),
        services: services.unwrap_or_default(),
        networks: networks.unwrap_or_default(),
        volumes: volumes.unwrap_or_default(),
        configs: configs.unwrap_or_default(),
        secrets: secrets.unwrap_or_default(),
        warnings: Vec::new(),
    };
    check::check(&stack, cx);
    Some(stack)
}

/// Format 3 in any of its versions; nothing of it depends on which.
fn version(value: &Value<'_>) {
    let text = value.node().text().unwrap_or_default();
    let minor = match text.strip_prefix('3') {
        Some("") => Some(0),
        Some(rest) => rest.strip_prefix('.').and_then(|minor| minor.parse::<u8>().ok()),
        None => None,
    };
    if !text.is_empty() && minor.is_none_or(|minor| minor > NEWEST_MINOR) {
        let message = format!("`{text}` is no version of this format");
        let found =
            value.error(codes::FILE_VERSION, message).expected(format!("3, or 3.0 to 3.{NEWEST_MINOR}"));
        value.cx().push(found.help("a Swarm takes Compose v3 files; leave `version` out, or write \"3.8\""));
    }
}

/// The readable entries of a section of named things; what is wrong with the others is filed.
fn section<T>(value: &Value<'_>, read: impl Fn(&str, &Value<'_>) -> Option<T>) -> Option<Vec<T>> {
    let entries = value.entries()?;
    let entries = entries.iter().filter(|(key, _)| !key.name.starts_with("x-"));
    Some(entries.filter_map(|(key, v)| read(&key.name, v)).collect())
}

/// The keys `external` and `name` that networks, volumes, configs and secrets share.
pub(crate) struct External {
    /// True if the thing must exist already.
    pub(crate) external: bool,
    /// Its name in the Engine, if the file chooses one, or if it is external.
    pub(crate) name: Option<String>,
}

impl External {
    /// `short` is the thing's name in the file.
    pub(crate) fn read(map: &MapReader<'_>, short: &str) -> External {
        let name = map.optional("name", Value::name);
        let mut older_name = None;
        let external = map.or("external", false, |v| {
            if !matches!(v.node().kind, Kind::Mapping(_)) {
                return v.bool();
            }
            let inner = v.mapping()?;
            older_name = inner.optional("name", Value::name);
            inner.finish();
            Some(true)
        });
        if let (Some(_), Some(_), Some(v)) = (&name, &older_name, map.get("external")) {
            let message = "the name is given twice: under `name` and under `external`";
            v.cx().push(
                v.error(codes::EXTERNAL_CONFLICT, message).help("keep `name`, and write `external: true`"),
            );
        }
        let name = name.or(older_name).or_else(|| external.then(|| short.to_owned()));
        External { external, name }
    }
}
