//! One login as an app's developer would write it: over OpenID Connect with the `openidconnect`
//! crate, over REST with an HTTP client.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    Scope, TokenResponse, UserInfoClaims,
    core::{CoreClient, CoreGenderClaim, CoreProviderMetadata, CoreResponseType},
};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tunnus_sdk::{Hidden, Params};
use url::Url;

use super::tenant::{APP, APP_SECRET};
use crate::ambient::Ambient;

/// Why a login gave no identity.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The broker answered with an error: its own text.
    #[error("{0}")]
    Refused(String),
    /// Something the broker sent is not what the standard prescribes.
    #[error("the broker's answer was not understood: {0}")]
    NotUnderstood(String),
}

fn not_understood(error: &(dyn std::error::Error + 'static)) -> LoginError {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    LoginError::NotUnderstood(text)
}

/// The claim that holds the whole record.
#[derive(Debug, Serialize, Deserialize)]
struct Tunnus {
    tunnus_identity: Value,
}

impl AdditionalClaims for Tunnus {}

/// An app that speaks to the sandbox's broker.
#[derive(Clone)]
pub struct Relying {
    /// The tenant's issuer.
    pub issuer: String,
    /// An HTTP client that follows no redirects.
    pub http: Client,
    /// The clock that tells when a token has expired.
    pub ambient: Ambient,
}

/// A login that was sent to the broker and not come back yet.
#[derive(Debug)]
pub struct Pending {
    /// Where the browser goes.
    pub url: Url,
    redirect_uri: String,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// An identification that was begun over REST.
#[derive(Debug, Deserialize)]
pub struct Door {
    /// Its id.
    pub id: String,
    /// Where the browser goes.
    pub url: Url,
}

impl Pending {
    /// The state that the answer must carry.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.secret()
    }
}

async fn send(http: &Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = http.execute(request.try_into()?).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await?.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

impl Relying {
    fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(u64::try_from(self.ambient.now().0).unwrap_or_default())
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, LoginError> {
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|error| not_understood(&error))?;
        let http = |request| send(&self.http, request);
        CoreProviderMetadata::discover_async(issuer, &http).await.map_err(|error| not_understood(&error))
    }

    /// Begins a login over OpenID Connect.
    ///
    /// # Errors
    /// Where the broker's metadata are not understood.
    pub async fn begin(&self, redirect_uri: &str, more: &[(&str, &str)]) -> Result<Pending, LoginError> {
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, ClientId::new(APP.to_owned()), None);
        let redirect = RedirectUrl::new(redirect_uri.to_owned()).map_err(|error| not_understood(&error))?;
        let client = client.set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("tunnus".to_owned()))
            .set_pkce_challenge(challenge);
        for (name, value) in more {
            request = request.add_extra_param((*name).to_owned(), (*value).to_owned());
        }
        let (url, state, nonce) = request.url();
        Ok(Pending { url, redirect_uri: redirect_uri.to_owned(), state, nonce, verifier })
    }

    /// Ends a login over OpenID Connect with what came back, and answers the identity record.
    ///
    /// # Errors
    /// Where the broker refused, or its tokens do not verify.
    pub async fn end(&self, pending: Pending, params: &Params) -> Result<Value, LoginError> {
        if let Some(error) = params.one("error_description").or_else(|| params.one("error")) {
            return Err(LoginError::Refused(error.to_owned()));
        }
        let ours =
            params.one("state") == Some(pending.state.secret()) && params.one("iss") == Some(&self.issuer);
        let code = params.one("code").filter(|_| ours);
        let code =
            code.ok_or_else(|| LoginError::NotUnderstood("no code, or not for this login".to_owned()))?;
        let secret = ClientSecret::new(APP_SECRET.to_owned());
        let client = CoreClient::from_provider_metadata(
            self.metadata().await?,
            ClientId::new(APP.to_owned()),
            Some(secret),
        );
        let redirect = RedirectUrl::new(pending.redirect_uri).map_err(|error| not_understood(&error))?;
        let client = client.set_redirect_uri(redirect);
        let http = |request| send(&self.http, request);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| not_understood(&error))?
            .set_pkce_verifier(pending.verifier)
            .request_async(&http)
            .await
            .map_err(|error| not_understood(&error))?;
        let id_token =
            tokens.id_token().ok_or_else(|| LoginError::NotUnderstood("no ID token".to_owned()))?;
        let verifier = client.id_token_verifier().set_time_fn(|| self.time().into());
        let claims = id_token.claims(&verifier, &pending.nonce).map_err(|error| not_understood(&error))?;
        let userinfo: UserInfoClaims<Tunnus, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|error| not_understood(&error))?
            .request_async(&http)
            .await
            .map_err(|error| not_understood(&error))?;
        Ok(userinfo.additional_claims().tunnus_identity.clone())
    }

    /// Begins an identification over REST.
    ///
    /// # Errors
    /// Where the broker refuses.
    pub async fn create(&self, return_url: &str, more: Value) -> Result<Door, LoginError> {
        let mut body = json!({ "return_url": return_url });
        if let (Some(members), Value::Object(more)) = (body.as_object_mut(), more) {
            members.extend(more);
        }
        let answer = self.post("identifications", &body).await?;
        serde_json::from_value(answer.clone()).map_err(|_| LoginError::Refused(answer.to_string()))
    }

    /// Fetches the identity record with what came back.
    ///
    /// # Errors
    /// Where the browser brought an error or the broker refuses.
    pub async fn result(&self, params: &Params) -> Result<Value, LoginError> {
        if let Some(error) = params.one("error") {
            return Err(LoginError::Refused(error.to_owned()));
        }
        let (Some(id), Some(code)) = (params.one("identification"), params.one("code")) else {
            return Err(LoginError::NotUnderstood("no identification or no code".to_owned()));
        };
        let answer = self.post(&format!("identifications/{id}/result"), &json!({ "code": code })).await?;
        answer.get("identity").cloned().ok_or_else(|| LoginError::Refused(answer.to_string()))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, LoginError> {
        let request = self
            .http
            .post(format!("{}/api/v1/{path}", self.issuer))
            .basic_auth(APP, Some(APP_SECRET))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let response = request.send().await.map_err(|error| not_understood(&error))?;
        let bytes = response.bytes().await.map_err(|error| not_understood(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| not_understood(&error))
    }
}

/// The hint that makes a simulator log in without a click.
#[must_use]
pub fn hint(persona: &str) -> Hidden<String> {
    Hidden::new(format!("sandbox:persona={persona}"))
}
