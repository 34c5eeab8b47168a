//! The ports that a service listens on, and what passes there.

use crate::Protocol;
use crate::wishes::parse_port;
use std::collections::BTreeSet;
use swarmlab_stackfile::{Probe, Service};

/// Ports that are known for something else than HTTP: databases, queues, mail, shells, and TLS (which a front passes
/// through unread). From the registry of the IANA and the programs' own defaults.
const NOT_HTTP: [u16; 32] = [
    21, 22, 25, 53, 110, 143, 389, 443, 465, 587, 636, 993, 995, 1433, 1521, 1883, 2181, 3306, 4222, 5432,
    5433, 5671, 5672, 6379, 7687, 8443, 8883, 9042, 9092, 11211, 26257, 27017,
];

/// What passes at a port, where nobody says it.
pub fn usual(port: u16) -> Protocol {
    if NOT_HTTP.contains(&port) { Protocol::Tcp } else { Protocol::Http1 }
}

/// The ports that the file says a service listens on, in order.
pub(crate) fn said(service: &Service) -> BTreeSet<u16> {
    let published = service.ports.iter().filter(|p| p.protocol == swarmlab_stackfile::Protocol::Tcp);
    let checked = url_of_check(service).map(|(port, _)| port);
    published.map(|p| p.target).chain(service.expose.iter().copied()).chain(checked).collect()
}

/// Port and path that a service's health check asks for at its own container, by HTTP.
pub fn url_of_check(service: &Service) -> Option<(u16, String)> {
    let words: Vec<&str> = match service.healthcheck.as_ref()?.probe.as_ref()? {
        Probe::Exec(words) => words.iter().map(String::as_str).collect(),
        Probe::Shell(line) => line.split_whitespace().collect(),
        Probe::Disabled => return None,
    };
    words.into_iter().flat_map(str::split_whitespace).find_map(own_url)
}

/// `http://localhost:3000/health`, also within quotes.
fn own_url(word: &str) -> Option<(u16, String)> {
    let (_, url) = word.split_once("http://")?;
    let end = url.find(['"', '\'', ';', ')', '|', '&', '`']).unwrap_or(url.len());
    let (authority, path) = url[..end].split_at(url[..end].find('/').unwrap_or(end));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, parse_port(port).ok()?),
        None => (authority, 80),
    };
    let own = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "[::");
    own.then(|| (port, if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_check_tells_port_and_path() {
        for (word, told) in [
            ("http://localhost:3000/health", Some((3000, "/health"))),
            ("'http://127.0.0.1/'||exit", Some((80, "/"))),
            ("http://[::1]:8080", Some((8080, "/"))),
            ("http://other:3000/", None),
            ("localhost:3000", None),
            ("http://localhost:$PORT/", None),
        ] {
            assert_eq!(own_url(word), told.map(|(port, path)| (port, path.to_owned())), "{word}");
        }
    }

    #[test]
    fn ports_that_are_known_for_something_else_pass_as_bytes() {
        assert!(NOT_HTTP.is_sorted());
        assert_eq!((usual(5432), usual(443), usual(8080)), (Protocol::Tcp, Protocol::Tcp, Protocol::Http1));
    }
}
