//! Targets as URLs.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use thiserror::Error;

use super::{Credentials, Endpoint, LoadTarget, Scheme, Secret};

/// Longest path of a Unix socket, bytes: `sun_path` less its terminating zero (unix(7)).
pub(super) const MAXIMUM_SOCKET_PATH_BYTES: usize = 107;

/// What messages show of a user and a password.
const USER_INFO: &str = "user and password";

/// Why a text is not a target, or why a target cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// No scheme, or one that is not known.
    #[error(
        "{url:?} must begin with http://, https://, ws://, wss://, unix:/, http+unix://, https+unix://, redis:// or redis+unix://"
    )]
    Scheme {
        /// The text, without credentials.
        url: String,
    },
    /// No host, or one that is neither a name nor an address.
    #[error(
        "{host:?} is no host: a name of ASCII letters, digits, `-`, `_` and `.`, an IPv4 address, or an IPv6 address in [brackets]"
    )]
    Host {
        /// What stands in its place.
        host: String,
    },
    /// A port that is not 1 to 65535.
    #[error("{port:?} is no port: 1 to 65535")]
    Port {
        /// What stands in its place.
        port: String,
    },
    /// Credentials in an HTTP URL.
    #[error("a user or password in an HTTP URL is not sent: give an `Authorization` header in the scenario")]
    UserInfo,
    /// A base path with a query, a fragment, or characters that no path may hold.
    #[error(
        "{path:?} is no base path: it must begin with `/` and hold neither `?`, `#`, spaces, control nor non-ASCII characters"
    )]
    BasePath {
        /// The path.
        path: String,
    },
    /// What follows the host of a Redis URL is not the number of a database.
    #[error("{path:?} after a Redis host must be the number of a database, or nothing")]
    RedisPath {
        /// The path.
        path: String,
    },
    /// A `%` that two hexadecimal digits do not follow, or that makes no text.
    #[error("{text:?} is not percent-encoded UTF-8")]
    PercentEncoding {
        /// The text; never one that holds a password.
        text: String,
    },
    /// The path of a Unix socket is not absolute, too long, or holds a zero.
    #[error("{path:?} is no path of a Unix socket: absolute, at most 107 bytes")]
    SocketPath {
        /// The path.
        path: String,
    },
    /// A `Host` header that is not one.
    #[error("host must be a host name or address without spaces, not {0}")]
    HostHeader(String),
    /// A name that cannot be checked against a certificate.
    #[error("{0:?} is neither a DNS name nor an IP address that a certificate could be for")]
    ServerName(String),
    /// `resolve_every_s` is out of range.
    #[error("resolve_every_s must be 0 (only at the start) or 0.01 to 86400 seconds, not {0}")]
    ResolveEvery(String),
    /// A bound of a connection's lifetime is out of range.
    #[error("{0}")]
    Lifetime(&'static str),
    /// `streams` is out of range.
    #[error("streams must be 1 to 10000, not {0}")]
    Streams(usize),
    /// A setting that this scheme has no use for.
    #[error("{0}")]
    Combination(&'static str),
    /// Certificates or keys that cannot be used.
    #[error("{what}: {problem}")]
    Certificate {
        /// Which of them.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl LoadTarget {
    /// Reads a URL. The target is named after its host and port, or after its socket.
    ///
    /// | URL | target |
    /// |---|---|
    /// | `http://host[:port][/base]`, `https://…` | HTTP over TCP |
    /// | `unix:/path/to.sock`, `unix:///path/to.sock` | plain HTTP over a Unix socket; all of it is the path |
    /// | `ws://host[:port][/base]`, `wss://…` | the same as `http://`, `https://`: a WebSocket begins there |
    /// | `http+unix://%2Fpath%2Fto.sock[/base]`, `https+unix://…` | the same with a base, as Docker's clients write it |
    /// | `redis://[[user]:password@]host[:port][/number]`, `redis+unix://…` | Redis; the number of a database has no meaning for publish and subscribe |
    ///
    /// # Errors
    /// The first part that is wrong, by name. No message shows a password.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        if let Some(rest) = url.strip_prefix("unix:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if !path.starts_with('/') {
                // Redis's clients have `unix://user:password@/path`.
                return Err(TargetError::SocketPath { path: without_user(path) });
            }
            return unix(Scheme::Http, path.to_owned());
        }
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| TargetError::Scheme { url: without_user(url) })?;
        let (scheme, is_unix) = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => (Scheme::Http, false),
            "https" | "wss" => (Scheme::Https, false),
            "redis" => (Scheme::Redis, false),
            "http+unix" => (Scheme::Http, true),
            "https+unix" => (Scheme::Https, true),
            "redis+unix" => (Scheme::Redis, true),
            _ => return Err(TargetError::Scheme { url: without_user(url) }),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // An `@` behind a slash: a password that should have been encoded, so that any part may be of it.
        let hidden = |error| match (path.contains('@'), scheme) {
            (false, _) => error,
            (true, Scheme::Redis) => TargetError::PercentEncoding { text: USER_INFO.to_owned() },
            (true, _) => TargetError::UserInfo,
        };
        parts(scheme, is_unix, authority, path).map_err(hidden)
    }
}

