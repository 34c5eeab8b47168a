//! What a service mounts: volumes, folders of the node, memory.

use crate::env::Surroundings;
use crate::keys::{ignore_others, ignored, unsupported};
use crate::read::bytes;
use std::path::PathBuf;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Span, Value};

/// One mount of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it appears in the container.
    pub target: String,
    /// True if the container cannot write to it.
    pub read_only: bool,
    /// What is mounted.
    pub kind: MountKind,
    /// Where it stands in the file.
    pub span: Span,
    /// The way to it in the file.
    pub path: String,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// A folder or file of the node, by its absolute path.
    Bind {
        /// Its path on the node.
        source: PathBuf,
        /// Which later mounts are seen on the other side.
        /// Given without a value, the Engine is told of bind options without any in them.
        propagation: Option<Option<Propagation>>,
    },
    /// A volume of the stack, or an anonymous one.
    Volume {
        /// Its name in the file.
        source: Option<String>,
        /// True if a new volume is not filled from the image.
        no_copy: bool,
    },
    /// A file system in memory.
    Tmpfs {
        /// Its size at most.
        size_bytes: Option<i64>,
    },
    /// A named pipe of a Windows node.
    Npipe {
        /// Its path on the node.
        source: String,
    },
}

/// Which later mounts are seen on the other side of a bind mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    /// None.
    Private,
    /// None, below as well.
    Rprivate,
    /// In both directions.
    Shared,
    /// In both directions, below as well.
    Rshared,
    /// Those of the node.
    Slave,
    /// Those of the node, below as well.
    Rslave,
}

/// By the names that a file has for them.
pub(crate) const PROPAGATIONS: [(&str, Propagation); 6] = [
    ("private", Propagation::Private),
    ("rprivate", Propagation::Rprivate),
    ("shared", Propagation::Shared),
    ("rshared", Propagation::Rshared),
    ("slave", Propagation::Slave),
    ("rslave", Propagation::Rslave),
];

/// A service's `volumes`.
pub(crate) fn read(value: &Value<'_>, around: &Surroundings<'_>) -> Option<Vec<Mount>> {
    value.list(|item| match &item.node().kind {
        Kind::Mapping(_) => long(item, around),
        _ => {
            let short = item.parse("[source:]target[:options]", |text| short(text, around))?;
            for option in &short.ignored {
                ignored(item, &format!("the option `{option}`"));
            }
            absolute(item, &short.target)?;
            let Short { target, read_only, kind, .. } = short;
            Some(Mount { target, read_only, kind, span: item.span(), path: item.path().to_owned() })
        }
    })
}

struct Short {
    target: String,
    read_only: bool,
    kind: MountKind,
    /// Options that the docker command line passes over.
    ignored: Vec<String>,
}

fn short(text: &str, around: &Surroundings<'_>) -> Result<Short, String> {
    let parts = parts(text);
    if parts.iter().any(|p| p.is_empty()) {
        return Err(format!("`{text}` has an empty part"));
    }
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => return Err(format!("`{text}` has more than three parts")),
    };
    let (mut read_only, mut no_copy, mut propagation, mut ignored) = (false, false, None, Vec::new());
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match (option, PROPAGATIONS.iter().find(|(name, _)| *name == option)) {
            ("ro", _) => read_only = true,
            ("rw", _) => read_only = false,
            ("nocopy", _) => no_copy = true,
            (_, Some((_, kind))) => propagation = Some(*kind),
            _ => ignored.push(option.to_owned()),
        }
    }
    let kind = match source {
        Some(path) if is_path(path) => {
            if no_copy {
                return Err("`nocopy` concerns volumes only".to_owned());
            }
            MountKind::Bind { source: on_node(path, around), propagation: propagation.map(Some) }
        }
        _ if propagation.is_some() => return Err("propagation concerns folders of the node only".to_owned()),
        source => MountKind::Volume { source: source.map(str::to_owned), no_copy },
    };
    Ok(Short { target: target.to_owned(), read_only, kind, ignored })
}

