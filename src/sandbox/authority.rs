//! The sandbox's own certificate authority: made at start, gone at the end.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use std::sync::Arc;
use tunnus_sdk::Hidden;

/// The sandbox's certificates could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox's certificates cannot be made")]
pub struct AuthorityError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl AuthorityError {
    fn of(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// An authority with the two certificates that it has signed.
pub struct Authority {
    /// Its own certificate, PEM.
    pub certificate: String,
    /// A client's certificate with its key, PEM.
    pub client: Hidden<String>,
    /// TLS for a listener that demands a certificate of this authority.
    pub server: ServerConfig,
    /// TLS for one that takes a client without a certificate too.
    pub lenient: ServerConfig,
}

impl Authority {
    /// Makes an authority, a server certificate for `localhost` and a client certificate.
    ///
    /// # Errors
    /// Where keys or certificates cannot be made.
    pub fn new() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::of)?;
        let mut params = named("Tunnus sandbox authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(AuthorityError::of)?;
        let issuer = Issuer::new(params, key);
        let (client, client_key) =
            signed("sandbox-client", &[], ExtendedKeyUsagePurpose::ClientAuth, &issuer)?;
        let (server, server_key) =
            signed("localhost", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth, &issuer)?;
        let tls = |demand| server_config(certificate.der(), server.der(), &server_key, demand);
        Ok(Self {
            certificate: certificate.pem(),
            client: Hidden::new(format!("{}{}", client.pem(), client_key.serialize_pem())),
            server: tls(Demand::Always)?,
            lenient: tls(Demand::Never)?,
        })
    }
}

fn named(common_name: &str, names: &[&str]) -> Result<CertificateParams, AuthorityError> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(AuthorityError::of)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

fn signed(
    common_name: &str,
    names: &[&str],
    usage: ExtendedKeyUsagePurpose,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<(rcgen::Certificate, KeyPair), AuthorityError> {
    let key = KeyPair::generate().map_err(AuthorityError::of)?;
    let mut params = named(common_name, names)?;
    params.extended_key_usages = vec![usage];
    let certificate = params.signed_by(&key, issuer).map_err(AuthorityError::of)?;
    Ok((certificate, key))
}

/// Whether a client must have a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    Always,
    Never,
}

/// TLS that takes clients with a certificate of `authority`, and others unless one is demanded.
fn server_config(
    authority: &CertificateDer<'static>,
    certificate: &CertificateDer<'static>,
    key: &KeyPair,
    demand: Demand,
) -> Result<ServerConfig, AuthorityError> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).map_err(AuthorityError::of)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = if demand == Demand::Never { verifier.allow_unauthenticated() } else { verifier };
    let verifier = verifier.build().map_err(AuthorityError::of)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(AuthorityError::of)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key)
        .map_err(AuthorityError::of)
}
