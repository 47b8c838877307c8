use serde_json::json;
use tunnus_sdk::{Hidden, Leg, Params, SigningAlgorithm};

use super::{super::ledger::noted, *};

fn signed_request() {
    let claims = json!({
        "client_id": "ours", "state": "secret-state", "nonce": "secret-nonce", "login_hint": "070770-905D",
        "max_age": 60, "jti": "secret-jti",
    });
    let claims = claims.as_object().unwrap();
    signed(&Signing { algorithm: SigningAlgorithm::RS256, typ: None }, "key-1", claims);
}

#[tokio::test]
async fn a_value_is_shown_where_it_is_known_to_be_no_secret() {
    let ((), ledger) = noted(true, async {
        signed_request();
        let url: Url = "https://bank.example/par?code=secret-code".parse().unwrap();
        let form = vec![
            ("code_verifier".to_owned(), Hidden::from("secret-verifier")),
            ("scope".to_owned(), Hidden::from("openid")),
        ];
        let request =
            Request { authentication: Authentication::SecretPost, ..Request::post(Stage::Par, url, form) };
        ended(call(&request), true);
    })
    .await;
    let told = serde_json::to_string(&ledger.steps).unwrap();
    assert!(!told.contains("secret-") && !told.contains("070770"), "{told}");
    for shown in ["ours", "\"60\"", "login_hint", "code_verifier", "client_secret", "openid", "key-1", "/par"]
    {
        assert!(told.contains(shown), "{shown}: {told}");
    }
}

#[tokio::test]
async fn nothing_is_noted_of_a_leg_that_is_not_watched() {
    let ((), ledger) = noted(false, async { signed_request() }).await;
    assert_eq!(ledger.steps, None);
}

#[tokio::test]
async fn what_an_upstream_calls_its_claims_is_bounded() {
    let mut claims: Claims = (0..1_000).map(|n| (format!("claim-{n}"), json!("secret"))).collect();
    for name in ["", "a b", "\u{202e}evil", &"n".repeat(NAME_LENGTH + 1), "a\nb"] {
        claims.insert(name.to_owned(), json!("secret"));
    }
    let token = format!("{}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"a b","enc":7}"#));
    let expect =
        Expect { kind: TokenKind::IdToken, stage: Stage::IdToken, protection: tunnus_sdk::Protection::Plain };
    let ((), ledger) = noted(true, async {
        for _ in 0..2 * STEPS {
            opening(&expect, &token);
            opened(Ok(&claims));
        }
    })
    .await;
    let steps = ledger.steps.unwrap();
    assert_eq!(steps.len(), STEPS);
    let Seen::Opened { headers, claims: Some(names), .. } = &steps[0] else { panic!("an opened message") };
    assert_eq!(headers, &[Header { alg: Some("RS256".to_owned()), ..Header::default() }]);
    assert_eq!((names.len(), names.last().unwrap().as_str()), (NAMES + 1, "+941"));
    assert!(names.iter().all(|name| name.len() <= NAME_LENGTH && !name.contains("evil")));
}

#[tokio::test]
async fn a_return_is_told_by_its_names() {
    let mut ledger = Ledger { steps: Some(Vec::new()), ..Ledger::default() };
    let params: Params = [("code", "secret"), ("state", "secret")].into_iter().collect();
    ledger.returned(&Inbound { leg: Leg::CALLBACK, params });
    ledger
        .left(&BrowserRequest::Get("https://bank.example/auth?scope=openid&request=secret".parse().unwrap()));
    let told = serde_json::to_string(&ledger.steps).unwrap();
    assert!(!told.contains("secret") && told.contains("\"code\"") && told.contains("openid"), "{told}");
}
