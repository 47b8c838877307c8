//! Ready-made claims tables: the standard claims of OpenID Connect Core, section 5.1, by scope.

use serde_json::{Value, json};
use tunnus_sdk::Claims;

use crate::profile::Login;

/// The standard claims that the scopes `profile`, `email`, `phone` and `address` ask for, or the
/// `claims` parameter asks for in userinfo.
#[must_use]
pub fn standard(login: &Login<'_>) -> Claims {
    let wanted = |scope: &str, claim: &str| login.has_scope(scope) || login.asks_for("userinfo", claim);
    let rows = rows(login);
    let chosen = rows.into_iter().filter(|(scope, claim, value)| !value.is_null() && wanted(scope, claim));
    chosen.map(|(_, claim, value)| (claim.to_owned(), value)).collect()
}

fn rows(login: &Login<'_>) -> [(&'static str, &'static str, Value); 10] {
    let persona = login.persona;
    [
        ("profile", "name", json!(persona.name())),
        ("profile", "given_name", json!(persona.given)),
        ("profile", "family_name", json!(persona.family)),
        ("profile", "birthdate", json!(persona.birth_date)),
        ("profile", "gender", json!(persona.gender)),
        ("email", "email", json!(persona.email)),
        ("email", "email_verified", json!(persona.email.map(|_| true))),
        ("phone", "phone_number", json!(persona.phone)),
        ("phone", "phone_number_verified", json!(persona.phone.map(|_| false))),
        ("address", "address", address(login)),
    ]
}

/// The `address` claim (OpenID Connect Core, section 5.1.1), `null` for a person without one.
#[must_use]
pub fn address(login: &Login<'_>) -> Value {
    let Some(place) = login.persona.address else { return Value::Null };
    let mut claim = json!({
        "street_address": place.street,
        "locality": place.locality,
        "postal_code": place.postal_code,
        "country": place.country,
    });
    if let (false, Some(members)) = (place.region.is_empty(), claim.as_object_mut()) {
        members.insert("region".into(), json!(place.region));
    }
    claim
}

/// The person's accounts as a JSON array, in the member names of US payment interfaces: `bankId`,
/// `identifier`, `identifierType`, `type`, `transferIn`, `transferOut`, `accountId`.
#[must_use]
pub fn payment_accounts(login: &Login<'_>) -> Value {
    let accounts = login.persona.accounts.iter().map(|account| {
        json!({
            "bankId": account.bank_id,
            "identifier": account.identifier,
            "identifierType": account.identifier_type,
            "type": account.kind,
            "transferIn": account.transfer_in,
            "transferOut": account.transfer_out,
            "accountId": account.account_id,
        })
    });
    accounts.collect()
}
