//! Acme ID, simulated.
//!
//! Owns what is Acme's own: its claims, what it refuses, its faults, and the sandbox's connection to
//! it. The OpenID provider beneath is the simulator kit's.

use serde_json::json;
use tunnus_sdk::{
    Claims, Fault, Params, Reason, SigningAlgorithm, Stage,
    sandbox::{Sandbox, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication, Deed, Expected, FaultRow, Login, Message, MessageShape, Profile,
    RequestDemand, RequestObject, SimulatorError, faults::set, sandbox_of,
};

use crate::{Acme, Settings};

/// The scopes that Acme ID knows.
const SCOPES: [&str; 4] = ["openid", "acme_person", "acme_membership", "email"];

/// Acme ID and one connection to it.
pub(crate) fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let least = |_: &str| json!({ "issuer": site.address(""), "client_id": "tunnus-sandbox" });
    sandbox_of::<Acme>(site, upstream(), &[("acme", "Acme ID", json!({}))], least, registered)
}

/// The client as the setup sheet has it registered.
fn registered(_: &Settings, client: Client) -> Client {
    let algorithm = SigningAlgorithm::ES256;
    Client {
        authentication: ClientAuthentication::PrivateKeyJwt(algorithm),
        request: RequestDemand { pushed: true, object: RequestObject::Absent },
        id_token: MessageShape::Signed(algorithm),
        ..client
    }
}

/// Acme ID without its clients.
fn upstream() -> Profile {
    Profile {
        cancel_code: "acme_customer_left",
        id_token_claims,
        userinfo_claims,
        check_request,
        faults: FAULTS,
        ..Profile::generic("Simulated Acme ID")
    }
}

/// What Acme ID shows its own error page for.
fn check_request(parameters: &Params) -> Result<(), &'static str> {
    let words = |name| parameters.one(name).unwrap_or_default().split(' ');
    if !words("scope").all(|scope| SCOPES.contains(&scope)) {
        return Err("Acme ID does not know this scope.");
    }
    if !words("acr_values").all(|tier| tier.starts_with("acme:")) {
        return Err("Acme ID does not know this tier.");
    }
    Ok(())
}

/// Beside the protocol's own: the best of the tiers that were asked for.
fn id_token_claims(login: &Login<'_>) -> Claims {
    let best = login.parameters.one("acr_values").and_then(|tiers| tiers.split(' ').next());
    [("acr".to_owned(), json!(best))].into_iter().collect()
}

/// What the scopes ask for, in Acme's words.
fn userinfo_claims(login: &Login<'_>) -> Claims {
    let persona = login.persona;
    login.granted([
        ("acme_person", "acme_legal_name", json!(persona.name())),
        ("acme_person", "acme_first_names", json!(persona.given)),
        ("acme_person", "acme_surname", json!(persona.family)),
        ("acme_person", "acme_born", json!(persona.birth_date)),
        ("acme_membership", "acme_member_number", json!(format!("A-{}", persona.id))),
        ("email", "email", json!(persona.email)),
        ("email", "email_verified", json!(persona.email.map(|_| true))),
    ])
}

const INCONSISTENT: &[Expected] = &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)];
const NO_LEVEL: &[Expected] = &[Expected::new(Fault::AssuranceTooLow, Stage::Normalise)];

/// The faults that only Acme ID has.
pub const FAULTS: &[FaultRow] = &[
    FaultRow::new(
        "acme_tier_unknown",
        "The ID token names a tier that is not in the settings.",
        Deed::Claims(Message::IdToken, |claims, _| set(claims, "acr", json!("acme:bronze"))),
        NO_LEVEL,
    ),
    FaultRow::new(
        "acme_tier_missing",
        "The ID token names no tier.",
        Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("acr"))),
        NO_LEVEL,
    ),
    FaultRow::new(
        "acme_born_on_no_day",
        "The birth date is no day of the calendar.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "acme_born", json!("1970-02-30"))),
        INCONSISTENT,
    ),
];
