//! An OpenID provider of no particular kind, simulated, and three connections to it.
//!
//! Owns what differs between the connections: between them they use every way that the toolkit
//! knows a request to travel, a client to authenticate and a message to be protected. The OpenID
//! provider beneath is the simulator kit's.

use serde_json::{Value, json};
use tunnus_oidc::{Delivery, settings::ClientAuthentication};
use tunnus_sdk::{
    Claims, ContentEncryption, SigningAlgorithm,
    sandbox::{Sandbox, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication as Authentication, Login, MessageShape, Profile, RequestDemand,
    RequestObject as Object, ResponseDelivery, SimulatorError, Variant, claims,
};

use crate::{GenericOidc, RequestObject, ResponseForm, Settings, TokenProtection, UserinfoForm};

/// How the upstream takes encrypted requests.
const CONTENTS: &[ContentEncryption] = &[
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

/// The upstream and three connections to it.
pub(crate) fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let variants = [
        ("oidc", "OpenID provider", json!({})),
        ("oidc-plain", "OpenID provider, requests in the open", plain()),
        ("oidc-sealed", "OpenID provider, everything sealed", sealed(site)),
    ];
    sandbox_of(site, &variants)
}

/// The upstream and connections to it: id, title and what differs from the least settings.
///
/// # Errors
/// When the settings are none, or no keys can be made.
pub fn sandbox_of(site: &SandboxSite, variants: &[Variant<'_>]) -> Result<Sandbox, SimulatorError> {
    let least = |id: &str| json!({ "issuer": site.address(""), "client_id": format!("client {id}") });
    tunnus_simulator::sandbox_of::<GenericOidc>(site, upstream(), variants, least, registered)
}

/// Plain parameters, a secret, a form for a response, all claims in the ID token.
fn plain() -> Value {
    json!({
        "request_delivery": "get",
        "request_protection": "plain",
        "client_authentication": "client_secret_post",
        "response": "form_post",
        "userinfo": "not_fetched",
        "claims_parameter": "id_token",
    })
}

/// Signed and encrypted requests, JARM, a certificate; nothing comes back but sealed.
fn sealed(site: &SandboxSite) -> Value {
    let encryption = json!({ "algorithm": "RSA-OAEP-256", "contents": ["A256GCM"] });
    let token = json!({ "signing": ["PS256"], "encryption": encryption });
    json!({
        "endpoint_hosts": [site.mtls_host()],
        "request_protection": "signed_then_encrypted",
        "request_encryption": { "algorithm": "RSA-OAEP-256", "content": "A256GCM" },
        "signing_algorithm": "ES256",
        "client_authentication": "tls_client_auth",
        "response": "jwt",
        "response_protection": token,
        "id_token": token,
        "userinfo": "jwt",
        "userinfo_protection": token,
    })
}

/// The client as the setup sheet has it registered.
fn registered(settings: &Settings, client: Client) -> Client {
    let signing = settings.signing_algorithm;
    let algorithm = settings.request_encryption.algorithm;
    let object = match settings.request_protection {
        RequestObject::Plain => Object::Absent,
        RequestObject::Signed => Object::Signed(signing),
        RequestObject::SignedThenEncrypted => {
            Object::SignedThenEncrypted { signing, algorithm, contents: CONTENTS }
        }
        RequestObject::Encrypted => Object::Encrypted { algorithm, contents: CONTENTS },
    };
    Client {
        authentication: match settings.client_authentication {
            ClientAuthentication::PrivateKeyJwt => Authentication::PrivateKeyJwt(signing),
            ClientAuthentication::ClientSecretBasic => {
                Authentication::SecretBasic { client_id_in_body: settings.client_id_in_body }
            }
            ClientAuthentication::ClientSecretPost => Authentication::SecretPost,
            ClientAuthentication::TlsClientAuth => Authentication::MutualTls,
        },
        request: RequestDemand { pushed: settings.request_delivery == Delivery::Pushed, object },
        response: match settings.response {
            ResponseForm::Query | ResponseForm::FormPost => ResponseDelivery::Plain { iss: true },
            ResponseForm::Jwt => ResponseDelivery::Jarm(shape(&settings.response_protection)),
        },
        id_token: shape(&settings.id_token),
        userinfo: match settings.userinfo {
            UserinfoForm::NotFetched | UserinfoForm::Json => MessageShape::Plain,
            UserinfoForm::Jwt => shape(&settings.userinfo_protection),
        },
        ..client
    }
}

/// The first of the shapes that the connection takes.
fn shape(protection: &TokenProtection) -> MessageShape {
    let signing = protection.signing.first().copied().unwrap_or(SigningAlgorithm::RS256);
    match &protection.encryption {
        None => MessageShape::Signed(signing),
        Some(encryption) => MessageShape::Nested {
            signing,
            algorithm: encryption.algorithm,
            content: encryption.contents.first().copied().unwrap_or(ContentEncryption::A256Gcm),
        },
    }
}

/// The upstream without its clients.
fn upstream() -> Profile {
    Profile {
        mtls_aliases: true,
        request_object_nbf: true,
        id_token_claims,
        ..Profile::generic("Simulated OpenID provider")
    }
}

/// The standard claims that the `claims` parameter asks for in the ID token.
fn id_token_claims(login: &Login<'_>) -> Claims {
    let mut standard = claims::standard(login);
    standard.retain(|claim, _| login.asks_for("id_token", claim));
    standard.insert("amr".to_owned(), json!(["external"]));
    standard
}
