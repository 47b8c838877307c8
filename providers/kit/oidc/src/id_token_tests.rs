use serde_json::{Value, json};
use tunnus_sdk::SigningAlgorithm;

use super::*;
use crate::for_tests::{CLIENT, ISSUER, NOW, metadata, object, profile, relying_party};

const ACCESS_TOKEN: &str = "access";
const CODE: &str = "code";

struct Case {
    profile: Profile,
    max_age: Option<u64>,
    prompt: Option<&'static str>,
}

impl Default for Case {
    fn default() -> Self {
        Self { profile: profile(), max_age: None, prompt: None }
    }
}

impl Case {
    /// Judges the good token with these members changed; `null` takes one away.
    fn judge(self, changes: Value) -> Result<(), Reason> {
        let (rp, _) = relying_party(self.profile);
        let params = crate::AuthorizationParams {
            max_age: self.max_age,
            prompt: self.prompt.map(str::to_owned),
            ..crate::AuthorizationParams::default()
        };
        let pending = Pending::new(&rp, &metadata(&rp.profile), &params);
        let expected = Expected {
            profile: &rp.profile,
            pending: &pending,
            code: &CODE.into(),
            access_token: &ACCESS_TOKEN.into(),
            clock: rp.clock(),
        };
        check(&changed(changes), &expected).map_err(|error| {
            assert_eq!(error.stage, Stage::IdToken);
            error.reason().unwrap()
        })
    }
}

fn changed(changes: Value) -> Claims {
    let mut claims = object(json!({
        "iss": ISSUER, "aud": CLIENT, "exp": NOW + 60, "iat": NOW, "nonce": "random-0",
        "sub": "4F7mjxNpF4f9E4xHrNHqNkvsbZI9uy4Mb1vNBd3xVUM=",
    }));
    for (name, value) in object(changes) {
        if value.is_null() { drop(claims.remove(&name)) } else { drop(claims.insert(name, value)) }
    }
    claims
}

fn judge(changes: Value) -> Result<(), Reason> {
    Case::default().judge(changes)
}

fn half_hash(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, of.as_bytes()).as_ref()[..16])
}

#[test]
fn the_good_token_passes_in_all_its_forms() {
    for changes in [
        json!({}),
        json!({ "aud": [CLIENT] }),
        json!({ "azp": CLIENT }),
        json!({ "nbf": NOW }),
        json!({ "iat": NOW + 30, "nbf": NOW + 30 }),
        json!({ "exp": NOW - 29 }),
        json!({ "iat": NOW - 629 }),
        json!({ "sub": "ä".repeat(255) }),
        json!({ "at_hash": half_hash(ACCESS_TOKEN), "c_hash": half_hash(CODE) }),
        json!({ "auth_time": NOW - 99_999 }),
        json!({ "acr": "anything", "unknown": { "a": 1 } }),
    ] {
        assert_eq!(judge(changes.clone()), Ok(()), "{changes}");
    }
}

#[test]
fn every_check_fails_for_its_own_reason() {
    for (changes, reason) in [
        (json!({ "iss": null }), Reason::Issuer),
        (json!({ "iss": format!("{ISSUER}/") }), Reason::Issuer),
        (json!({ "aud": null }), Reason::Audience),
        (json!({ "aud": "another" }), Reason::Audience),
        (json!({ "aud": [CLIENT, "another"] }), Reason::Audience),
        (json!({ "azp": "another" }), Reason::Audience),
        (json!({ "azp": 1 }), Reason::Audience),
        (json!({ "exp": null }), Reason::Expired),
        (json!({ "exp": NOW - 30 }), Reason::Expired),
        (json!({ "exp": "tomorrow" }), Reason::Malformed),
        (json!({ "nbf": NOW + 31 }), Reason::NotYetValid),
        (json!({ "iat": null }), Reason::Malformed),
        (json!({ "iat": NOW + 31 }), Reason::NotYetValid),
        (json!({ "iat": NOW - 630 }), Reason::Expired),
        (json!({ "iat": NOW - 604_800 }), Reason::Expired),
        (json!({ "nonce": null }), Reason::Nonce),
        (json!({ "nonce": "random-1" }), Reason::Nonce),
        (json!({ "nonce": ["random-0"] }), Reason::Nonce),
        (json!({ "at_hash": half_hash("another") }), Reason::TokenHash),
        (json!({ "at_hash": 1 }), Reason::TokenHash),
        (json!({ "c_hash": half_hash("another") }), Reason::TokenHash),
        (json!({ "auth_time": NOW + 31 }), Reason::AuthTime),
        (json!({ "auth_time": "now" }), Reason::AuthTime),
        (json!({ "sub": null }), Reason::Subject),
        (json!({ "sub": "" }), Reason::Subject),
        (json!({ "sub": "x".repeat(256) }), Reason::Subject),
        (json!({ "sub": "a\nb" }), Reason::Subject),
        (json!({ "sub": 1 }), Reason::Subject),
    ] {
        assert_eq!(judge(changes.clone()), Err(reason), "{changes}");
    }
}

