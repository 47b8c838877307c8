//! The account selector: where the person chooses a bank.
//!
//! Owns the address that the browser is sent to and the judgement of what it brings back. Nothing
//! on that return is signed and it holds no `state`: which attempt it belongs to is the broker's to
//! know, and all that counts of it is a choice among the banks that the connection lists. What the
//! choice leads to is in [`crate::provider`].

use tunnus_sdk::{Fault, Hidden, Params, ProviderError, Reason, Stage};
use url::Url;

use crate::settings::{ListedIssuer, Settings};

/// What the selector is told.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// `scope`, the same list as in the authorization request.
    pub scope: &'a str,
    /// The names of the claims wanted.
    pub claims: &'a [&'static str],
    /// This browser's id: the selector forwards a visitor that it knows.
    pub visitor_id: Option<&'a Hidden<String>>,
    /// A hint that a simulated selector answers without a click.
    pub login_hint: Option<&'a Hidden<String>>,
}

/// What the person chose.
#[derive(Clone, Debug)]
pub(crate) struct Selection<'a> {
    /// The bank, as the connection lists it.
    pub bank: &'a ListedIssuer,
    /// The selector's name for it: opaque, handed to the bank as `identity_provider_id`.
    pub idp_id: Hidden<String>,
    /// Opaque, handed to the bank unchanged.
    pub idpartner_token: Option<Hidden<String>>,
}

/// The longest `idp_id` and `visitor_id`.
const ID_MAX: usize = 255;
/// The longest `idpartner_token`.
const TOKEN_MAX: usize = 4096;
/// What the selector may say when the person turns back. IDPartner documents no error of its
/// selector: these are the names of RFC 6749 and of its banks.
const CANCEL_CODES: [&str; 3] = ["access_denied", "user_cancelled", "user_canceled"];

/// The selector's address for one login.
pub(crate) fn address(selector: &Url, client_id: &str, question: &Question<'_>) -> Url {
    let mut address = selector.clone();
    let mut query = address.query_pairs_mut();
    query.append_pair("client_id", client_id);
    // Left out where there is none: a made-up value would be one visitor for everybody.
    if let Some(visitor_id) = question.visitor_id {
        query.append_pair("visitor_id", visitor_id.expose());
    }
    query.append_pair("scope", question.scope);
    query.append_pair("claims", &question.claims.join(" "));
    if let Some(hint) = question.login_hint {
        query.append_pair("login_hint", hint.expose());
    }
    drop(query);
    address
}

/// Judges the return from the selector.
///
/// Anybody can send a browser here: the issuer must be, byte for byte, one that the connection
/// lists before anything is fetched from it, or a stranger would choose whom we call and whom we
/// believe.
///
/// # Errors
/// [`Fault::UserCancelled`]; [`Fault::ProviderRefused`] for the selector's other errors;
/// [`Reason::Issuer`] for a bank that is not listed; [`Reason::Malformed`], [`Reason::TooLarge`].
pub(crate) fn check_return<'a>(
    settings: &'a Settings,
    params: &Params,
) -> Result<Selection<'a>, ProviderError> {
    if params.has("error") {
        return Err(refusal(params.one("error").unwrap_or_default()));
    }
    let listed = params.one("iss").and_then(|issuer| settings.listed(issuer));
    let bank = listed.ok_or_else(|| rejected(Reason::Issuer))?;
    let idp_id = opaque(params, "idp_id", ID_MAX)?.ok_or_else(|| rejected(Reason::Malformed))?;
    if bank.idp_id.as_deref().is_some_and(|expected| expected != idp_id.expose()) {
        return Err(rejected(Reason::Issuer));
    }
    opaque(params, "visitor_id", ID_MAX)?;
    let idpartner_token = opaque(params, "idpartner_token", TOKEN_MAX)?;
    Ok(Selection { bank, idp_id, idpartner_token })
}

/// The value of `name`, bounded and printable; none when it is missing.
fn opaque(params: &Params, name: &str, max: usize) -> Result<Option<Hidden<String>>, ProviderError> {
    let Some(value) = params.one(name) else {
        // Doubled is not the same as left out: one of the two was put there by somebody else.
        let doubled = params.has(name) && params.iter().all(|(other, _)| other != name);
        return if doubled { Err(rejected(Reason::Malformed)) } else { Ok(None) };
    };
    if value.len() > max {
        return Err(rejected(Reason::TooLarge));
    }
    if !value.chars().all(|letter| letter.is_ascii_graphic()) {
        return Err(rejected(Reason::Malformed));
    }
    Ok(Some(Hidden::from(value)))
}

fn refusal(code: &str) -> ProviderError {
    let cancelled = CANCEL_CODES.iter().any(|cancel| cancel.eq_ignore_ascii_case(code));
    let fault = if cancelled { Fault::UserCancelled } else { Fault::ProviderRefused };
    ProviderError::new(fault, Stage::Selection).with_upstream_code(code)
}

const fn rejected(reason: Reason) -> ProviderError {
    ProviderError::rejected(reason, Stage::Selection)
}

#[cfg(test)]
#[path = "selector_tests.rs"]
mod tests;
