//! Certificates of one test: an authority, a server on `localhost`, and clients.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

/// An authority that nobody trusts unasked.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, PEM.
    pub certificate: String,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = named("interop authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A server's certificate and key, and whose clients it shall take, as Node.js wants them.
    pub fn server(&self) -> Value {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        json!({ "certificate": certificate, "key": key.serialize_pem(), "authority": self.certificate })
    }

    /// A client's certificate with its key, PEM.
    pub fn client(&self, common_name: &str) -> String {
        let key = KeyPair::generate().unwrap();
        let certificate = client(common_name).signed_by(&key, &self.issuer).unwrap();
        certificate.pem() + &key.serialize_pem()
    }
}

/// A client's certificate that nobody vouches for, with its key, PEM.
pub fn self_signed(common_name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    client(common_name).self_signed(&key).unwrap().pem() + &key.serialize_pem()
}

fn client(common_name: &str) -> CertificateParams {
    let mut params = named(common_name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}
