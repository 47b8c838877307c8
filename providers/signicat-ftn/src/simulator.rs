//! Signicat's eID Hub with the Finnish Trust Network, simulated.
//!
//! Owns what is the hub's own: its paths, its claims, what it refuses, the faults that only FTN
//! has, and the sandbox's connections to it. The OpenID provider beneath is the simulator kit's.

use serde_json::{Map, Value, json};
use tunnus_oidc::settings::ClientAuthentication;
use tunnus_sdk::{
    Claims, ContentEncryption, Fault, KeyEncryption, Params, Reason, SigningAlgorithm, Stage, Timestamp,
    sandbox::{Bench, KeyWork, MeasuredLogin, Sandbox, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication as Authentication, Deed, Endpoints, Expected, FaultRow, JwksBehaviour,
    Login, Message, MessageShape, Profile, RequestDemand, RequestObject as Object, SimulatorError, Variant,
    faults::set, personas,
};

use crate::{CbcHmac, RequestObject, Settings, SignicatFtn};

/// The hub below the simulator's base.
const ISSUER_PATH: &str = "/auth/open";

/// The scopes that the clients may ask for.
const SCOPES: [&str; 5] = ["openid", "profile", "nin", "idp-id", "ftn-extra"];

/// The content encryptions that the hub takes.
const CONTENTS: &[ContentEncryption] =
    &[ContentEncryption::A128CbcHs256, ContentEncryption::A192CbcHs384, ContentEncryption::A256CbcHs512];

/// The hub and two connections to it: one as the defaults are, one that differs wherever it can.
pub(crate) fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let encrypted = json!({
        "request_delivery": "post",
        "request_protection": "signed_then_encrypted",
        "request_encryption": "A256CBC-HS512",
        "signing_algorithm": "ES256",
        "client_authentication": "tls_client_auth",
        "endpoint_hosts": [site.mtls_host()],
        "response_encryption": ["A256CBC-HS512"],
        "service_name": { "fi": "Tunnus-kauppa", "sv": "Tunnus-butiken", "en": "The Tunnus shop" },
        "service_name_placement": "parameter",
    });
    let plain = ("ftn", "Finnish Trust Network", json!({}));
    sandbox_of(site, &[plain, ("ftn-encrypted", "Finnish Trust Network, requests encrypted", encrypted)])
}

/// The hub and what is measured there: request object and two client assertions signed, by RSA and by
/// elliptic curve, ID token and userinfo opened.
pub(crate) fn bench(site: &SandboxSite) -> Result<Bench, SimulatorError> {
    let curve = json!({ "signing_algorithm": "ES256" });
    let variants = [("ftn", "RSA keys", json!({})), ("ftn-ec", "Elliptic curves", curve)];
    let keys = KeyWork {
        decrypt: 2,
        sign: 3,
        signing: SigningAlgorithm::RS256,
        verify: 2,
        verifying: SigningAlgorithm::RS256,
        encrypt: 0,
    };
    let curves = KeyWork { signing: SigningAlgorithm::ES256, ..keys };
    Ok(Bench {
        sandbox: sandbox_of(site, &variants)?,
        logins: vec![
            MeasuredLogin { connection: "ftn", variant: None, keys },
            MeasuredLogin { connection: "ftn-ec", variant: Some("ec"), keys: curves },
        ],
    })
}

