//! What is wished for.

use std::fmt;

/// Before which services a proxy is put. Services with the label `swarmlab.front=true` are among them in any case, those
/// with `swarmlab.front=false` never without being named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fronts {
    /// Before each that is published, or is known to speak HTTP.
    #[default]
    Auto,
    /// Before none but those that a label names.
    None,
    /// Before these.
    Named(Vec<Wanted>),
}

/// A service that a proxy is wanted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name in the stack file.
    pub service: String,
    /// A port that it listens on, where the file does not say it.
    pub port: Option<u16>,
}

/// How a front reads what passes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP/1.1 to the service; callers may speak HTTP/1.0, 1.1 or 2.
    Http1,
    /// HTTP/2 without TLS to the service.
    Http2,
    /// gRPC: HTTP/2, calls of any length.
    Grpc,
    /// Bytes; connections are counted.
    Tcp,
}

impl Protocol {
    /// All, by the names that files and flags have for them.
    pub const ALL: [(&str, Protocol); 4] =
        [("http1", Self::Http1), ("http2", Self::Http2), ("grpc", Self::Grpc), ("tcp", Self::Tcp)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, p)| *p == self).map_or("", |(name, _)| name)
    }

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, p)| *p)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who observes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telemetry {
    /// A Prometheus, a cAdvisor and a node-exporter are woven in; where the Prometheus is published on its node. `None`:
    /// 9090, or the first from 19090 on that the stack leaves free.
    Woven {
        /// The published port.
        port: Option<u16>,
    },
    /// Nobody: a Prometheus that is there already scrapes the fronts, or nothing does.
    Elsewhere,
}

/// What becomes of the name of a service that a proxy is put before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It keeps its name and is given another alias: for swarmlab itself.
    Kept,
    /// It is called `<name>-origin`: for `docker stack deploy`, which makes each name an alias.
    Renamed,
}

/// Everything that is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// Before which services a proxy is put.
    pub fronts: Fronts,
    /// How fronts read what passes, where no label says it; with [`Fronts::Auto`] not at ports that are known for another
    /// protocol (5432, 6379, …). `None`: as bytes at those, else HTTP/1.
    pub protocol: Option<Protocol>,
    /// Who observes.
    pub telemetry: Telemetry,
    /// What becomes of names.
    pub naming: Naming,
}

impl Fronts {
    /// Reads `auto`, `none`, or services separated by commas, each with a port if need be: `gateway,api:3000`.
    ///
    /// # Errors
    /// What is wrong, half a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => return Ok(Fronts::Auto),
            "none" => return Ok(Fronts::None),
            _ => {}
        }
        let mut wanted: Vec<Wanted> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let one = Wanted::parse(part)?;
            if wanted.iter().any(|other| other.service == one.service) {
                return Err(format!("`{}` is named twice", one.service));
            }
            wanted.push(one);
        }
        Ok(Fronts::Named(wanted))
    }
}

impl fmt::Display for Fronts {
    /// As [`Fronts::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fronts::Auto => f.write_str("auto"),
            Fronts::None => f.write_str("none"),
            Fronts::Named(wanted) => {
                let words = wanted.iter().map(|one| match one.port {
                    Some(port) => format!("{}:{port}", one.service),
                    None => one.service.clone(),
                });
                f.write_str(&words.collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl Wanted {
    /// Reads `gateway` or `gateway:3000`.
    ///
    /// # Errors
    /// What is wrong, half a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (service, port) = match text.split_once(':') {
            Some((service, port)) => (service, Some(parse_port(port)?)),
            None => (text, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if service.is_empty() || !service.chars().all(plain) {
            return Err(format!("`{service}` is no name of a service"));
        }
        Ok(Wanted { service: service.to_owned(), port })
    }
}

/// The address of a Prometheus that is there already, which can be asked without TLS, without a slash at its end.
///
/// # Errors
/// What is wrong, half a sentence.
pub fn prometheus_address(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with(['/', ':']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err(format!("`{text}` is no address such as http://127.0.0.1:9090")),
    }
}

/// A port from 1 to 65535, in digits.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(port),
        _ => Err(format!("`{text}` is no port number from 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fronts_are_read() {
        assert_eq!(Fronts::parse("auto"), Ok(Fronts::Auto));
        assert_eq!(Fronts::parse("none"), Ok(Fronts::None));
        let wanted = |service: &str, port| Wanted { service: service.to_owned(), port };
        assert_eq!(
            Fronts::parse("gateway, api:3000"),
            Ok(Fronts::Named(vec![wanted("gateway", None), wanted("api", Some(3000))]))
        );
        for text in ["", ",", "a,", "a:0", "a:x", ":80", "a:+1", "a,a:1", "a b", "a:1:2"] {
            assert!(Fronts::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_that_can_be_asked() {
        assert_eq!(prometheus_address("http://p:9090/"), Ok("http://p:9090".to_owned()));
        for text in ["", "p:9090", "https://p", "http://", "http:///x", "http://:9090"] {
            assert!(prometheus_address(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-z0-9:, ._-]{0,20}") {
            if let Ok(Fronts::Named(list)) = Fronts::parse(&text) {
                let written: Vec<String> = list
                    .iter()
                    .map(|w| w.port.map_or(w.service.clone(), |p| format!("{}:{p}", w.service)))
                    .collect();
                prop_assert_eq!(Fronts::parse(&written.join(",")), Ok(Fronts::Named(list)));
            }
        }
    }
}
