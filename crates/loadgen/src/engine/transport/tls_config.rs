//! From a target's TLS options to a configuration of the TLS library.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::target::{HttpVersion, LoadTarget, TargetError, TlsOptions};

/// A configuration, and the name that certificates must be for.
pub(crate) type TlsClient = (ClientConfig, ServerName<'static>);

/// How a target is spoken to under TLS; `None` for one without. TLS 1.2 and 1.3, sessions are resumed.
pub(crate) fn client_config(target: &LoadTarget) -> Result<Option<TlsClient>, TargetError> {
    if !target.is_tls() {
        return Ok(None);
    }
    let options = &target.tls;
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(wrong("protocol versions"))?;
    let builder = if options.insecure {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny { provider }))
    } else {
        builder.with_root_certificates(roots(options)?)
    };
    let mut config = match (&options.client_cert_pem, &options.client_key_pem) {
        (Some(chain), Some(key)) => {
            let chain = certificates("client certificate", chain)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(wrong("client key"))?;
            builder.with_client_auth_cert(chain, key).map_err(wrong("client certificate and key"))?
        }
        _ => builder.with_no_client_auth(),
    };
    let (h2, http1) = (b"h2".to_vec(), b"http/1.1".to_vec());
    config.alpn_protocols = match target.http {
        HttpVersion::Http1 => vec![http1],
        HttpVersion::Http2 => vec![h2],
        HttpVersion::Negotiate => vec![h2, http1],
    };
    Ok(Some((config, server_name(target)?)))
}

fn roots(options: &TlsOptions) -> Result<RootCertStore, TargetError> {
    let mut store = RootCertStore::empty();
    match &options.ca_pem {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in certificates("CA", pem)? {
                store.add(certificate).map_err(wrong("CA"))?;
            }
        }
    }
    Ok(store)
}

fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TargetError> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(wrong(what))?;
    if all.is_empty() {
        return Err(TargetError::Certificate { what, problem: "no certificate in the PEM".to_owned() });
    }
    Ok(all)
}

fn wrong<E: ToString>(what: &'static str) -> impl FnOnce(E) -> TargetError {
    move |error| TargetError::Certificate { what, problem: error.to_string() }
}

/// The name in the options, or the host without port and brackets.
fn server_name(target: &LoadTarget) -> Result<ServerName<'static>, TargetError> {
    let name = target.tls.server_name.as_deref().unwrap_or_else(|| {
        let host = target.host.as_str();
        match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            Some((inner, _)) => inner,
            None => host.split_once(':').map_or(host, |(name, _)| name),
        }
    });
    ServerName::try_from(name.to_owned()).map_err(|_| TargetError::ServerName(name.to_owned()))
}

/// Accepts any certificate; the signatures of the handshake are still checked.
#[derive(Debug)]
struct AcceptAny {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn certificates_are_for_the_host_without_its_port_or_for_the_name_given() {
        let name = |url: &str| server_name(&LoadTarget::parse(url).unwrap()).unwrap().to_str().into_owned();
        assert_eq!(name("https://shop.example"), "shop.example");
        assert_eq!(name("https://shop.example:8443/x"), "shop.example");
        assert_eq!(name("https://my_shop:8443"), "my_shop");
        assert_eq!(name("https://127.0.0.1:8443"), "127.0.0.1");
        assert_eq!(name("https://[::1]:8443"), "::1");
        assert_eq!(name("https+unix://%2Frun%2Fa.sock"), "localhost");
        let mut target = LoadTarget::parse("https://10.0.0.1").unwrap();
        target.tls.server_name = Some("other".into());
        assert_eq!(server_name(&target).unwrap().to_str(), "other");
    }

    #[test]
    fn alpn_offers_what_the_target_asks_for() {
        let offers = |http| {
            let mut target = LoadTarget::parse("https://shop").unwrap();
            target.http = http;
            client_config(&target).unwrap().unwrap().0.alpn_protocols
        };
        assert_eq!(offers(HttpVersion::Http1), [b"http/1.1".to_vec()]);
        assert_eq!(offers(HttpVersion::Http2), [b"h2".to_vec()]);
        assert_eq!(offers(HttpVersion::Negotiate), [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert!(client_config(&LoadTarget::parse("http://shop").unwrap()).unwrap().is_none());
    }
}
