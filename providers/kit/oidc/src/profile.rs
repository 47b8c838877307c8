//! What a provider's upstream is like, as values: one [`Profile`].
//!
//! Owns how the client authenticates and how the response comes back, and what follows from a
//! profile for a connection: its floor and its credentials. Requests are [`crate::request`]'s, what
//! must come back is [`crate::demand`]'s; carrying it out is the rest of the crate.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::{CredentialNeeds, Floor, Leg, SigningAlgorithm};

use crate::{
    RequestProtection, RequestRoute, SignedRequest, TokenDemand, UserinfoDemand, demand::plain_demand,
};

/// How one upstream is spoken to. [`Profile::new`] gives the strict defaults; a provider changes
/// the fields in which its upstream differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The issuer, byte for byte as its metadata and tokens spell it.
    pub issuer: String,
    /// Our id at the upstream.
    pub client_id: String,
    /// Hosts (`host` or `host:port`) that endpoints may be on, beside the issuer's own.
    pub endpoint_hosts: Vec<String>,
    /// The leg on which the browser comes back from the upstream.
    pub leg: Leg,
    /// How the authorization request travels, and what protects it.
    pub request: RequestRoute,
    /// What takes the place of a pushed request where the metadata names no PAR endpoint. Default:
    /// nothing; such an upstream fails.
    pub without_par: Option<RequestRoute>,
    /// How the client authenticates at PAR and at the token endpoint.
    pub client_auth: ClientAuth,
    /// Whether PKCE is used (RFC 7636, S256 only). Default: yes.
    pub pkce: bool,
    /// Whether a `nonce` is sent and demanded. Default: yes.
    pub nonce: bool,
    /// How the authorization response comes back.
    pub response: ResponseMode,
    /// Whether a plain response must name its issuer (RFC 9207). Inside JARM it always must.
    pub callback_iss: Presence,
    /// What the ID token must be.
    pub id_token: TokenDemand,
    /// Whether the ID token must hold `at_hash`. One that stands there is always checked.
    pub at_hash: Presence,
    /// When the ID token must hold `auth_time`. One that stands there is always checked.
    pub auth_time: AuthTime,
    /// What the userinfo response must be.
    pub userinfo: UserinfoDemand,
    /// Members of the metadata beyond the standard's that name endpoints of
    /// [`crate::RelyingParty::fetch_document`]. Each may be absent; one that is there is checked.
    pub document_endpoints: &'static [&'static str],
    /// How far the upstream's clock may be from ours.
    pub clock_skew: Duration,
    /// Error codes of this upstream that mean that the person cancelled, beside `access_denied`.
    /// Compared without regard to case.
    pub cancel_codes: Vec<String>,
}

