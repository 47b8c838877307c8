use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tunnus_jose::{DecryptionRing, KeyUse, SigningKey, generate};
use tunnus_sdk::{
    ContentEncryption, Credentials, Demand, EncryptTo, Floor, KeyEncryption, Shape, Signing,
    SigningAlgorithm, TokenKind,
};

use super::{
    super::{
        OutboundLimits,
        for_tests::{Answer, Setup, Upstream, response},
    },
    *,
};
use crate::keyring::State;

const ES256: Signing = Signing { algorithm: SigningAlgorithm::ES256, typ: None };

fn signing_jwk() -> Hidden<String> {
    generate::p256(KeyUse::Signature).unwrap()
}

/// A key of the upstream's.
fn key() -> SigningKey {
    SigningKey::parse(&signing_jwk()).unwrap()
}

fn jwks(keys: &[&SigningKey]) -> Answer {
    let keys: Vec<_> = keys.iter().map(|key| key.public_jwk()).collect();
    response("200 OK", "application/json", json!({ "keys": keys }).to_string().as_bytes())
}

/// An upstream that publishes `sets` in turn, over and over.
fn publishing(sets: Vec<Vec<SigningKey>>) -> Upstream {
    let turn = AtomicUsize::new(0);
    Upstream::start(move |_| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        jwks(&sets[turn % sets.len()].iter().collect::<Vec<_>>())
    })
}

fn floor(shape: Shape) -> Floor {
    let demand = Demand {
        shape,
        signing: vec![SigningAlgorithm::ES256],
        key_encryption: vec![KeyEncryption::RsaOaep],
        content_encryption: vec![ContentEncryption::A256CbcHs512],
    };
    Floor { id_token: Some(demand), ..Floor::default() }
}

fn signature(upstream: &Upstream, channel: Channel) -> Signature {
    let keys = KeySource { issuer: upstream.origin.clone(), jwks_uri: upstream.url("/jwks"), channel };
    Signature { algorithms: vec![SigningAlgorithm::ES256], keys }
}

fn expect(protection: Protection) -> Expect {
    Expect { kind: TokenKind::IdToken, stage: Stage::IdToken, protection }
}

fn signed(upstream: &Upstream, channel: Channel) -> Expect {
    expect(Protection::Signed(signature(upstream, channel)))
}

fn nested(upstream: &Upstream) -> Expect {
    let encryption =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256CbcHs512] };
    expect(Protection::Nested(encryption, signature(upstream, Channel::Direct)))
}

fn claims() -> Claims {
    Claims::from_iter([("sub".to_owned(), "onni".into())])
}

fn token(key: &SigningKey) -> Hidden<String> {
    key.sign(&tunnus_jose::Operations::new(), SigningAlgorithm::ES256, None, &claims()).unwrap()
}

fn host(upstream: &Upstream, shape: Shape) -> ConnectionHost {
    Setup { floor: floor(shape), ..Setup::calling(upstream) }.build().unwrap()
}

fn reason(opened: &Result<Claims, OpenError>) -> Option<Reason> {
    match opened {
        Err(OpenError::Rejected(reason)) => Some(*reason),
        Ok(_) | Err(OpenError::KeysUnavailable(_) | OpenError::Busy | OpenError::BelowFloor) => None,
    }
}

#[tokio::test]
async fn tokens_of_a_published_key_open_with_one_fetch() {
    let key = key();
    let tokens = [token(&key), token(&key)];
    let upstream = publishing(vec![vec![key]]);
    let host = host(&upstream, Shape::Signed);
    for token in &tokens {
        let opened = host.open(&signed(&upstream, Channel::Direct), token.expose_str()).await;
        assert_eq!(opened.unwrap(), claims());
    }
    assert_eq!(upstream.requests().len(), 1);
    assert_eq!(host.outbound.operations.counts().verify, 2);
}

