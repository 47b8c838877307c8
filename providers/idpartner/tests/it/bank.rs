//! The trip to the bank: what it is asked, how, and what its answers become.

use serde_json::{Value, json};
use tunnus_sdk::{
    BrowserRequest, Fault, Level, LoginRequest, Member, Reason, Stage,
    sandbox::{SimulatedRequest, SimulatedResponse},
};
use tunnus_simulator::Click;

use crate::desk::{Desk, MUTUAL_TLS, PLACEHOLDER, SECRET, SPECIMEN, is_post, login, navigate};

fn json_edit(request: &SimulatedRequest, response: &mut SimulatedResponse, path: &str, edit: fn(&mut Value)) {
    if request.path.ends_with(path) && response.status == 200 {
        let mut document: Value = serde_json::from_slice(&response.body).unwrap();
        edit(&mut document);
        response.body = document.to_string().into_bytes();
    }
}

const METADATA: &str = "/.well-known/openid-configuration";
const DETAILS: &str = "/payment_details";

#[tokio::test]
async fn a_person_is_identified_through_either_connection() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let identity = desk.identify(&login("s1"), SPECIMEN, "maria").await.unwrap();
        assert_eq!(identity.upstream.issuer, desk.issuer("/specimen/oidc"));
        let method = identity.method.unwrap();
        assert_eq!((method.id.as_str(), method.name.as_deref()), (SPECIMEN, Some("Specimen Bank")));
        assert_eq!(identity.assurance.level, Level::Substantial);
        let record = serde_json::to_value(&identity.attributes).unwrap();
        assert_eq!(record["name"]["full"], "María José O’Brien-Núñez");
        assert_eq!(record["birth_date"], "2004-02-29");
        assert_eq!(record["age_over"], json!({ "18": true, "21": true, "25": false }));
        assert_eq!(record["payment_details"].as_array().unwrap().len(), 2);
        assert_eq!(record["payment_details"][1]["type"], "US_RTP");
    }
}

#[tokio::test]
async fn a_bank_that_tells_one_account_as_an_object_is_understood() {
    let desk = Desk::new(SECRET);
    let identity = desk.identify(&login("s1"), PLACEHOLDER, "maria").await.unwrap();
    assert_eq!(identity.method.unwrap().id, PLACEHOLDER);
    assert_eq!(identity.attributes.payment_details.len(), 1);
}

#[tokio::test]
async fn the_same_person_at_two_banks_is_two_subjects() {
    let desk = Desk::new(SECRET);
    let one = desk.identify(&login("s1"), SPECIMEN, "john").await.unwrap().upstream;
    let other = desk.identify(&login("s2"), PLACEHOLDER, "john").await.unwrap().upstream;
    assert_ne!(one.issuer, other.issuer);
    assert_eq!(desk.identify(&login("s3"), SPECIMEN, "john").await.unwrap().upstream, one);
}

#[tokio::test]
async fn a_hint_of_the_sandbox_needs_no_click_at_either_page() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let mut login = login("s1");
        login.login_hint = Some("sandbox:persona=john".into());
        let start = navigate(desk.provider.start(&login).await.unwrap());
        let chosen = desk.walk(&start.to, &start.expect).await;
        let returned = desk.visit(&login, (start.state, chosen), Click::Cancel).await.unwrap();
        let evidence = desk.finish(&login, returned).await.unwrap();
        let identity = desk.provider.normalise(&evidence).unwrap();
        assert_eq!(identity.attributes.name.given.unwrap().expose(), "John");
    }
}

#[tokio::test]
async fn the_request_is_pushed_and_the_browser_carries_a_reference() {
    for (connection, names) in [
        (
            SECRET,
            &[
                "acr_values",
                "claims",
                "client_id",
                "code_challenge",
                "code_challenge_method",
                "identity_provider_id",
                "idpartner_token",
                "nonce",
                "redirect_uri",
                "response_mode",
                "response_type",
                "scope",
                "state",
                "ui_locales",
            ][..],
        ),
        (MUTUAL_TLS, &["client_id", "request"][..]),
    ] {
        let desk = Desk::new(connection);
        let login = login("s1");
        let (state, chosen) = desk.choose(&login, SPECIMEN).await;
        let BrowserRequest::Get(url) =
            navigate(desk.provider.resume(&login, state, chosen).await.unwrap()).to
        else {
            panic!("a redirect")
        };
        let carried: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(carried, ["client_id", "request_uri"]);
        let pushed = desk.wiretap.requests("/specimen/oidc/request");
        assert_eq!(pushed.len(), 1);
        assert_eq!(pushed[0].form.iter().map(|(name, _)| name).collect::<Vec<_>>(), names);
    }
}

