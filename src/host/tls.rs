//! TLS of one connection: whom it trusts, and the certificate that it shows (RFC 8705).

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tunnus_sdk::Credentials;

use super::credentials::CredentialError;

/// Whom everybody trusts, and the cryptography beneath. Shared by all connections.
#[derive(Clone)]
pub(super) struct TlsBase {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl TlsBase {
    /// Trust in the certificate authorities of the operating system. Without any, every https call
    /// fails; a sandbox makes none.
    pub(super) fn system() -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            tracing::warn!("the operating system has no certificate authorities: https calls will fail");
        }
        Self { roots: Arc::new(roots), provider: Arc::new(ring::default_provider()) }
    }

    /// Trust in these and in the authorities in `pem`.
    fn with_anchor(&self, pem: &str) -> Option<Arc<RootCertStore>> {
        let mut roots = RootCertStore::clone(&self.roots);
        for certificate in certificates(pem)? {
            roots.add(certificate).ok()?;
        }
        Some(Arc::new(roots))
    }
}

/// TLS of one connection.
pub(super) struct ConnectionTls {
    /// Without a certificate of ours.
    pub(super) plain: ClientConfig,
    /// With it, where the connection has one.
    pub(super) mutual: Option<ClientConfig>,
}

impl ConnectionTls {
    /// TLS with the connection's trust anchor and certificate.
    pub(super) fn new(base: &TlsBase, credentials: &Credentials) -> Result<Self, CredentialError> {
        let roots = match &credentials.trust_anchor {
            Some(pem) => base.with_anchor(pem).ok_or(CredentialError::TrustAnchor)?,
            None => Arc::clone(&base.roots),
        };
        let config = || {
            ClientConfig::builder_with_provider(Arc::clone(&base.provider))
                .with_safe_default_protocol_versions()
                .map_err(|error| CredentialError::Certificate(Some(error)))
                .map(|builder| builder.with_root_certificates(Arc::clone(&roots)))
        };
        let plain = config()?.with_no_client_auth();
        let mutual = match &credentials.certificate {
            Some(pem) => {
                let pem = pem.expose_str();
                let chain = certificates(pem).ok_or(CredentialError::Certificate(None))?;
                let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
                let key = key.map_err(|_| CredentialError::Certificate(None))?;
                let mutual = config()?.with_client_auth_cert(chain, key);
                Some(mutual.map_err(|error| CredentialError::Certificate(Some(error)))?)
            }
            None => None,
        };
        Ok(Self { plain, mutual })
    }
}

impl fmt::Debug for ConnectionTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionTls").field("mutual", &self.mutual.is_some()).finish_non_exhaustive()
    }
}

/// The certificates in `pem`; none is as wrong as a broken one.
fn certificates(pem: &str) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!certificates.is_empty()).then_some(certificates)
}
