//! A client by hand, at Acme's simulator: requests as they go over the wire, each part changeable.

use std::sync::Arc;

use serde_json::{Value, json};
use tunnus_jose::{Operations, SigningKey};
use tunnus_sdk::{
    Claims, Hidden, RequestMethod, SigningAlgorithm, Timestamp,
    sandbox::{SandboxConnection, SandboxSite, SimulatedRequest, SimulatedResponse, Simulator},
};
use tunnus_simulator::{Clock, OpenIdProvider, test_site};
use url::Url;

use crate::acme;

/// A PKCE pair (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub type Fields = Vec<(&'static str, String)>;

pub struct Desk {
    pub clock: Clock,
    pub site: SandboxSite,
    pub simulator: Arc<OpenIdProvider>,
    connections: Vec<SandboxConnection>,
}

impl Desk {
    pub fn new() -> Self {
        let clock = Clock::at(Timestamp(1_795_256_803));
        let site = test_site(&clock);
        let (simulator, connections) = acme::simulator(&site).expect("a simulator");
        Self { clock, site, simulator: Arc::new(simulator), connections }
    }

    pub fn connection(&self, id: &str) -> &SandboxConnection {
        self.connections.iter().find(|connection| connection.id == id).expect("a connection")
    }

    pub fn issuer(&self) -> String {
        self.simulator.issuer()
    }

    /// The parameters of a good authorization request, with a hint that logs Onni in.
    pub fn parameters(&self, id: &str, response_mode: &str) -> Fields {
        [
            ("client_id", format!("client-of-{id}")),
            ("response_type", "code".to_owned()),
            ("scope", "openid profile".to_owned()),
            ("redirect_uri", format!("{}/{id}/callback", self.site.return_prefix)),
            ("state", "state-of-ours".to_owned()),
            ("nonce", "nonce-of-ours".to_owned()),
            ("code_challenge", CHALLENGE.to_owned()),
            ("code_challenge_method", "S256".to_owned()),
            ("response_mode", response_mode.to_owned()),
            ("login_hint", "sandbox:persona=onni".to_owned()),
        ]
        .into()
    }

    /// What a client says of itself by an assertion; `change` may spoil it.
    pub fn assertion(&self, id: &str, change: impl FnOnce(&mut Claims)) -> Fields {
        let client_id = format!("client-of-{id}");
        let now = self.clock.now().0;
        let mut claims = object(&json!({
            "iss": client_id, "sub": client_id, "aud": self.issuer(), "iat": now, "exp": now + 60, "jti": "a1",
        }));
        change(&mut claims);
        let token = self.sign(id, SigningAlgorithm::ES256, &claims);
        [
            ("client_id", client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
            ("client_assertion", token),
        ]
        .into()
    }

    /// A signed request object around `parameters`; `change` may spoil it.
    pub fn request_object(&self, id: &str, parameters: &Fields, change: impl FnOnce(&mut Claims)) -> String {
        let now = self.clock.now().0;
        let mut claims: Claims =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        claims.extend(object(&json!({
            "iss": format!("client-of-{id}"), "aud": self.issuer(), "iat": now, "exp": now + 60, "jti": "r1",
        })));
        change(&mut claims);
        self.sign(id, SigningAlgorithm::ES256, &claims)
    }

    pub fn sign(&self, id: &str, algorithm: SigningAlgorithm, claims: &Claims) -> String {
        let key = SigningKey::parse(&self.connection(id).credentials.signing[0]).expect("a key");
        let token = key.sign(&Operations::new(), algorithm, Some("JWT"), claims).expect("a token");
        token.expose_str().to_owned()
    }

    pub fn secret(&self, id: &str) -> String {
        self.connection(id).credentials.client_secret.as_ref().expect("a secret").expose_str().to_owned()
    }

    pub fn get(&self, path: &str, query: &Fields) -> SimulatedResponse {
        self.answer(SimulatedRequest {
            query: query.iter().cloned().collect(),
            ..request(RequestMethod::Get, path)
        })
    }

    pub fn post(&self, path: &str, form: &Fields) -> SimulatedResponse {
        self.answer(SimulatedRequest {
            form: form.iter().cloned().collect(),
            ..request(RequestMethod::Post, path)
        })
    }

    pub fn answer(&self, request: SimulatedRequest) -> SimulatedResponse {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.simulator.answer(request))
    }

    /// A code for the modest client.
    pub fn modest_code(&self) -> String {
        let page = self.get("/op/authorize", &self.parameters("acme-modest", "query"));
        let back = Url::parse(&header(&page, "Location").expect("a redirect")).expect("a URL");
        back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    /// A good token request of the modest client.
    pub fn modest_exchange(&self, code: String) -> Fields {
        [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", format!("{}/acme-modest/callback", self.site.return_prefix)),
            ("code_verifier", VERIFIER.to_owned()),
            ("client_id", "client-of-acme-modest".to_owned()),
            ("client_secret", self.secret("acme-modest")),
        ]
        .into()
    }

    pub fn userinfo(&self, access_token: &str) -> SimulatedResponse {
        let authorization = Some(Hidden::new(format!("Bearer {access_token}")));
        self.answer(SimulatedRequest { authorization, ..request(RequestMethod::Get, "/op/userinfo") })
    }
}

/// A request without parameters.
pub fn request(method: RequestMethod, path: &str) -> SimulatedRequest {
    SimulatedRequest {
        method,
        path: path.to_owned(),
        query: Fields::new().into_iter().collect(),
        form: Fields::new().into_iter().collect(),
        authorization: None,
        client_certificate: None,
    }
}

/// The fields with one set, or taken away.
pub fn with(mut fields: Fields, name: &'static str, value: Option<&str>) -> Fields {
    fields.retain(|(other, _)| *other != name);
    fields.extend(value.map(|value| (name, value.to_owned())));
    fields
}

pub fn header(response: &SimulatedResponse, name: &str) -> Option<String> {
    response.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
}

pub fn body(response: &SimulatedResponse) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

pub fn text(response: &SimulatedResponse) -> String {
    String::from_utf8(response.body.clone()).expect("text")
}

/// The OAuth error of a JSON answer; none where it is no error.
pub fn error(response: &SimulatedResponse) -> Option<String> {
    body(response).get("error").and_then(Value::as_str).map(str::to_owned)
}

pub fn object(value: &Value) -> Claims {
    value.as_object().cloned().expect("an object")
}
