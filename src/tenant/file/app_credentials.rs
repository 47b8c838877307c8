//! How an app proves who it is: its method, and the secrets or keys that the method needs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tunnus_jose::PublicKeys;
use tunnus_sdk::Hidden;

use super::{Judge, secrets::read_hash};
use crate::{config::Reference, digest::sha256, tenant::model::AppAuthentication};

/// The shortest secret of an app, in characters.
const SECRET_MIN: usize = 16;

/// The members of a JWK that only a private or symmetric key has (RFC 7518, section 6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// How an app proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
    None,
}

/// Where an app's public keys stand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = r#"a JWK set, { keys = [ … ] }, or a file with one, { file = "NAME" }"#))]
pub enum JwksSource {
    /// In the file: `{ keys = [ … ] }` (RFC 7517, section 5).
    Inline(InlineJwks),
    /// Elsewhere.
    Reference(Reference),
}

/// A JWK set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineJwks {
    /// The public keys.
    keys: Vec<Map<String, Value>>,
}

/// What an app has to prove itself with.
pub struct AppCredentials<'a> {
    /// Where the app stands in the file.
    pub pointer: &'a str,
    /// Its secrets.
    pub secrets: &'a [Reference],
    /// Its public keys.
    pub jwks: Option<&'a JwksSource>,
}

impl AppCredentials<'_> {
    /// Compares them with what `method` needs, no less and no more.
    pub fn resolve(&self, method: Authentication, judge: &mut Judge<'_>) -> Option<AppAuthentication> {
        let secret = matches!(method, Authentication::ClientSecretBasic | Authentication::ClientSecretPost);
        if !secret && !self.secrets.is_empty() {
            judge.fault(
                format!("{}/secrets", self.pointer),
                "only client_secret_basic and client_secret_post use secrets",
            );
        }
        if method != Authentication::PrivateKeyJwt && self.jwks.is_some() {
            judge.fault(format!("{}/jwks", self.pointer), "only private_key_jwt uses keys");
        }
        match method {
            Authentication::ClientSecretBasic => self.digests(judge).map(AppAuthentication::SecretBasic),
            Authentication::ClientSecretPost => self.digests(judge).map(AppAuthentication::SecretPost),
            Authentication::PrivateKeyJwt => self.public_keys(judge),
            Authentication::None => Some(AppAuthentication::Public),
        }
    }

    /// SHA-256 of each secret: the secrets themselves are not kept.
    fn digests(&self, judge: &mut Judge<'_>) -> Option<Vec<[u8; 32]>> {
        let pointer = format!("{}/secrets", self.pointer);
        if self.secrets.is_empty() {
            let remedy = "`tunnus keys generate --kind secret --out FILE` makes one";
            judge.fault(&pointer, format!("the app's authentication needs a secret: {remedy}"));
            return None;
        }
        let mut digests = Vec::new();
        for (index, reference) in self.secrets.iter().enumerate() {
            let place = format!("{pointer}/{index}");
            let Some(secret) = judge.secret(&place, reference, None) else { continue };
            digests.push(match reference {
                // A store has the hash alone, and has looked at the secret when it was set.
                Reference::Stored(_) => read_hash(&secret)?,
                _ => hash_of_good(&place, &secret, judge),
            });
        }
        Some(digests)
    }

    fn public_keys(&self, judge: &mut Judge<'_>) -> Option<AppAuthentication> {
        let pointer = format!("{}/jwks", self.pointer);
        let document = match self.jwks {
            Some(JwksSource::Inline(InlineJwks { keys })) => serde_json::json!({ "keys": keys }),
            Some(JwksSource::Reference(reference)) => {
                let text = judge.secret(&pointer, reference, None)?;
                serde_json::from_str(text.expose_str()).unwrap_or_default()
            }
            None => {
                judge.fault(pointer, "private_key_jwt needs the app's public keys, as a JWK set");
                return None;
            }
        };
        if has_private_part(&document) {
            judge.fault(
                &pointer,
                "a private key stands here: the app keeps that to itself; take the public part",
            );
        }
        let keys = PublicKeys::parse(document.to_string().as_bytes()).ok().filter(|keys| !keys.is_empty());
        if keys.is_none() {
            judge.fault(&pointer, "not a JWK set with an RSA or P-256 key");
        }
        Some(AppAuthentication::PrivateKeyJwt(keys?.into()))
    }
}

/// The hash of a secret that was just given.
fn hash_of_good(place: &str, secret: &Hidden<String>, judge: &mut Judge<'_>) -> [u8; 32] {
    if secret.expose_str().chars().count() < SECRET_MIN {
        judge.fault(place, format!("a secret has at least {SECRET_MIN} characters"));
    }
    sha256(secret.expose_str())
}

fn has_private_part(document: &Value) -> bool {
    let keys = document.get("keys").and_then(Value::as_array).into_iter().flatten();
    keys.into_iter().any(|key| PRIVATE.iter().any(|member| key.get(member).is_some()))
}
