//! The conformance run must see what is wrong: providers with one mistake each, and the mistake by
//! name in the report.

use std::{marker::PhantomData, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tunnus_oidc::Connection;
use tunnus_sdk::{
    Body, Candidate, Cause, Claims, CredentialNeeds, Definition, Descriptor, EncryptTo, Environment,
    Evidence, Expect, Finding, Floor, Hidden, Host, Identity, Inbound, Leg, LoginRequest, OpenError,
    Provider, ProviderError, ProviderState, Request, Response, SealError, SendError, SettingsError,
    SetupStep, Signing, Stage, Step, Timestamp, async_trait,
    sandbox::{Sandbox, SandboxSite},
};
use tunnus_simulator::conformance;
use url::Url;

use crate::acme::{Acme, FAULTS, Settings};

/// A mistake.
trait Mistake: Send + Sync + 'static {
    /// The connection that is enough to show it; none for all.
    const CONNECTION: Option<&'static str> = Some("acme-modest");
    /// Takes claims that the host has refused.
    const READS_ANYTHING: bool = false;
    /// Believes any claim of the ID token that says who it is for.
    const IGNORES_AUDIENCE: bool = false;
    /// Sees no difference between one return and another.
    const IGNORES_STATE: bool = false;
    /// Finds no fault with anything.
    const IGNORES_SETTINGS: bool = false;
}

struct MakesNone;
impl Mistake for MakesNone {}

struct ReadsAnything;
impl Mistake for ReadsAnything {
    const CONNECTION: Option<&'static str> = None;
    const READS_ANYTHING: bool = true;
}

struct IgnoresAudience;
impl Mistake for IgnoresAudience {
    const IGNORES_AUDIENCE: bool = true;
}

struct IgnoresState;
impl Mistake for IgnoresState {
    const IGNORES_STATE: bool = true;
}

struct IgnoresSettings;
impl Mistake for IgnoresSettings {
    const IGNORES_SETTINGS: bool = true;
}

/// Acme with a mistake.
struct Careless<M>(PhantomData<M>);

struct CarelessConnection<M>(Connection<Settings>, PhantomData<M>);

/// A host through which the mistake is made.
struct Mistaken<M> {
    inner: Arc<dyn Host>,
    client_id: String,
    mistake: PhantomData<M>,
}

#[async_trait]
impl<M: Mistake> Definition for Careless<M> {
    type Settings = Settings;
    type Provider = CarelessConnection<M>;

    const DESCRIPTOR: Descriptor = Acme::DESCRIPTOR;

    fn check(settings: &Settings, environment: Environment) -> Vec<SettingsError> {
        if M::IGNORES_SETTINGS {
            return vec![SettingsError::new("/manner", "never right")];
        }
        Acme::check(settings, environment)
    }

    fn needs(settings: &Settings) -> CredentialNeeds {
        Acme::needs(settings)
    }

    fn floor(settings: &Settings) -> Floor {
        Acme::floor(settings)
    }

    fn setup(settings: &Settings) -> Vec<SetupStep> {
        Acme::setup(settings)
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<Self::Provider, ProviderError> {
        let client_id = settings.client_id.clone();
        let host = Mistaken { inner: host, client_id, mistake: PhantomData::<M> };
        Ok(CarelessConnection(Acme::build(settings, Arc::new(host))?, PhantomData))
    }

    fn sandbox(site: &SandboxSite) -> Result<Option<Sandbox>, Cause> {
        let mut sandbox = Acme::sandbox(site)?;
        if let Some(sandbox) = &mut sandbox {
            sandbox.connections.retain(|connection| M::CONNECTION.is_none_or(|id| connection.id == id));
        }
        Ok(sandbox)
    }
}

#[async_trait]
impl<M: Mistake> Provider for CarelessConnection<M> {
    async fn start(&self, login: &LoginRequest) -> Result<Step, ProviderError> {
        self.0.start(login).await
    }

    async fn resume(
        &self,
        login: &LoginRequest,
        state: ProviderState,
        inbound: Inbound,
    ) -> Result<Step, ProviderError> {
        let mut login = login.clone();
        if let (true, Some(state)) = (M::IGNORES_STATE, inbound.params.one("state")) {
            login.state = state.into();
        }
        self.0.resume(&login, state, inbound).await
    }

