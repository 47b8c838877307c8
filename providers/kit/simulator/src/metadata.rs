//! The metadata document (OpenID Connect Discovery, section 3) that follows from a profile.

use serde_json::{Map, Value, json};
use tunnus_sdk::sandbox::SimulatedResponse;

use crate::{
    Client, ClientAuthentication, MessageShape, OpenIdProvider, RequestObject, ResponseDelivery,
    faults::{Endpoint, Trouble},
    respond,
};

/// Where the document stands, below the issuer.
pub(crate) const METADATA: &str = "/.well-known/openid-configuration";

/// The endpoints that a client with a certificate calls elsewhere (RFC 8705, section 5).
const MTLS_ENDPOINTS: [&str; 3] =
    ["token_endpoint", "userinfo_endpoint", "pushed_authorization_request_endpoint"];

impl OpenIdProvider {
    pub(crate) fn discover(&self) -> SimulatedResponse {
        let mut trouble = Trouble::new(self.fault_in_force(None));
        if let Some(refusal) = trouble.refusal(Endpoint::Discovery) {
            return refusal;
        }
        let mut document = Value::Object(self.metadata());
        trouble.alter(Endpoint::Discovery, &mut document);
        trouble.finish(Endpoint::Discovery, respond::json(200, &document))
    }

    fn metadata(&self) -> Map<String, Value> {
        let mut document = self.endpoints();
        document.extend(capabilities());
        document.extend(self.algorithms());
        if self.profile.mtls_aliases {
            document.insert("mtls_endpoint_aliases".into(), self.aliases(&document));
            document.insert("tls_client_certificate_bound_access_tokens".into(), json!(true));
        }
        for (name, value) in &self.profile.metadata {
            if !is_path(name, value) {
                document.insert(name.clone(), value.clone());
            }
        }
        document.retain(|_, value| !value.is_null());
        document
    }

    fn endpoints(&self) -> Map<String, Value> {
        let endpoints = self.profile.endpoints;
        let own = self.profile.metadata.iter().filter(|(name, value)| is_path(name, value));
        let own = own.map(|(name, path)| (name.as_str(), path.as_str()));
        let fixed = [
            ("authorization_endpoint", Some(endpoints.authorization)),
            ("token_endpoint", Some(endpoints.token)),
            ("userinfo_endpoint", Some(endpoints.userinfo)),
            ("jwks_uri", Some(endpoints.jwks)),
            ("pushed_authorization_request_endpoint", endpoints.pushed),
        ];
        let all = fixed.into_iter().chain(own);
        let urls = all.filter_map(|(name, path)| Some((name.to_owned(), json!(self.url(path?)))));
        [("issuer".to_owned(), json!(self.issuer()))].into_iter().chain(urls).collect()
    }

    /// The same endpoints on the listener that demands a certificate.
    fn aliases(&self, document: &Map<String, Value>) -> Value {
        let base = self.site.address("");
        let own = self.profile.metadata.iter().filter(|(name, value)| is_path(name, value));
        let names = MTLS_ENDPOINTS.into_iter().chain(own.map(|(name, _)| name.as_str()));
        let moved = names.filter_map(|name| {
            let path = document.get(name)?.as_str()?.strip_prefix(&base)?;
            Some((name.to_owned(), json!(self.site.mtls_address(path))))
        });
        Value::Object(moved.collect())
    }

    fn algorithms(&self) -> Map<String, Value> {
        let clients = || self.profile.clients.iter();
        let mut document = Map::new();
        let methods = clients().map(|client| method_name(client.authentication));
        document.insert("token_endpoint_auth_methods_supported".into(), distinct(methods));
        shapes(&mut document, "id_token", clients().map(|client| client.id_token));
        shapes(&mut document, "userinfo", clients().map(|client| client.userinfo));
        shapes(&mut document, "authorization", clients().filter_map(jarm));
        let objects = clients().filter_map(|client| object_signing(client.request.object));
        document.insert("request_object_signing_alg_values_supported".into(), distinct(objects));
        let pushed = clients().next().is_some() && clients().all(|client| client.request.pushed);
        document.insert("require_pushed_authorization_requests".into(), json!(pushed));
        document
    }
}

/// Whether a profile's metadata member is a path that becomes a URL below the issuer.
fn is_path(name: &str, value: &Value) -> bool {
    name.ends_with("_endpoint") && value.as_str().is_some_and(|path| path.starts_with('/'))
}

/// What is the same at every simulated provider.
fn capabilities() -> Map<String, Value> {
    let fixed = [
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query", "form_post", "jwt", "query.jwt", "form_post.jwt"])),
        ("grant_types_supported", json!(["authorization_code"])),
        ("subject_types_supported", json!(["public"])),
        ("scopes_supported", json!(["openid", "profile", "email", "phone", "address"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("claims_parameter_supported", json!(true)),
        ("request_parameter_supported", json!(true)),
        ("request_uri_parameter_supported", json!(false)),
        ("authorization_response_iss_parameter_supported", json!(true)),
    ];
    fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

const fn method_name(authentication: ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
        ClientAuthentication::SecretBasic { .. } => "client_secret_basic",
        ClientAuthentication::SecretPost => "client_secret_post",
        ClientAuthentication::MutualTls => "tls_client_auth",
    }
}

const fn object_signing(object: RequestObject) -> Option<&'static str> {
    match object {
        RequestObject::Signed(signing) | RequestObject::SignedThenEncrypted { signing, .. } => {
            Some(signing.name())
        }
        RequestObject::Absent | RequestObject::Encrypted { .. } => None,
    }
}

const fn jarm(client: &Client) -> Option<MessageShape> {
    match client.response {
        ResponseDelivery::Jarm(shape) => Some(shape),
        ResponseDelivery::Plain { .. } => None,
    }
}

/// The algorithms of one message: `{message}_signing_alg_values_supported` and the like.
fn shapes(document: &mut Map<String, Value>, message: &str, all: impl Iterator<Item = MessageShape>) {
    let (mut signing, mut wrapping, mut content) = (Vec::new(), Vec::new(), Vec::new());
    for shape in all {
        match shape {
            MessageShape::Plain => {}
            MessageShape::Signed(algorithm) => signing.push(algorithm.name()),
            MessageShape::Nested { signing: algorithm, algorithm: wrap, content: enc } => {
                signing.push(algorithm.name());
                wrapping.push(wrap.name());
                content.push(enc.name());
            }
        }
    }
    for (kind, names) in [("signing_alg", signing), ("encryption_alg", wrapping), ("encryption_enc", content)]
    {
        if !names.is_empty() {
            document.insert(format!("{message}_{kind}_values_supported"), distinct(names.into_iter()));
        }
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    json!(names.collect::<std::collections::BTreeSet<_>>())
}