/// The hub and connections to it: id, title and what differs from the least settings.
///
/// # Errors
/// When the settings are none, or no keys can be made.
pub fn sandbox_of(site: &SandboxSite, variants: &[Variant<'_>]) -> Result<Sandbox, SimulatorError> {
    let least = |id: &str| json!({ "issuer": site.address(ISSUER_PATH), "client_id": format!("sandbox-calm-elk-{id}") });
    tunnus_simulator::sandbox_of::<SignicatFtn>(site, hub(), variants, least, registered)
}

/// The client as the setup sheet has it registered.
fn registered(settings: &Settings, client: Client) -> Client {
    let signing = settings.signing_algorithm;
    let object = match settings.request_protection {
        RequestObject::Signed => Object::Signed(signing),
        RequestObject::SignedThenEncrypted => {
            Object::SignedThenEncrypted { signing, algorithm: KeyEncryption::RsaOaep, contents: CONTENTS }
        }
    };
    let message = MessageShape::Nested {
        signing: SigningAlgorithm::RS256,
        algorithm: KeyEncryption::RsaOaep,
        content: settings.response_encryption.first().copied().unwrap_or(CbcHmac::A128CbcHs256).into(),
    };
    Client {
        authentication: match settings.client_authentication {
            ClientAuthentication::PrivateKeyJwt => Authentication::PrivateKeyJwt(signing),
            ClientAuthentication::ClientSecretBasic => {
                Authentication::SecretBasic { client_id_in_body: false }
            }
            ClientAuthentication::ClientSecretPost => Authentication::SecretPost,
            ClientAuthentication::TlsClientAuth => Authentication::MutualTls,
        },
        request: RequestDemand { pushed: settings.request_delivery == tunnus_oidc::Delivery::Pushed, object },
        id_token: message,
        userinfo: message,
        ..client
    }
}

/// The hub without its clients.
fn hub() -> Profile {
    Profile {
        issuer_path: ISSUER_PATH,
        endpoints: Endpoints {
            authorization: "/connect/authorize",
            token: "/connect/token",
            userinfo: "/connect/userinfo",
            jwks: "/.well-known/openid-configuration/jwks",
            pushed: Some("/connect/par"),
        },
        metadata: metadata(),
        mtls_aliases: true,
        jwks: JwksBehaviour::Changing,
        cancel_code: "IDP-3200",
        personas: personas::finnish(),
        id_token_claims,
        userinfo_claims,
        check_request,
        faults: FAULTS,
        ..Profile::generic("Simulated eID Hub")
    }
}

/// What the hub says of itself beside the protocol's own: scopes and claims of all its eIDs.
fn metadata() -> Map<String, Value> {
    let scopes = [&SCOPES[..], &["email", "phone", "nbid-extra", "sbid-extra", "offline_access"]].concat();
    let claims =
        ["sub", "name", "birthdate", "nin", "ftn_idp", "ftn_hetu", "ftn_satu", "ftn_issuer", "ftn_sub"];
    let members = [
        ("scopes_supported", json!(scopes)),
        ("claims_supported", json!(claims)),
        ("claims_parameter_supported", json!(false)),
        ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// What the hub shows its own error page for.
fn check_request(parameters: &Params) -> Result<(), &'static str> {
    let words = |name| parameters.one(name).unwrap_or_default().split(' ');
    if !words("scope").any(|scope| scope == "openid") {
        return Err("The scope has no openid.");
    }
    if !words("scope").all(|scope| SCOPES.contains(&scope)) {
        return Err("The client may not ask for this scope.");
    }
    if !words("acr_values").any(|value| value == "idp:ftn") {
        return Err("The client may use the Finnish Trust Network only.");
    }
    let name = parameters.one("ftn_sp_name").unwrap_or_default();
    if name.chars().count() > 64 || name.contains(['<', '>', '=', ';', '#', '^', '%', '|']) {
        return Err("The service name breaks the rules.");
    }
    Ok(())
}

/// Beside the protocol's own. `acr` comes where a level was asked for: what the hub says otherwise is
/// not documented, so both are to be met.
fn id_token_claims(login: &Login<'_>) -> Claims {
    let mut claims = Claims::new();
    let subject = login.subject();
    claims.insert("sub".to_owned(), format!("{subject}=").into());
    claims.insert("amr".to_owned(), json!(["external"]));
    claims.insert("idp".to_owned(), "ftn".into());
    claims.insert("idp_issuer".to_owned(), "ftn".into());
    claims.insert("sandbox".to_owned(), true.into());
    claims.insert("transaction_id".to_owned(), transaction_id(login, &subject).into());
    let mut words = login.parameters.one("acr_values").unwrap_or_default().split(' ');
    if let Some(level) = words.find_map(|word| word.strip_prefix("loa:")) {
        claims.insert("acr".to_owned(), level.into());
    }
    claims
}

/// A number of one login.
fn transaction_id(login: &Login<'_>, subject: &str) -> String {
    let persona: String = subject.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    format!("{:08x}-{persona}", login.authenticated_at.0)
}

/// What the scopes ask for, plain text beside plain text: a dashboard set to `StandardScopes`.
fn userinfo_claims(login: &Login<'_>) -> Claims {
    let persona = login.persona;
    login.granted([
        ("profile", "name", json!(persona.name())),
        ("profile", "given_name", json!(persona.given)),
        ("profile", "family_name", json!(persona.family)),
        ("profile", "birthdate", json!(persona.birth_date)),
        ("nin", "nin", json!(persona.hetu)),
        ("nin", "nin_type", json!("PERSON")),
        ("nin", "nin_issuing_country", json!("FI")),
        ("idp-id", "idp_id", json!(persona.hetu)),
        ("ftn-extra", "ftn_idp", json!(persona.method)),
        ("ftn-extra", "ftn_hetu", json!(persona.hetu)),
        ("ftn-extra", "ftn_satu", json!(persona.satu)),
        ("ftn-extra", "ftn_sub", json!(login.subject())),
    ])
}

const INCONSISTENT: &[Expected] = &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)];
const ENVIRONMENT: &[Expected] = &[Expected::rejected(Reason::Environment, Stage::Normalise)];
const NO_LEVEL: &[Expected] = &[Expected::new(Fault::AssuranceTooLow, Stage::Normalise)];

