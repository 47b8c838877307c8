//! Sign-in of admins by OpenID Connect, at the issuer that the operator has set.
//!
//! Owns what the issuer is asked and whom its answer lets in as what. The protocol and every check of it
//! are the toolkit's, keys and calls the host's, as for a tenant's connection. The browser's part is
//! `http::admin::console`'s.

mod findings;
#[cfg(test)]
pub(crate) mod for_tests;
mod roles;

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use serde::{Deserialize, Serialize};
use tunnus_oidc::{
    AssertionAudience, AuthorizationParams, ClientAuth, Profile, RelyingParty, RequestProtection,
    RequestRoute, TokenDemand, UserinfoDemand,
};
use tunnus_sdk::{
    BrowserRequest, Claims, Environment, Evidence, Fault, Finding, Hidden, Host as _, Inbound, Leg,
    LocalizedText, LoginRequest, Navigate, Params, ProviderError, ProviderState, SigningAlgorithm, Stage,
    Step, SubjectSource, Timestamp,
};
use url::Url;

use self::roles::{Answers, Grant, Rules};
use super::{Admin, AdminError, Caller, Scope};
use crate::{
    config::{AdminLogin, PublicUrl},
    host::{ConnectionHost, CredentialError, Outbound},
    tenant::{limits::Limits, model::Connection},
};

/// Where the console is signed in to, below the admin listener's address. The leg follows.
const BASE: &str = "/console/sign-in";
/// The leg on which the browser comes back.
const RETURN: Leg = Leg::new("return");
/// What the host and its metrics know the issuer by.
const NAME: &str = "console";
/// How an ID token may be signed: by a key that the issuer publishes, whichever it has.
const ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
/// How many logins are begun in a second. Anybody can begin one, and each is kept for minutes.
const TRIES: u32 = 50;
/// What a person may be called by, the best first.
const NAMES: [&str; 4] = ["name", "preferred_username", "email", "sub"];
/// The longest name that is shown, in characters.
const NAME_MAX: usize = 80;

/// The issuer that lets admins in, ready to be asked.
pub struct Login {
    party: RelyingParty,
    name: String,
    scope: String,
    redirect_uri: Url,
    rules: Rules,
    /// A second, and how many logins were begun in it.
    begun: Mutex<(Timestamp, u32)>,
}

/// Who has signed in, as their session keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// What histories know the sign-in by: random, and new with each.
    id: String,
    issuer: String,
    subject: Hidden<String>,
    name: Hidden<String>,
    answers: Answers,
    grant: Grant,
}

/// Why a login lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The issuer refused, was away, or its answer failed a check.
    #[error("the issuer has let nobody in")]
    Issuer(#[from] ProviderError),
    /// The issuer knows the person, and no rule does.
    #[error("no rule of admin.oidc.roles gives the person a role")]
    NoRole,
}

impl Login {
    /// The issuer of these settings, for a console at `admin_url`. Calls nobody.
    ///
    /// # Errors
    /// Where the credential cannot be used.
    pub fn new(
        settings: &AdminLogin,
        admin_url: &PublicUrl,
        outbound: &Arc<Outbound>,
    ) -> Result<Self, CredentialError> {
        let profile = profile(settings)?;
        let return_base = format!("{}{BASE}", admin_url.as_str());
        let host = ConnectionHost::new("", &connection(settings), profile.floor(), &return_base, outbound)?;
        Ok(Self {
            redirect_uri: host.return_url(&RETURN),
            party: RelyingParty::new(profile, Arc::new(host)),
            name: settings.oidc.shown_name(),
            scope: settings.oidc.scopes.join(" "),
            rules: Rules::new(&settings.oidc.roles),
            begun: Mutex::new((Timestamp(0), 0)),
        })
    }

    /// What the issuer is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the issuer must know as the redirect URI.
    #[must_use]
    pub const fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// Whether one more login may be begun now.
    ///
    /// # Errors
    /// [`AdminError::TooMany`].
    pub fn admit(&self, now: Timestamp) -> Result<(), AdminError> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.0 != now {
            *begun = (now, 0);
        }
        begun.1 = begun.1.saturating_add(1);
        if begun.1 > TRIES { Err(AdminError::TooMany) } else { Ok(()) }
    }

    /// Begins a login: where the browser goes, and what must be kept until it is back.
    ///
    /// # Errors
    /// Where the issuer is away, or its metadata fails a check.
    pub async fn begin(&self, request: &LoginRequest) -> Result<(Url, ProviderState), ProviderError> {
        let params = AuthorizationParams { scope: self.scope.clone(), ..AuthorizationParams::of(request) };
        match self.party.begin(request, params).await? {
            Step::Navigate(Navigate { to: BrowserRequest::Get(url), state, .. }) => Ok((url, state)),
            Step::Navigate(_) | Step::Authenticated(_) => {
                Err(ProviderError::new(Fault::Internal, Stage::Callback))
            }
        }
    }

    /// Ends a login with what the browser has brought back; `id` is what histories shall call it.
    ///
    /// # Errors
    /// The first check that fails; the issuer's own refusal; [`LoginError::NoRole`].
    pub async fn finish(
        &self,
        request: &LoginRequest,
        state: &ProviderState,
        params: Params,
        id: String,
    ) -> Result<Person, LoginError> {
        let evidence = self.party.finish(request, state, &Inbound { leg: RETURN, params }).await?;
        let Evidence { issuer, id_token, userinfo, .. } = evidence;
        let documents: Vec<&Claims> = [Some(&id_token), userinfo.as_ref()].into_iter().flatten().collect();
        let answers = self.rules.ask(&documents);
        let grant = self.rules.grant(&answers).cloned().ok_or(LoginError::NoRole)?;
        let text = |name: &str| documents.iter().find_map(|claims| claims.get(name)?.as_str());
        let name = NAMES.iter().find_map(|name| text(name).map(shown).filter(|name| !name.is_empty()));
        Ok(Person {
            id,
            issuer,
            subject: text("sub").unwrap_or_default().into(),
            name: name.unwrap_or_default().into(),
            answers,
            grant,
        })
    }

    /// Looks at the issuer as it is now.
    pub(super) async fn probe(&self) -> Vec<Finding> {
        self.party.probe().await
    }

    /// Whether the rules as they are now give the person what they came in with.
    fn still_grants(&self, person: &Person) -> bool {
        person.issuer == self.party.profile().issuer
            && self.rules.grant(&person.answers) == Some(&person.grant)
    }
}

