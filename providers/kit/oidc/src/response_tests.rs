use tunnus_sdk::{Fault, Leg, SigningAlgorithm};

use super::*;
use crate::{
    AuthorizationParams, TokenDemand,
    for_tests::{ISSUER, login, metadata, profile, relying_party},
};

const GOOD: [(&str, &str); 3] = [("code", "c"), ("state", "state-1"), ("iss", ISSUER)];

fn judge_as(profile: &Profile, params: &[(&str, &str)]) -> Result<Hidden<String>, ProviderError> {
    check_plain(profile, &"state-1".into(), &params.iter().copied().collect())
}

fn judge(params: &[(&str, &str)]) -> Result<Hidden<String>, ProviderError> {
    judge_as(&profile(), params)
}

#[test]
fn a_good_response_gives_its_code() {
    assert_eq!(judge(&GOOD).unwrap().expose(), "c");
    let more = [&GOOD[..], &[("scope", "openid"), ("session_state", "x")]].concat();
    assert_eq!(judge(&more).unwrap().expose(), "c");
    let longest = "c".repeat(4096);
    assert!(judge(&[("code", longest.as_str()), GOOD[1], GOOD[2]]).is_ok());
    assert!(judge(&[("code", " ~"), GOOD[1], GOOD[2]]).is_ok());
}

#[test]
fn every_check_fails_for_its_own_reason() {
    let long = "c".repeat(4097);
    for (params, reason) in [
        (vec![("code", "c"), ("iss", ISSUER)], Reason::State),
        (vec![("code", "c"), ("iss", ISSUER), ("state", "state-2")], Reason::State),
        (vec![("code", "c"), ("iss", ISSUER), ("state", "state-1"), ("state", "state-1")], Reason::State),
        (vec![("code", "c"), ("state", "state-1")], Reason::Issuer),
        (vec![("code", "c"), ("state", "state-1"), ("iss", "https://evil.example")], Reason::Issuer),
        (vec![("code", "c"), ("state", "state-1"), ("iss", ISSUER), ("iss", ISSUER)], Reason::Issuer),
        (vec![("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        (vec![("code", ""), ("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        (vec![("code", "c"), ("code", "c"), ("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        (vec![("code", "c\n"), ("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        (vec![("code", long.as_str()), ("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        (vec![("error", ""), ("state", "state-1"), ("iss", ISSUER)], Reason::Malformed),
        ([&GOOD[..], &[("error", "access_denied")]].concat(), Reason::Malformed),
        ([&GOOD[..], &[("response", "x")]].concat(), Reason::Malformed),
        (vec![("response", "x")], Reason::Malformed),
    ] {
        assert_eq!(judge(&params).unwrap_err().reason(), Some(reason), "{params:.60?}");
    }
}

#[test]
fn an_error_counts_only_after_state_and_issuer() {
    let cancelled = [("error", "access_denied"), ("state", "state-1"), ("iss", ISSUER)];
    assert_eq!(judge(&cancelled).unwrap_err().fault, Fault::UserCancelled);
    assert_eq!(judge(&cancelled[..2]).unwrap_err().reason(), Some(Reason::Issuer));
    assert_eq!(judge(&[cancelled[0], cancelled[2]]).unwrap_err().reason(), Some(Reason::State));
}

#[test]
fn an_optional_issuer_is_still_compared() {
    let profile = Profile { callback_iss: Presence::IfPresent, ..profile() };
    assert!(judge_as(&profile, &GOOD[..2]).is_ok());
    let other = [GOOD[0], GOOD[1], ("iss", "https://evil.example")];
    assert_eq!(judge_as(&profile, &other).unwrap_err().reason(), Some(Reason::Issuer));
}

#[tokio::test]
async fn another_leg_is_refused() {
    let (rp, _) = relying_party(profile());
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    let inbound = Inbound { leg: Leg::new("selected"), params: GOOD.into_iter().collect() };
    let error = open(&rp, &login(), &pending, &inbound).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::State));
}

#[tokio::test]
async fn a_plain_response_where_jarm_is_due_is_refused_before_anything_is_opened() {
    let demand = TokenDemand::Signed(vec![SigningAlgorithm::PS256]);
    let (rp, host) = relying_party(Profile { response: ResponseMode::Jarm(demand), ..profile() });
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    let inbound = Inbound { leg: Leg::CALLBACK, params: GOOD.into_iter().collect() };
    let error = open(&rp, &login(), &pending, &inbound).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NotJarm));
    assert!(host.opened().is_empty());
}
