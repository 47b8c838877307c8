//! The request object (RFC 9101): the authorization request as a token that the browser can neither
//! change nor, where it is encrypted, read.
//!
//! Owns what stands in it and what stays outside. How the outcome travels is [`crate::delivery`]'s.

use serde_json::json;
use tunnus_sdk::{Claims, EncryptTo, Hidden, ProviderError, Signing, Stage, Timestamp, error::AtStage as _};

use crate::{
    Metadata, RelyingParty, RequestEncryption, RequestProtection, SignedRequest, params::Parameters,
};

/// The fields that carry the request, protected as the profile says. Each call makes new `jti`s.
pub(crate) async fn protect(
    rp: &RelyingParty,
    metadata: &Metadata,
    parameters: &Parameters,
) -> Result<Vec<(String, Hidden<String>)>, ProviderError> {
    match &metadata.route(&rp.profile).protection {
        RequestProtection::Plain => Ok(parameters.to_fields()),
        RequestProtection::Signed(signed) => {
            let token = sign(rp, signed, parameters).await?;
            Ok(outside(parameters, signed, token))
        }
        RequestProtection::SignedThenEncrypted(signed, encryption) => {
            let token = sign(rp, signed, parameters).await?;
            let token = encrypt(rp, metadata, encryption, Some("JWT"), token.expose()).await?;
            Ok(outside(parameters, signed, token))
        }
        RequestProtection::Encrypted(encryption) => {
            let json = Hidden::new(json!(parameters.to_object()).to_string());
            let token = encrypt(rp, metadata, encryption, None, json.expose()).await?;
            Ok(vec![("request".to_owned(), token)])
        }
    }
}

async fn sign(
    rp: &RelyingParty,
    signed: &SignedRequest,
    parameters: &Parameters,
) -> Result<Hidden<String>, ProviderError> {
    let claims = claims(rp, signed, parameters, rp.host.now());
    let signing = Signing { algorithm: signed.algorithm, typ: signed.typ };
    rp.host.sign(&signing, &claims).await.map_err(|error| error.at(Stage::Par))
}

/// The parameters, and who says so to whom, from when till when, once (RFC 9101, section 4).
fn claims(rp: &RelyingParty, signed: &SignedRequest, parameters: &Parameters, now: Timestamp) -> Claims {
    let mut claims = parameters.to_object();
    claims.insert("iss".to_owned(), json!(rp.profile.client_id));
    claims.insert("aud".to_owned(), json!(rp.profile.issuer));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now.plus(signed.lifetime)));
    claims.insert("jti".to_owned(), json!(rp.host.random()));
    if signed.not_before {
        claims.insert("nbf".to_owned(), json!(now));
    }
    claims
}

async fn encrypt(
    rp: &RelyingParty,
    metadata: &Metadata,
    encryption: &RequestEncryption,
    cty: Option<&'static str>,
    payload: &str,
) -> Result<Hidden<String>, ProviderError> {
    let to = EncryptTo {
        issuer: rp.profile.issuer.clone(),
        jwks_uri: metadata.jwks_uri.clone(),
        algorithm: encryption.algorithm,
        content: encryption.content,
        typ: encryption.typ,
        cty,
    };
    rp.host.encrypt(&to, payload).await.map_err(|error| error.at(Stage::Par))
}

/// `client_id` beside the token (RFC 9101, section 5), and what OpenID Connect Core wants repeated.
fn outside(
    parameters: &Parameters,
    signed: &SignedRequest,
    token: Hidden<String>,
) -> Vec<(String, Hidden<String>)> {
    let repeated: &[&str] =
        if signed.repeat_outside { &["client_id", "response_type", "scope"] } else { &["client_id"] };
    let mut fields = parameters.to_fields();
    fields.retain(|(name, _)| repeated.contains(&name.as_str()));
    fields.push(("request".to_owned(), token));
    fields
}

#[cfg(test)]
#[path = "request_object_tests.rs"]
mod tests;
