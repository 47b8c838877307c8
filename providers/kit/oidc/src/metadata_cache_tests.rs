use tunnus_sdk::{SendError, async_trait};

use super::*;
use crate::{
    RelyingParty,
    for_tests::{
        ISSUER, ScriptedHost, json_response, metadata_document, profile, relying_party, text_response,
    },
};

fn good() -> Response {
    json_response(200, &metadata_document())
}

fn moved() -> Response {
    let mut document = metadata_document();
    document["token_endpoint"] = "https://op.example/oidc/new-token".into();
    json_response(200, &document)
}

#[tokio::test]
async fn the_document_is_fetched_once_an_hour() {
    let (rp, host) = relying_party(profile());
    for _ in 0..3 {
        rp.metadata().await.unwrap();
    }
    let requests = host.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].url.as_str(), format!("{ISSUER}/.well-known/openid-configuration"));
    host.advance(3600);
    host.answer(Ok(moved()));
    assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/new-token");
}

#[tokio::test]
async fn the_old_document_serves_while_the_upstream_is_away() {
    let (rp, host) = relying_party(profile());
    rp.metadata().await.unwrap();
    host.advance(3600);
    for failure in [Err(SendError::TimedOut), Ok(text_response(503, "")), Ok(text_response(200, "<html>"))] {
        host.answer(failure);
        assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/token");
        let asked = host.requests().len();
        rp.metadata().await.unwrap();
        assert_eq!(host.requests().len(), asked, "a failed fetch is not repeated at once");
        host.advance(30);
    }
    host.answer(Ok(moved()));
    assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/new-token");
}

#[tokio::test]
async fn a_document_older_than_a_day_serves_no_more() {
    let (rp, host) = relying_party(profile());
    rp.metadata().await.unwrap();
    host.advance(24 * 3600 + 1);
    host.answer(Err(SendError::TimedOut));
    assert_eq!(rp.metadata().await.unwrap_err().fault, Fault::ProviderUnavailable);
}

#[tokio::test]
async fn without_a_document_each_failure_says_who_must_act() {
    for (answer, fault) in [
        (Err(SendError::Unreachable(None)), Fault::ProviderUnavailable),
        (Err(SendError::Forbidden), Fault::ConnectionMisconfigured),
        (Ok(text_response(404, "")), Fault::ConnectionMisconfigured),
        (Ok(text_response(302, "")), Fault::ConnectionMisconfigured),
        (Ok(text_response(500, "")), Fault::ProviderUnavailable),
        (Ok(text_response(200, "{}")), Fault::ResponseRejected(tunnus_sdk::Reason::Malformed)),
    ] {
        let host = ScriptedHost::new();
        let rp = RelyingParty::new(profile(), Arc::<ScriptedHost>::clone(&host));
        host.answer(answer);
        let error = rp.metadata().await.unwrap_err();
        assert_eq!((error.fault, error.stage), (fault, Stage::Discovery));
        host.answer(Ok(good()));
        assert!(rp.metadata().await.is_ok(), "the next login asks again");
    }
}

/// A host whose calls wait until the test lets them go.
struct SlowHost {
    inner: Arc<ScriptedHost>,
    gate: tokio::sync::Semaphore,
}

#[async_trait]
impl Host for SlowHost {
    fn environment(&self) -> tunnus_sdk::Environment {
        self.inner.environment()
    }
    fn return_url(&self, leg: &tunnus_sdk::Leg) -> url::Url {
        self.inner.return_url(leg)
    }
    fn now(&self) -> Timestamp {
        self.inner.now()
    }
    fn random(&self) -> tunnus_sdk::Hidden<String> {
        self.inner.random()
    }
    async fn sign(
        &self,
        signing: &tunnus_sdk::Signing,
        claims: &tunnus_sdk::Claims,
    ) -> Result<tunnus_sdk::Hidden<String>, tunnus_sdk::SealError> {
        self.inner.sign(signing, claims).await
    }
    async fn encrypt(
        &self,
        to: &tunnus_sdk::EncryptTo,
        payload: &str,
    ) -> Result<tunnus_sdk::Hidden<String>, tunnus_sdk::SealError> {
        self.inner.encrypt(to, payload).await
    }
    async fn open(
        &self,
        expect: &tunnus_sdk::Expect,
        token: &str,
    ) -> Result<tunnus_sdk::Claims, tunnus_sdk::OpenError> {
        self.inner.open(expect, token).await
    }
    async fn send(&self, request: Request) -> Result<Response, SendError> {
        self.gate.acquire().await.map_err(|_| SendError::TimedOut)?.forget();
        self.inner.send(request).await
    }
}