#[tokio::test]
async fn what_asks_for_less_than_the_floor_is_refused_before_anything_is_done() {
    let key = key();
    let token = token(&key);
    let upstream = publishing(vec![vec![key]]);
    let host = host(&upstream, Shape::Nested);
    let userinfo = Expect { kind: TokenKind::Userinfo, ..nested(&upstream) };
    for expect in [signed(&upstream, Channel::Direct), expect(Protection::Plain), userinfo] {
        let opened = host.open(&expect, token.expose_str()).await;
        assert!(matches!(opened, Err(OpenError::BelowFloor)), "{opened:?}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_key_that_only_the_fourth_fetch_shows_is_found() {
    let (key, decoys) = (key(), [key(), key(), key()]);
    let token = token(&key);
    let [a, b, c] = decoys;
    let upstream = publishing(vec![vec![a], vec![b], vec![c], vec![key]]);
    let host = host(&upstream, Shape::Signed);
    let opened = host.open(&signed(&upstream, Channel::Direct), token.expose_str()).await;
    assert_eq!(opened.unwrap(), claims());
    assert_eq!(upstream.requests().len(), 4);
}

#[tokio::test]
async fn an_unknown_key_from_the_browser_costs_one_fetch_more() {
    let upstream = publishing(vec![vec![key()]]);
    let host = host(&upstream, Shape::Signed);
    let opened = host.open(&signed(&upstream, Channel::Browser), token(&key()).expose_str()).await;
    assert_eq!(reason(&opened), Some(Reason::KeyUnknown));
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn made_up_keys_stop_costing_fetches() {
    let upstream = publishing(vec![vec![key()]]);
    let host = host(&upstream, Shape::Signed);
    for _ in 0..10 {
        let opened = host.open(&signed(&upstream, Channel::Browser), token(&key()).expose_str()).await;
        assert_eq!(reason(&opened), Some(Reason::KeyUnknown));
    }
    assert_eq!(upstream.requests().len(), 1 + 5);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_the_upstreams_failure_and_not_the_tokens() {
    let token = token(&key());
    for answer in [
        || response("500 Oops", "text/plain", b""),
        || response("200 OK", "application/json", b"{\"keys\":"),
        || response("302 Found", "text/plain", b""),
        || Answer::Bytes(Vec::new()),
        || Answer::Silence(Vec::new()),
    ] {
        let upstream = Upstream::start(move |_| answer());
        let limits = OutboundLimits { timeout: Duration::from_millis(50), ..OutboundLimits::default() };
        let setup = Setup { limits, floor: floor(Shape::Signed), ..Setup::calling(&upstream) };
        let opened =
            setup.build().unwrap().open(&signed(&upstream, Channel::Direct), token.expose_str()).await;
        assert!(matches!(opened, Err(OpenError::KeysUnavailable(Some(_)))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_wrong_signature_is_not_asked_about_again() {
    let key = key();
    let mut forged = token(&key).expose().clone();
    forged.replace_range(forged.len() - 4.., "AAAA");
    let upstream = publishing(vec![vec![key]]);
    let opened = host(&upstream, Shape::Signed).open(&signed(&upstream, Channel::Direct), &forged).await;
    assert_eq!(reason(&opened), Some(Reason::Signature));
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_plain_document_is_parsed_strictly() {
    let upstream = publishing(vec![vec![key()]]);
    let host = host(&upstream, Shape::Plain);
    let open = |text| host.open(&PLAIN, text);
    assert_eq!(open("{\"sub\":\"onni\"}").await.unwrap(), claims());
    for text in ["{\"sub\":\"onni\",\"sub\":\"olga\"}", "[]", "", "a.b.c"] {
        assert_eq!(reason(&open(text).await), Some(Reason::Malformed), "{text}");
    }
}

const PLAIN: Expect =
    Expect { kind: TokenKind::IdToken, stage: Stage::IdToken, protection: Protection::Plain };

/// A host with an RSA key, and the public half to encrypt to.
fn host_with_ring(upstream: &Upstream) -> (ConnectionHost, EncryptionKey) {
    host_with_key_in(upstream, None)
}

/// The same where the ring has the key in a state.
fn host_with_key_in(upstream: &Upstream, state: Option<State>) -> (ConnectionHost, EncryptionKey) {
    let jwk = generate::rsa(2048, KeyUse::Encryption).unwrap();
    let public = DecryptionRing::parse(std::slice::from_ref(&jwk)).unwrap().public_jwks();
    let in_ring = |state: State| {
        let key = json!({
            "connection": "ftn", "purpose": "decryption", "kind": "rsa2048", "kid": public[0]["kid"],
            "state": state, "since": 1, "made_at": 1, "public": public[0],
        });
        serde_json::from_value(key).unwrap()
    };
    let (ring, public) = (state.map(in_ring).into_iter().collect(), json!({ "keys": public }));
    let public = PublicKeys::parse(public.to_string().as_bytes()).unwrap();
    let credentials = Credentials { decryption: vec![jwk], ..Credentials::default() };
    let setup = Setup { credentials, floor: floor(Shape::Nested), ring, ..Setup::calling(upstream) };
    (setup.build().unwrap(), public.encryption_key(KeyEncryption::RsaOaep).unwrap())
}

#[tokio::test]
async fn a_key_that_waits_is_proved_by_a_token_that_the_upstream_has_signed_and_by_no_other() {
    let key = key();
    let [inner, forged] = [token(&key), token(&self::key())];
    let upstream = publishing(vec![vec![key]]);
    for (state, is_awaited) in [
        (Some(State::AwaitingRegistration), true),
        (Some(State::Created), true),
        (Some(State::Active), false),
        (Some(State::Cooldown), false),
        (None, false),
    ] {
        let (host, public) = host_with_key_in(&upstream, state);
        let strangers = encrypted(&public, forged.expose_str());
        assert!(host.open(&nested(&upstream), strangers.expose_str()).await.is_err());
        assert_eq!(host.outbound.proofs().waiting(), 0, "anybody can encrypt: {state:?}");
        for _ in 0..2 {
            let sealed = encrypted(&public, inner.expose_str());
            assert_eq!(host.open(&nested(&upstream), sealed.expose_str()).await.unwrap(), claims());
        }
        assert_eq!(host.outbound.proofs().waiting(), usize::from(is_awaited), "{state:?}");
    }
}

fn encrypted(key: &EncryptionKey, token: &str) -> Hidden<String> {
    let operations = tunnus_jose::Operations::new();
    key.encrypt(&operations, ContentEncryption::A256CbcHs512, None, Some("JWT"), token).unwrap()
}

#[tokio::test]
async fn a_nested_token_opens_and_is_decrypted_once_whatever_the_keys_cost() {
    let (key, decoy) = (key(), key());
    let inner = token(&key);
    let upstream = publishing(vec![vec![decoy], vec![key]]);
    let (host, public) = host_with_ring(&upstream);
    let outer = encrypted(&public, inner.expose_str());
    assert_eq!(host.open(&nested(&upstream), outer.expose_str()).await.unwrap(), claims());
    assert_eq!((host.outbound.operations.counts().decrypt, upstream.requests().len()), (1, 2));
    let rendered = host.outbound.metrics.render();
    assert!(rendered.contains(r#"tunnus_jose_operation_duration_seconds_count{operation="decrypt"} 1"#));
}

#[tokio::test]
async fn what_does_not_open_is_one_failure_and_touches_no_public_key() {
    let upstream = publishing(vec![vec![key()]]);
    let (host, public) = host_with_ring(&upstream);
    let mut changed = encrypted(&public, "a.b.c").expose().clone();
    changed.replace_range(changed.len() - 4.., "AAAA");
    assert_eq!(reason(&host.open(&nested(&upstream), &changed).await), Some(Reason::Decryption));
    let keyless = Setup { floor: floor(Shape::Nested), ..Setup::calling(&upstream) }.build().unwrap();
    assert_eq!(reason(&keyless.open(&nested(&upstream), &changed).await), Some(Reason::Decryption));
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_full_pool_is_said_so_and_nothing_is_done() {
    let upstream = publishing(vec![vec![key()]]);
    let limits = OutboundLimits { key_threads: 0, key_queue: 0, ..OutboundLimits::default() };
    let rsa = generate::rsa(2048, KeyUse::Signature).unwrap();
    let credentials = Credentials { signing: vec![rsa, signing_jwk()], ..Credentials::default() };
    let host = Setup { credentials, limits, ..Setup::calling(&upstream) }.build().unwrap();
    let rs256 = Signing { algorithm: SigningAlgorithm::RS256, typ: None };
    assert!(matches!(host.sign(&rs256, &claims()).await, Err(SealError::Busy)));
    assert_eq!(host.outbound.operations.counts().sign, 0);
    assert!(host.sign(&ES256, &claims()).await.is_ok(), "a short one waits for no turn");
}

#[tokio::test]
async fn the_active_key_signs() {
    let upstream = publishing(vec![vec![key()]]);
    let (active, older) = (signing_jwk(), signing_jwk());
    let credentials = Credentials { signing: vec![active.clone(), older], ..Credentials::default() };
    let host = Setup { credentials, ..Setup::calling(&upstream) }.build().unwrap();
    let token = host.sign(&ES256, &claims()).await.unwrap();
    let active = json!({ "keys": [SigningKey::parse(&active).unwrap().public_jwk()] });
    let active = PublicKeys::parse(active.to_string().as_bytes()).unwrap();
    let operations = tunnus_jose::Operations::new();
    let verified = tunnus_jose::verify(&operations, &[SigningAlgorithm::ES256], &active, token.expose_str());
    assert_eq!(verified.unwrap().claims, claims());
    let other = Signing { algorithm: SigningAlgorithm::PS256, typ: None };
    assert!(matches!(host.sign(&other, &claims()).await, Err(SealError::KeyMissing)));
}

fn to(upstream: &Upstream) -> EncryptTo {
    EncryptTo {
        issuer: upstream.origin.clone(),
        jwks_uri: upstream.url("/jwks"),
        algorithm: KeyEncryption::RsaOaep,
        content: ContentEncryption::A256CbcHs512,
        typ: Some("JWE"),
        cty: None,
    }
}

#[tokio::test]
async fn a_request_is_encrypted_to_a_key_that_is_published_now() {
    let jwk = generate::rsa(2048, KeyUse::Encryption).unwrap();
    let public = json!({ "keys": DecryptionRing::parse(&[jwk]).unwrap().public_jwks() }).to_string();
    let turn = AtomicUsize::new(0);
    let upstream = Upstream::start(move |_| match turn.fetch_add(1, Ordering::Relaxed) {
        0 => jwks(&[&key()]),
        _ => response("200 OK", "application/json", public.as_bytes()),
    });
    let host = host(&upstream, Shape::Signed);
    let encrypted = host.encrypt(&to(&upstream), "{}").await.unwrap();
    assert_eq!(encrypted.expose().split('.').count(), 5);
    assert_eq!(upstream.requests().len(), 2, "asked again, since the first set had none");
    host.encrypt(&to(&upstream), "{}").await.unwrap();
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn without_a_published_key_nothing_is_encrypted() {
    let upstream = publishing(vec![vec![key()]]);
    let encrypted = host(&upstream, Shape::Signed).encrypt(&to(&upstream), "{}").await;
    assert!(matches!(encrypted, Err(SealError::KeysUnavailable(None))), "{encrypted:?}");
    assert_eq!(upstream.requests().len(), 2);
}

#[tokio::test]
async fn a_key_set_of_more_than_a_hundred_keys_verifies_nothing() {
    for (count, opens) in [(100, true), (101, false)] {
        let keys: Vec<_> = (0..count).map(|_| key()).collect();
        let token = token(&keys[0]);
        let upstream = publishing(vec![keys]);
        let expect = signed(&upstream, Channel::Direct);
        match host(&upstream, Shape::Signed).open(&expect, token.expose_str()).await {
            Ok(_) => assert!(opens, "{count}"),
            Err(error) => {
                assert!(!opens && matches!(error, OpenError::KeysUnavailable(_)), "{count}: {error}");
            }
        }
    }
}
