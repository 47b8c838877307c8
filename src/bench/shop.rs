//! The app and its customers: logins from the app's request to the answer of userinfo.
//!
//! Lean, so that it keeps up with the broker on a core of its own: metadata are known, and an ID token
//! is verified once a scenario only.

use std::sync::Arc;

use reqwest::{Client, redirect::Policy};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde_json::{Value, json};
use tunnus_jose::{Operations, PublicKeys, verify};
use tunnus_sdk::SigningAlgorithm;
use url::Url;

use super::{
    BenchError,
    broker::Addresses,
    folder::{APP_SECRET, REDIRECT_URI, TENANT, app},
    scenario::Scenario,
};
use crate::{ambient::Ambient, digest::sha256_base64url, http::browser::params, sandbox::walker::Walker};

/// An HTTP client that trusts the run's own authority and follows no redirect.
///
/// # Errors
/// Where TLS cannot be set up.
pub fn client(authority: &str) -> Result<Client, BenchError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots.add(certificate.map_err(|_| BenchError::Login("the authority's certificate is none"))?)?;
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder().redirect(Policy::none()).no_proxy().tls_backend_preconfigured(tls).build()?)
}

/// An app with customers.
pub struct Shop {
    http: Client,
    issuer: String,
    upstreams: String,
    app: String,
    algorithm: SigningAlgorithm,
    connection: String,
    ambient: Ambient,
}

/// A login on its way.
struct Begun {
    url: Url,
    state: String,
    nonce: String,
    verifier: String,
}

impl Shop {
    /// The shop of `scenario`, at a broker, whose upstreams are at `upstreams`.
    #[must_use]
    pub fn new(http: Client, scenario: &Scenario, at: Addresses, upstreams: &str) -> Self {
        Self {
            http,
            issuer: format!("http://{}/t/{TENANT}", at.public),
            upstreams: upstreams.to_owned(),
            app: app(scenario.app),
            algorithm: scenario.app,
            connection: scenario.login.connection.clone(),
            ambient: Ambient::system(),
        }
    }

    fn begun(&self) -> Result<Begun, BenchError> {
        let [state, nonce, verifier] = [(); 3].map(|()| self.ambient.secret().expose().clone());
        let challenge = sha256_base64url(&verifier);
        let url = Url::parse_with_params(
            &format!("{}/authorize", self.issuer),
            [
                ("response_type", "code"),
                ("client_id", self.app.as_str()),
                ("redirect_uri", REDIRECT_URI),
                ("scope", "openid profile"),
                ("state", state.as_str()),
                ("nonce", nonce.as_str()),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
                ("connection", self.connection.as_str()),
            ],
        )?;
        Ok(Begun { url, state, nonce, verifier })
    }

    /// A customer who is sent to the upstream and stays there.
    ///
    /// # Errors
    /// Where that does not happen.
    pub async fn leave(&self) -> Result<(), BenchError> {
        Walker::new(self.http.clone()).walk(&self.begun()?.url, &self.upstreams).await?;
        Ok(())
    }

    /// One whole login.
    ///
    /// # Errors
    /// Where it does not end with an ID token and a person's name.
    pub async fn login(&self) -> Result<(), BenchError> {
        self.log_in().await.map(drop)
    }

    /// One whole login whose ID token is verified.
    ///
    /// # Errors
    /// As [`Self::login`], and where the ID token does not verify.
    pub async fn verified_login(&self) -> Result<(), BenchError> {
        let (id_token, nonce) = self.log_in().await?;
        let jwks = self.http.get(format!("{}/jwks", self.issuer)).send().await?.bytes().await?;
        let keys = PublicKeys::parse(&jwks).map_err(|_| BenchError::Login("the key set is none"))?;
        let verified = verify(&Operations::new(), &[self.algorithm], &keys, &id_token);
        let verified = verified.map_err(|_| BenchError::Login("the ID token does not verify"))?;
        let expected = [("iss", &self.issuer), ("aud", &self.app), ("nonce", &nonce)];
        let fits = |(name, value): &(&str, &String)| verified.claims.get(*name) == Some(&json!(value));
        if expected.iter().all(fits) {
            return Ok(());
        }
        Err(BenchError::Login("the ID token is of another login"))
    }

    /// The ID token, and the nonce that must be in it.
    async fn log_in(&self) -> Result<(String, String), BenchError> {
        let Begun { url, state, nonce, verifier } = self.begun()?;
        let end = Walker::new(self.http.clone()).walk_pressing(&url, REDIRECT_URI).await?;
        let back = params(end.query().unwrap_or_default().as_bytes());
        let code = back.one("code").filter(|_| back.one("state") == Some(state.as_str()));
        let code = code.ok_or(BenchError::Login("the browser has brought no code"))?;
        let tokens = self.exchange(code, &verifier).await?;
        let text = |name| tokens.get(name).and_then(Value::as_str);
        let (Some(access), Some(id_token)) = (text("access_token"), text("id_token")) else {
            return Err(BenchError::Login("the token endpoint gives no tokens"));
        };
        let userinfo = self.http.get(format!("{}/userinfo", self.issuer)).bearer_auth(access).send().await?;
        let userinfo: Value = serde_json::from_slice(&userinfo.bytes().await?).unwrap_or_default();
        if userinfo.get("name").is_none_or(Value::is_null) {
            return Err(BenchError::Login("userinfo tells no name"));
        }
        Ok((id_token.to_owned(), nonce))
    }

    async fn exchange(&self, code: &str, verifier: &str) -> Result<Value, BenchError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .http
            .post(format!("{}/token", self.issuer))
            // Both parts form-encoded first (RFC 6749, section 2.3.1).
            .basic_auth(&self.app, Some(APP_SECRET.replace(' ', "+")))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        let answer = request.send().await?.bytes().await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }
}
