use serde_json::json;
use tunnus_sdk::{Fault, Timestamp};

use super::*;

const ISSUER: &str = "https://bank.example/oidc";

fn settings() -> Settings {
    serde_json::from_value(json!({
        "selector": "https://selector.example/",
        "client_id": "client-1",
        "client_authentication": "mutual_tls",
        "registered_keys": false,
        "issuers": [
            { "issuer": ISSUER, "idp_id": "1", "name": "Specimen Bank" },
            { "issuer": "https://other.example" },
        ],
        "assurance": { "default": "low", "by_acr": { "urn:silver": "substantial", "urn:gold": "high" } },
    }))
    .unwrap()
}

fn object(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

fn evidence(userinfo: Value) -> Evidence {
    Evidence {
        issuer: ISSUER.to_owned(),
        id_token: object(json!({ "iss": ISSUER, "sub": "aceaa425" })),
        userinfo: Some(object(userinfo)),
        payment_details: None,
        received_at: Timestamp(1_795_256_803),
    }
}

fn record(evidence: &Evidence) -> Value {
    let identity = normalise(&settings(), evidence).unwrap();
    serde_json::to_value(&identity.attributes).unwrap()
}

fn fault(evidence: &Evidence) -> (Fault, Stage) {
    let error = normalise(&settings(), evidence).unwrap_err();
    (error.fault, error.stage)
}

fn account() -> Value {
    json!({
        "bankId": "125000024", "identifier": "454992210071", "identifierType": "ACCOUNT_NUMBER",
        "type": "US_ACH", "transferIn": true, "transferOut": true, "accountId": "g833202fb0866d0ad83472c429",
    })
}

fn normalised_account() -> Value {
    json!({
        "bank_id": "125000024", "identifier": "454992210071", "identifier_type": "ACCOUNT_NUMBER",
        "type": "US_ACH", "transfer_in": true, "transfer_out": true, "account_id": "g833202fb0866d0ad83472c429",
    })
}

fn asked(members: &[Member]) -> Asked {
    Asked::of(&members.iter().copied().collect(), |_, _| true)
}

#[test]
fn every_claim_of_the_documented_table_reaches_the_record() {
    let userinfo = json!({
        "sub": "aceaa425", "birthdate": "1988-08-08", "name": "John Smith", "given_name": "John",
        "family_name": "Smith", "gender": "Male",
        "address": { "street_address": "4360 Dragon Dr", "locality": "Saluda", "region": "Virginia",
                     "postal_code": "23149", "country": "US" },
        "email": "john.smith@example.com", "email_verified": true, "phone_number": "408-123-4567",
        "payment_details": account(), "age_over_18": true, "age_over_21": true, "age_over_25": false,
    });
    let expected = json!({
        "name": { "full": "John Smith", "given": "John", "family": "Smith" },
        "birth_date": "1988-08-08",
        "age_over": { "18": true, "21": true, "25": false },
        "email": { "value": "john.smith@example.com", "verified": true },
        "phone": { "value": "408-123-4567", "verified": false },
        "gender": "male",
        "address": { "street": "4360 Dragon Dr", "locality": "Saluda", "region": "Virginia",
                     "postal_code": "23149", "country": "US" },
        "payment_details": [normalised_account()],
    });
    assert_eq!(record(&evidence(userinfo)), expected);
}

#[test]
fn a_bare_login_says_who_and_by_which_bank() {
    let mut evidence = evidence(json!({ "sub": "aceaa425" }));
    let identity = normalise(&settings(), &evidence).unwrap();
    assert_eq!(identity.upstream.issuer, ISSUER);
    assert_eq!(identity.upstream.subject.expose(), "aceaa425");
    assert_eq!(identity.authenticated_at, evidence.received_at);
    let method = identity.method.unwrap();
    assert_eq!((method.id.as_str(), method.name.as_deref()), ("1", Some("Specimen Bank")));
    assert_eq!(identity.attributes, tunnus_sdk::Attributes::default());

    evidence.issuer = "https://other.example".to_owned();
    let method = normalise(&settings(), &evidence).unwrap().method.unwrap();
    assert_eq!((method.id.as_str(), method.name), ("https://other.example", None));

    evidence.issuer = "https://evil.example".to_owned();
    assert_eq!(fault(&evidence), (Fault::ResponseRejected(Reason::Issuer), Stage::Normalise));
}

#[test]
fn the_level_comes_from_the_table_and_an_unknown_acr_never_lifts_it() {
    let level = |acr: Option<&str>| {
        let mut evidence = evidence(json!({ "sub": "aceaa425" }));
        if let Some(acr) = acr {
            evidence.id_token.insert("acr".to_owned(), json!(acr));
        }
        normalise(&settings(), &evidence).unwrap().assurance
    };
    assert_eq!(level(None).level, Level::Low);
    assert_eq!(level(Some("urn:silver")).level, Level::Substantial);
    assert_eq!(level(Some("urn:gold")).level, Level::High);
    let unknown = level(Some("urn:GOLD"));
    assert_eq!((unknown.level, unknown.acr.as_deref()), (Level::Unspecified, Some("urn:GOLD")));
}

#[test]
fn acr_values_are_those_that_reach_the_level() {
    let table = settings().assurance;
    assert_eq!(table.acr_values(Level::Unspecified), None);
    assert_eq!(table.acr_values(Level::Low).as_deref(), Some("urn:gold urn:silver"));
    assert_eq!(table.acr_values(Level::High).as_deref(), Some("urn:gold"));
    assert!(table.reaches(Level::High));
    let silent = AssuranceTable::default();
    assert_eq!(silent.acr_values(Level::Low), None);
    assert!(silent.reaches(Level::Unspecified) && !silent.reaches(Level::Low));
}

#[test]
fn payment_details_come_as_an_object_or_an_array() {
    let shapes = [
        (json!([account(), account()]), json!([normalised_account(), normalised_account()])),
        (account(), json!([normalised_account()])),
    ];
    for (sent, expected) in shapes {
        let claimed = evidence(json!({ "sub": "aceaa425", "payment_details": sent }));
        assert_eq!(record(&claimed)["payment_details"], expected);
        let fetched = Evidence { payment_details: Some(sent), ..evidence(json!({ "sub": "aceaa425" })) };
        assert_eq!(record(&fetched)["payment_details"], expected);
        let source = &normalise(&settings(), &fetched).unwrap().provenance[&Member::PaymentDetails];
        let said = serde_json::to_value(source).unwrap();
        assert_eq!(said, json!({ "claim": "payment_details", "from": "payment_details" }));
    }
}

#[test]
fn no_account_leaves_the_member_absent() {
    for nothing in [json!([]), Value::Null] {
        let fetched = Evidence { payment_details: Some(nothing), ..evidence(json!({ "sub": "aceaa425" })) };
        assert_eq!(record(&fetched), json!({}));
        assert!(normalise(&settings(), &fetched).unwrap().provenance.is_empty());
    }
}

#[test]
fn the_endpoint_is_believed_before_the_claim() {
    let mut other = account();
    other["bankId"] = json!("other");
    let both = Evidence {
        payment_details: Some(account()),
        ..evidence(json!({ "sub": "aceaa425", "payment_details": other }))
    };
    assert_eq!(record(&both)["payment_details"], json!([normalised_account()]));
}

#[test]
fn what_is_not_said_of_an_account_it_may_not_do() {
    let mut quiet = account();
    for member in ["transferIn", "transferOut", "accountId"] {
        quiet.as_object_mut().unwrap().remove(member);
    }
    let fetched = Evidence { payment_details: Some(quiet), ..evidence(json!({ "sub": "aceaa425" })) };
    let expected = json!([{
        "bank_id": "125000024", "identifier": "454992210071", "identifier_type": "ACCOUNT_NUMBER",
        "type": "US_ACH", "transfer_in": false, "transfer_out": false,
    }]);
    assert_eq!(record(&fetched)["payment_details"], expected);
}

#[test]
fn malformed_payment_details_are_refused_where_they_stood() {
    let spoilt = |member: &str, value: Value| {
        let mut account = account();
        account[member] = value;
        account
    };
    let malformed = [
        json!("125000024"),
        json!(7),
        json!(true),
        json!({}),
        json!([account(), 7]),
        json!([[account()]]),
        json!({ "accounts": [account()] }),
        json!(vec![account(); ACCOUNTS_MAX + 1]),
        spoilt("identifier", Value::Null),
        spoilt("identifier", json!("")),
        spoilt("identifier", json!(454_992_210_071_u64)),
        spoilt("bankId", json!("1\n2")),
        spoilt("type", json!("x".repeat(TEXT_MAX + 1))),
        spoilt("transferIn", json!("true")),
        spoilt("transferOut", Value::Null),
        spoilt("accountId", json!(1)),
    ];
    for sent in malformed {
        let fetched =
            Evidence { payment_details: Some(sent.clone()), ..evidence(json!({ "sub": "aceaa425" })) };
        let inconsistent = Fault::ResponseRejected(Reason::ClaimsInconsistent);
        assert_eq!(fault(&fetched), (inconsistent.clone(), Stage::PaymentDetails), "{sent}");
        let claimed = evidence(json!({ "sub": "aceaa425", "payment_details": sent }));
        assert_eq!(fault(&claimed), (inconsistent, Stage::Normalise), "{sent}");
    }
}

#[test]
fn an_age_is_a_boolean_and_nothing_else() {
    for age in [json!("true"), json!(1), json!("21"), json!({})] {
        let claimed = evidence(json!({ "sub": "aceaa425", "age_over_21": age }));
        assert_eq!(fault(&claimed), (Fault::ResponseRejected(Reason::ClaimsInconsistent), Stage::Normalise));
    }
}

#[test]
fn each_member_asks_for_its_scope_and_claims() {
    let email = asked(&[Member::Email]);
    assert_eq!(email, Asked { scope: "openid email".to_owned(), claims: vec!["email", "email_verified"] });
    let several = asked(&[Member::FullName, Member::BirthDate, Member::AgeOver(21), Member::PaymentDetails]);
    assert_eq!(several.scope, "openid profile age_over_21 payment_details");
    assert_eq!(several.claims, ["name", "birthdate", "age_over_21", "payment_details"]);
    assert_eq!(
        several.parameter(),
        Some(json!({ "userinfo": {
            "name": null, "birthdate": null, "age_over_21": null, "payment_details": null,
        } }))
    );
}

#[test]
fn a_login_without_claims_asks_for_the_subject_alone() {
    let nothing = asked(&[]);
    assert_eq!(nothing, Asked { scope: "openid".to_owned(), claims: vec![] });
    assert_eq!(nothing.parameter(), None);
    assert_eq!(asked(&[Member::NationalId, Member::Nationality, Member::OtherIds]), nothing);
}

#[test]
fn an_age_that_nobody_vouches_for_is_read_from_the_birth_date() {
    assert_eq!(asked(&[Member::AgeOver(30)]), asked(&[Member::BirthDate]));
    let wanted = [Member::AgeOver(21)].into();
    let without = Asked::of(&wanted, |_, value| value != "age_over_21");
    assert_eq!(without, asked(&[Member::BirthDate]));
}

#[test]
fn a_bank_is_not_asked_for_what_it_does_not_offer() {
    let wanted = [Member::Email, Member::Phone].into();
    let offers = |list: &str, value: &str| match list {
        "scopes_supported" => value != "phone",
        _ => value == "email",
    };
    assert_eq!(Asked::of(&wanted, offers), Asked { scope: "openid email".to_owned(), claims: vec!["email"] });
}

#[test]
fn every_member_of_the_descriptor_has_a_scope() {
    use tunnus_sdk::Definition;
    let listed: BTreeSet<Member> = crate::IdPartner::DESCRIPTOR.claims.iter().copied().collect();
    let table: BTreeSet<Member> = SCOPES.iter().map(|(member, ..)| *member).collect();
    assert_eq!(listed, table);
}
