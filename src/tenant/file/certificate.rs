//! Whether PEM documents hold what a connection's TLS needs.

use rustls::{
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tunnus_sdk::Hidden;

/// Checks a client certificate with its chain and its private key.
///
/// # Errors
/// What is missing, or that the key is another certificate's.
pub fn check_client(pem: &Hidden<String>) -> Result<(), &'static str> {
    let chain = certificates(pem.expose_str())?;
    let key = PrivateKeyDer::from_pem_slice(pem.expose_str().as_bytes()).map_err(
        |_| "the private key is missing: it stands in the same file as the certificate, unencrypted",
    )?;
    // Keys whose public half cannot be told are left to the handshake; there is none such with ring.
    match CertifiedKey::from_der(chain, key, &default_provider()) {
        Ok(_) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err("the private key is not the certificate's"),
        Err(_) => Err("the certificate or its key cannot be used for TLS"),
    }
}

/// Checks certificates of authorities.
///
/// # Errors
/// When there is none, or one is broken.
pub fn check_anchors(pem: &str) -> Result<(), &'static str> {
    certificates(pem).map(drop)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|_| "not a PEM document")?;
    if certificates.is_empty() { Err("there is no certificate in it") } else { Ok(certificates) }
}
