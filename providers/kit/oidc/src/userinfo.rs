//! The userinfo endpoint (OpenID Connect Core, section 5.3): claims about the person of the ID token,
//! and about nobody else.

use tunnus_sdk::{
    Authentication, Channel, Claims, Expect, Hidden, Protection, ProviderError, Reason, Request, Response,
    Stage, TokenKind, error::AtStage as _,
};
use url::Url;

use crate::{
    Presence, Profile, RelyingParty, TokenDemand, UserinfoDemand,
    checks::{self, Clock, same, text},
    client_auth, error,
    pending::Pending,
};

/// Fetches and judges the userinfo of `subject`; none where the profile does without.
pub(crate) async fn fetch(
    rp: &RelyingParty,
    pending: &Pending,
    access_token: &Hidden<String>,
    subject: Option<&str>,
) -> Result<Option<Claims>, ProviderError> {
    let (protection, accept) = match &rp.profile.userinfo {
        UserinfoDemand::NotFetched => return Ok(None),
        UserinfoDemand::Plain => (Protection::Plain, "application/json"),
        UserinfoDemand::Protected { token, .. } => {
            (token.protection(pending.keys(Channel::Direct)), "application/jwt")
        }
    };
    let missing = || ProviderError::rejected(Reason::Malformed, Stage::Userinfo);
    let url = pending.upstream.userinfo_endpoint.clone().ok_or_else(missing)?;
    let request = bearer(rp, Stage::Userinfo, url, access_token, accept);
    let response = rp.host.send(request).await.map_err(|error| error.at(Stage::Userinfo))?;
    let token = body(&rp.profile, &response)?;
    let expect = Expect { kind: TokenKind::Userinfo, stage: Stage::Userinfo, protection };
    let claims = rp.host.open(&expect, token).await.map_err(|error| error.at(Stage::Userinfo))?;
    check(&rp.profile, rp.clock(), subject, &claims).map_err(rejected)?;
    Ok(Some(claims))
}

/// A GET with the access token, shown with the certificate that it is bound to.
pub(crate) fn bearer(
    rp: &RelyingParty,
    stage: Stage,
    url: Url,
    access_token: &Hidden<String>,
    accept: &'static str,
) -> Request {
    Request {
        authentication: Authentication::Bearer(access_token.clone()),
        mutual_tls: client_auth::shows_certificate(rp),
        accept,
        ..Request::get(stage, url)
    }
}

/// The body of a success, of the media type that the profile demands (section 5.3.2). Pure.
fn body<'a>(profile: &Profile, response: &'a Response) -> Result<&'a str, ProviderError> {
    if response.status != 200 {
        return Err(error::refusal(profile, response, Stage::Userinfo));
    }
    check_media_type(&profile.userinfo, response.content_type.as_deref()).map_err(rejected)?;
    let body = std::str::from_utf8(&response.body).map_err(|_| rejected(Reason::Malformed))?;
    Ok(body.trim_ascii())
}

fn check_media_type(demand: &UserinfoDemand, media_type: Option<&str>) -> Result<(), Reason> {
    let is_json = media_type == Some("application/json");
    let fits = match demand {
        UserinfoDemand::NotFetched => false,
        UserinfoDemand::Plain => is_json,
        UserinfoDemand::Protected { token: TokenDemand::Signed(_), .. } if is_json => {
            return Err(Reason::NotSigned);
        }
        UserinfoDemand::Protected { token: TokenDemand::Nested(..), .. } if is_json => {
            return Err(Reason::NotEncrypted);
        }
        UserinfoDemand::Protected { any_media_type, .. } => {
            *any_media_type || media_type == Some("application/jwt")
        }
    };
    fits.then_some(()).ok_or(Reason::Malformed)
}

/// Judges the claims. Pure.
fn check(profile: &Profile, clock: Clock, subject: Option<&str>, claims: &Claims) -> Result<(), Reason> {
    if let UserinfoDemand::Protected { issuer_and_audience, .. } = profile.userinfo {
        let due = |name| issuer_and_audience == Presence::Required || claims.contains_key(name);
        if due("iss") {
            checks::check_issuer(claims, &profile.issuer)?;
        }
        if due("aud") {
            checks::check_audience(claims, &profile.client_id)?;
        }
        if claims.contains_key("exp") {
            checks::check_expiry(claims, clock)?;
        }
    }
    // Section 5.3.2: without this a stolen access token would answer for another person.
    let same_person = text(claims, "sub").zip(subject).is_some_and(|(one, other)| same(one, other));
    same_person.then_some(()).ok_or(Reason::Subject)
}

fn rejected(reason: Reason) -> ProviderError {
    ProviderError::rejected(reason, Stage::Userinfo)
}

#[cfg(test)]
#[path = "userinfo_tests.rs"]
mod tests;