#[tokio::test]
async fn no_more_is_asked_than_is_wanted() {
    let desk = Desk::new(SECRET);
    let mut login = login("s1");
    login.claims = [Member::Email].into();
    login.minimum_assurance = Level::Unspecified;
    let identity = desk.identify(&login, SPECIMEN, "john").await.unwrap();
    assert_eq!(identity.attributes.members(), [Member::Email]);
    let pushed = &desk.wiretap.requests("/request")[0].form;
    assert_eq!(pushed.one("scope"), Some("openid email"));
    assert_eq!(pushed.one("claims"), Some(r#"{"userinfo":{"email":null,"email_verified":null}}"#));
    assert_eq!(pushed.one("response_mode"), Some("jwt"));
    assert!(!pushed.has("acr_values") && !pushed.has("prompt") && !pushed.has("login_hint"));
    assert_eq!(desk.wiretap.requests(DETAILS).len(), 0);
}

#[tokio::test]
async fn the_certificate_is_shown_at_every_call_but_the_public_ones() {
    let desk = Desk::new(MUTUAL_TLS);
    desk.identify(&login("s1"), SPECIMEN, "john").await.unwrap();
    for path in ["/request", "/token", "/me", DETAILS] {
        let calls = desk.wiretap.requests(&format!("/specimen/oidc{path}"));
        assert!(!calls.is_empty(), "{path}");
        assert!(calls.iter().all(|call| call.client_certificate.is_some()), "{path}");
    }
    for path in [METADATA, "/jwks", "/auth"] {
        let calls = desk.wiretap.requests(&format!("/specimen/oidc{path}"));
        assert!(!calls.is_empty() && calls.iter().all(|call| call.client_certificate.is_none()), "{path}");
    }
    let token = desk.wiretap.requests("/token");
    assert!(token.iter().all(|call| is_post(call) && call.authorization.is_none()));
    assert_eq!(token[0].form.one("client_id"), Some("sandbox-idpartner-mtls"));
}

/// What the metadata is made to say, and whether the connection with mutual TLS can live with it.
const ALIASES: [fn(&mut Value); 8] = [
    |document| document["mtls_endpoint_aliases"]["token_endpoint"] = json!("undefined/token"),
    |document| document["mtls_endpoint_aliases"]["userinfo_endpoint"] = json!("undefined/me"),
    |document| {
        document["mtls_endpoint_aliases"]["payment_details_info_endpoint"] =
            json!("undefined/payment_details");
    },
    |document| {
        document["mtls_endpoint_aliases"]["pushed_authorization_request_endpoint"] =
            json!("https://mtls.evil.example/request");
    },
    |document| document["mtls_endpoint_aliases"]["token_endpoint"] = json!("http://mtls.bank.example/token"),
    |document| {
        document["mtls_endpoint_aliases"]["token_endpoint"] = json!("https://a:b@localhost:4011/token");
    },
    |document| document["mtls_endpoint_aliases"]["token_endpoint"] = Value::Null,
    |document| document["mtls_endpoint_aliases"] = json!("undefined"),
];

#[tokio::test]
async fn a_bad_alias_ends_the_login_and_the_other_endpoint_is_not_tried() {
    const EDITS: [crate::desk::Edit; 8] = [
        |request, response| json_edit(request, response, METADATA, ALIASES[0]),
        |request, response| json_edit(request, response, METADATA, ALIASES[1]),
        |request, response| json_edit(request, response, METADATA, ALIASES[2]),
        |request, response| json_edit(request, response, METADATA, ALIASES[3]),
        |request, response| json_edit(request, response, METADATA, ALIASES[4]),
        |request, response| json_edit(request, response, METADATA, ALIASES[5]),
        |request, response| json_edit(request, response, METADATA, ALIASES[6]),
        |request, response| json_edit(request, response, METADATA, ALIASES[7]),
    ];
    for (number, edit) in EDITS.into_iter().enumerate() {
        let desk = Desk::with(MUTUAL_TLS, edit);
        let error = desk.identify(&login("s1"), SPECIMEN, "john").await.unwrap_err();
        let right = matches!(error.fault, Fault::ConnectionMisconfigured)
            || error.reason() == Some(Reason::Malformed);
        assert!(right && error.stage == Stage::Discovery, "{number}: {error}");
        assert_eq!(desk.wiretap.requests("/request").len(), 0, "{number}");
        assert_eq!(desk.host.refused(), 0);
    }
}

#[tokio::test]
async fn a_secret_client_needs_no_alias() {
    let desk = Desk::with(SECRET, |request, response| json_edit(request, response, METADATA, ALIASES[0]));
    assert!(desk.identify(&login("s1"), SPECIMEN, "john").await.is_ok());
}

fn without_par(request: &SimulatedRequest, response: &mut SimulatedResponse) {
    json_edit(request, response, METADATA, |document| {
        let name = "pushed_authorization_request_endpoint";
        document.as_object_mut().unwrap().remove(name);
        document["mtls_endpoint_aliases"].as_object_mut().unwrap().remove(name);
    });
}

#[tokio::test]
async fn without_par_a_secret_client_goes_directly_and_another_not_at_all() {
    let desk = Desk::with(SECRET, without_par);
    assert!(desk.identify(&login("s1"), SPECIMEN, "john").await.is_ok());
    assert_eq!(desk.wiretap.requests("/specimen/oidc/request").len(), 0);

    let desk = Desk::with(MUTUAL_TLS, without_par);
    let error = desk.identify(&login("s1"), SPECIMEN, "john").await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::ConnectionMisconfigured, Stage::Discovery));
}

