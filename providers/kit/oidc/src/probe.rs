//! The doctor's questions at an OpenID provider, as it is now and past any cache.
//!
//! Owns what is looked at and what helps. What the upstream advertises is compared with what the
//! profile needs: here, and nowhere that decides.

use std::time::Duration;

use serde_json::Value;
use tunnus_sdk::{
    Fault, Finding, ProviderError, Reason, Request, Severity, SigningAlgorithm, Stage, Timestamp,
    json::parse_object,
};

use crate::{
    ClientAuth, Metadata, Presence, Profile, RelyingParty, ResponseMode, TokenDemand, UserinfoDemand,
    metadata::ISSUER_PARAMETER, metadata_cache,
};

/// Looks at metadata and keys.
pub(crate) async fn probe(rp: &RelyingParty) -> Vec<Finding> {
    let metadata = match metadata_cache::fetch(&rp.profile, rp.host.as_ref()).await {
        Ok(metadata) => metadata,
        Err(error) => return vec![metadata_fault(&error)],
    };
    let mut findings = vec![fine("metadata", "reachable, and names this issuer".to_owned())];
    findings.extend(disagreements(&rp.profile, &metadata));
    let published = published(rp, &metadata).await;
    let date = published.as_ref().ok().and_then(|(_, date)| *date);
    findings.extend(date.and_then(|date| clock(date, rp.host.now(), rp.profile.clock_skew)));
    findings.push(keys(rp, published.map(|(keys, _)| keys)));
    findings
}

/// How far the upstream's clock and ours are apart: tokens are judged by ours, with some leeway. `Date` is
/// in whole seconds and was on the way for a while, so the smallest difference says nothing.
fn clock(theirs: Timestamp, ours: Timestamp, leeway: Duration) -> Option<Finding> {
    let apart = Duration::from_secs(theirs.0.abs_diff(ours.0));
    let severity = if apart > leeway {
        Severity::Fault
    } else if apart > leeway / 2 {
        Severity::Warning
    } else {
        return None;
    };
    let behind = if ours < theirs { "behind" } else { "ahead of" };
    let text = format!("this host's clock is {} s {behind} the upstream's", apart.as_secs());
    let remedy = "set this host's clock by NTP; where it is right, tell the upstream that its own is not";
    Some(finding(severity, "clock", text, remedy))
}

fn metadata_fault(error: &ProviderError) -> Finding {
    let remedy = match &error.fault {
        Fault::ProviderUnavailable => "look whether the upstream is up and this host can reach it",
        Fault::ResponseRejected(Reason::Issuer) => {
            "set the issuer to just what the metadata names, to the last slash"
        }
        _ => "look whether the issuer is right, and list the hosts of its endpoints in endpoint_hosts",
    };
    let cause = error.source.as_ref().map_or_else(|| error.to_string(), ToString::to_string);
    finding(Severity::Fault, "metadata", cause, remedy)
}

/// What the upstream says of itself that does not fit the profile. It may say less than it can.
fn disagreements(profile: &Profile, metadata: &Metadata) -> Vec<Finding> {
    let lacks = |(list, values): &(&str, Vec<&str>)| {
        values.iter().all(|value| metadata.supports(list, value) == Some(false)) && !values.is_empty()
    };
    let lacking = needs(profile).into_iter().filter(lacks);
    let mut findings: Vec<_> =
        lacking.map(|(list, values)| disagreement(list, &values.join(" or "))).collect();
    let plain = matches!(profile.response, ResponseMode::Query | ResponseMode::FormPost);
    if plain && profile.callback_iss == Presence::Required && !metadata.names_issuer {
        findings.push(disagreement(ISSUER_PARAMETER, "true"));
    }
    findings
}

/// What the profile needs of each list: one of the values.
fn needs(profile: &Profile) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut needs = vec![("token_endpoint_auth_methods_supported", vec![auth_method(&profile.client_auth)])];
    if profile.pkce {
        needs.push(("code_challenge_methods_supported", vec!["S256"]));
    }
    if let Some(signed) = profile.request.protection.signed() {
        needs.push(("request_object_signing_alg_values_supported", vec![signed.algorithm.name()]));
    }
    if let Some(sealed) = profile.request.protection.encryption() {
        needs.push(("request_object_encryption_alg_values_supported", vec![sealed.algorithm.name()]));
        needs.push(("request_object_encryption_enc_values_supported", vec![sealed.content.name()]));
    }
    needs.push(("id_token_signing_alg_values_supported", names(signing(&profile.id_token))));
    if let TokenDemand::Nested(encryption, _) = &profile.id_token {
        let contents = encryption.contents.iter().map(|content| content.name()).collect();
        needs.push(("id_token_encryption_alg_values_supported", vec![encryption.algorithm.name()]));
        needs.push(("id_token_encryption_enc_values_supported", contents));
    }
    if let UserinfoDemand::Protected { token, .. } = &profile.userinfo {
        needs.push(("userinfo_signing_alg_values_supported", names(signing(token))));
    }
    match &profile.response {
        ResponseMode::Query => {}
        ResponseMode::FormPost => needs.push(("response_modes_supported", vec!["form_post"])),
        ResponseMode::Jarm(token) => {
            needs.push(("response_modes_supported", vec!["jwt", "query.jwt"]));
            needs.push(("authorization_signing_alg_values_supported", names(signing(token))));
        }
    }
    needs
}

