//! What a service mounts: volumes, folders of the node, memory.

use crate::env::Surroundings;
use crate::read::bytes;
use crate::units::parse_bytes;
use std::path::PathBuf;
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
        propagation: Option<Propagation>,
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
        /// Mode of its root folder.
        mode: Option<u32>,
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

const PROPAGATIONS: [(&str, Propagation); 6] = [
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
            let kind = item.parse("[source:]target[:options]", |text| short(text, around))?;
            let (target, read_only, kind) = kind;
            absolute(item, &target)?;
            Some(Mount { target, read_only, kind, span: item.span(), path: item.path().to_owned() })
        }
    })
}

/// A service's `tmpfs`: one path or several, each with options (`/tmp:size=64m,mode=1777`).
pub(crate) fn read_tmpfs(value: &Value<'_>) -> Option<Vec<Mount>> {
    let one = |item: &Value<'_>| {
        let (target, size_bytes, mode) = item.parse("path[:size=64m,mode=1777]", tmpfs)?;
        absolute(item, &target)?;
        let kind = MountKind::Tmpfs { size_bytes, mode };
        Some(Mount { target, read_only: false, kind, span: item.span(), path: item.path().to_owned() })
    };
    match &value.node().kind {
        Kind::Sequence(_) => value.list(one),
        _ => Some(vec![one(value)?]),
    }
}

fn tmpfs(text: &str) -> Result<(String, Option<i64>, Option<u32>), String> {
    let (target, options) = text.split_once(':').unwrap_or((text, ""));
    let (mut size, mut mode) = (None, None);
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match option.split_once('=') {
            Some(("size", text)) => size = Some(parse_bytes(text)?),
            Some(("mode", text)) => {
                mode = Some(u32::from_str_radix(text, 8).map_err(|_| format!("`{text}` is no file mode"))?);
            }
            _ => return Err(format!("`{option}` is no option of a tmpfs (size, mode)")),
        }
    }
    Ok((target.to_owned(), size, mode))
}

fn short(text: &str, around: &Surroundings<'_>) -> Result<(String, bool, MountKind), String> {
    let parts: Vec<&str> = text.split(':').collect();
    if parts.iter().any(|p| p.is_empty()) {
        return Err(format!("`{text}` has an empty part"));
    }
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => return Err(format!("`{text}` has more than three parts")),
    };
    let (mut read_only, mut no_copy, mut propagation) = (false, false, None);
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match (option, PROPAGATIONS.iter().find(|(name, _)| *name == option)) {
            ("ro", _) => read_only = true,
            ("rw", _) => read_only = false,
            ("nocopy", _) => no_copy = true,
            (_, Some((_, kind))) => propagation = Some(*kind),
            _ => return Err(format!("`{option}` is no option of a mount (ro, rw, nocopy, rslave, …)")),
        }
    }
    let kind = match source {
        Some(path) if path.starts_with(['.', '/', '~']) => {
            MountKind::Bind { source: on_node(path, around), propagation }
        }
        _ if propagation.is_some() => return Err("propagation concerns folders of the node only".to_owned()),
        source => MountKind::Volume { source: source.map(str::to_owned), no_copy },
    };
    Ok((target.to_owned(), read_only, kind))
}

fn long(item: &Value<'_>, around: &Surroundings<'_>) -> Option<Mount> {
    let map = item.mapping()?;
    let kind = map.required("type", |v| v.enum_of(&["bind", "volume", "tmpfs"].map(|k| (k, k))));
    let target = map.required("target", Value::text);
    if let (Some(text), Some(value)) = (&target, map.get("target")) {
        absolute(&value, text);
    }
    let read_only = map.or("read_only", false, Value::bool);
    let source = map.get("source").filter(|v| !v.is_null());
    map.optional("consistency", Value::text);
    let propagation = map.optional("bind", |v| {
        let map = v.mapping()?;
        let propagation = map.optional("propagation", |v| v.enum_of(&PROPAGATIONS));
        map.finish();
        propagation
    });
    let no_copy = map.optional("volume", |v| {
        let map = v.mapping()?;
        let no_copy = map.optional("nocopy", Value::bool);
        map.finish();
        no_copy
    });
    let memory = map.optional("tmpfs", |v| {
        let map = v.mapping()?;
        let size_bytes = map.optional("size", bytes);
        let mode = map.optional("mode", |v| crate::read::number(v, 0..=0o7777));
        map.finish();
        Some((size_bytes, mode))
    });
    map.known_prefix("x-").finish();
    let kind = kind?;
    for section in ["bind", "volume", "tmpfs"] {
        if let Some(v) = map.get(section).filter(|_| section != kind) {
            let message = format!("a mount of type {kind} takes no `{section}` options");
            v.cx().push(v.error("E004-bad-value", message).help(format!("remove `{section}`")));
        }
    }
    let mount = match (kind, &source) {
        ("bind", Some(source)) => MountKind::Bind { source: on_node(&source.text()?, around), propagation },
        ("bind", None) => return map.required("source", |_| None),
        ("tmpfs", Some(source)) => {
            source.cx().push(source.error("E004-bad-value", "a tmpfs has no source").help("remove `source`"));
            return None;
        }
        ("tmpfs", None) => {
            let (size_bytes, mode) = memory.unwrap_or_default();
            MountKind::Tmpfs { size_bytes, mode }
        }
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
    let path = around.resolve(path);
    std::path::absolute(&path).unwrap_or(path)
}

fn absolute(value: &Value<'_>, target: &str) -> Option<()> {
    if target.starts_with('/') {
        return Some(());
    }
    value.fail(
        "E004-bad-value",
        format!("the mount's target `{target}` is no absolute path"),
        "a path that begins with /",
    );
    None
}
