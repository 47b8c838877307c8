//! A connection of the sandbox, and what its upstream knows of it: the client, made from the
//! connection's own credentials, and those credentials themselves, fresh for one run.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::{Value, json};
use tunnus_jose::{DecryptionRing, KeyUse, SigningKey, generate};
use tunnus_sdk::{
    CredentialNeeds, Credentials, Definition, Hidden, Leg, LocalizedText, SigningAlgorithm,
    sandbox::{Sandbox, SandboxConnection, SandboxSite},
};

use crate::{
    Client, ClientAuthentication, MessageShape, OpenIdProvider, Profile, RequestDemand, RequestObject,
    ResponseDelivery, SimulatorError, chance::sha256_text,
};

/// A connection of the sandbox, and the client that its upstream knows it as.
#[derive(Clone, Debug)]
pub struct Registration<S> {
    /// The connection, with fresh credentials of the kinds that its settings need.
    pub connection: SandboxConnection,
    /// Its settings, read.
    pub settings: S,
    /// The client as [`Client::new`] makes it; what differs at this upstream is set on its fields.
    pub client: Client,
}

/// Makes the connection `id` of the provider `D`, called `title` on the chooser, and registers it: as
/// the client that the settings' `client_id` names, with the return URL of the leg `callback`.
///
/// # Errors
/// When the settings are not those of `D` or have no `client_id`, or no key can be made.
pub fn register<D: Definition>(
    site: &SandboxSite,
    id: &str,
    title: &str,
    settings: Value,
) -> Result<Registration<D::Settings>, SimulatorError> {
    let client_id = settings.get("client_id").and_then(Value::as_str).ok_or(SimulatorError::ClientId)?;
    let read = D::Settings::deserialize(&settings).map_err(|error| SimulatorError::Settings(Some(error)))?;
    let credentials = credentials(D::needs(&read), site)?;
    let client = Client::new(client_id, &credentials, site.return_url(id, &Leg::CALLBACK))?;
    let connection = SandboxConnection {
        id: id.to_owned(),
        display_name: LocalizedText::english(title),
        settings,
        credentials,
        subject: None,
    };
    Ok(Registration { connection, settings: read, client })
}

/// A connection of a sandbox: its id, its title, and what differs from the least settings.
pub type Variant<'a> = (&'a str, &'a str, Value);

/// A provider's whole part of the sandbox: the upstream, and connections to it that differ in little.
///
/// `least` gives the least settings of a connection, by its id; `registered` makes of its settings and
/// of the client that [`register`] gives the one that the upstream knows.
///
/// # Errors
/// As [`register`].
pub fn sandbox_of<D: Definition>(
    site: &SandboxSite,
    upstream: Profile,
    variants: &[Variant<'_>],
    least: impl Fn(&str) -> Value,
    registered: impl Fn(&D::Settings, Client) -> Client,
) -> Result<Sandbox, SimulatorError> {
    let connection = |(id, title, changes): &Variant<'_>| {
        let Registration { connection, settings, client } =
            register::<D>(site, id, title, changed(least(id), changes))?;
        Ok((connection, registered(&settings, client)))
    };
    let made: Result<_, SimulatorError> = variants.iter().map(connection).collect();
    OpenIdProvider::sandbox(site, upstream, made?)
}

/// `settings` with the members of `changes` in place of its own or beside them, for connections that
/// differ in little.
fn changed(mut settings: Value, changes: &Value) -> Value {
    if let (Some(members), Some(changes)) = (settings.as_object_mut(), changes.as_object()) {
        members.extend(changes.clone());
    }
    settings
}

/// The size of RSA keys.
const RSA_BITS: u32 = 2048;

/// Fresh credentials, of just the kinds that a connection needs.
///
/// # Errors
/// When no key can be made.
fn credentials(needs: CredentialNeeds, site: &SandboxSite) -> Result<Credentials, SimulatorError> {
    let signing = needs.signing.map(signing_key).transpose()?;
    let decryption = needs.decryption.then(|| generate::rsa(RSA_BITS, KeyUse::Encryption)).transpose()?;
    Ok(Credentials {
        client_secret: needs.client_secret.then(secret).transpose()?,
        signing: signing.into_iter().collect(),
        decryption: decryption.into_iter().collect(),
        certificate: needs.certificate.then(|| site.client_certificate.clone()),
        trust_anchor: needs.certificate.then(|| site.trust_anchor.clone()),
    })
}

fn signing_key(algorithm: SigningAlgorithm) -> Result<Hidden<String>, SimulatorError> {
    Ok(match algorithm {
        SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => generate::rsa(RSA_BITS, KeyUse::Signature)?,
        SigningAlgorithm::ES256 => generate::p256(KeyUse::Signature)?,
    })
}

/// A client secret with characters that `client_secret_basic` must encode.
fn secret() -> Result<Hidden<String>, SimulatorError> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SimulatorError::Chance)?;
    Ok(Hidden::new(format!("{}+/%:&=", STANDARD.encode(bytes))))
}

/// The SHA-256 thumbprint of the first certificate in a PEM text, base64url (RFC 8705, section 3.1).
///
/// # Errors
/// [`SimulatorError::Certificate`] when there is none.
pub(crate) fn certificate_thumbprint(pem: &str) -> Result<String, SimulatorError> {
    let after = pem.split_once("-----BEGIN CERTIFICATE-----").ok_or(SimulatorError::Certificate)?.1;
    let body = after.split_once("-----END CERTIFICATE-----").ok_or(SimulatorError::Certificate)?.0;
    let text: String = body.split_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| SimulatorError::Certificate)?;
    Ok(sha256_text(&der))
}

impl Client {
    /// The client with these credentials, as registered at the upstream: its secret, its public keys
    /// and its certificate's thumbprint. It authenticates with its secret, sends plain requests with
    /// PKCE and nonce, and gets a plain response, an RS256 ID token and plain userinfo; what differs is
    /// set on the fields.
    ///
    /// # Errors
    /// When a key or the certificate cannot be read.
    pub fn new(id: &str, credentials: &Credentials, redirect_uri: String) -> Result<Self, SimulatorError> {
        let mut keys = Vec::new();
        for key in &credentials.signing {
            keys.push(SigningKey::parse(key)?.public_jwk());
        }
        if !credentials.decryption.is_empty() {
            keys.extend(DecryptionRing::parse(&credentials.decryption)?.public_jwks());
        }
        let certificate =
            credentials.certificate.as_ref().map(|pem| certificate_thumbprint(pem.expose_str()));
        Ok(Self {
            id: id.to_owned(),
            redirect_uris: vec![redirect_uri],
            secret: credentials.client_secret.clone(),
            jwks: json!({ "keys": keys }).to_string().into_bytes(),
            certificate: certificate.transpose()?,
            authentication: ClientAuthentication::SecretBasic { client_id_in_body: false },
            request: RequestDemand { pushed: false, object: RequestObject::Absent },
            pkce: true,
            nonce: true,
            response: ResponseDelivery::Plain { iss: true },
            id_token: MessageShape::Signed(SigningAlgorithm::RS256),
            userinfo: MessageShape::Plain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_of_the_first_certificate() {
        let pem =
            "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
        let thumbprint = certificate_thumbprint(pem).expect("a certificate");
        assert_eq!(thumbprint, sha256_text(b"abc"));
        assert!(certificate_thumbprint("nothing").is_err());
    }
}
