//! What brokers of two versions read of each other's flows.

use tunnus_sdk::{
    BrowserRequest, Hidden, Leg, Locale, LoginRequest, Member, ProviderState, Reason, Stage, Timestamp,
};
use url::Url;

use super::{
    attempt::{Answered, Attempt, Sent, Waiting},
    finish::AppReturn,
    for_tests::identification,
    identification::{Face, Identification, OpenIdRequest, Outcome, Report, ResponseMode, Settled},
    page::Failure,
    record::IdentityRecord,
};
use crate::{
    audit::event::KeyIds,
    error::{Code, Field},
    host::Ledger,
    store::shape::assert_both_ways,
};

fn url() -> Url {
    "https://shop.example/".parse().unwrap()
}

/// One with a value for each member.
fn whole(face: Face) -> Identification {
    Identification {
        face,
        connection: Some("bank".to_owned()),
        method: Some("fi-nordea".to_owned()),
        reference: Some("order".into()),
        expected_national_id: Some("070770-905D".into()),
        login_hint: Some("hint".into()),
        max_age: Some(60),
        locale: Some(Locale::Fi),
        owner: Some("owner".to_owned()),
        ..identification(&[Member::FullName], &[Member::BirthDate])
    }
}

fn openid() -> Face {
    Face::OpenId(Box::new(OpenIdRequest {
        redirect_uri: url().to_string(),
        response_mode: ResponseMode::FormPost,
        state: Some("state".into()),
        nonce: Some("nonce".into()),
        code_challenge: Some("challenge".to_owned()),
        scopes: ["openid".to_owned()].into(),
        in_id_token: [Member::NationalId].into(),
    }))
}

fn login() -> LoginRequest {
    LoginRequest {
        claims: [Member::FullName].into(),
        required: [Member::FullName].into(),
        method: Some("fi-nordea".to_owned()),
        login_hint: Some("hint".into()),
        max_age: Some(60),
        service_name: Some("Shop".to_owned()),
        visitor_id: Some("visitor".into()),
        ..LoginRequest::new("state".into())
    }
}

/// Every answer that a browser may get again.
fn answers() -> Vec<Sent> {
    let form = || vec![("code".to_owned(), "code".to_owned())];
    let hidden = vec![("code".to_owned(), Hidden::from("code"))];
    let post = || BrowserRequest::Post { action: url(), fields: form() };
    let failure = Failure {
        app: Some("Shop".to_owned()),
        again: Some(BrowserRequest::Get(url())),
        another: Some(url()),
        back: Some(post()),
        ..Failure::new(Code::ProviderUnavailable, "trace".to_owned())
    };
    vec![
        Sent::Upstream(BrowserRequest::Get(url())),
        Sent::Upstream(post()),
        Sent::App(AppReturn::Redirect(url().to_string().into())),
        Sent::App(AppReturn::FormPost { action: url(), fields: hidden }),
        Sent::App(AppReturn::Stay { app: "Shop".to_owned(), success: true }),
        Sent::Failure(Box::new(failure)),
    ]
}

#[test]
fn identifications_are_read_by_brokers_of_both_versions() {
    let rest = Face::Rest { return_url: Some(url()) };
    assert_both_ways(include_str!("../store/shapes/identification-openid.json"), &whole(openid()), &[]);
    assert_both_ways(include_str!("../store/shapes/identification-rest.json"), &whole(rest), &[]);
}

#[test]
fn attempts_are_read_by_brokers_of_both_versions() {
    let keys =
        KeyIds { signed: vec!["a".to_owned()], opened: vec!["b".to_owned()], verified: vec!["c".to_owned()] };
    let answered = |answer| Answered { asked: "asked".to_owned(), answer, at: Timestamp(1) };
    let attempt = Attempt {
        identification: whole(openid()),
        connection: "bank".to_owned(),
        login: login(),
        waiting: Some(Waiting { leg: Leg::new("callback"), state: ProviderState::keep(&"kept").unwrap() }),
        answered: answers().into_iter().map(answered).collect(),
        ledger: Ledger {
            keys,
            tokens: vec!["hash".to_owned()],
            transaction_id: Some("id".to_owned()),
            steps: None,
        },
        expires_at: Timestamp(600),
    };
    assert_both_ways(include_str!("../store/shapes/attempt.json"), &attempt, &[]);
}

#[test]
fn outcomes_are_read_by_brokers_of_both_versions() {
    let outcome = |result| Outcome { identification: whole(openid()), finished_at: Timestamp(1), result };
    let report = Report {
        code: Code::ProviderResponseRejected,
        reason: Some(Reason::Nonce),
        stage: Some(Stage::IdToken),
        upstream_code: Some("code".to_owned()),
        fields: vec![Field { pointer: "/name".to_owned(), message: "missing".to_owned() }],
    };
    assert_both_ways(
        include_str!("../store/shapes/completed.json"),
        &outcome(Settled::Completed(vec![1])),
        &[],
    );
    assert_both_ways(include_str!("../store/shapes/failed.json"), &outcome(Settled::Failed(report)), &[]);
}

#[test]
fn records_are_read_by_brokers_of_both_versions() {
    let record = include_str!("../store/shapes/record.json");
    let today: IdentityRecord = serde_json::from_str(record).unwrap();
    assert_both_ways(record, &today, &["/age_over", "/provenance"]);
}
