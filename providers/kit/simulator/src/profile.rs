//! What one simulated OpenID provider is like, as values: endpoints, clients, what it demands, what
//! it answers with. The engine that acts on them is the rest of the crate.

use std::time::Duration;

use serde_json::{Map, Value};
use tunnus_sdk::{
    Claims, ContentEncryption, Hidden, KeyEncryption, Params, SigningAlgorithm, Timestamp,
    sandbox::{SimulatedRequest, SimulatedResponse},
};

use crate::{OpenIdProvider, faults::FaultRow, personas::Persona};

/// A simulated OpenID provider.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name on its pages.
    pub title: &'static str,
    /// The issuer's path below the simulator's base: `/auth/open`; empty for the base itself.
    pub issuer_path: &'static str,
    /// The paths of its endpoints.
    pub endpoints: Endpoints,
    /// Members that its metadata document has beside, or instead of, those that follow from the rest
    /// of the profile; `null` takes one away. A text that begins with `/` becomes a URL below the
    /// issuer where the member's name ends in `_endpoint`.
    pub metadata: Map<String, Value>,
    /// Whether the metadata has `mtls_endpoint_aliases` (RFC 8705, section 5).
    pub mtls_aliases: bool,
    /// The clients registered.
    pub clients: Vec<Client>,
    /// Whether a request object must have `nbf` (FAPI 1.0 advanced).
    pub request_object_nbf: bool,
    /// How its published keys behave.
    pub jwks: JwksBehaviour,
    /// How long a code lives.
    pub code_lifetime: Duration,
    /// How long an ID token lives.
    pub id_token_lifetime: Duration,
    /// How long an access token lives.
    pub access_token_lifetime: Duration,
    /// Whether the ID token says `auth_time` unasked; with `max_age` it always does.
    pub auth_time: bool,
    /// The `error` of a person who cancels.
    pub cancel_code: &'static str,
    /// Who can log in.
    pub personas: Vec<&'static Persona>,
    /// What the ID token says beside the protocol's own claims; may set `sub`.
    pub id_token_claims: ClaimsOf,
    /// What userinfo says beside `sub`.
    pub userinfo_claims: ClaimsOf,
    /// Refuses authorization requests that the real service would refuse, with a sentence.
    pub check_request: fn(&Params) -> Result<(), &'static str>,
    /// Paths that are no part of OpenID Connect.
    pub routes: Vec<Route>,
    /// Faults that only this provider has; a generic one of the same name gives way.
    pub faults: &'static [FaultRow],
}

/// Makes the claims of one message about a login.
pub type ClaimsOf = fn(&Login<'_>) -> Claims;

impl Profile {
    /// An OpenID provider without particulars, and without clients.
    #[must_use]
    pub fn generic(title: &'static str) -> Self {
        Self {
            title,
            issuer_path: "",
            endpoints: Endpoints::default(),
            metadata: Map::new(),
            mtls_aliases: false,
            clients: Vec::new(),
            request_object_nbf: false,
            jwks: JwksBehaviour::Stable,
            code_lifetime: Duration::from_secs(15),
            id_token_lifetime: Duration::from_secs(600),
            access_token_lifetime: Duration::from_secs(600),
            auth_time: true,
            cancel_code: "access_denied",
            personas: crate::personas::everyone(),
            id_token_claims: |_| Claims::new(),
            userinfo_claims: crate::claims::standard,
            check_request: |_| Ok(()),
            routes: Vec::new(),
            faults: &[],
        }
    }
}

/// Paths below the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The authorization endpoint.
    pub authorization: &'static str,
    /// The token endpoint.
    pub token: &'static str,
    /// The userinfo endpoint.
    pub userinfo: &'static str,
    /// The JWKS document.
    pub jwks: &'static str,
    /// The pushed authorization request endpoint (RFC 9126), where there is one.
    pub pushed: Option<&'static str>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            authorization: "/authorize",
            token: "/token",
            userinfo: "/userinfo",
            jwks: "/jwks",
            pushed: Some("/par"),
        }
    }
}

/// How the published keys behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JwksBehaviour {
    /// Always all of them, in one order.
    Stable,
    /// Another subset in another order on each call. The key that signs is missing from every third
    /// document, the first among them; it is there on each of the two calls after that.
    Changing,
}

