//! The token endpoint: the code is redeemed once and never sent again, whatever happens.

use serde_json::Value;
use tunnus_sdk::{Hidden, ProviderError, Reason, Response, Stage, error::AtStage as _, json::parse_object};

use crate::{Profile, RelyingParty, client_auth, error, pending::Pending};

/// The longest token that is taken.
const TOKEN_MAX: usize = 64 * 1024;

/// What the token endpoint gave. A refresh token is neither asked for nor kept.
pub(crate) struct Tokens {
    pub(crate) access_token: Hidden<String>,
    pub(crate) id_token: Hidden<String>,
}

/// Redeems `code`.
pub(crate) async fn exchange(
    rp: &RelyingParty,
    pending: &Pending,
    code: &Hidden<String>,
) -> Result<Tokens, ProviderError> {
    let upstream = &pending.upstream;
    let mut form = vec![
        ("grant_type".to_owned(), "authorization_code".into()),
        ("code".to_owned(), code.clone()),
        ("redirect_uri".to_owned(), upstream.redirect_uri.as_str().into()),
    ];
    form.extend(pending.verifier.clone().map(|verifier| ("code_verifier".to_owned(), verifier)));
    let endpoint = &upstream.token_endpoint;
    let request = client_auth::authenticated(rp, Stage::Token, endpoint.clone(), endpoint, form).await?;
    let response = rp.host.send(request).await.map_err(|error| error.at(Stage::Token))?;
    open_response(&rp.profile, &response)
}

/// Judges the answer (RFC 6749, section 5.1; OpenID Connect Core, section 3.1.3.3). Pure.
fn open_response(profile: &Profile, response: &Response) -> Result<Tokens, ProviderError> {
    if response.status != 200 {
        return Err(error::refusal(profile, response, Stage::Token));
    }
    let malformed = || ProviderError::rejected(Reason::Malformed, Stage::Token);
    let body = error::json_body(response).and_then(|body| parse_object(body).ok()).ok_or_else(malformed)?;
    let token = |name| body.get(name).and_then(Value::as_str).filter(|token| is_bounded(token));
    let token_type = body.get("token_type").and_then(Value::as_str);
    if !token_type.is_some_and(|token_type| token_type.eq_ignore_ascii_case("Bearer")) {
        return Err(malformed());
    }
    Ok(Tokens {
        access_token: token("access_token").filter(|token| is_printable(token)).ok_or_else(malformed)?.into(),
        id_token: token("id_token").ok_or_else(malformed)?.into(),
    })
}

/// What the ID token is beyond that is for the host to say, who opens it.
fn is_bounded(token: &str) -> bool {
    (1..=TOKEN_MAX).contains(&token.len())
}

/// Printable ASCII (RFC 6749, appendix A.12): the access token becomes a header.
fn is_printable(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
