use serde_json::json;

use super::*;

const ISSUER: &str = "https://bank.example/oidc";

fn settings() -> Settings {
    serde_json::from_value(json!({
        "selector": "https://selector.example/v1/select-accounts",
        "client_id": "client 1",
        "client_authentication": "mutual_tls",
        "registered_keys": false,
        "issuers": [
            { "issuer": ISSUER },
            { "issuer": "https://other.example", "idp_id": "7" },
        ],
    }))
    .unwrap()
}

fn judged(pairs: &[(&str, &str)]) -> Result<(String, String, Option<String>), Fault> {
    let params: Params = pairs.iter().copied().collect();
    check_return(&settings(), &params)
        .map(|chosen| {
            let token = chosen.idpartner_token.map(|token| token.expose().clone());
            (chosen.bank.issuer.clone(), chosen.idp_id.expose().clone(), token)
        })
        .map_err(|error| {
            assert_eq!(error.stage, Stage::Selection);
            error.fault
        })
}

fn with_issuer(issuer: &str) -> Result<(String, String, Option<String>), Fault> {
    judged(&[("iss", issuer), ("idp_id", "1")])
}

#[test]
fn the_browser_carries_what_the_selector_needs_and_no_more() {
    let selector = Url::parse("https://selector.example/v1/select-accounts").unwrap();
    let visitor_id = Hidden::from("visitor&1");
    let question = Question {
        scope: "openid email",
        claims: &["email", "email_verified"],
        visitor_id: Some(&visitor_id),
        login_hint: None,
    };
    let sent = address(&selector, "client 1", &question);
    assert_eq!(
        sent.as_str(),
        "https://selector.example/v1/select-accounts?client_id=client+1&visitor_id=visitor%261\
         &scope=openid+email&claims=email+email_verified"
    );
    let unknown = Question { visitor_id: None, claims: &[], ..question };
    let sent = address(&selector, "client 1", &unknown);
    assert!(!sent.as_str().contains("visitor_id"));
    assert!(sent.as_str().ends_with("&claims="));
}

#[test]
fn a_listed_bank_is_chosen() {
    let chosen = judged(&[("iss", ISSUER), ("idp_id", "1"), ("visitor_id", "v"), ("idpartner_token", "t.t")]);
    assert_eq!(chosen, Ok((ISSUER.to_owned(), "1".to_owned(), Some("t.t".to_owned()))));
    let unknown_beside = judged(&[("iss", ISSUER), ("idp_id", "1"), ("utm_source", "x"), ("visitor_id", "")]);
    assert_eq!(unknown_beside, Ok((ISSUER.to_owned(), "1".to_owned(), None)));
}

#[test]
fn an_issuer_that_is_not_byte_for_byte_listed_is_refused() {
    let hostile = [
        "",
        "https://bank.example/oidc/",
        "https://bank.example/oidc ",
        "https://bank.example/oidc\0",
        "https://bank.example/oidc#",
        "https://bank.example/oidc?x=1",
        "https://bank.example/oidc/../oidc",
        "https://bank.example/%6fidc",
        "https://bank.example",
        "https://bank.example:443/oidc",
        "https://BANK.example/oidc",
        "https://Bank.Example/oidc",
        "HTTPS://bank.example/oidc",
        "http://bank.example/oidc",
        "//bank.example/oidc",
        "https://bank.example@evil.example/oidc",
        "https://user@bank.example/oidc",
        "https://bank.example.evil.example/oidc",
        "https://evil.example/https://bank.example/oidc",
        "https://bank.example/oidc,https://other.example",
        "https://bаnk.example/oidc",
        "https://127.0.0.1/oidc",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "undefined",
    ];
    for issuer in hostile {
        assert_eq!(with_issuer(issuer), Err(Fault::ResponseRejected(Reason::Issuer)), "{issuer:?}");
    }
    let huge = "https://bank.example/oidc".repeat(50_000);
    assert_eq!(with_issuer(&huge), Err(Fault::ResponseRejected(Reason::Issuer)));
}

