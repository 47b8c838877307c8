//! The doctor's questions at an OpenID provider, as it is now and past any cache.
//!
//! Owns what is looked at and what helps. What the upstream advertises is compared with what the
//! profile needs: here, and nowhere that decides.

use serde_json::Value;
use tunnus_sdk::{Fault, Finding, ProviderError, Reason, Request, Severity, Stage, error::AtStage as _};

use crate::{ClientAuth, Metadata, Profile, RelyingParty, TokenDemand, error, json, metadata_cache};

/// Looks at metadata and keys.
pub(crate) async fn probe(rp: &RelyingParty) -> Vec<Finding> {
    let metadata = match metadata_cache::fetch(&rp.profile, rp.host.as_ref()).await {
        Ok(metadata) => metadata,
        Err(error) => return vec![metadata_fault(&error)],
    };
    let mut findings = vec![fine("metadata", "reachable, and names this issuer".to_owned())];
    findings.extend(disagreements(&rp.profile, &metadata));
    findings.push(keys(rp, &metadata).await);
    findings
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
    let mut needs = vec![("token_endpoint_auth_methods_supported", auth_method(&profile.client_auth))];
    if profile.pkce {
        needs.push(("code_challenge_methods_supported", "S256"));
    }
    if let Some(signed) = profile.request.protection.signed() {
        needs.push(("request_object_signing_alg_values_supported", signed.algorithm.name()));
    }
    let (TokenDemand::Signed(algorithms) | TokenDemand::Nested(_, algorithms)) = &profile.id_token;
    needs.extend(algorithms.iter().map(|one| ("id_token_signing_alg_values_supported", one.name())));
    let lacking = needs.into_iter().filter(|(list, value)| metadata.supports(list, value) == Some(false));
    lacking.map(|(list, value)| disagreement(list, value)).collect()
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

async fn keys(rp: &RelyingParty, metadata: &Metadata) -> Finding {
    match key_count(rp, metadata).await {
        Ok(0) => finding(Severity::Fault, "keys", "none are published".to_owned(), "ask the upstream"),
        Ok(count) => fine("keys", format!("{count} published")),
        Err(error) => {
            let remedy = "look whether the upstream is up and this host can reach its jwks_uri";
            finding(Severity::Fault, "keys", error.to_string(), remedy)
        }
    }
}

async fn key_count(rp: &RelyingParty, metadata: &Metadata) -> Result<usize, ProviderError> {
    let request = Request::get(Stage::Jwks, metadata.jwks_uri.clone());
    let response = rp.host.send(request).await.map_err(|error| error.at(Stage::Jwks))?;
    if response.status != 200 {
        return Err(error::refusal(&rp.profile, &response, Stage::Jwks));
    }
    // RFC 7517, section 8.5.2, has a media type of its own beside `application/json`; both are seen.
    let keys = json::object(&response.body).ok();
    let keys = keys.as_ref().and_then(|keys| keys.get("keys")).and_then(Value::as_array);
    keys.map(Vec::len).ok_or(ProviderError::rejected(Reason::Malformed, Stage::Jwks))
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
