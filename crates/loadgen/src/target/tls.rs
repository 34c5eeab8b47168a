//! What TLS needs to know of a target.

use std::fmt;

use serde::{Serialize, Serializer};

/// Certificates and names. The default trusts Mozilla's root certificates (crate `webpki-roots`) and checks
/// the certificate against the host of the URL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TlsOptions {
    /// PEM of the certificates to trust, in place of Mozilla's.
    pub ca_pem: Option<Vec<u8>>,
    /// PEM of the client's certificate, its chain after it; needs [`TlsOptions::client_key_pem`].
    pub client_cert_pem: Option<Vec<u8>>,
    /// PEM of the client's private key (PKCS #8, PKCS #1 or SEC 1).
    pub client_key_pem: Option<Secret>,
    /// Accepts any certificate. Only the connection's own signatures are checked then: it is encrypted, with
    /// whomever.
    pub insecure: bool,
    /// Name that is sent (SNI) and that the certificate must be for; `None`: the host without its port.
    pub server_name: Option<String>,
}

/// Bytes that are never printed nor written to a file: passwords and private keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_neither_printed_nor_serialised() {
        let options =
            TlsOptions { client_key_pem: Some(Secret::from("a private key")), ..TlsOptions::default() };
        let texts = [format!("{options:?}"), serde_json::to_string(&options).unwrap_or_default()];
        for text in texts {
            assert!(text.contains("***") && !text.contains("private"), "{text}");
        }
    }
}
