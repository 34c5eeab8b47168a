//! Where another service is: `http://host[:port]`.

use hyper::Uri;

/// Address of an HTTP service. The name is looked up anew for each connection, so that a service which
/// moves is found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    host: String,
    port: u16,
    authority: String,
}

impl BaseUrl {
    /// Host name or address, without the brackets of IPv6.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What belongs into the `Host` header.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Reads scheme, host and port of `url`; gives the path back beside it.
    pub(crate) fn split(url: &str) -> Result<(Self, String), String> {
        let wrong = |what: &str| format!("`{url}`: {what}; expected http://host[:port]");
        let uri: Uri = url.parse().map_err(|e| wrong(&format!("{e}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(wrong("only http is spoken")),
            None => return Err(wrong("the scheme is missing")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("the host is missing"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a user in the address is not supported"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong("the host is missing"));
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("") => 80,
            Some(_) => authority.port_u16().ok_or_else(|| wrong("the port is no port"))?,
        };
        let base = Self { host: host.into(), port, authority: authority.as_str().into() };
        Ok((base, uri.path_and_query().map_or("/", |path| path.as_str()).into()))
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        match Self::split(url)? {
            (base, path) if path == "/" => Ok(base),
            (_, path) => {
                Err(format!("`{url}`: the path `{path}` is not supported; expected http://host[:port]"))
            }
        }
    }
}

impl std::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (url, host, port) in [
            ("http://ms-other:5002", "ms-other", 5002),
            ("http://ms-other", "ms-other", 80),
            ("http://127.0.0.1:81/", "127.0.0.1", 81),
            ("http://[::1]:82", "::1", 82),
            ("http://[::1]", "::1", 80),
        ] {
            let base: BaseUrl = url.parse().unwrap();
            assert_eq!((base.host(), base.port()), (host, port), "{url}");
            assert_eq!(format!("{base}"), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for url in [
            "",
            "ms-other",
            "ms-other:80",
            "https://a",
            "http://",
            "http://a:99999",
            "http://a:b",
            "http://a/x",
            "http://u@a",
        ] {
            assert!(url.parse::<BaseUrl>().is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(url in ".{0,60}") {
            let _ = url.parse::<BaseUrl>();
            let _ = format!("http://{url}").parse::<BaseUrl>();
        }
    }
}
