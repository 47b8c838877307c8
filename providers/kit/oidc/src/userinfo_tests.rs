use serde_json::{Value, json};
use tunnus_sdk::{ContentEncryption, Encryption, Fault, KeyEncryption, SigningAlgorithm};

use super::*;
use crate::{
    AuthorizationParams, ClientAuth,
    for_tests::{
        CLIENT, ISSUER, NOW, ScriptedHost, json_response, jwt_response, metadata, object, profile,
        relying_party, text_response,
    },
};

fn signed(issuer_and_audience: Presence, any_media_type: bool) -> UserinfoDemand {
    let token = TokenDemand::Signed(vec![SigningAlgorithm::RS256]);
    UserinfoDemand::Protected { token, issuer_and_audience, any_media_type }
}

fn nested() -> UserinfoDemand {
    let encryption =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A128CbcHs256] };
    let token = TokenDemand::Nested(encryption, vec![SigningAlgorithm::RS256]);
    UserinfoDemand::Protected { token, issuer_and_audience: Presence::IfPresent, any_media_type: false }
}

fn with(userinfo: UserinfoDemand) -> Profile {
    Profile { userinfo, ..profile() }
}

async fn fetched(
    profile: Profile,
    response: Response,
) -> (Result<Option<Claims>, ProviderError>, std::sync::Arc<ScriptedHost>) {
    let (rp, host) = relying_party(profile);
    let pending = Pending::new(&rp, &rp.metadata().await.unwrap(), &AuthorizationParams::default());
    host.answer(Ok(response));
    (fetch(&rp, &pending, &"access".into(), Some("person")).await, host)
}

async fn reason(profile: Profile, response: Response) -> Option<Reason> {
    fetched(profile, response).await.0.unwrap_err().reason()
}

#[tokio::test]
async fn each_demand_takes_its_own_form() {
    let claims = json!({ "sub": "person", "email": "x" });
    for (demand, response) in [
        (UserinfoDemand::Plain, json_response(200, &claims)),
        (signed(Presence::IfPresent, false), jwt_response(&format!("signed:{claims}"))),
        (signed(Presence::IfPresent, true), text_response(200, &format!("signed:{claims}\r\n"))),
        (nested(), jwt_response(&format!("nested:{claims}"))),
    ] {
        let accept = if demand == UserinfoDemand::Plain { "application/json" } else { "application/jwt" };
        let (outcome, host) = fetched(with(demand), response).await;
        assert_eq!(outcome.unwrap().unwrap()["email"], "x");
        let request = host.requests().pop().unwrap();
        assert_eq!(request.accept, accept);
        assert_eq!(request.authentication, Authentication::Bearer("access".into()));
        assert!(!request.mutual_tls);
        assert_eq!(host.opened().pop().unwrap().kind, TokenKind::Userinfo);
    }
}

#[tokio::test]
async fn json_where_a_token_is_due_names_what_is_missing() {
    let claims = json_response(200, &json!({ "sub": "person" }));
    assert_eq!(reason(with(nested()), claims.clone()).await, Some(Reason::NotEncrypted));
    for lenient in [false, true] {
        let demand = signed(Presence::IfPresent, lenient);
        assert_eq!(reason(with(demand), claims.clone()).await, Some(Reason::NotSigned));
    }
    let token = jwt_response(r#"signed:{"sub":"person"}"#);
    assert_eq!(reason(with(nested()), token.clone()).await, Some(Reason::NotEncrypted));
    assert_eq!(reason(with(UserinfoDemand::Plain), token).await, Some(Reason::Malformed));
}

#[tokio::test]
async fn another_media_type_or_no_text_is_refused() {
    let text = text_response(200, r#"signed:{"sub":"person"}"#);
    assert_eq!(reason(with(signed(Presence::IfPresent, false)), text).await, Some(Reason::Malformed));
    let mut binary = jwt_response("");
    binary.body = vec![0xff, 0xfe];
    assert_eq!(reason(with(nested()), binary).await, Some(Reason::Malformed));
}

#[tokio::test]
async fn a_refusal_names_the_upstreams_code() {
    let mut refused = text_response(401, "");
    refused.www_authenticate = Some(r#"Bearer error="invalid_token""#.to_owned());
    let error = fetched(profile(), refused).await.0.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::ProviderRefused, Stage::Userinfo));
    assert_eq!(error.upstream_code.as_deref(), Some("invalid_token"));
}

#[tokio::test]
async fn without_a_demand_nobody_is_called() {
    let (rp, host) = relying_party(with(UserinfoDemand::NotFetched));
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    assert_eq!(fetch(&rp, &pending, &"access".into(), Some("person")).await.unwrap(), None);
    assert!(host.requests().is_empty());
}

#[tokio::test]
async fn a_bound_token_is_shown_with_its_certificate() {
    let profile = Profile { client_auth: ClientAuth::MutualTls, ..profile() };
    let (_, host) = fetched(profile, json_response(200, &json!({ "sub": "person" }))).await;
    assert!(host.requests().pop().unwrap().mutual_tls);
}

fn judge(demand: UserinfoDemand, subject: Option<&str>, claims: Value) -> Result<(), Reason> {
    let clock = Clock { now: tunnus_sdk::Timestamp(NOW), skew: std::time::Duration::from_secs(30) };
    check(&with(demand), clock, subject, &object(claims))
}

#[test]
fn it_is_about_the_person_of_the_id_token() {
    let person = Some("person");
    assert_eq!(judge(UserinfoDemand::Plain, person, json!({ "sub": "person" })), Ok(()));
    for claims in [json!({}), json!({ "sub": "other" }), json!({ "sub": "" }), json!({ "sub": ["person"] })] {
        let outcome = judge(UserinfoDemand::Plain, person, claims.clone());
        assert_eq!(outcome, Err(Reason::Subject), "{claims}");
    }
    assert_eq!(judge(UserinfoDemand::Plain, None, json!({ "sub": "person" })), Err(Reason::Subject));
}

#[test]
fn a_tokens_issuer_audience_and_time_are_checked_where_they_stand() {
    let lenient = || signed(Presence::IfPresent, false);
    let person = Some("person");
    for (claims, outcome) in [
        (json!({ "sub": "person" }), Ok(())),
        (json!({ "sub": "person", "iss": ISSUER, "aud": CLIENT, "exp": NOW }), Ok(())),
        (json!({ "sub": "person", "iss": "https://evil.example" }), Err(Reason::Issuer)),
        (json!({ "sub": "person", "aud": "another" }), Err(Reason::Audience)),
        (json!({ "sub": "person", "exp": NOW - 30 }), Err(Reason::Expired)),
    ] {
        assert_eq!(judge(lenient(), person, claims.clone()), outcome, "{claims}");
    }
}

#[test]
fn where_they_are_demanded_they_may_not_be_missing() {
    let strict = || signed(Presence::Required, false);
    let person = Some("person");
    assert_eq!(judge(strict(), person, json!({ "sub": "person", "aud": CLIENT })), Err(Reason::Issuer));
    assert_eq!(judge(strict(), person, json!({ "sub": "person", "iss": ISSUER })), Err(Reason::Audience));
    assert_eq!(judge(strict(), person, json!({ "sub": "person", "iss": ISSUER, "aud": CLIENT })), Ok(()));
}
