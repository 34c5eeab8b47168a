//! What other tools recorded or described, as a scenario file: HAR 1.2 (what browsers and proxies export), OpenAPI 3.0
//! and 3.1, Swagger 2. And what the clients of other load tools measured, as intervals ([`results`]).
//!
//! Pure: bytes in, text and remarks out, the same for the same bytes. The text has comments for whoever goes on with it by
//! hand; whatever is not brought over is named in a remark. Values that look like secrets never reach the text: they
//! become columns of a table beside it.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod draft;
mod har;
mod json;
mod openapi;
pub mod results;
mod scalar;
mod secrets;
mod url;
mod write;

use swarmlab_codes::{self as codes, Code};
use thiserror::Error;

pub use secrets::PLACEHOLDER;

/// Largest accepted file, bytes: recordings of an hour with all answers in them fit.
pub const MAX_BYTES: usize = 256 << 20;

/// What the user chooses.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Hosts (`name` or `name:port`) whose requests are kept; the first is the main target. None: that of the first
    /// document of a recording.
    pub hosts: Vec<String>,
    /// Keep images, styles, scripts and the like of a recording.
    pub keep_static: bool,
    /// Let operations that delete (`DELETE`) be steps instead of comments.
    pub destructive: bool,
    /// Name of the table of secrets beside the scenario, as the scenario shall name it.
    pub secrets_file: String,
}

/// What kind of file it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HTTP Archive 1.x.
    Har,
    /// OpenAPI 3.x.
    OpenApi,
    /// Swagger 2.0.
    Swagger,
}

/// A scenario, and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What was read.
    pub format: Format,
    /// The scenario file.
    pub scenario: String,
    /// The table of secrets (CSV), with a placeholder in each column, if the scenario needs one.
    pub secrets: Option<String>,
    /// Steps that are sent.
    pub steps: usize,
    /// URL of the main target, if it is known.
    pub target: Option<String>,
    /// Names and URLs of further targets.
    pub targets: Vec<(String, String)>,
    /// What was left out or has to be looked at, one sentence each.
    pub remarks: Vec<String>,
}

/// Why a file gives no scenario.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// More than [`MAX_BYTES`].
    #[error("the file is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// Neither JSON nor YAML, or broken.
    #[error("{0}")]
    Unreadable(String),
    /// JSON or YAML of another kind.
    #[error(
        "the file is {0}: neither a HAR recording (`log`) nor OpenAPI (`openapi`) nor Swagger 2 (`swagger`)"
    )]
    Unknown(String),
    /// A description in a version whose rules are not known.
    #[error("{name} {version} is not known: OpenAPI 3.0 and 3.1 and Swagger 2.0 are read")]
    Version {
        /// OpenAPI or Swagger.
        name: &'static str,
        /// As the file says it.
        version: String,
    },
    /// Nothing is left of it.
    #[error("no request is left: {0}")]
    NothingLeft(String),
}

impl ImportError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            ImportError::TooLarge | ImportError::Unreadable(_) => codes::IMPORT_UNREADABLE,
            ImportError::Unknown(_) | ImportError::Version { .. } => codes::IMPORT_UNKNOWN,
            ImportError::NothingLeft(_) => codes::IMPORT_NOTHING_LEFT,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            ImportError::TooLarge => Some("export less, or without the contents of answers"),
            ImportError::Unreadable(_) => None,
            ImportError::Unknown(_) => {
                Some("browsers: Network, Save all as HAR; APIs: openapi.json or openapi.yaml")
            }
            ImportError::Version { .. } => {
                Some("convert it to OpenAPI 3.1, or correct the version at its top")
            }
            ImportError::NothingLeft(_) => Some(
                "--host NAME chooses whose requests are kept, --keep-static keeps images, styles and scripts",
            ),
        }
    }
}

/// Makes a scenario of a file; `name` is the file's, for messages and the scenario's own name.
///
/// # Errors
/// The file cannot be read, is something else, or nothing is left of it.
pub fn import(bytes: &[u8], name: &str, options: &Options) -> Result<Imported, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        ImportError::Unreadable(format!("no text in UTF-8: byte {} is none", e.valid_up_to()))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let title = title_of(name);
    if text.trim_start().starts_with('{') {
        let head: json::Head = serde_json::from_str(text).map_err(json_error)?;
        return match head {
            json::Head { log: Some(_), .. } => har::import(text, &title, options),
            json::Head { openapi: Some(_), .. } | json::Head { swagger: Some(_), .. } => {
                openapi::import(serde_json::from_str(text).map_err(json_error)?, &title, options)
            }
            _ => Err(ImportError::Unknown("JSON".to_owned())),
        };
    }
    let document = swarmlab_yaml::load(text, name).map_err(|e| ImportError::Unreadable(e.to_string()))?;
    let root = json::of_yaml(&document.root);
    if root.get("openapi").is_some() || root.get("swagger").is_some() {
        return openapi::import(root, &title, options);
    }
    Err(ImportError::Unknown(document.root.kind.describe().to_owned()))
}

fn json_error(e: serde_json::Error) -> ImportError {
    ImportError::Unreadable(format!("no JSON: {e}"))
}

/// `shop` of `recordings/shop.har`.
fn title_of(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    let title: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let title = title.trim_matches('-');
    if title.is_empty() { "imported".to_owned() } else { title.to_owned() }
}
