//! Signicat's older service, simulated.
//!
//! Owns what is the service's own: its paths, its dotted claims, what it refuses, the faults that
//! only it has, and the sandbox's connections to it. The OpenID provider beneath is the simulator
//! kit's.

use serde_json::{Map, Value, json};
use tunnus_sdk::{
    Claims, ContentEncryption, Fault, KeyEncryption, Params, Reason, SigningAlgorithm, Stage,
    sandbox::{Bench, KeyWork, MeasuredLogin, Sandbox, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication as Authentication, Deed, Endpoints, Expected, FaultRow, JwksBehaviour,
    Login, Message, MessageShape, Profile, RequestDemand, RequestObject as Object, ResponseDelivery,
    SimulatorError, Variant, faults::set, personas,
};

use crate::{CbcHmac, RequestObject, Settings, SignicatMle};

/// The service below the simulator's base.
const ISSUER_PATH: &str = "/oidc";

/// The scopes that the clients may ask for.
const SCOPES: [&str; 5] = ["openid", "profile", "signicat.national_id", "ftn", "phone"];

/// The content encryptions that the service takes.
const CONTENTS: &[ContentEncryption] = &[ContentEncryption::A128CbcHs256, ContentEncryption::A256CbcHs512];

/// The service and two connections to it: requests encrypted, and plain without PKCE.
pub(crate) fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let plain = json!({
        "request_delivery": "post",
        "request_protection": "plain",
        "response_encryption": ["A256CBC-HS512"],
        "pkce": false,
    });
    let encrypted = ("mle", "Signicat, encrypted messages", json!({}));
    sandbox_of(site, &[encrypted, ("mle-plain", "Signicat, requests in the open", plain)])
}

/// The service and what is measured there: the request encrypted, ID token and userinfo opened.
pub(crate) fn bench(site: &SandboxSite) -> Result<Bench, SimulatorError> {
    let keys = KeyWork {
        decrypt: 2,
        sign: 0,
        signing: SigningAlgorithm::RS256,
        verify: 2,
        verifying: SigningAlgorithm::RS256,
        encrypt: 1,
    };
    Ok(Bench {
        sandbox: sandbox_of(site, &[("mle", "Encrypted messages", json!({}))])?,
        logins: vec![MeasuredLogin { connection: "mle", variant: None, keys }],
    })
}