#[test]
fn without_a_nonce_sent_none_may_stand_there() {
    let case = || Case { profile: Profile { nonce: false, ..profile() }, ..Case::default() };
    assert_eq!(case().judge(json!({ "nonce": null })), Ok(()));
    assert_eq!(case().judge(json!({})), Err(Reason::Nonce));
}

#[test]
fn a_demanded_access_token_hash_may_not_be_missing() {
    let case = || Case { profile: Profile { at_hash: Presence::Required, ..profile() }, ..Case::default() };
    assert_eq!(case().judge(json!({})), Err(Reason::TokenHash));
    assert_eq!(case().judge(json!({ "at_hash": half_hash(ACCESS_TOKEN) })), Ok(()));
}

#[test]
fn max_age_demands_an_authentication_that_fresh() {
    let case = || Case { max_age: Some(300), ..Case::default() };
    assert_eq!(case().judge(json!({})), Err(Reason::AuthTime));
    assert_eq!(case().judge(json!({ "auth_time": NOW - 330 })), Ok(()));
    assert_eq!(case().judge(json!({ "auth_time": NOW - 331 })), Err(Reason::AuthTime));
}

#[test]
fn prompt_login_demands_an_authentication_in_this_login() {
    let case = || Case { prompt: Some("consent login"), max_age: Some(300), ..Case::default() };
    assert_eq!(case().judge(json!({})), Err(Reason::AuthTime));
    assert_eq!(case().judge(json!({ "auth_time": NOW - 30 })), Ok(()));
    assert_eq!(case().judge(json!({ "auth_time": NOW - 31 })), Err(Reason::AuthTime));
}

#[test]
fn an_authentication_time_that_cannot_be_read_fails_whatever_was_asked_for() {
    let cases: [fn() -> Case; 3] = [
        Case::default,
        || Case { max_age: Some(u64::MAX), ..Case::default() },
        || Case { prompt: Some("login"), ..Case::default() },
    ];
    for case in cases {
        for bad in
            [json!("1795256803"), json!(""), json!(-1), json!(-0.5), json!(1e300), json!([NOW]), json!(false)]
        {
            assert_eq!(case().judge(json!({ "auth_time": bad })), Err(Reason::AuthTime), "{bad}");
        }
        assert_eq!(case().judge(json!({ "auth_time": 1_795_256_803.75 })), Ok(()));
    }
}

#[test]
fn an_absurd_max_age_overflows_nothing() {
    let case = Case { max_age: Some(u64::MAX), ..Case::default() };
    assert_eq!(case.judge(json!({ "auth_time": NOW })), Ok(()));
}

#[test]
fn when_an_authentication_time_is_due_is_the_profiles_to_say() {
    let with = |auth_time| Profile { auth_time, ..profile() };
    let always = Case { profile: with(AuthTime::Always), ..Case::default() };
    assert_eq!(always.judge(json!({})), Err(Reason::AuthTime));
    let trusted = || Case { profile: with(AuthTime::WithMaxAge), prompt: Some("login"), max_age: None };
    assert_eq!(trusted().judge(json!({})), Ok(()));
    assert_eq!(trusted().judge(json!({ "auth_time": NOW - 31 })), Err(Reason::AuthTime));
}

#[tokio::test]
async fn what_is_demanded_of_the_host_is_the_profile_and_nothing_else() {
    let algorithms = vec![SigningAlgorithm::ES256];
    let (rp, host) =
        relying_party(Profile { id_token: crate::TokenDemand::Signed(algorithms.clone()), ..profile() });
    let pending = Pending::new(&rp, &metadata(&rp.profile), &crate::AuthorizationParams::default());
    let tokens = Tokens { access_token: ACCESS_TOKEN.into(), id_token: "nested:{}".into() };
    let error = open(&rp, &pending, &CODE.into(), &tokens).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NotSigned));
    let expect = host.opened().pop().unwrap();
    assert_eq!((expect.kind, expect.stage), (TokenKind::IdToken, Stage::IdToken));
    let tunnus_sdk::Protection::Signed(signature) = expect.protection else { panic!("signed is due") };
    assert_eq!(signature.algorithms, algorithms);
    assert_eq!((signature.keys.issuer.as_str(), signature.keys.channel), (ISSUER, Channel::Direct));
}
