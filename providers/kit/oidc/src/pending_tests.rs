use tunnus_sdk::{ProviderState, SigningAlgorithm};

use super::*;
use crate::{
    ClientAuth, Presence, TokenDemand, UserinfoDemand,
    for_tests::{metadata, metadata_document, profile, relying_party},
};

/// A login that began under the good profile, kept and found again.
fn kept() -> Pending {
    let (rp, _) = relying_party(profile());
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    ProviderState::keep(&pending).unwrap().restore().unwrap()
}

fn check_under(profile: Profile) -> Result<(), ProviderError> {
    let (rp, _) = relying_party(profile);
    kept().check(&rp, None)
}

#[test]
fn under_the_same_profile_it_goes_on() {
    assert!(check_under(profile()).is_ok());
    let (rp, _) = relying_party(profile());
    assert!(kept().check(&rp, Some(&metadata(&rp.profile))).is_ok());
}

#[test]
fn a_difference_in_the_settings_ends_it() {
    let fault_after = |change: fn(&mut Profile)| {
        let mut profile = profile();
        change(&mut profile);
        check_under(profile).unwrap_err().fault
    };
    let changes: [fn(&mut Profile); 11] = [
        |profile| profile.issuer = "https://other.example".to_owned(),
        |profile| profile.client_id = "client-2".to_owned(),
        |profile| profile.leg = tunnus_sdk::Leg::new("other"),
        |profile| profile.endpoint_hosts = vec!["other.example".to_owned()],
        |profile| profile.client_auth = ClientAuth::SecretPost,
        |profile| profile.nonce = false,
        |profile| profile.callback_iss = Presence::IfPresent,
        |profile| profile.at_hash = Presence::Required,
        |profile| profile.id_token = TokenDemand::Signed(vec![SigningAlgorithm::RS256]),
        |profile| profile.userinfo = UserinfoDemand::NotFetched,
        |profile| profile.response = crate::ResponseMode::FormPost,
    ];
    for change in changes {
        assert_eq!(fault_after(change), Fault::ConnectionMisconfigured);
    }
}

#[test]
fn another_endpoint_in_the_document_at_hand_ends_it() {
    let (rp, _) = relying_party(profile());
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        let mut document = metadata_document();
        document[name] = "https://op.example/elsewhere".into();
        let metadata = Metadata::judge(&rp.profile, document.to_string().as_bytes()).unwrap();
        let error = kept().check(&rp, Some(&metadata)).unwrap_err();
        assert_eq!(error.fault, Fault::ConnectionMisconfigured, "{name}");
    }
}

#[test]
fn a_login_ends_with_its_deadline() {
    let (rp, host) = relying_party(profile());
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    host.advance(3600);
    assert!(pending.check(&rp, None).is_ok());
    host.advance(1);
    assert_eq!(pending.check(&rp, None).unwrap_err().reason(), Some(Reason::Expired));
}

#[test]
fn what_is_kept_follows_the_request() {
    let (rp, _) = relying_party(profile());
    let params = AuthorizationParams {
        prompt: Some("consent login".to_owned()),
        max_age: Some(60),
        ..AuthorizationParams::default()
    };
    let pending = Pending::new(&rp, &metadata(&rp.profile), &params);
    assert!(pending.prompt_login && pending.max_age == Some(60));
    assert_ne!(pending.nonce, pending.verifier);
    let (rp, _) = relying_party(Profile { nonce: false, pkce: false, ..profile() });
    let pending = Pending::new(&rp, &metadata(&rp.profile), &AuthorizationParams::default());
    assert!(!pending.prompt_login && pending.nonce.is_none() && pending.verifier.is_none());
}
