//! An address, credentials, certificates.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::PastError;

/// Where a Prometheus is: `http://host[:port][/path]`, the same with `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As given, without a slash at its end.
    pub(crate) url: String,
    pub(crate) is_tls: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As in the `Host` header.
    pub(crate) authority: String,
    /// Before `/api/v1`; empty, or `/…`.
    pub(crate) path: String,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`PastError::Address`]; credentials in it are refused, and not repeated in the error.
    pub fn parse(text: &str) -> Result<Self, PastError> {
        let text = text.trim();
        let refuse = |why: &str| PastError::Address { url: text.to_owned(), why: why.to_owned() };
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| refuse("it must begin with http:// or https://"))?;
        let is_tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(refuse("it must begin with http:// or https://")),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if let Some((_, host)) = authority.rsplit_once('@') {
            return Err(PastError::Address {
                url: format!("{scheme}://…@{host}{path}"),
                why: "credentials do not belong into an address, which every user of the machine can see: \
                      use --user with --password-file, or --bearer-file"
                    .to_owned(),
            });
        }
        if text.bytes().any(|b| !(0x21..0x7f).contains(&b)) || path.contains(['?', '#']) {
            return Err(refuse(
                "it holds what no path has: white space, `?`, `#`, or letters that are not ASCII",
            ));
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => {
                (host, Some(rest.strip_prefix(':').ok_or_else(|| refuse("no port behind `]`"))?))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() {
            return Err(refuse("it names no host"));
        }
        let port = match port {
            None if is_tls => 443,
            None => 80,
            Some(port) => port.parse().map_err(|_| refuse("its port is no number up to 65535"))?,
        };
        let path = path.trim_end_matches('/').to_owned();
        let url = format!("{scheme}://{authority}{path}");
        Ok(Self { url, is_tls, host: host.to_owned(), port, authority: authority.to_owned(), path })
    }

    /// The address as it is shown.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret without the line end that editors leave behind it.
    pub fn new(text: &str) -> Self {
        Self(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// User and password.
    Basic {
        /// Who.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token.
    Bearer(Secret),
}

/// What is needed to be answered.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Who asks; `None`: nobody in particular.
    pub login: Option<Login>,
    /// PEM of the certificates to trust in place of Mozilla's.
    pub ca_pem: Option<Vec<u8>>,
}

impl Access {
    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> Result<Option<String>, PastError> {
        let (what, value) = match &self.login {
            None => return Ok(None),
            Some(Login::Basic { user, password }) => {
                if user.contains(':') {
                    return Err(access("the user's name", "it has a colon in it"));
                }
                ("the password", format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.0))))
            }
            Some(Login::Bearer(Secret(token))) => ("the token", format!("Bearer {token}")),
        };
        if value.bytes().any(|b| !(0x20..0x7f).contains(&b)) {
            return Err(access(what, "it holds line ends or letters that no header has"));
        }
        Ok(Some(value))
    }

    /// How the address is spoken to under TLS; `None` for one without.
    pub(crate) fn tls(
        &self,
        address: &Address,
    ) -> Result<Option<(Arc<ClientConfig>, ServerName<'static>)>, PastError> {
        if !address.is_tls {
            return Ok(None);
        }
        let mut roots = RootCertStore::empty();
        match &self.ca_pem {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                let wrong = |e: &dyn fmt::Display| access("the CA's certificate", &e.to_string());
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
                }
                if roots.is_empty() {
                    return Err(wrong(&"the file holds no certificate in PEM"));
                }
            }
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| access("TLS", &e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(address.host.clone()).map_err(|_| PastError::Address {
            url: address.url.clone(),
            why: "no certificate can be for its host".to_owned(),
        })?;
        Ok(Some((Arc::new(config), name)))
    }
}

fn access(what: &str, why: &str) -> PastError {
    PastError::Access { what: what.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (text, host, port, authority, path) in [
            ("http://127.0.0.1:9090", "127.0.0.1", 9090, "127.0.0.1:9090", ""),
            ("https://metrics.example/prom/", "metrics.example", 443, "metrics.example", "/prom"),
            ("http://[::1]:9090/", "::1", 9090, "[::1]:9090", ""),
            ("http://host/a/b", "host", 80, "host", "/a/b"),
        ] {
            let is = Address::parse(text).unwrap();
            assert_eq!((&*is.host, is.port, &*is.authority, &*is.path), (host, port, authority, path));
        }
    }

    #[test]
    fn what_is_no_address_says_why_and_repeats_no_password() {
        for (text, why) in [
            ("127.0.0.1:9090", "must begin with"),
            ("ftp://x", "must begin with"),
            ("http://", "no host"),
            ("http://x:99999", "no number up to"),
            ("http://x/graph?g0=up", "no path"),
            ("http://me:geheim@x:9090", "--password-file"),
        ] {
            let told = Address::parse(text).unwrap_err().to_string();
            assert!(told.contains(why) && !told.contains("geheim"), "{told}");
        }
    }

    #[test]
    fn credentials_are_headers_and_never_printed() {
        let basic = Login::Basic { user: "me".into(), password: Secret::new("geheim\n") };
        let access = Access { login: Some(basic), ca_pem: None };
        assert_eq!(access.authorization().unwrap().unwrap(), "Basic bWU6Z2VoZWlt");
        assert!(!format!("{access:?}").contains("geheim"));
        let bearer = |token: &str| Access { login: Some(Login::Bearer(Secret::new(token))), ca_pem: None };
        assert_eq!(bearer("abc\r\n").authorization().unwrap().unwrap(), "Bearer abc");
        let told = bearer("a\nb").authorization().unwrap_err().to_string();
        assert!(told.contains("line ends") && !told.contains("a\nb"), "{told}");
    }
}
