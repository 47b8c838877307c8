//! A connection's keys and secrets: what its settings need, no less and no more.

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_jose::{DecryptionKey, DecryptionRing, SigningKey, to_pem};
use tunnus_sdk::{CredentialNeeds, Credentials, Hidden, SigningAlgorithm};

use super::{Judge, certificate, make::Make};
use crate::{
    config::Reference,
    keyring::{Key, Purpose},
    vault::Holder,
};

/// Keys of a ring with their private parts.
type InUse<'a> = Vec<(&'a Key, &'a Hidden<String>)>;

/// What is told of a row whose parts do not belong together.
const ANOTHER: &str = "a key of the ring is another than its row says";

/// A connection's keys and secrets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialsTable {
    /// The client secret that the upstream has given.
    pub client_secret: Option<Reference>,
    /// The private keys that sign requests and client assertions, the active one first: JWK or PEM.
    #[schemars(length(max = 4))]
    pub signing: Vec<Reference>,
    /// The private keys that open what the upstream encrypts: JWK or PEM. Several while one replaces
    /// the other.
    #[schemars(length(max = 4))]
    pub decryption: Vec<Reference>,
    /// The client certificate with its chain and its private key, PEM.
    pub certificate: Option<Reference>,
    /// Certificate authorities trusted for this connection beside the public ones, PEM.
    pub trust_anchor: Option<Reference>,
}

impl CredentialsTable {
    /// Reads the credentials and compares them with what the settings need; none known where the
    /// settings are faulty.
    pub fn resolve(
        &self,
        pointer: &str,
        connection: &str,
        needs: Option<CredentialNeeds>,
        judge: &mut Judge<'_>,
    ) -> (Credentials, Vec<Key>) {
        if let Some(needs) = needs {
            self.check_presence(pointer, connection, needs, judge);
        }
        let at = |name: &str| format!("{pointer}/{name}");
        let ring = judge.ring(&Holder::Connection(connection.to_owned()));
        let algorithm = needs.and_then(|needs| needs.signing);
        // Read even where the ring's is shown in its place: what is not read is neither sealed nor kept.
        let certificate = self.certificate(&at("certificate"), judge);
        let credentials = Credentials {
            client_secret: self.client_secret(&at("client_secret"), judge),
            signing: self.signing(&at("signing"), algorithm, in_use(&ring, Purpose::Signing), judge),
            decryption: self.decryption(&at("decryption"), in_use(&ring, Purpose::Decryption), judge),
            certificate: ring_certificate(in_use(&ring, Purpose::Certificate)).or(certificate),
            trust_anchor: self.trust_anchor(&at("trust_anchor"), judge),
        };
        (credentials, ring.into_iter().map(|(key, _)| key).collect())
    }