    fn normalise(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        self.0.normalise(evidence)
    }

    async fn choose(&self, candidates: &[Candidate<'_>], inbound: &Inbound) -> Option<usize> {
        self.0.choose(candidates, inbound).await
    }

    async fn probe(&self) -> Vec<Finding> {
        self.0.probe().await
    }
}

#[async_trait]
impl<M: Mistake> Host for Mistaken<M> {
    fn environment(&self) -> Environment {
        self.inner.environment()
    }

    fn return_url(&self, leg: &Leg) -> Url {
        self.inner.return_url(leg)
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn random(&self) -> Hidden<String> {
        self.inner.random()
    }

    async fn sign(&self, signing: &Signing, claims: &Claims) -> Result<Hidden<String>, SealError> {
        self.inner.sign(signing, claims).await
    }

    async fn encrypt(&self, to: &EncryptTo, payload: &str) -> Result<Hidden<String>, SealError> {
        self.inner.encrypt(to, payload).await
    }

    async fn open(&self, expect: &Expect, token: &str) -> Result<Claims, OpenError> {
        let opened = self.inner.open(expect, token).await;
        let mut claims = match (opened, M::READS_ANYTHING) {
            (Err(error), true) => unverified(token).ok_or(error)?,
            (other, _) => other?,
        };
        if M::IGNORES_AUDIENCE && expect.stage == Stage::IdToken {
            claims.insert("aud".to_owned(), self.client_id.as_str().into());
        }
        Ok(claims)
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        assert!(matches!(request.body, Body::Empty | Body::Form(_)));
        self.inner.send(request).await
    }
}

fn unverified(token: &str) -> Option<Claims> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[test]
fn a_provider_that_reads_unverified_tokens_is_found_out() {
    let report = conformance::every_fault_fails_closed::<Careless<ReadsAnything>>(FAULTS).to_string();
    for found in [
        "acme-sealed/id_token_not_encrypted (touched): the person was identified",
        "acme-modest/id_token_alg_none (touched): the person was identified",
        "acme-modest/id_token_other_key (touched): the person was identified",
        "acme-pushed/userinfo_broken_signature (touched): the person was identified",
        "acme-posted/jarm_hmac (touched): the person was identified",
    ] {
        assert!(report.contains(found), "{found} is missing from {report}");
    }
    assert!(!report.contains("acme-modest/id_token_nonce_other"), "{report}");
    let report = conformance::nothing_passes_by_the_floor::<Careless<ReadsAnything>>();
    assert!(report.to_string().contains("acme-pushed below every floor"), "{report}");
}

#[test]
fn a_provider_that_ignores_the_audience_is_found_out() {
    let report = conformance::every_fault_fails_closed::<Careless<IgnoresAudience>>(FAULTS).to_string();
    for fault in ["id_token_aud_other", "id_token_aud_missing", "id_token_aud_second"] {
        assert!(report.contains(fault), "{fault} is missing from {report}");
    }
    assert!(!report.contains("jarm_aud_other"), "{report}");
}

#[test]
fn a_provider_that_ignores_the_state_is_found_out() {
    let report = conformance::foreign_returns_fail::<Careless<IgnoresState>>();
    assert!(report.to_string().contains("acme-modest with another's return"), "{report}");
    let report = conformance::every_fault_fails_closed::<Careless<IgnoresState>>(FAULTS);
    assert!(report.to_string().contains("callback_state_other"), "{report}");
}

#[test]
fn settings_that_their_own_provider_refuses_are_found_out() {
    let report = conformance::settings_are_described::<Careless<IgnoresSettings>>();
    assert!(report.to_string().contains("the settings have faults"), "{report}");
}

#[test]
fn a_fault_without_a_row_is_found_out() {
    let report = conformance::every_fault_fails_closed::<Careless<MakesNone>>(&[]);
    assert_eq!(
        report.to_string(),
        "1 deviations:\n  acme-modest/acme_email_broken: no row says what it must end in\n"
    );
}
