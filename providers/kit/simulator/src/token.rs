//! The token endpoint, and the ID token that it gives out.

use serde_json::json;
use tunnus_sdk::{
    Claims,
    sandbox::{SimulatedRequest, SimulatedResponse},
};

use crate::{
    OpenIdProvider,
    chance::{half_sha256_text, sha256_text},
    clients::text,
    faults::{Endpoint, Message, Trouble},
    memory::Grant,
    oauth_error::OAuthError,
    profile::Login,
    respond,
};

impl OpenIdProvider {
    /// RFC 6749, section 4.1.3.
    pub(crate) fn exchange(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let grant = self.redeem(request);
        grant.and_then(|grant| self.answer_grant(grant)).unwrap_or_else(OAuthError::response)
    }

    /// Takes the grant behind a code: a code is good for one try, 15 seconds, and who asked for it.
    fn redeem(&self, request: &SimulatedRequest) -> Result<Grant, OAuthError> {
        let registered = self.authenticate(request)?;
        let form = &request.form;
        if form.one("grant_type") != Some("authorization_code") {
            return Err(OAuthError::new(400, "unsupported_grant_type", "only codes are exchanged here"));
        }
        let code = form.one("code").ok_or(OAuthError::request("code is missing"))?;
        let taken = self.memory().codes.take(code, self.now());
        let grant = taken.ok_or(OAuthError::grant("the code is unknown, used or expired"))?;
        let asked = &grant.asked;
        let verifier = form.one("code_verifier").map(|verifier| sha256_text(verifier.as_bytes()));
        let checks = [
            (asked.client.client.id == registered.client.id, "the code is another client's"),
            (form.one("redirect_uri") == asked.parameters.one("redirect_uri"), "redirect_uri differs"),
            (verifier.as_deref() == asked.parameters.one("code_challenge"), "code_verifier does not fit"),
        ];
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map_or(Ok(grant.clone()), |(_, description)| Err(OAuthError::grant(description)))
    }

    fn answer_grant(&self, grant: Grant) -> Result<SimulatedResponse, OAuthError> {
        let mut trouble = Trouble::new(self.fault_in_force(grant.fault));
        if let Some(refusal) = trouble.refusal(Endpoint::Token) {
            return Ok(refusal);
        }
        let access_token = self.chance.draw();
        let claims = self.id_token_claims(&grant, &access_token, &mut trouble);
        let client = &grant.asked.client;
        let id_token =
            self.seal(client, (Message::IdToken, client.client.id_token), &claims, &mut trouble)?;
        let mut answer = json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.profile.access_token_lifetime.as_secs(),
            "scope": grant.asked.parameters.one("scope"),
            "id_token": id_token,
        });
        trouble.alter(Endpoint::Token, &mut answer);
        let now = self.now();
        self.memory().tokens.keep(access_token, grant, now, now.plus(self.profile.access_token_lifetime));
        Ok(trouble.finish(Endpoint::Token, respond::json(200, &answer)))
    }

    /// OpenID Connect Core, section 2, and what the profile adds.
    fn id_token_claims(&self, grant: &Grant, access_token: &str, trouble: &mut Trouble) -> Claims {
        let now = self.now();
        let parameters = &grant.asked.parameters;
        let mut claims = Claims::new();
        claims.insert("iss".into(), json!(self.issuer()));
        claims.insert("aud".into(), json!(grant.asked.client.client.id));
        claims.insert("iat".into(), json!(now));
        claims.insert("exp".into(), json!(now.plus(self.profile.id_token_lifetime)));
        claims.insert("at_hash".into(), json!(half_sha256_text(access_token.as_bytes())));
        if let Some(nonce) = parameters.one("nonce") {
            claims.insert("nonce".into(), json!(nonce));
        }
        if self.profile.auth_time || parameters.has("max_age") {
            claims.insert("auth_time".into(), json!(grant.authenticated_at));
        }
        let (subject, own) = self.id_token_table(grant);
        claims.insert("sub".into(), json!(subject));
        claims.extend(own);
        trouble.change_claims(Message::IdToken, &mut claims, now);
        claims
    }

    /// The person's `sub`, and what the profile's table says in the ID token.
    pub(crate) fn id_token_table(&self, grant: &Grant) -> (String, Claims) {
        self.with_login(grant, |login| {
            let own = without_nulls((self.profile.id_token_claims)(login));
            let subject = text(&own, "sub").map_or_else(|| login.subject(), str::to_owned);
            (subject, own)
        })
    }

    /// Hands the login of a grant to `table`.
    pub(crate) fn with_login<T>(&self, grant: &Grant, table: impl FnOnce(&Login<'_>) -> T) -> T {
        table(&Login {
            persona: grant.persona,
            parameters: &grant.asked.parameters,
            client_id: &grant.asked.client.client.id,
            issuer: &self.issuer(),
            authenticated_at: grant.authenticated_at,
        })
    }
}

/// Takes away the members that are `null`: a persona without them.
pub(crate) fn without_nulls(mut claims: Claims) -> Claims {
    claims.retain(|_, value| !value.is_null());
    claims
}