fn details(request: &SimulatedRequest, response: &mut SimulatedResponse, status: u16, body: &[u8]) {
    if request.path.ends_with(DETAILS) {
        response.status = status;
        response.body = body.to_vec();
    }
}

#[tokio::test]
async fn payment_details_that_are_none_leave_what_userinfo_says() {
    let desk = Desk::with(SECRET, |request, response| details(request, response, 204, b""));
    let identity = desk.identify(&login("s1"), SPECIMEN, "maria").await.unwrap();
    assert_eq!(identity.attributes.payment_details.len(), 1);
    let desk = Desk::with(SECRET, |request, response| details(request, response, 200, b"[]"));
    let identity = desk.identify(&login("s1"), SPECIMEN, "maria").await.unwrap();
    assert!(identity.attributes.payment_details.is_empty());
}

#[tokio::test]
async fn a_bank_without_the_endpoint_is_not_asked() {
    let desk = Desk::with(MUTUAL_TLS, |request, response| {
        json_edit(request, response, METADATA, |document| {
            let name = "payment_details_info_endpoint";
            document.as_object_mut().unwrap().remove(name);
            document["mtls_endpoint_aliases"].as_object_mut().unwrap().remove(name);
        });
    });
    let identity = desk.identify(&login("s1"), SPECIMEN, "maria").await.unwrap();
    assert_eq!(identity.attributes.payment_details.len(), 1);
    assert_eq!(desk.wiretap.requests(DETAILS).len(), 0);
}

#[tokio::test]
async fn payment_details_that_cannot_be_had_end_only_the_login_that_requires_them() {
    const ANSWERS: [crate::desk::Edit; 4] = [
        |request, response| details(request, response, 500, b""),
        |request, response| details(request, response, 401, b"{\"error\":\"invalid_token\"}"),
        |request, response| details(request, response, 404, b""),
        |request, response| response.delay_ms += if request.path.ends_with(DETAILS) { 60_000 } else { 0 },
    ];
    for (number, edit) in ANSWERS.into_iter().enumerate() {
        let desk = Desk::with(SECRET, edit);
        let error = desk.identify(&login("s1"), SPECIMEN, "john").await.unwrap_err();
        assert_eq!(error.stage, Stage::PaymentDetails, "{number}");
        let optional = LoginRequest { required: [Member::FullName].into(), ..login("s2") };
        let identity = desk.identify(&optional, SPECIMEN, "john").await.unwrap();
        assert!(identity.attributes.name.full.is_some(), "{number}");
        assert_eq!(desk.wiretap.requests(DETAILS).len(), 2, "{number}");
    }
}

#[tokio::test]
async fn malformed_payment_details_are_refused_at_their_stage() {
    const BODIES: [crate::desk::Edit; 7] = [
        |request, response| details(request, response, 200, b""),
        |request, response| details(request, response, 200, b"["),
        |request, response| details(request, response, 200, b"[],\"document\":[]"),
        |request, response| details(request, response, 200, b"7"),
        |request, response| details(request, response, 200, b"{\"bankId\":\"1\",\"bankId\":\"2\"}"),
        |request, response| details(request, response, 200, b"[{\"bankId\":\"\xff\"}]"),
        |request, response| details(request, response, 302, b""),
    ];
    for (number, edit) in BODIES.into_iter().enumerate() {
        let desk = Desk::with(SECRET, edit);
        let optional = LoginRequest { required: [].into(), ..login("s1") };
        let error = desk.identify(&optional, SPECIMEN, "john").await.unwrap_err();
        assert_eq!(error.stage, Stage::PaymentDetails, "{number}");
        assert!(
            matches!(error.reason(), Some(Reason::Malformed | Reason::ClaimsInconsistent)),
            "{number}: {error}"
        );
    }
}
