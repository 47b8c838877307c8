//! Reads authorization requests in the one form that the client is registered with: plain
//! parameters, or a request object, signed, nested or encrypted (RFC 9101).

use std::sync::Arc;

use tunnus_jose::{decrypt, decrypt_unsigned, verify};
use tunnus_sdk::{
    Claims, ContentEncryption, Encryption, KeyEncryption, Params, SigningAlgorithm, json::parse_object,
};

use crate::{
    OpenIdProvider, RequestObject,
    client_auth::lives,
    clients::{Registered, audience_has, text, to_parameters},
    memory::Asked,
    oauth_error::OAuthError,
};

/// How long a request object may live, in seconds (FAPI 1.0 advanced, section 5.2.2).
const LIFETIME_MAX: i64 = 3600;

/// One text for all that is wrong with a token itself: the real services tell no more.
const INVALID: OAuthError = OAuthError::request_object("Invalid JWT request");

impl OpenIdProvider {
    /// Reads `given` as the client must send it. `known` is the client where it has authenticated.
    pub(crate) fn read_request(
        &self,
        given: &Params,
        known: Option<&Arc<Registered>>,
    ) -> Result<Asked, OAuthError> {
        if given.has_doubled() {
            return Err(OAuthError::request("a parameter stands twice"));
        }
        let named = given.one("client_id").map(|id| self.clients.find(id).ok_or(UNKNOWN)).transpose()?;
        let Some(registered) = known.or(named) else { return self.read_anonymous(given) };
        if named.is_some_and(|named| named.client.id != registered.client.id) {
            return Err(OAuthError::request("client_id is another client's"));
        }
        let parameters = self.read_parameters(given, registered)?;
        Ok(Asked { client: Arc::clone(registered), parameters })
    }

    fn read_parameters(&self, given: &Params, registered: &Registered) -> Result<Params, OAuthError> {
        let object = given.one("request");
        let demanded = || object.ok_or(OAuthError::request("the client must send a request object"));
        match registered.client.request.object {
            RequestObject::Absent if given.has("request") => {
                Err(OAuthError::new(400, "request_not_supported", "the client may not send request objects"))
            }
            RequestObject::Absent => Ok(given.clone()),
            RequestObject::Signed(signing) => self.open_signed(demanded()?, registered, signing),
            RequestObject::SignedThenEncrypted { signing, algorithm, contents } => {
                let inner = decrypt(
                    &self.operations,
                    &demand(algorithm, contents),
                    &self.keys.decryption,
                    demanded()?,
                );
                self.open_signed(inner.map_err(|_| INVALID)?.expose_str(), registered, signing)
            }
            RequestObject::Encrypted { algorithm, contents } => {
                let claims = self.open_encrypted(demanded()?, algorithm, contents)?;
                let is_own = text(&claims, "client_id") == Some(registered.client.id.as_str());
                is_own.then(|| to_parameters(&claims)).ok_or(INVALID)
            }
        }
    }

    /// Reads a request that names its client only inside an encrypted object.
    fn read_anonymous(&self, given: &Params) -> Result<Asked, OAuthError> {
        let token = given.one("request").ok_or(UNKNOWN)?;
        let (algorithm, contents) =
            self.clients.iter().find_map(|one| one.encrypted_object()).ok_or(UNKNOWN)?;
        let claims = self.open_encrypted(token, algorithm, contents)?;
        let registered = text(&claims, "client_id").and_then(|id| self.clients.find(id)).ok_or(UNKNOWN)?;
        if registered.encrypted_object() != Some((algorithm, contents)) {
            return Err(INVALID);
        }
        Ok(Asked { client: Arc::clone(registered), parameters: to_parameters(&claims) })
    }

    fn open_signed(
        &self,
        token: &str,
        registered: &Registered,
        signing: SigningAlgorithm,
    ) -> Result<Params, OAuthError> {
        let verified = verify(&self.operations, &[signing], &registered.keys, token).map_err(|_| INVALID)?;
        let claims = &verified.claims;
        let id = registered.client.id.as_str();
        self.check_object(claims, id)?;
        if text(claims, "jti").is_some_and(|jti| self.sees_again(["request", id, jti])) {
            return Err(OAuthError::request_object("the request object was used before"));
        }
        Ok(to_parameters(claims))
    }

    fn check_object(&self, claims: &Claims, id: &str) -> Result<(), OAuthError> {
        let has_nbf = claims.contains_key("nbf") || !self.profile.request_object_nbf;
        let nests = claims.contains_key("request") || claims.contains_key("request_uri");
        let is_own = text(claims, "iss") == Some(id) && text(claims, "client_id") == Some(id);
        let checks = [
            (is_own, "iss and client_id must be the client"),
            (audience_has(claims, &[&self.issuer()]), "the request object is for another audience"),
            (lives(claims, self.now(), LIFETIME_MAX), "the request object has expired or lives too long"),
            (has_nbf, "the request object has no nbf"),
            (!nests, "a request object may not hold another"),
        ];
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map_or(Ok(()), |(_, description)| Err(OAuthError::request_object(description)))
    }

    fn open_encrypted(
        &self,
        token: &str,
        algorithm: KeyEncryption,
        contents: &[ContentEncryption],
    ) -> Result<Claims, OAuthError> {
        let demand = demand(algorithm, contents);
        let payload = decrypt_unsigned(&self.operations, &demand, &self.keys.decryption, token);
        parse_object(payload.map_err(|_| INVALID)?.expose_str().as_bytes()).map_err(|_| INVALID)
    }
}

const UNKNOWN: OAuthError = OAuthError::request("the client is unknown");

impl Registered {
    const fn encrypted_object(&self) -> Option<(KeyEncryption, &'static [ContentEncryption])> {
        match self.client.request.object {
            RequestObject::Encrypted { algorithm, contents } => Some((algorithm, contents)),
            RequestObject::Absent | RequestObject::Signed(_) | RequestObject::SignedThenEncrypted { .. } => {
                None
            }
        }
    }
}

fn demand(algorithm: KeyEncryption, contents: &[ContentEncryption]) -> Encryption {
    Encryption { algorithm, contents: contents.to_vec() }
}