fn signing(token: &TokenDemand) -> &[SigningAlgorithm] {
    let (TokenDemand::Signed(algorithms) | TokenDemand::Nested(_, algorithms)) = token;
    algorithms
}

fn names(algorithms: &[SigningAlgorithm]) -> Vec<&'static str> {
    algorithms.iter().map(|algorithm| algorithm.name()).collect()
}

fn disagreement(list: &str, value: &str) -> Finding {
    let text = format!("{list} does not name {value}, which this connection uses");
    finding(Severity::Warning, "metadata", text, "compare the connection's settings with its registration")
}

const fn auth_method(client_auth: &ClientAuth) -> &'static str {
    match client_auth {
        ClientAuth::PrivateKeyJwt { .. } => "private_key_jwt",
        ClientAuth::SecretBasic { .. } => "client_secret_basic",
        ClientAuth::SecretPost => "client_secret_post",
        ClientAuth::MutualTls => "tls_client_auth",
    }
}

fn keys(rp: &RelyingParty, published: Result<Vec<Value>, Finding>) -> Finding {
    let keys = match published {
        Ok(keys) if keys.is_empty() => return key_fault("the upstream publishes none at all"),
        Ok(keys) => keys,
        Err(finding) => return finding,
    };
    let verifies = signing(&rp.profile.id_token).iter().any(|algorithm| has(&keys, kind(*algorithm), "sig"));
    let seals = rp.profile.request.protection.encryption().is_none() || has(&keys, "RSA", "enc");
    match (verifies, seals) {
        (true, true) => fine("keys", format!("{} published, those needed among them", keys.len())),
        (false, _) => key_fault("none is published that could verify this connection's tokens"),
        (true, false) => key_fault("none is published that this connection's requests could be encrypted to"),
    }
}

fn key_fault(text: &str) -> Finding {
    let remedy = "compare the algorithms in the settings with the upstream's keys, then ask the upstream";
    finding(Severity::Fault, "keys", text.to_owned(), remedy)
}

/// The kind of key that an algorithm needs (RFC 7518, section 3.1).
const fn kind(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::RS256 | SigningAlgorithm::PS256 => "RSA",
        SigningAlgorithm::ES256 => "EC",
    }
}

/// Whether a key of this kind is there for this use; one that names no use serves both.
fn has(keys: &[Value], kind: &str, usage: &str) -> bool {
    let text = |key: &Value, name| key.get(name).and_then(Value::as_str).map(str::to_owned);
    keys.iter().any(|key| {
        text(key, "kty").as_deref() == Some(kind) && text(key, "use").is_none_or(|one| one == usage)
    })
}

/// The published keys, and what the upstream's clock said; a finding where there are none to be had.
async fn published(
    rp: &RelyingParty,
    metadata: &Metadata,
) -> Result<(Vec<Value>, Option<Timestamp>), Finding> {
    let fault = |text: String, remedy: &str| finding(Severity::Fault, "keys", text, remedy);
    let reach = "look whether the upstream is up and this host can reach its jwks_uri";
    let request = Request::get(Stage::Jwks, metadata.jwks_uri.clone());
    let response = rp.host.send(request).await;
    let response = response.map_err(|error| fault(format!("cannot be fetched: {error}"), reach))?;
    match response.status {
        200 => {}
        status @ 300..=399 => {
            let text = format!("jwks_uri answers with status {status}: redirects are not followed");
            return Err(fault(text, "ask the upstream to name in its metadata where its keys really are"));
        }
        status => return Err(fault(format!("jwks_uri answers with status {status}"), reach)),
    }
    let proxy = "look whether jwks_uri is the upstream's and no proxy answers in its place";
    // RFC 7517, section 8.5.2, has a media type of its own beside `application/json`; both are seen.
    if !response.content_type.as_deref().is_some_and(|media| media.ends_with("json")) {
        return Err(fault("jwks_uri answers with something else than JSON".to_owned(), proxy));
    }
    let Ok(mut document) = parse_object(&response.body) else {
        let text = "what stands at jwks_uri is not one JSON object, or has a member twice";
        return Err(fault(text.to_owned(), proxy));
    };
    let Some(Value::Array(keys)) = document.remove("keys") else {
        return Err(fault("what stands at jwks_uri has no list of keys".to_owned(), proxy));
    };
    Ok((keys, response.date))
}

fn fine(subject: &str, text: String) -> Finding {
    Finding { severity: Severity::Fine, subject: subject.to_owned(), text, remedy: None }
}

fn finding(severity: Severity, subject: &str, text: String, remedy: &str) -> Finding {
    Finding { severity, subject: subject.to_owned(), text, remedy: Some(remedy.to_owned()) }
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
