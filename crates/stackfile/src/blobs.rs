//! Configs and secrets: files that the Swarm keeps and shows to tasks.

use crate::env::Surroundings;
use crate::read::{labels, number, options};
use crate::stack::External;
use std::collections::BTreeMap;
use std::path::PathBuf;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Span, Value};

/// Size from which on the Swarm refuses a config.
pub const MAX_CONFIG_BYTES: usize = 1000 * 1024;
/// Size from which on the Swarm refuses a secret.
pub const MAX_SECRET_BYTES: usize = 500 * 1024;

/// One entry of the top-level `configs` or `secrets`.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its name in the file.
    pub name: String,
    /// Its name in the Engine, if the file chooses one.
    pub engine_name: Option<String>,
    /// True if it must exist already; `data` is then empty.
    pub external: bool,
    /// What containers find in the file that is mounted; empty if a driver fetches it.
    pub data: Vec<u8>,
    /// The file that the content was read from, seen from where the program runs; none if it is external, or fetched by
    /// a driver.
    pub file: Option<PathBuf>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The plugin that expands it as a template for each task (`golang`).
    pub template_driver: Option<String>,
    /// The plugin that fetches a secret's content, with its options.
    pub driver: Option<(String, BTreeMap<String, String>)>,
    /// Where its name stands in the file.
    pub span: Span,
}

/// Never prints the content: it may be a secret.
impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blob")
            .field("name", &self.name)
            .field("engine_name", &self.engine_name)
            .field("external", &self.external)
            .field("data_bytes", &self.data.len())
            .field("file", &self.file)
            .field("labels", &self.labels)
            .field("template_driver", &self.template_driver)
            .field("driver", &self.driver)
            .field("span", &self.span)
            .finish()
    }
}

/// How a service sees a config or secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUse {
    /// Its name in the file.
    pub source: String,
    /// The file in the container: a path, or a name (then a config stands in `/`, a secret in
    /// `/run/secrets`). The source's name if the file says nothing.
    pub target: String,
    /// Owner of the file, `0` by default.
    pub uid: String,
    /// Group of the file, `0` by default.
    pub gid: String,
    /// Mode of the file, 0444 by default.
    pub mode: u32,
    /// Where it stands in the file.
    pub span: Span,
    /// The way to it in the file.
    pub path: String,
}

/// One entry of the top-level `configs` or `secrets`. a content of `most` bytes or more is refused.
pub(crate) fn read(name: &str, value: &Value<'_>, most: usize, around: &Surroundings<'_>) -> Option<Blob> {
    let map = value.mapping()?;
    let External { external, name: engine_name } = External::read(&map, name);
    let labels = map.optional("labels", labels).unwrap_or_default();
    let template_driver = map.optional("template_driver", Value::text);
    let driver_opts = map.optional("driver_opts", options).unwrap_or_default();
    let driver = map.optional("driver", Value::text).map(|name| (name, driver_opts));
    let mut file = None;
    let data = if external {
        if let Some(v) = map.get("file") {
            let message = "an external object is not created, so `file` cannot be chosen";
            v.cx().push(v.error(codes::EXTERNAL_CONFLICT, message).help("remove `file` or `external`"));
        }
        Some(Vec::new())
    } else if driver.is_some() {
        if let Some(v) = map.get("file") {
            let message = "a driver fetches the content, so `file` has no place here";
            v.cx().push(v.error(codes::BAD_VALUE, message).help("remove `file` or `driver`"));
        }
        Some(Vec::new())
    } else {
        map.required("file", |v| {
            file = v.text().map(|path| around.resolve(&path));
            let data = around.read(v)?;
            if data.is_empty() || data.len() >= most {
                let size = if data.is_empty() {
                    "is empty".to_owned()
                } else {
                    format!("holds {} bytes", data.len())
                };
                v.fail(codes::BAD_CONTENT, format!("the file {size}"), format!("1 to {} bytes", most - 1));
                return None;
            }
            Some(data)
        })
    };
    map.known_prefix("x-").finish();
    let (name, data, span) = (name.to_owned(), data?, value.key_span());
    Some(Blob { name, engine_name, external, data, file, labels, template_driver, driver, span })
}

/// A service's `configs` or `secrets`: names, or mappings.
pub(crate) fn read_uses(value: &Value<'_>) -> Option<Vec<BlobUse>> {
    value.list(|item| {
        let (span, path) = (item.span(), item.path().to_owned());
        if !matches!(item.node().kind, Kind::Mapping(_)) {
            let source = item.name()?;
            let (uid, gid) = ("0".to_owned(), "0".to_owned());
            return Some(BlobUse { target: source.clone(), source, uid, gid, mode: 0o444, span, path });
        }
        let map = item.mapping()?;
        let source = map.required("source", Value::text);
        let target = map.optional("target", Value::text);
        let uid = map.or("uid", "0".to_owned(), id);
        let gid = map.or("gid", "0".to_owned(), id);
        let mode = map.or("mode", 0o444, mode);
        let span = map.get("source").map_or(span, |v| v.span());
        map.known_prefix("x-").finish();
        let source = source?;
        Some(BlobUse { target: target.unwrap_or_else(|| source.clone()), source, uid, gid, mode, span, path })
    })
}

/// A numeric user or group.
fn id(value: &Value<'_>) -> Option<String> {
    value.parse("a numeric id", |text| match text.parse::<u32>() {
        Ok(_) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no numeric id")),
    })
}

/// A file mode. Without a leading zero YAML reads it as decimal: `440` is the mode 0670.
fn mode(value: &Value<'_>) -> Option<u32> {
    let mode: u32 = number(value, 0..=0o7777)?;
    let raw = &value.node().raw;
    let looks_octal = raw.len() == 3 && raw.bytes().all(|b| (b'0'..=b'7').contains(&b));
    if looks_octal && !raw.starts_with('0') {
        let message = format!("{raw} is read as a decimal number: the mode is 0{mode:o}");
        let cx = value.cx();
        let found = cx.warning(codes::DECIMAL_MODE, value.span(), message).at(value.path());
        cx.push(found.help(format!("write 0{raw} if the mode {raw} is meant")));
    }
    Some(mode)
}
