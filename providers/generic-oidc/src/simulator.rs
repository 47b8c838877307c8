//! An OpenID provider of no particular kind, simulated, and three connections to it.
//!
//! Owns what differs between the connections: between them they use every way that the toolkit
//! knows a request to travel, a client to authenticate and a message to be protected. The OpenID
//! provider beneath is the simulator kit's.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tunnus_oidc::Delivery;
use tunnus_sdk::{
    Claims, ContentEncryption, Credentials, Definition, LocalizedText, SigningAlgorithm,
    sandbox::{Sandbox, SandboxConnection, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication as Authentication, Login, MessageShape, OpenIdProvider, Profile,
    RequestDemand, RequestObject as Object, ResponseDelivery, SimulatorError, claims, credentials,
};

use crate::{
    ClientAuthentication, GenericOidc, RequestObject, ResponseForm, Settings, TokenProtection, UserinfoForm,
};

/// How the upstream takes encrypted requests.
const CONTENTS: &[ContentEncryption] = &[
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

/// The upstream and three connections to it.
pub(crate) fn sandbox(site: &SandboxSite) -> Option<Sandbox> {
    let variants = [
        ("oidc", "OpenID provider", json!({})),
        ("oidc-plain", "OpenID provider, requests in the open", plain()),
        ("oidc-sealed", "OpenID provider, everything sealed", sealed(site)),
    ];
    sandbox_of(site, &variants)
}

/// The upstream and connections to it: id, title and what differs from the least settings.
#[must_use]
pub fn sandbox_of(site: &SandboxSite, variants: &[(&str, &str, Value)]) -> Option<Sandbox> {
    let made = variants.iter().map(|(id, title, changes)| connection(site, id, title, changes));
    let (connections, clients) = made.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    let simulator = OpenIdProvider::new(site, Profile { clients, ..upstream() }).ok()?;
    Some(Sandbox { connections, simulator: Arc::new(simulator) })
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
        "endpoint_hosts": [authority(site)],
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

/// The host and port of the listener that demands a certificate.
fn authority(site: &SandboxSite) -> String {
    let host = site.mtls_base.host_str().unwrap_or_default();
    site.mtls_base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A connection with fresh keys, and the client that the upstream knows it as.
fn connection(
    site: &SandboxSite,
    id: &str,
    title: &str,
    changes: &Value,
) -> Option<(SandboxConnection, Client)> {
    let mut settings = Map::new();
    settings.insert("issuer".to_owned(), site.base.as_str().trim_end_matches('/').into());
    settings.insert("client_id".to_owned(), format!("client {id}").into());
    settings.extend(changes.as_object().cloned().unwrap_or_default());
    let settings = Value::Object(settings);
    let typed: Settings = serde_json::from_value(settings.clone()).ok()?;
    let credentials = credentials(&GenericOidc::needs(&typed), site).ok()?;
    let client = client(site, id, &typed, &credentials).ok()?;
    let display_name = LocalizedText { en: Some(title.to_owned()), ..LocalizedText::default() };
    let connection =
        SandboxConnection { id: id.to_owned(), display_name, settings, credentials, subject: None };
    Some((connection, client))
}

/// The client as the setup sheet has it registered.
fn client(
    site: &SandboxSite,
    id: &str,
    settings: &Settings,
    credentials: &Credentials,
) -> Result<Client, SimulatorError> {
    let prefix = site.return_prefix.as_str().trim_end_matches('/');
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
    Ok(Client {
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
        ..Client::new(&settings.client_id, credentials, format!("{prefix}/{id}/callback"))?
    })
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
