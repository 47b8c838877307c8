//! The pushed authorization request (RFC 9126).

use serde_json::Value;
use tunnus_sdk::{
    Fault, Hidden, ProviderError, Reason, Response, SendError, Stage, error::AtStage as _, json::parse_object,
};
use url::Url;

use crate::{Metadata, Profile, RelyingParty, client_auth, error, params::Parameters, request_object};

/// The longest `request_uri` that is taken.
const REQUEST_URI_MAX: usize = 1024;

/// Pushes the request and answers its `request_uri`.
///
/// Sent once more only where no connection came about; then with new `jti`s, since the upstream may
/// have seen the first.
pub(crate) async fn push(
    rp: &RelyingParty,
    metadata: &Metadata,
    parameters: &Parameters,
) -> Result<Hidden<String>, ProviderError> {
    let sent = match send(rp, metadata, parameters).await? {
        Err(SendError::Unreachable(_)) => send(rp, metadata, parameters).await?,
        other => other,
    };
    let response = sent.map_err(|error| error.at(Stage::Par))?;
    open_response(&rp.profile, &response)
}

async fn send(
    rp: &RelyingParty,
    metadata: &Metadata,
    parameters: &Parameters,
) -> Result<Result<Response, SendError>, ProviderError> {
    let endpoint = metadata.par_endpoint.clone();
    let endpoint = endpoint.ok_or(ProviderError::new(Fault::ConnectionMisconfigured, Stage::Discovery))?;
    let form = request_object::protect(rp, metadata, parameters).await?;
    let request =
        client_auth::authenticated(rp, Stage::Par, endpoint, &metadata.token_endpoint, form).await?;
    Ok(rp.host.send(request).await)
}

/// Judges the answer (section 2.2): 201, or 200 as some upstreams say, with a `request_uri` that is
/// a URI and a lifetime.
fn open_response(profile: &Profile, response: &Response) -> Result<Hidden<String>, ProviderError> {
    if response.status != 201 && response.status != 200 {
        return Err(error::refusal(profile, response, Stage::Par));
    }
    let malformed = || ProviderError::rejected(Reason::Malformed, Stage::Par);
    let body = error::json_body(response).and_then(|body| parse_object(body).ok()).ok_or_else(malformed)?;
    let lifetime = body.get("expires_in").and_then(Value::as_u64).filter(|seconds| *seconds > 0);
    lifetime.ok_or_else(malformed)?;
    let request_uri = body.get("request_uri").and_then(Value::as_str).filter(|uri| is_request_uri(uri));
    request_uri.map(Hidden::from).ok_or_else(malformed)
}

fn is_request_uri(uri: &str) -> bool {
    let printable = uri.bytes().all(|byte| byte.is_ascii_graphic());
    printable && uri.len() <= REQUEST_URI_MAX && Url::parse(uri).is_ok()
}

#[cfg(test)]
#[path = "par_tests.rs"]
mod tests;
