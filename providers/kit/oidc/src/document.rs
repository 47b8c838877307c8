//! Other documents of the upstream that the access token opens, such as payment details.
//!
//! Never cached, never logged: the most sensitive answers of all.

use serde_json::Value;
use tunnus_sdk::{
    Expect, Hidden, Protection, ProviderError, Reason, Response, Stage, TokenKind, error::AtStage as _,
};
use url::Url;

use crate::{Profile, RelyingParty, error, userinfo};

/// The one member of the object that a document is opened in.
const MEMBER: &str = "document";

/// Fetches the document at `url`.
pub(crate) async fn fetch(
    rp: &RelyingParty,
    url: Url,
    access_token: &Hidden<String>,
) -> Result<Option<Value>, ProviderError> {
    let stage = Stage::PaymentDetails;
    let request = userinfo::bearer(rp, stage, url, access_token, "application/json");
    let response = rp.host.send(request).await.map_err(|error| error.at(stage))?;
    let Some(body) = body(&rp.profile, &response)? else { return Ok(None) };
    // The host opens objects; a document may be an array. What does not stay within its member is
    // no JSON value, and refused.
    let object = Hidden::new(format!("{{\"{MEMBER}\":{body}}}"));
    let expect = Expect { kind: TokenKind::Document, stage, protection: Protection::Plain };
    let mut opened = rp.host.open(&expect, object.expose()).await.map_err(|error| error.at(stage))?;
    let document = opened.remove(MEMBER).filter(|_| opened.is_empty());
    document.map(Some).ok_or(ProviderError::rejected(Reason::Malformed, stage))
}

/// The body; none where the upstream has nothing to say (204). Pure.
fn body<'a>(profile: &Profile, response: &'a Response) -> Result<Option<&'a str>, ProviderError> {
    let malformed = || ProviderError::rejected(Reason::Malformed, Stage::PaymentDetails);
    match response.status {
        200 => {
            let body = error::json_body(response).ok_or_else(malformed)?;
            std::str::from_utf8(body).map(Some).map_err(|_| malformed())
        }
        204 => Ok(None),
        _ => Err(error::refusal(profile, response, Stage::PaymentDetails)),
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