/// The faults that only FTN has.
pub const FAULTS: &[FaultRow] = &[
    FaultRow::new(
        "ftn_sandbox_false",
        "The ID token says that the person is real.",
        Deed::Claims(Message::IdToken, |claims, _: Timestamp| set(claims, "sandbox", json!(false))),
        ENVIRONMENT,
    ),
    FaultRow::new(
        "ftn_sandbox_missing",
        "The ID token does not say that it is of the sandbox.",
        Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("sandbox"))),
        ENVIRONMENT,
    ),
    FaultRow::new(
        "ftn_acr_unknown",
        "The ID token names a level that nobody knows.",
        Deed::Claims(Message::IdToken, |claims, _| set(claims, "acr", json!("tremendous"))),
        NO_LEVEL,
    ),
    FaultRow::new(
        "ftn_level_untold",
        "Neither a level nor a bank is named.",
        Deed::Claims(Message::Userinfo, |claims, _| drop(claims.remove("ftn_idp"))),
        NO_LEVEL,
    ),
    FaultRow::new(
        "ftn_bank_no_word",
        "The bank's id is no plain word.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "ftn_idp", json!("<b>Bank</b>"))),
        INCONSISTENT,
    ),
    FaultRow::new(
        "ftn_hetu_malformed",
        "The national id is none.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "ftn_hetu", json!("070770-90"))),
        INCONSISTENT,
    ),
    FaultRow::new(
        "ftn_hetu_no_such_day",
        "The national id tells a day that does not exist.",
        Deed::Claims(Message::Userinfo, |claims, _| set(claims, "ftn_hetu", json!("310270-905D"))),
        INCONSISTENT,
    ),
    FaultRow::new(
        "ftn_hetu_of_another",
        "The national id is another person's than the birth date.",
        Deed::Claims(Message::Userinfo, |claims, _| {
            set(claims, "ftn_hetu", json!("010181-900C"));
            set(claims, "birthdate", json!("1970-07-07"));
            claims.remove("nin");
        }),
        INCONSISTENT,
    ),
    FaultRow::new(
        "ftn_nin_of_another",
        "The two national ids are two persons'.",
        Deed::Claims(Message::Userinfo, |claims, _| {
            set(claims, "nin", json!("010181-900C"));
            set(claims, "nin_issuing_country", json!("FI"));
        }),
        INCONSISTENT,
    ),
    FaultRow::new(
        "ftn_nin_foreign",
        "The national id is another country's.",
        Deed::Claims(Message::Userinfo, |claims, _| {
            let hetu = claims.get("ftn_hetu").cloned().unwrap_or_default();
            set(claims, "nin", hetu);
            set(claims, "nin_issuing_country", json!("SE"));
        }),
        INCONSISTENT,
    ),
];
