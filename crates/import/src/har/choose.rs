//! Which entries of a recording become steps, and which are left out, by name.

use std::collections::BTreeMap;

use super::model::Entry;
use crate::Options;
use crate::url::Url;

/// An entry that is kept.
pub(super) struct Kept<'a> {
    pub entry: &'a Entry,
    pub url: Url,
    /// When it was sent and when the answer was whole, milliseconds since the Unix epoch.
    pub start_ms: f64,
    pub end_ms: f64,
}

/// What was chosen.
pub(super) struct Chosen<'a> {
    /// In the order in which they were sent.
    pub kept: Vec<Kept<'a>>,
    /// The main host, then further ones.
    pub hosts: Vec<String>,
    /// Sentences on what was left out.
    pub remarks: Vec<String>,
}

/// Chooses.
pub(super) fn choose<'a>(entries: &'a [Entry], options: &Options) -> Chosen<'a> {
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut strangers: BTreeMap<String, usize> = BTreeMap::new();
    let mut all: Vec<Kept<'a>> = Vec::new();
    let started = |entry: &Entry| swarmlab_units::utc::parse_s(&entry.started_date_time).map(|s| s * 1e3);
    // What has no time happened with what stands before it.
    let earliest_ms = entries.iter().filter_map(started).fold(f64::INFINITY, f64::min);
    let mut before_ms = if earliest_ms.is_finite() { earliest_ms } else { 0.0 };
    for entry in entries {
        let start_ms = started(entry);
        before_ms = start_ms.unwrap_or(before_ms);
        match fit(entry, options) {
            Err(why) => *left_out.entry(why).or_default() += 1,
            Ok(url) => {
                let end_ms = start_ms.map(|start| start + entry.time.clamp(0.0, 1e9));
                all.push(Kept { entry, url, start_ms: before_ms, end_ms: end_ms.unwrap_or(before_ms) });
            }
        }
    }
    all.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms));
    let hosts = if options.hosts.is_empty() {
        main_host(&all).into_iter().collect()
    } else {
        options.hosts.iter().map(|host| host.to_ascii_lowercase()).collect::<Vec<_>>()
    };
    let (kept, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|kept| hosts.contains(&kept.url.authority));
    for other in others {
        *strangers.entry(other.url.authority).or_default() += 1;
    }
    let mut remarks: Vec<String> =
        left_out.into_iter().map(|(why, count)| format!("{count} left out: {why}")).collect();
    if !strangers.is_empty() {
        let sum: usize = strangers.values().sum();
        let names: Vec<String> = strangers.iter().map(|(host, count)| format!("{host} ({count})")).collect();
        let names = names.join(", ");
        remarks.push(format!(
            "{sum} left out: requests to other hosts: {names}; --host NAME, once for each, chooses whose are kept, the main \
             one first"
        ));
    }
    for host in &hosts {
        if !kept.iter().any(|kept| kept.url.authority == *host) {
            remarks.push(format!("the recording has no request to {host}"));
        }
    }
    Chosen { kept, hosts, remarks }
}

/// The host of the first document, or else of the first request.
fn main_host(all: &[Kept<'_>]) -> Option<String> {
    let is_document = |kept: &&Kept<'_>| {
        kept.entry.resource_type == "document"
            || kept.entry.response.content.mime_type.starts_with("text/html")
    };
    all.iter().find(is_document).or_else(|| all.first()).map(|kept| kept.url.authority.clone())
}

/// The URL of an entry that may become a step, or why it may not.
fn fit(entry: &Entry, options: &Options) -> Result<Url, &'static str> {
    let request = &entry.request;
    let header = |name: &str| request.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    let is_socket = entry.resource_type == "websocket" || entry.response.status == 101.0;
    if is_socket || request.url.starts_with("ws:") || request.url.starts_with("wss:") {
        return Err("requests that open a WebSocket (write such steps by hand)");
    }
    let Some(url) = Url::parse(&request.url) else {
        return Err("requests that are not http or https (data:, blob: and the like)");
    };
    let method = &request.method;
    if method.is_empty()
        || !method.bytes().all(|b| b.is_ascii_alphabetic())
        || method.eq_ignore_ascii_case("CONNECT")
    {
        return Err("requests of a proxy (CONNECT) or without a method");
    }
    if method.eq_ignore_ascii_case("OPTIONS") && header("access-control-request-method") {
        return Err("requests that ask for permission first (CORS preflight)");
    }
    if !entry.from_cache.is_empty() {
        return Err("requests answered from the browser's cache");
    }
    if !(100.0..600.0).contains(&entry.response.status) {
        return Err("requests without an answer (aborted or blocked)");
    }
    if !options.keep_static && is_static(entry, &url) {
        return Err("requests for images, styles, scripts, fonts and media (--keep-static keeps them)");
    }
    Ok(url)
}

/// Whether it is a part that a page is drawn with, not data.
fn is_static(entry: &Entry, url: &Url) -> bool {
    const KINDS: [&str; 8] =
        ["image", "imageset", "font", "stylesheet", "script", "media", "manifest", "texttrack"];
    const TYPES: [&str; 9] = [
        "image/",
        "font/",
        "audio/",
        "video/",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/x-javascript",
        "application/wasm",
    ];
    const ENDINGS: [&str; 19] = [
        "css",
        "js",
        "mjs",
        "map",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "avif",
        "ico",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "mp4",
        "webm",
        "webmanifest",
    ];
    if !entry.request.method.eq_ignore_ascii_case("GET") {
        return false;
    }
    let mime = entry.response.content.mime_type.to_ascii_lowercase();
    let file = url.path.rsplit('/').next().unwrap_or_default();
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    KINDS.contains(&entry.resource_type.as_str())
        || TYPES.iter().any(|start| mime.starts_with(start))
        // Where the answer says what it is, its name does not matter.
        || ((mime.is_empty() || mime.contains("unknown") || mime == "application/octet-stream")
            && ENDINGS.contains(&ending.as_str()))
}
