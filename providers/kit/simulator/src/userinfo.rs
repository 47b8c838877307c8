//! The userinfo endpoint, and what an access token opens besides.

use serde_json::{Value, json};
use tunnus_sdk::{
    Claims,
    sandbox::{SimulatedRequest, SimulatedResponse},
};

use crate::{
    ClientAuthentication, MessageShape, OpenIdProvider,
    client_auth::check_certificate,
    faults::{Endpoint, Message, Trouble},
    memory::Grant,
    oauth_error::OAuthError,
    profile::Login,
    respond,
    token::without_nulls,
};

impl OpenIdProvider {
    /// OpenID Connect Core, section 5.3.
    pub(crate) fn userinfo(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let grant = self.bearer(request);
        grant.and_then(|grant| self.tell(&grant)).unwrap_or_else(OAuthError::response)
    }

    /// Answers a route of the profile's own with a JSON document about the person whose access token
    /// the request shows. A missing or wrong token is refused, and `Endpoint::Route` faults of `path`
    /// are done. `None` is answered with 204.
    pub fn protected_document(
        &self,
        path: &'static str,
        request: &SimulatedRequest,
        document: fn(&Login<'_>) -> Option<Value>,
    ) -> SimulatedResponse {
        let answer = |grant: Grant| {
            let mut trouble = Trouble::new(self.fault_in_force(grant.fault));
            if let Some(refusal) = trouble.refusal(Endpoint::Route(path)) {
                return refusal;
            }
            let Some(mut document) = self.with_login(&grant, document) else {
                return SimulatedResponse { status: 204, ..SimulatedResponse::default() };
            };
            trouble.alter(Endpoint::Route(path), &mut document);
            trouble.finish(Endpoint::Route(path), respond::json(200, &document))
        };
        self.bearer(request).map_or_else(OAuthError::response, answer)
    }

    /// The grant behind the request's access token; a certificate-bound token counts only with the
    /// certificate (RFC 8705, section 3).
    fn bearer(&self, request: &SimulatedRequest) -> Result<Grant, OAuthError> {
        const REFUSED: OAuthError = OAuthError::token("the access token is unknown or expired");
        let header = request.authorization.as_ref().ok_or(REFUSED)?;
        let token = header.expose_str().strip_prefix("Bearer ").ok_or(REFUSED)?;
        let grant = self.memory().tokens.find(token, self.now()).cloned().ok_or(REFUSED)?;
        match grant.asked.client.client.authentication {
            ClientAuthentication::MutualTls => {
                check_certificate(&grant.asked.client, request).map_err(|_| REFUSED)?;
            }
            ClientAuthentication::PrivateKeyJwt(_)
            | ClientAuthentication::SecretBasic { .. }
            | ClientAuthentication::SecretPost => {}
        }
        Ok(grant)
    }

    fn tell(&self, grant: &Grant) -> Result<SimulatedResponse, OAuthError> {
        let mut trouble = Trouble::new(self.fault_in_force(grant.fault));
        if let Some(refusal) = trouble.refusal(Endpoint::Userinfo) {
            return Ok(refusal);
        }
        let client = &grant.asked.client;
        let shape = client.client.userinfo;
        let mut claims = without_nulls(self.with_login(grant, self.profile.userinfo_claims));
        claims.insert("sub".into(), json!(self.id_token_table(grant).0));
        if shape != MessageShape::Plain {
            self.address(grant, &mut claims);
        }
        trouble.change_claims(Message::Userinfo, &mut claims, self.now());
        let body = self.seal(client, (Message::Userinfo, shape), &claims, &mut trouble)?;
        let is_json = body.starts_with('{');
        let response = if is_json { respond::json_text(body) } else { respond::jwt(body) };
        Ok(trouble.finish(Endpoint::Userinfo, response))
    }

    /// A signed response says who speaks to whom (OpenID Connect Core, section 5.3.2).
    fn address(&self, grant: &Grant, claims: &mut Claims) {
        claims.insert("iss".into(), json!(self.issuer()));
        claims.insert("aud".into(), json!(grant.asked.client.client.id));
    }
}