impl Profile {
    /// A profile with the strict defaults: a pushed, signed request (PS256), `private_key_jwt` with
    /// the issuer as audience, PKCE, a nonce, RFC 9207, a signed ID token (PS256), plain userinfo.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        let algorithm = SigningAlgorithm::PS256;
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            endpoint_hosts: Vec::new(),
            leg: Leg::CALLBACK,
            request: RequestRoute::pushed(RequestProtection::Signed(SignedRequest::new(algorithm))),
            without_par: None,
            client_auth: ClientAuth::PrivateKeyJwt { algorithm, audience: AssertionAudience::Issuer },
            pkce: true,
            nonce: true,
            response: ResponseMode::Query,
            callback_iss: Presence::Required,
            id_token: TokenDemand::Signed(vec![algorithm]),
            at_hash: Presence::IfPresent,
            auth_time: AuthTime::WithMaxAgeOrLogin,
            userinfo: UserinfoDemand::Plain,
            document_endpoints: &[],
            clock_skew: Duration::from_secs(30),
            cancel_codes: Vec::new(),
        }
    }

    /// The floor that follows: just what this profile demands, nothing weaker.
    /// ([`tunnus_sdk::Definition::floor`].)
    #[must_use]
    pub fn floor(&self) -> Floor {
        let userinfo = match &self.userinfo {
            UserinfoDemand::NotFetched => None,
            UserinfoDemand::Plain => Some(plain_demand()),
            UserinfoDemand::Protected { token, .. } => Some(token.floor()),
        };
        let authorization_response = match &self.response {
            ResponseMode::Jarm(token) => Some(token.floor()),
            ResponseMode::Query | ResponseMode::FormPost => None,
        };
        let document = (!self.document_endpoints.is_empty()).then(plain_demand);
        Floor { id_token: Some(self.id_token.floor()), userinfo, authorization_response, document }
    }

    /// The credentials that follow ([`tunnus_sdk::Definition::needs`]).
    #[must_use]
    pub fn needs(&self) -> CredentialNeeds {
        let assertion = match self.client_auth {
            ClientAuth::PrivateKeyJwt { algorithm, .. } => Some(algorithm),
            ClientAuth::SecretBasic { .. } | ClientAuth::SecretPost | ClientAuth::MutualTls => None,
        };
        let routes = [Some(&self.request), self.without_par.as_ref()];
        let request = routes.into_iter().flatten().find_map(|route| route.protection.signed());
        CredentialNeeds {
            client_secret: matches!(
                self.client_auth,
                ClientAuth::SecretBasic { .. } | ClientAuth::SecretPost
            ),
            signing: request.map(|signed| signed.algorithm).or(assertion),
            decryption: self.expects_encryption(),
            certificate: self.client_auth == ClientAuth::MutualTls,
        }
    }

    fn expects_encryption(&self) -> bool {
        let jarm = match &self.response {
            ResponseMode::Jarm(token) => Some(token),
            ResponseMode::Query | ResponseMode::FormPost => None,
        };
        let userinfo = match &self.userinfo {
            UserinfoDemand::Protected { token, .. } => Some(token),
            UserinfoDemand::Plain | UserinfoDemand::NotFetched => None,
        };
        let tokens = [Some(&self.id_token), jarm, userinfo];
        tokens.into_iter().flatten().any(|token| matches!(token, TokenDemand::Nested(..)))
    }
}

/// How the client authenticates at PAR and at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ClientAuth {
    /// A signed assertion (RFC 7523, OpenID Connect Core, section 9).
    PrivateKeyJwt {
        /// The algorithm.
        algorithm: SigningAlgorithm,
        /// Whom it is for.
        audience: AssertionAudience,
    },
    /// The secret in the `Authorization` header (RFC 6749, section 2.3.1).
    SecretBasic {
        /// Whether `client_id` stands in the body too, as some upstreams want.
        client_id_in_body: bool,
    },
    /// The secret in the body.
    SecretPost,
    /// A client certificate (RFC 8705), shown at PAR, token, userinfo and document endpoints, each
    /// at its `mtls_endpoint_aliases` entry where there is one.
    MutualTls,
}

/// The one audience of a client assertion. There is never a second: a client of several issuers
/// could otherwise be tricked into an assertion that another one accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer.
    #[default]
    Issuer,
    /// The token endpoint, as older upstreams want.
    TokenEndpoint,
}

/// How the authorization response comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ResponseMode {
    /// In the query, the default of the code flow; no `response_mode` is sent.
    Query,
    /// In a form that the browser posts (`form_post`).
    FormPost,
    /// In a JWT (JARM, `response_mode=jwt`); what is due, is due for errors too.
    Jarm(TokenDemand),
}

/// Whether something must be there. What is there is checked in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It must.
    Required,
    /// It may be missing.
    IfPresent,
}

/// When the ID token must hold `auth_time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthTime {
    /// Always.
    Always,
    /// When `max_age` is asked for (OpenID Connect Core, section 2), or `prompt=login`.
    WithMaxAgeOrLogin,
    /// When `max_age` is asked for; `prompt=login` is trusted.
    WithMaxAge,
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