/// A client registered at the simulated provider: our connection, seen from the upstream.
///
/// [`Client::new`] takes over what the upstream would know of the connection's credentials.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Where it may send the browser back to, exactly.
    pub redirect_uris: Vec<String>,
    /// Its secret.
    pub secret: Option<Hidden<String>>,
    /// Its public keys, a JWKS document.
    pub jwks: Vec<u8>,
    /// The SHA-256 thumbprint of its certificate, base64url.
    pub certificate: Option<String>,
    /// How it must authenticate.
    pub authentication: ClientAuthentication,
    /// How its authorization requests must come.
    pub request: RequestDemand,
    /// Whether PKCE with S256 is demanded.
    pub pkce: bool,
    /// Whether a nonce is demanded.
    pub nonce: bool,
    /// How it gets the authorization response.
    pub response: ResponseDelivery,
    /// What its ID tokens look like.
    pub id_token: MessageShape,
    /// What its userinfo responses look like.
    pub userinfo: MessageShape,
}

/// How a client authenticates at the token endpoint and the PAR endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `private_key_jwt` with this algorithm.
    PrivateKeyJwt(SigningAlgorithm),
    /// `client_secret_basic`.
    SecretBasic {
        /// Whether `client_id` must stand in the body too.
        client_id_in_body: bool,
    },
    /// `client_secret_post`.
    SecretPost,
    /// `tls_client_auth`, with `client_id` in the body; access tokens are bound to the certificate.
    MutualTls,
}

/// How authorization requests must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDemand {
    /// Whether they must be pushed (RFC 9126).
    pub pushed: bool,
    /// The request object (RFC 9101) that they must be.
    pub object: RequestObject,
}

/// The one form that the parameters of an authorization request must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestObject {
    /// Plain parameters; a request object is refused.
    Absent,
    /// A signed request object.
    Signed(SigningAlgorithm),
    /// A signed request object inside an encrypted one.
    SignedThenEncrypted {
        /// The signature.
        signing: SigningAlgorithm,
        /// How the content key travels.
        algorithm: KeyEncryption,
        /// How the content may be encrypted.
        contents: &'static [ContentEncryption],
    },
    /// Parameters as JSON in a JWE, without a signature.
    Encrypted {
        /// How the content key travels.
        algorithm: KeyEncryption,
        /// How the content may be encrypted.
        contents: &'static [ContentEncryption],
    },
}

/// How the authorization response reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseDelivery {
    /// Plain parameters, in the query or as a form, as `response_mode` says.
    Plain {
        /// Whether `iss` is among them (RFC 9207).
        iss: bool,
    },
    /// In a JWT (JARM), which the request's `response_mode` must ask for.
    Jarm(MessageShape),
}

/// What a message looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageShape {
    /// A JSON object.
    Plain,
    /// A signed JWT.
    Signed(SigningAlgorithm),
    /// A signed JWT inside an encrypted one.
    Nested {
        /// The signature.
        signing: SigningAlgorithm,
        /// How the content key travels.
        algorithm: KeyEncryption,
        /// How the content is encrypted.
        content: ContentEncryption,
    },
}

/// A path that is no part of OpenID Connect: an account selector, payment details.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The path below the simulator's base: `/select-accounts`.
    pub path: &'static str,
    /// What answers there.
    pub answer: fn(&OpenIdProvider, &SimulatedRequest) -> SimulatedResponse,
}

/// A person who has logged in, as the profile's claims tables see it.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// Who.
    pub persona: &'static Persona,
    /// The parameters of the authorization request, whatever way they came.
    pub parameters: &'a Params,
    /// The client.
    pub client_id: &'a str,
    /// The issuer.
    pub issuer: &'a str,
    /// When the person logged in.
    pub authenticated_at: Timestamp,
}

impl Login<'_> {
    /// Whether the request's `scope` has `scope`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.parameters.one("scope").is_some_and(|all| all.split(' ').any(|one| one == scope))
    }

    /// The claims of `rows` (scope, claim, value) whose scope was asked for; a `null` is none.
    #[must_use]
    pub fn granted<const N: usize>(&self, rows: [(&str, &str, Value); N]) -> Claims {
        let given = rows.into_iter().filter(|(scope, _, value)| !value.is_null() && self.has_scope(scope));
        given.map(|(_, claim, value)| (claim.to_owned(), value)).collect()
    }

    /// Whether the request's `claims` parameter names `claim` for `id_token` or `userinfo` (OpenID
    /// Connect Core, section 5.5).
    #[must_use]
    pub fn asks_for(&self, message: &str, claim: &str) -> bool {
        let claims = self.parameters.one("claims").and_then(|text| serde_json::from_str::<Value>(text).ok());
        claims.is_some_and(|claims| claims.get(message).is_some_and(|names| names.get(claim).is_some()))
    }

    /// The person's `sub` at this issuer unless the profile sets one: 43 characters, stable.
    #[must_use]
    pub fn subject(&self) -> String {
        crate::chance::digest_text(&[self.issuer, self.persona.id])
    }
}