impl Person {
    /// What they are called: for themselves alone.
    #[must_use]
    pub const fn name(&self) -> &Hidden<String> {
        &self.name
    }

    /// The issuer that let them in.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Admin {
    /// The same with sign-in by OpenID Connect.
    #[must_use]
    pub fn with_login(self, login: Option<Login>) -> Self {
        Self { login: login.map(Arc::new), ..self }
    }

    /// Sign-in by OpenID Connect, where the settings have it.
    #[must_use]
    pub const fn login(&self) -> Option<&Arc<Login>> {
        self.login.as_ref()
    }

    /// Whom a login let in, as the rules and the tenants are now: what a session is bound to.
    ///
    /// # Errors
    /// [`AdminError::Unauthenticated`] where they give the role no more, or what it reaches is gone;
    /// [`AdminError::Unavailable`].
    pub async fn caller_by_login(&self, person: &Person) -> Result<Caller, AdminError> {
        let grants = self.login().is_some_and(|login| login.still_grants(person));
        if !grants || !self.is_there(&person.grant.scope).await? {
            return Err(AdminError::Unauthenticated);
        }
        Ok(Caller {
            id: person.id.clone(),
            name: "login".to_owned(),
            role: person.grant.role,
            scope: person.grant.scope.clone(),
            person: Some(format!("{}#{}", person.issuer, person.subject.expose()).into()),
        })
    }

    /// Whether what a scope names is there.
    async fn is_there(&self, scope: &Scope) -> Result<bool, AdminError> {
        match scope {
            Scope::All => Ok(true),
            Scope::Tenant(id) => Ok(self.source.read(id).await?.is_some()),
            Scope::Platform(id) => Ok(self.source.read_platform(id).await?.is_some()),
        }
    }
}

/// How the issuer is spoken to. A request in the browser's address is bound by PKCE and nonce; what comes
/// back holds in no browser but the one that left.
fn profile(settings: &AdminLogin) -> Result<Profile, CredentialError> {
    let oidc = &settings.oidc;
    let userinfo = if oidc.userinfo { UserinfoDemand::Plain } else { UserinfoDemand::NotFetched };
    Ok(Profile {
        endpoint_hosts: oidc.endpoint_hosts.clone(),
        leg: RETURN,
        request: RequestRoute::get(RequestProtection::Plain),
        client_auth: client_auth(settings)?,
        callback_iss: oidc.response_issuer,
        id_token: TokenDemand::Signed(ALGORITHMS.to_vec()),
        userinfo,
        ..Profile::new(&oidc.issuer, &oidc.client_id)
    })
}

/// By the key where there is one, with the first algorithm that it makes.
fn client_auth(settings: &AdminLogin) -> Result<ClientAuth, CredentialError> {
    let Some(key) = settings.credentials.signing.first() else {
        return Ok(ClientAuth::SecretBasic { client_id_in_body: false });
    };
    let key = tunnus_jose::SigningKey::parse(key)
        .map_err(|source| CredentialError::Signing { index: 0, source })?;
    let algorithm = key.algorithms().next().unwrap_or(SigningAlgorithm::RS256);
    Ok(ClientAuth::PrivateKeyJwt { algorithm, audience: AssertionAudience::Issuer })
}

/// The issuer as the host knows it: a connection of no tenant's.
fn connection(settings: &AdminLogin) -> Connection {
    Connection {
        id: NAME.to_owned(),
        provider: NAME.to_owned(),
        environment: Environment::Production,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        subject: SubjectSource::Upstream,
        limits: Limits::default(),
        settings: serde_json::Value::Null,
        credentials: settings.credentials.clone(),
        ring: Vec::new(),
        revision: 1,
        key_set: OnceLock::new(),
    }
}

/// A name as it is shown: one line, and not longer than a line.
fn shown(name: &str) -> String {
    let printable = name.chars().filter(|letter| !letter.is_control());
    printable.take(NAME_MAX).collect::<String>().trim().to_owned()
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("party", &self.party).finish_non_exhaustive()
    }
}