async fn at_once(answer: Result<Response, SendError>) -> (Vec<bool>, usize) {
    let inner = ScriptedHost::new();
    inner.answer(answer);
    let host = Arc::new(SlowHost { inner: Arc::clone(&inner), gate: tokio::sync::Semaphore::new(0) });
    let rp = Arc::new(RelyingParty::new(profile(), Arc::<SlowHost>::clone(&host)));
    let logins: Vec<_> = (0..5)
        .map(|_| {
            let rp = Arc::clone(&rp);
            tokio::spawn(async move { rp.metadata().await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    host.gate.add_permits(5);
    let mut outcomes = Vec::new();
    for login in logins {
        outcomes.push(login.await.unwrap());
    }
    (outcomes, inner.requests().len())
}

#[tokio::test]
async fn logins_that_wait_share_one_fetch_and_its_outcome() {
    assert_eq!(at_once(Ok(good())).await, (vec![true; 5], 1));
    assert_eq!(at_once(Err(SendError::TimedOut)).await, (vec![false; 5], 1));
}

#[tokio::test]
async fn a_document_in_use_is_fetched_anew_ahead_of_its_end() {
    let (rp, host) = relying_party(profile());
    rp.refresh().await;
    assert_eq!(host.requests().len(), 0, "nobody has used it");
    rp.metadata().await.unwrap();
    host.advance(2_999);
    rp.refresh().await;
    assert_eq!(host.requests().len(), 1);
    host.advance(1);
    host.answer(Ok(moved()));
    rp.refresh().await;
    assert_eq!(host.requests().len(), 2);
    host.advance(3_000);
    assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/new-token");
    assert_eq!(host.requests().len(), 2, "no login has waited");
}

#[tokio::test]
async fn a_document_that_nobody_uses_is_left_alone() {
    let (rp, host) = relying_party(profile());
    rp.metadata().await.unwrap();
    host.advance(3_600);
    rp.refresh().await;
    assert_eq!(host.requests().len(), 1);
}

#[tokio::test]
async fn while_the_upstream_is_away_the_refresh_asks_and_the_logins_do_not_wait() {
    let (rp, host) = relying_party(profile());
    rp.metadata().await.unwrap();
    let mut asked = 1;
    for (seconds, asks) in [(3_000, true), (29, false), (1, true), (570, true), (30, true)] {
        host.advance(seconds);
        if asks {
            host.answer(Err(SendError::TimedOut));
            asked += 1;
        }
        rp.refresh().await;
        assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/token");
        assert_eq!(host.requests().len(), asked, "{seconds}");
    }
}

#[tokio::test]
async fn who_comes_while_an_old_document_is_fetched_anew_takes_the_old_one() {
    let inner = ScriptedHost::new();
    inner.answer(Ok(good()));
    let host = Arc::new(SlowHost { inner: Arc::clone(&inner), gate: tokio::sync::Semaphore::new(1) });
    let rp = Arc::new(RelyingParty::new(profile(), Arc::<SlowHost>::clone(&host)));
    rp.metadata().await.unwrap();
    inner.advance(3_600);
    inner.answer(Ok(moved()));
    let fetching = tokio::spawn({
        let rp = Arc::clone(&rp);
        async move { rp.metadata().await.unwrap().token_endpoint.path().to_owned() }
    });
    tokio::task::yield_now().await;
    assert_eq!(rp.metadata().await.unwrap().token_endpoint.path(), "/oidc/token");
    host.gate.add_permits(1);
    assert_eq!(fetching.await.unwrap(), "/oidc/new-token");
    assert_eq!(inner.requests().len(), 2);
}