    /// Names what is missing, with the line that makes it, and what is superfluous.
    fn check_presence(&self, pointer: &str, connection: &str, needs: CredentialNeeds, judge: &mut Judge<'_>) {
        let algorithm = needs.signing.unwrap_or(SigningAlgorithm::RS256);
        let made = |judge: &Judge<'_>, make: Make, kind: &str| {
            judge.remedy(make, kind, &format!("{connection}-{kind}.json"))
        };
        let presence = [
            (
                "client_secret",
                needs.client_secret,
                self.client_secret.is_some(),
                "take it from the upstream".to_owned(),
            ),
            (
                "signing",
                needs.signing.is_some(),
                !self.signing.is_empty(),
                made(judge, Make::Signing(algorithm), "signing"),
            ),
            (
                "decryption",
                needs.decryption,
                !self.decryption.is_empty(),
                made(judge, Make::Decryption, "decryption"),
            ),
            (
                "certificate",
                needs.certificate,
                self.certificate.is_some(),
                "one PEM file with the certificate, its chain and its private key".to_owned(),
            ),
        ];
        for (name, needed, given, remedy) in presence {
            let is_made = name != "client_secret" && judge.makes_keys();
            if needed && !given && !is_made {
                judge.fault(format!("{pointer}/{name}"), format!("the settings need it: {remedy}"));
            }
            if given && !needed {
                judge.fault(
                    format!("{pointer}/{name}"),
                    "the settings do not use it: remove it, or mend the settings",
                );
            }
        }
    }

    fn client_secret(&self, pointer: &str, judge: &mut Judge<'_>) -> Option<Hidden<String>> {
        judge.secret(pointer, self.client_secret.as_ref()?, None)
    }

    fn signing(
        &self,
        pointer: &str,
        algorithm: Option<SigningAlgorithm>,
        ring: InUse<'_>,
        judge: &mut Judge<'_>,
    ) -> Vec<Hidden<String>> {
        let make = algorithm.map(Make::Signing);
        for (key, private) in &ring {
            match SigningKey::parse(private) {
                Ok(parsed) if parsed.kid() != key.kid => judge.fault(pointer, ANOTHER),
                Ok(_) => {}
                Err(error) => judge.fault(pointer, error.to_string()),
            }
        }
        let secrets = judge.secrets(pointer, &self.signing, make);
        for (place, secret) in &secrets {
            match (SigningKey::parse(secret), algorithm) {
                (Ok(key), Some(algorithm)) if !key.supports(algorithm) => {
                    judge.fault(
                        place,
                        format!("the key is not one for {}, which the settings say", algorithm.name()),
                    );
                }
                (Ok(_), _) => {}
                (Err(error), _) => judge.fault(place, error.to_string()),
            }
        }
        let ring = ring.into_iter().map(|(_, private)| private.clone());
        ring.chain(secrets.into_iter().map(|(_, secret)| secret)).collect()
    }

    fn decryption(&self, pointer: &str, ring: InUse<'_>, judge: &mut Judge<'_>) -> Vec<Hidden<String>> {
        let secrets = judge.secrets(pointer, &self.decryption, Some(Make::Decryption));
        let of_ring = ring.iter().map(|(key, private)| (pointer, *private, Some(*key)));
        let of_file = secrets.iter().map(|(place, secret)| (place.as_str(), secret, None));
        let mut keys = Vec::new();
        for (place, secret, named) in of_ring.chain(of_file) {
            match DecryptionKey::parse(secret) {
                Ok(key) if named.is_some_and(|named| named.kid != key.kid()) => judge.fault(place, ANOTHER),
                Ok(key) => keys.push(key),
                Err(error) => judge.fault(place, error.to_string()),
            }
        }
        // Each is good: whether they are good together is one question more.
        if let Err(error) = DecryptionRing::of(keys) {
            judge.fault(pointer, error.to_string());
        }
        let ring = ring.into_iter().map(|(_, private)| private.clone());
        ring.chain(secrets.into_iter().map(|(_, secret)| secret)).collect()
    }

    fn certificate(&self, pointer: &str, judge: &mut Judge<'_>) -> Option<Hidden<String>> {
        let pem = judge.secret(pointer, self.certificate.as_ref()?, None)?;
        certificate::check_client(&pem).map_err(|message| judge.fault(pointer, message)).ok()?;
        Some(pem)
    }

    fn trust_anchor(&self, pointer: &str, judge: &mut Judge<'_>) -> Option<String> {
        let pem = judge.secret(pointer, self.trust_anchor.as_ref()?, None)?;
        certificate::check_anchors(pem.expose_str()).map_err(|message| judge.fault(pointer, message)).ok()?;
        Some(pem.expose_str().to_owned())
    }
}

/// The certificate of the ring that is shown, with its private key, PEM.
fn ring_certificate(ring: InUse<'_>) -> Option<Hidden<String>> {
    ring.into_iter().find_map(|(key, private)| {
        let (chain, private) = (key.certificate.as_deref()?.trim_end(), to_pem(private).ok()?);
        Some(Hidden::new(format!("{chain}\n{}", private.expose_str())))
    })
}

/// The keys of a ring that are in use for a purpose.
fn in_use(ring: &[(Key, Option<Hidden<String>>)], purpose: Purpose) -> InUse<'_> {
    let of_purpose = ring.iter().filter(|(key, _)| key.purpose == purpose);
    of_purpose.filter_map(|(key, private)| Some((key, private.as_ref()?))).collect()
}