#[test]
fn a_missing_or_doubled_issuer_is_refused() {
    assert_eq!(judged(&[("idp_id", "1")]), Err(Fault::ResponseRejected(Reason::Issuer)));
    let doubled = [("iss", ISSUER), ("iss", ISSUER), ("idp_id", "1")];
    assert_eq!(judged(&doubled), Err(Fault::ResponseRejected(Reason::Issuer)));
    let doubled = [("iss", ISSUER), ("iss", "https://evil.example"), ("idp_id", "1")];
    assert_eq!(judged(&doubled), Err(Fault::ResponseRejected(Reason::Issuer)));
}

#[test]
fn idp_id_is_bounded_and_opaque() {
    let malformed = Err(Fault::ResponseRejected(Reason::Malformed));
    assert_eq!(judged(&[("iss", ISSUER)]), malformed);
    assert_eq!(judged(&[("iss", ISSUER), ("idp_id", "")]), malformed);
    assert_eq!(judged(&[("iss", ISSUER), ("idp_id", "1"), ("idp_id", "2")]), malformed);
    for value in ["a b", "a\r\nSet-Cookie: x", "\u{202e}1", "a\0"] {
        assert_eq!(judged(&[("iss", ISSUER), ("idp_id", value)]), malformed, "{value:?}");
    }
    assert!(judged(&[("iss", ISSUER), ("idp_id", &"x".repeat(255))]).is_ok());
    let huge = "x".repeat(256);
    assert_eq!(judged(&[("iss", ISSUER), ("idp_id", &huge)]), Err(Fault::ResponseRejected(Reason::TooLarge)));
}

#[test]
fn what_is_opaque_is_bounded_and_stands_once() {
    for (name, max) in [("visitor_id", 255), ("idpartner_token", 4096)] {
        let judged = |value: &str| judged(&[("iss", ISSUER), ("idp_id", "1"), (name, value)]);
        assert!(judged(&"x".repeat(max)).is_ok());
        assert_eq!(judged(&"x".repeat(max + 1)), Err(Fault::ResponseRejected(Reason::TooLarge)), "{name}");
        assert_eq!(judged("a b"), Err(Fault::ResponseRejected(Reason::Malformed)), "{name}");
    }
    let doubled = [("iss", ISSUER), ("idp_id", "1"), ("idpartner_token", "a"), ("idpartner_token", "b")];
    assert_eq!(judged(&doubled), Err(Fault::ResponseRejected(Reason::Malformed)));
}

#[test]
fn a_bank_listed_with_its_idp_id_has_no_other() {
    assert!(judged(&[("iss", "https://other.example"), ("idp_id", "7")]).is_ok());
    let other = judged(&[("iss", "https://other.example"), ("idp_id", "8")]);
    assert_eq!(other, Err(Fault::ResponseRejected(Reason::Issuer)));
}

#[test]
fn turning_back_is_a_cancel_and_another_error_a_refusal() {
    for code in ["access_denied", "user_cancelled", "USER_CANCELED"] {
        assert_eq!(judged(&[("error", code)]), Err(Fault::UserCancelled), "{code}");
    }
    assert_eq!(judged(&[("error", "server_error")]), Err(Fault::ProviderRefused));
    let beside_a_choice = judged(&[("iss", ISSUER), ("idp_id", "1"), ("error", "server_error")]);
    assert_eq!(beside_a_choice, Err(Fault::ProviderRefused));
    assert_eq!(judged(&[("error", "")]), Err(Fault::ProviderRefused));
}

#[test]
fn the_opaque_values_are_not_printed() {
    let params: Params =
        [("iss", ISSUER), ("idp_id", "1"), ("idpartner_token", "secret-token")].into_iter().collect();
    let settings = settings();
    let chosen = check_return(&settings, &params).unwrap();
    assert!(!format!("{chosen:?}").contains("secret-token"));
}