/// The parts between colons, but for the colon of a Windows drive (`C:\\data:C:\\data:ro`).
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':') {
        let drive = text[start..at].len() == 1
            && text[start..at].starts_with(|c: char| c.is_ascii_alphabetic())
            && text[at + 1..].starts_with('\\');
        if !drive {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~']) || is_windows_path(source)
}

/// `C:\\data` or `\\\\.\\pipe\\name`.
fn is_windows_path(path: &str) -> bool {
    path.starts_with("\\\\")
        || (path.starts_with(|c: char| c.is_ascii_alphabetic()) && path[1..].starts_with(":\\"))
}

fn long(item: &Value<'_>, around: &Surroundings<'_>) -> Option<Mount> {
    let map = item.mapping()?;
    if let Some(v) = map.get("type").filter(|v| v.node().text() == Some("cluster")) {
        unsupported(&v, "use a volume of the node, or mount what a storage plugin provides as one");
        return None;
    }
    let kind = map.required("type", |v| v.enum_of(&["bind", "volume", "tmpfs", "npipe"].map(|k| (k, k))));
    let target = map.required("target", Value::text);
    if let (Some(text), Some(value)) = (&target, map.get("target")) {
        absolute(&value, text);
    }
    let read_only = map.or("read_only", false, Value::bool);
    let source = map.get("source").filter(|v| !v.is_null());
    map.optional("consistency", Value::text);
    let propagation = map.optional("bind", |v| {
        let map = v.mapping()?;
        ignore_others(&map, &["propagation"]);
        Some(map.optional("propagation", |v| v.enum_of(&PROPAGATIONS)))
    });
    let no_copy = map.optional("volume", |v| {
        let map = v.mapping()?;
        ignore_others(&map, &["nocopy"]);
        map.optional("nocopy", Value::bool)
    });
    let memory = map.optional("tmpfs", |v| {
        let map = v.mapping()?;
        ignore_others(&map, &["size"]);
        map.optional("size", bytes)
    });
    map.known_prefix("x-").finish();
    let kind = kind?;
    for section in ["bind", "volume", "tmpfs"] {
        let fits = section == kind || (section == "bind" && kind == "npipe");
        if let Some(v) = map.get(section).filter(|_| !fits) {
            let message = format!("a mount of type {kind} takes no `{section}` options");
            v.cx().push(v.error(codes::BAD_VALUE, message).help(format!("remove `{section}`")));
        }
    }
    let mount = match (kind, &source) {
        ("bind", Some(source)) => MountKind::Bind { source: on_node(&source.text()?, around), propagation },
        ("npipe", Some(source)) => MountKind::Npipe { source: source.text()? },
        ("bind" | "npipe", None) => return map.required("source", |_| None),
        ("tmpfs", Some(source)) => {
            source.cx().push(source.error(codes::BAD_VALUE, "a tmpfs has no source").help("remove `source`"));
            return None;
        }
        ("tmpfs", None) => MountKind::Tmpfs { size_bytes: memory },
        (_, source) => {
            let source = source.as_ref().map(|v| v.name()).transpose_option()?;
            MountKind::Volume { source, no_copy: no_copy.unwrap_or(false) }
        }
    };
    let span = source.map_or(item.span(), |v| v.span());
    Some(Mount { target: target?, read_only, kind: mount, span, path: item.path().to_owned() })
}

/// `Option<Option<T>>`, the outer one being "was it asked for".
trait TransposeOption<T> {
    fn transpose_option(self) -> Option<Option<T>>;
}

impl<T> TransposeOption<T> for Option<Option<T>> {
    fn transpose_option(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(None) => None,
            Some(some) => Some(some),
        }
    }
}

/// The Engine takes absolute paths of the node only. Where the folder of the stack file was given
/// relative, it is relative to the folder the program runs in.
fn on_node(path: &str, around: &Surroundings<'_>) -> PathBuf {
    if is_windows_path(path) {
        return PathBuf::from(path);
    }
    let path = around.resolve(path);
    std::path::absolute(&path).unwrap_or(path)
}

fn absolute(value: &Value<'_>, target: &str) -> Option<()> {
    if target.starts_with('/') || is_windows_path(target) {
        return Some(());
    }
    value.fail(
        codes::BAD_VALUE,
        format!("the mount's target `{target}` is no absolute path"),
        "a path that begins with /",
    );
    None
}