/// The service and connections to it: id, title and what differs from the least settings.
///
/// # Errors
/// When the settings are none, or no keys can be made.
pub fn sandbox_of(site: &SandboxSite, variants: &[Variant<'_>]) -> Result<Sandbox, SimulatorError> {
    let least = |id: &str| {
        json!({
            "issuer": site.address(ISSUER_PATH),
            "client_id": format!("sandbox-{id}"),
            "acr": "urn:signicat:oidc:portal:ftn",
        })
    };
    tunnus_simulator::sandbox_of::<SignicatMle>(site, service(), variants, least, registered)
}

/// The client as the setup sheet has it registered.
fn registered(settings: &Settings, client: Client) -> Client {
    let object = match settings.request_protection {
        RequestObject::Plain => Object::Absent,
        RequestObject::Encrypted => {
            Object::Encrypted { algorithm: KeyEncryption::RsaOaep, contents: CONTENTS }
        }
    };
    let message = MessageShape::Nested {
        signing: SigningAlgorithm::RS256,
        algorithm: KeyEncryption::RsaOaep,
        content: settings.response_encryption.first().copied().unwrap_or(CbcHmac::A128CbcHs256).into(),
    };
    Client {
        authentication: Authentication::SecretBasic { client_id_in_body: true },
        request: RequestDemand { pushed: false, object },
        pkce: settings.pkce,
        response: ResponseDelivery::Plain { iss: false },
        id_token: message,
        userinfo: message,
        ..client
    }
}

/// The service without its clients.
fn service() -> Profile {
    Profile {
        issuer_path: ISSUER_PATH,
        endpoints: Endpoints {
            authorization: "/authorize",
            token: "/token",
            userinfo: "/userinfo",
            jwks: "/jwks.json",
            pushed: None,
        },
        metadata: metadata(),
        jwks: JwksBehaviour::Stable,
        personas: personas::finnish(),
        id_token_claims,
        userinfo_claims,
        check_request,
        faults: FAULTS,
        ..Profile::generic("Simulated Signicat (legacy)")
    }
}

/// What the service says of itself. Of PKCE and RFC 9207 it knows nothing.
fn metadata() -> Map<String, Value> {
    let members = [
        ("scopes_supported", json!(SCOPES)),
        ("subject_types_supported", json!(["pairwise"])),
        ("response_modes_supported", json!(["query"])),
        ("code_challenge_methods_supported", Value::Null),
        ("authorization_response_iss_parameter_supported", Value::Null),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// What the service shows its own error page for.
fn check_request(parameters: &Params) -> Result<(), &'static str> {
    let words = |name| parameters.one(name).unwrap_or_default().split(' ');
    if !words("scope").all(|scope| SCOPES.contains(&scope)) {
        return Err("The client may not ask for this scope.");
    }
    let finnish = |acr: &str| {
        let portal = matches!(acr, "urn:signicat:oidc:portal:ftn" | "urn:signicat:oidc:portal:ftn-auth");
        portal || acr.starts_with("urn:signicat:oidc:method:ftn-")
    };
    if !words("acr_values").all(finnish) {
        return Err("The client may not use this method or portal.");
    }
    Ok(())
}

/// Beside the protocol's own: the method as asked for, `amr` as a text.
fn id_token_claims(login: &Login<'_>) -> Claims {
    let mut claims = Claims::new();
    claims.insert("acr".to_owned(), login.parameters.one("acr_values").unwrap_or_default().into());
    claims.insert("amr".to_owned(), "urn:ksi:names:SAML:2.0:ac:FTN".into());
    claims.insert("nbf".to_owned(), json!(login.authenticated_at));
    claims
}

/// What the scopes ask for; names with dots, a boolean as a text.
fn userinfo_claims(login: &Login<'_>) -> Claims {
    let persona = login.persona;
    login.granted([
        ("profile", "name", json!(persona.name())),
        ("profile", "given_name", json!(persona.given)),
        ("profile", "family_name", json!(persona.family)),
        ("profile", "birthdate", json!(persona.birth_date)),
        ("profile", "gender", json!(persona.gender)),
        ("profile", "locale", json!("FI")),
        ("signicat.national_id", "signicat.national_id", json!(persona.hetu)),
        ("ftn", "ftn.idpId", json!(persona.method)),
        ("ftn", "ftn.satu", json!(persona.satu)),
        ("phone", "phone_number", json!(persona.phone)),
        ("phone", "phone_number_verified", json!(persona.phone.map(|_| "true"))),
    ])
}

const INCONSISTENT: &[Expected] = &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)];
const NO_LEVEL: &[Expected] = &[Expected::new(Fault::AssuranceTooLow, Stage::Normalise)];

/// The faults that only this service has.
pub const FAULTS: &[FaultRow] = &[
    FaultRow::new(
        "mle_acr_unknown",
        "The ID token names a method that is not in the table.",
        Deed::Claims(Message::IdToken, |claims, _| {
            set(claims, "acr", json!("urn:signicat:oidc:method:pigeon"));
        }),
        NO_LEVEL,
    ),
    FaultRow::new(
        "mle_acr_missing",
        "The ID token names no method.",
        Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("acr"))),
        NO_LEVEL,
    ),
    FaultRow::new(
        "mle_hetu_malformed",
        "The national id is none.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "signicat.national_id", json!("070770-90"))),
        INCONSISTENT,
    ),
    FaultRow::new(
        "mle_hetu_of_another",
        "The national id is another person's than the birth date.",
        Deed::Claims(Message::Userinfo, |claims, _| {
            set(claims, "signicat.national_id", json!("010181-900C"));
            set(claims, "birthdate", json!("1970-07-07"));
        }),
        INCONSISTENT,
    ),
    FaultRow::new(
        "mle_bank_no_word",
        "The bank's id is no plain word.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "ftn.idpId", json!("<b>Bank</b>"))),
        INCONSISTENT,
    ),
];
