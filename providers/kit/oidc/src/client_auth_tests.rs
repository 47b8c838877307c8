use serde_json::Value;
use tunnus_sdk::{Body, RequestMethod};

use super::*;
use crate::{
    Profile,
    for_tests::{CLIENT, ISSUER, NOW, field, form, profile, relying_party},
};

async fn request(client_auth: ClientAuth) -> (Request, Vec<(Signing, Claims)>) {
    let (rp, host) = relying_party(Profile { client_auth, ..profile() });
    let token_endpoint = Url::parse("https://op.example/oidc/token").unwrap();
    let url = Url::parse("https://op.example/oidc/request").unwrap();
    let fields = vec![("client_id".to_owned(), CLIENT.into()), ("request".to_owned(), "r".into())];
    let request = authenticated(&rp, Stage::Par, url, &token_endpoint, fields).await.unwrap();
    let signed = host.signed.lock().unwrap().clone();
    (request, signed)
}

fn private_key_jwt(audience: AssertionAudience) -> ClientAuth {
    ClientAuth::PrivateKeyJwt { algorithm: SigningAlgorithm::ES256, audience }
}

#[tokio::test]
async fn an_assertion_has_one_audience_one_use_and_a_short_life() {
    for (audience, aud) in [
        (AssertionAudience::Issuer, ISSUER),
        (AssertionAudience::TokenEndpoint, "https://op.example/oidc/token"),
    ] {
        let (request, mut signed) = request(private_key_jwt(audience)).await;
        let (signing, claims) = signed.pop().unwrap();
        assert_eq!(signing.algorithm, SigningAlgorithm::ES256);
        let text = |name| claims.get(name).and_then(Value::as_str).unwrap();
        assert_eq!((text("iss"), text("sub"), text("aud"), text("jti")), (CLIENT, CLIENT, aud, "random-0"));
        assert_eq!(claims["iat"], NOW);
        assert!((1..=300).contains(&(claims["exp"].as_i64().unwrap() - NOW)));
        let form = form(&request);
        assert_eq!(field(&form, "client_assertion_type"), Some(JWT_BEARER));
        assert!(field(&form, "client_assertion").unwrap().starts_with("signed:"));
        assert_eq!(field(&form, "client_id"), Some(CLIENT));
        assert_eq!((request.authentication, request.mutual_tls), (Authentication::None, false));
    }
}

#[tokio::test]
async fn the_secret_is_the_hosts_to_add() {
    let basic = Authentication::SecretBasic { client_id: CLIENT.to_owned() };
    for (client_auth, authentication) in [
        (ClientAuth::SecretBasic { client_id_in_body: false }, basic.clone()),
        (ClientAuth::SecretBasic { client_id_in_body: true }, basic),
        (ClientAuth::SecretPost, Authentication::SecretPost),
    ] {
        let (request, signed) = request(client_auth).await;
        assert_eq!((request.authentication, request.mutual_tls), (authentication, false));
        assert!(signed.is_empty());
    }
}

#[tokio::test]
async fn basic_says_the_client_id_in_the_body_where_the_upstream_wants_it() {
    for in_body in [false, true] {
        let client_auth = ClientAuth::SecretBasic { client_id_in_body: in_body };
        let (rp, _) = relying_party(Profile { client_auth, ..profile() });
        let url = Url::parse("https://op.example/oidc/token").unwrap();
        let request = authenticated(&rp, Stage::Token, url.clone(), &url, Vec::new()).await.unwrap();
        assert_eq!(field(&form(&request), "client_id").is_some(), in_body);
    }
}

#[tokio::test]
async fn mutual_tls_shows_the_certificate_and_names_the_client() {
    let (request, signed) = request(ClientAuth::MutualTls).await;
    assert!(request.mutual_tls && signed.is_empty());
    assert_eq!(request.authentication, Authentication::None);
    assert_eq!(request.method, RequestMethod::Post);
    assert!(matches!(request.body, Body::Form(_)));
    assert_eq!(field(&form(&request), "client_id"), Some(CLIENT));
}