/// Reads what follows the scheme; errors show only what stands behind the last `@` of the authority.
fn parts(scheme: Scheme, is_unix: bool, authority: &str, path: &str) -> Result<LoadTarget, TargetError> {
    let (user_info, host_port) = match authority.rsplit_once('@') {
        Some((user_info, host_port)) => (Some(user_info), host_port),
        None => (None, authority),
    };
    let mut target = if is_unix {
        unix(scheme, decoded(host_port)?)?
    } else {
        let (host, port) = split_port(host_port)?;
        tcp(scheme, host, port)?
    };
    if scheme == Scheme::Redis {
        if !path.strip_prefix('/').unwrap_or(path).bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TargetError::RedisPath { path: path.to_owned() });
        }
        target.credentials = user_info.map(credentials).transpose()?;
    } else {
        if user_info.is_some() {
            return Err(TargetError::UserInfo);
        }
        target.base_path = path.trim_end_matches('/').to_owned();
        target.check_base_path()?;
    }
    Ok(target)
}

fn tcp(scheme: Scheme, host: &str, port: Option<u16>) -> Result<LoadTarget, TargetError> {
    let usual_port = match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
        Scheme::Redis => 6379,
    };
    let number = port.unwrap_or(usual_port);
    let header = if number == usual_port { host.to_owned() } else { format!("{host}:{number}") };
    let wrong = || TargetError::Host { host: host.to_owned() };
    let endpoint = if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or_else(wrong)?;
        let ip: Ipv6Addr = inner.parse().map_err(|_| wrong())?;
        Endpoint::Addresses(vec![SocketAddr::new(IpAddr::V6(ip), number)])
    } else if let Ok(ip) = host.parse::<IpAddr>() {
        Endpoint::Addresses(vec![SocketAddr::new(ip, number)])
    } else if is_host_name(host) {
        Endpoint::Name { host: host.to_owned(), port: number }
    } else {
        return Err(wrong());
    };
    Ok(LoadTarget::new(scheme, header, endpoint))
}

/// A target on a Unix socket: its `Host` is `localhost`, its name the path.
fn unix(scheme: Scheme, path: String) -> Result<LoadTarget, TargetError> {
    let mut target = LoadTarget::new(scheme, "localhost", Endpoint::Unix(PathBuf::from(&path)));
    target.check_socket_path()?;
    target.name = path;
    Ok(target)
}

/// Whether `host` can be a name; names of containers hold underscores, too.
pub(super) fn is_host_name(host: &str) -> bool {
    (1..=253).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Splits `host[:port]`; an IPv6 address keeps its brackets.
fn split_port(host_port: &str) -> Result<(&str, Option<u16>), TargetError> {
    let after_brackets = host_port.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = host_port[after_brackets..].rfind(':') else { return Ok((host_port, None)) };
    let (host, port) = (&host_port[..after_brackets + colon], &host_port[after_brackets + colon + 1..]);
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((host, Some(number)))
        }
        _ => Err(TargetError::Port { port: port.to_owned() }),
    }
}

fn credentials(user_info: &str) -> Result<Credentials, TargetError> {
    let hidden = |_| TargetError::PercentEncoding { text: USER_INFO.to_owned() };
    // Redis's own convention: a lone word is the password's user only with a colon.
    let (user, password) = user_info.split_once(':').unwrap_or(("", user_info));
    let user = decoded(user).map_err(hidden)?;
    let password = decoded(password).map_err(hidden)?;
    Ok(Credentials {
        user: Some(user).filter(|user| !user.is_empty()),
        password: Secret::from(password.as_str()),
    })
}

fn decoded(text: &str) -> Result<String, TargetError> {
    let wrong = || TargetError::PercentEncoding { text: text.to_owned() };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = after.split_at_checked(2).ok_or_else(wrong)?;
            let digit = |byte: u8| (byte as char).to_digit(16).ok_or_else(wrong);
            bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// The text as a message may show it.
fn without_user(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, after)) => format!("…@{after}"),
        None => url.to_owned(),
    }
}
