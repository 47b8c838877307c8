use tunnus_sdk::{
    Channel, ContentEncryption, Encryption, Expect, KeyEncryption, KeySource, Protection, Shape, Stage,
    TokenKind,
};

use super::*;
use crate::{Delivery, RequestEncryption, for_tests::profile};

fn nested() -> TokenDemand {
    let encryption =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A128CbcHs256] };
    TokenDemand::Nested(encryption, vec![SigningAlgorithm::RS256])
}

fn keys() -> KeySource {
    KeySource {
        issuer: "https://op.example".to_owned(),
        jwks_uri: "https://op.example/jwks".parse().unwrap(),
        channel: Channel::Direct,
    }
}

#[test]
fn the_floor_permits_what_the_profile_demands_and_nothing_weaker() {
    let userinfo = UserinfoDemand::Protected {
        token: nested(),
        issuer_and_audience: Presence::Required,
        any_media_type: false,
    };
    let profile = Profile { id_token: nested(), userinfo, ..profile() };
    let floor = profile.floor();
    let signed = TokenDemand::Signed(vec![SigningAlgorithm::RS256]);
    for kind in [TokenKind::IdToken, TokenKind::Userinfo] {
        let permits = |protection| floor.permits(&Expect { kind, stage: Stage::IdToken, protection });
        assert!(permits(nested().protection(keys())));
        assert!(!permits(signed.protection(keys())));
        assert!(!permits(Protection::Plain));
    }
    assert!(floor.authorization_response.is_none() && floor.document.is_none());
}

#[test]
fn the_floor_of_a_signed_token_permits_no_plain_one_and_no_other_algorithm() {
    let signed = |algorithm| TokenDemand::Signed(vec![algorithm]);
    let floor = Profile { id_token: signed(SigningAlgorithm::RS256), ..profile() }.floor();
    let kind = TokenKind::IdToken;
    let permits = |protection| floor.permits(&Expect { kind, stage: Stage::IdToken, protection });
    assert!(permits(signed(SigningAlgorithm::RS256).protection(keys())));
    assert!(!permits(signed(SigningAlgorithm::PS256).protection(keys())));
    assert!(!permits(Protection::Plain));
}

#[test]
fn what_is_never_opened_has_no_floor() {
    let bare = Profile { userinfo: UserinfoDemand::NotFetched, ..profile() };
    assert!(bare.floor().userinfo.is_none());
    let documents = Profile { document_endpoints: &["payment_details_info_endpoint"], ..profile() };
    assert_eq!(documents.floor().document.unwrap().shape, Shape::Plain);
    assert_eq!(profile().floor().userinfo.unwrap().shape, Shape::Plain);
    let jarm = Profile { response: ResponseMode::Jarm(nested()), ..profile() };
    assert_eq!(jarm.floor().authorization_response.unwrap().shape, Shape::Nested);
}

#[test]
fn credentials_are_needed_for_what_the_profile_does() {
    let plain = Profile {
        request: RequestRoute::get(RequestProtection::Plain),
        client_auth: ClientAuth::SecretPost,
        ..profile()
    };
    let secret = CredentialNeeds { client_secret: true, ..CredentialNeeds::default() };
    assert_eq!(plain.needs(), secret);
    let certificate = Profile { client_auth: ClientAuth::MutualTls, ..plain.clone() };
    assert!(certificate.needs().certificate && !certificate.needs().client_secret);
    for sealed in [
        Profile { id_token: nested(), ..plain.clone() },
        Profile { response: ResponseMode::Jarm(nested()), ..plain.clone() },
        Profile {
            userinfo: UserinfoDemand::Protected {
                token: nested(),
                issuer_and_audience: Presence::Required,
                any_media_type: false,
            },
            ..plain.clone()
        },
    ] {
        assert!(sealed.needs().decryption);
    }
    let fallback = RequestRoute::get(RequestProtection::Signed(SignedRequest::new(SigningAlgorithm::ES256)));
    let signing = Profile { without_par: Some(fallback), ..plain };
    assert_eq!(signing.needs().signing, Some(SigningAlgorithm::ES256));
    assert_eq!(profile().needs().signing, Some(SigningAlgorithm::PS256));
}

#[test]
fn a_route_knows_who_can_read_it() {
    let signed = || RequestProtection::Signed(SignedRequest::new(SigningAlgorithm::PS256));
    let encrypted = || {
        RequestProtection::Encrypted(RequestEncryption {
            algorithm: KeyEncryption::RsaOaep,
            content: ContentEncryption::A128Gcm,
            typ: None,
        })
    };
    for (route, confidential) in [
        (RequestRoute::pushed(RequestProtection::Plain), true),
        (RequestRoute::get(RequestProtection::Plain), false),
        (RequestRoute::post(signed()), false),
        (RequestRoute::get(encrypted()), true),
    ] {
        assert_eq!(route.is_confidential(), confidential);
    }
    assert_eq!(RequestRoute::post(signed()).delivery, Delivery::Post);
}
