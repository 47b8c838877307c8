//! Whole identities from whole claims, and every rule broken once.

use serde_json::{Value, json};
use tunnus_sdk::{Claims, Level, Timestamp};

use super::*;
use crate::methods::known_methods;

const ISSUER: &str = "https://id.example.com/oidc";

fn judge(environment: Environment, evidence: &Evidence) -> Result<Identity, ProviderError> {
    Rules { methods: &known_methods(), environment }.identity(evidence)
}

fn object(value: &Value) -> Claims {
    value.as_object().unwrap().clone()
}

fn id_token(acr: &str) -> Value {
    json!({
        "iss": ISSUER,
        "sub": "pc_Chm_FISDkwcSSryfWTpHgK3G6pax4",
        "acr": acr,
        "amr": "urn:ksi:names:SAML:2.0:ac:FTN",
        "auth_time": 1_795_256_790,
    })
}

fn finnish() -> Value {
    json!({
        "sub": "pc_Chm_FISDkwcSSryfWTpHgK3G6pax4",
        "name": "Väinö Juhani Tunnistus",
        "given_name": "Väinö Juhani",
        "family_name": "Tunnistus",
        "birthdate": "1952-10-13",
        "locale": "FI",
        "gender": "MALE",
        "phone_number": "+358401234567",
        "phone_number_verified": "true",
        "signicat.national_id": "131052-308T",
        "signicat.certificate_bank": "FTN (OP)",
        "ftn.idpId": "fi-op",
        "ftn.satu": "100000001N",
        "ftn": { "idpId": "fi-nested", "satu": "nested" },
    })
}

fn evidence(id_token: &Value, userinfo: &Value) -> Evidence {
    Evidence {
        issuer: ISSUER.to_owned(),
        id_token: object(id_token),
        userinfo: Some(object(userinfo)),
        payment_details: None,
        received_at: Timestamp(1_795_256_803),
    }
}

/// `of` with the members of `changes` put in; `null` takes one away.
fn changed(mut of: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => of.as_object_mut().unwrap().remove(name),
            value => of.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    of
}

const PORTAL: &str = "urn:signicat:oidc:portal:ftn";

fn identity(environment: Environment, acr: &str, changes: &Value) -> Result<Identity, ProviderError> {
    judge(environment, &evidence(&id_token(acr), &changed(finnish(), changes)))
}

fn production(changes: &Value) -> Result<Identity, ProviderError> {
    identity(Environment::Production, PORTAL, changes)
}

fn reason(outcome: Result<Identity, ProviderError>) -> Reason {
    let error = outcome.unwrap_err();
    assert_eq!(error.stage, Stage::Normalise);
    error.reason().unwrap()
}

#[test]
fn a_whole_response_is_a_whole_identity() {
    let identity = production(&json!({})).unwrap();
    let provenance: BTreeMap<_, _> =
        identity.provenance.iter().map(|(member, source)| (member.to_string(), source)).collect();
    let shown = json!({
        "issuer": identity.upstream.issuer,
        "sub": identity.upstream.subject,
        "authenticated_at": identity.authenticated_at.to_rfc3339(),
        "method": identity.method,
        "assurance": identity.assurance,
        "attributes": identity.attributes,
        "provenance": provenance,
        "transaction_id": identity.transaction_id,
    });
    let from_userinfo = |claim: &str| json!({ "claim": claim, "from": "userinfo" });
    let expected = json!({
        "issuer": ISSUER,
        "sub": "pc_Chm_FISDkwcSSryfWTpHgK3G6pax4",
        "authenticated_at": "2026-11-21T10:26:30Z",
        "method": { "id": "fi-op", "name": "OP" },
        "assurance": { "level": "substantial", "acr": PORTAL, "amr": ["urn:ksi:names:SAML:2.0:ac:FTN"] },
        "attributes": {
            "name": { "full": "Väinö Juhani Tunnistus", "given": "Väinö Juhani", "family": "Tunnistus" },
            "birth_date": "1952-10-13",
            "national_id": { "country": "FI", "type": "hetu", "value": "131052-308T" },
            "other_ids": [{ "country": "FI", "type": "satu", "value": "100000001N" }],
            "phone": { "value": "+358401234567", "verified": true },
            "gender": "male",
        },
        "provenance": {
            "name.full": from_userinfo("name"),
            "name.given": from_userinfo("given_name"),
            "name.family": from_userinfo("family_name"),
            "birth_date": from_userinfo("birthdate"),
            "national_id": from_userinfo("signicat.national_id"),
            "other_ids": from_userinfo("ftn.satu"),
            "phone": from_userinfo("phone_number"),
            "gender": from_userinfo("gender"),
        },
        "transaction_id": null,
    });
    assert_eq!(shown, expected);
}

#[test]
fn the_table_tells_method_level_and_number() {
    let person =
        |number: &str| json!({ "sub": "pc_Chm_FISDkwcSSryfWTpHgK3G6pax4", "signicat.national_id": number });
    let cases = [
        ("ftn-op-auth", "131052-308T", "fi-op", "FI", "hetu"),
        ("ftn-nordea-auth", "131052-308T", "fi-nordea", "FI", "hetu"),
        ("nbid", "01015000232", "nbid", "NO", "fodselsnummer"),
        ("sbid", "197707072395", "sbid", "SE", "personnummer"),
    ];
    for (method, number, id, country, kind) in cases {
        let token = id_token(&format!("urn:signicat:oidc:method:{method}"));
        let identity = judge(Environment::Production, &evidence(&token, &person(number))).unwrap();
        let national_id = identity.attributes.national_id.unwrap();
        assert_eq!((national_id.country.as_str(), national_id.kind.as_str()), (country, kind));
        assert_eq!(national_id.value.expose_str(), number);
        assert_eq!(identity.method.unwrap().id, id);
        assert_eq!(identity.assurance.level, Level::Substantial);
    }
}

#[test]
fn a_number_of_another_kind_is_refused() {
    for (method, number) in [
        ("nbid", "131052-308T"),
        ("nbid", "0101500023"),
        ("sbid", "7707072395"),
        ("ftn-op-auth", "01015000232"),
    ] {
        let token = id_token(&format!("urn:signicat:oidc:method:{method}"));
        let info = json!({ "sub": "pc_Chm_FISDkwcSSryfWTpHgK3G6pax4", "signicat.national_id": number });
        let outcome = judge(Environment::Sandbox, &evidence(&token, &info));
        assert_eq!(reason(outcome), Reason::ClaimsInconsistent, "{method} {number}");
    }
}

#[test]
fn a_method_without_a_number_gives_none() {
    let mut methods = known_methods();
    methods.get_mut(PORTAL).unwrap().national_id = None;
    let rules = Rules { methods: &methods, environment: Environment::Production };
    assert_eq!(reason(rules.identity(&evidence(&id_token(PORTAL), &finnish()))), Reason::ClaimsInconsistent);
    let without = changed(finnish(), &json!({ "signicat.national_id": null }));
    let identity = rules.identity(&evidence(&id_token(PORTAL), &without)).unwrap();
    assert_eq!((identity.attributes.national_id, identity.method), (None, None));
}

#[test]
fn another_acr_than_the_tables_fails() {
    for acr in ["", "substantial", "urn:signicat:oidc:method:pigeon", "URN:SIGNICAT:OIDC:PORTAL:FTN"] {
        let error = identity(Environment::Production, acr, &json!({})).unwrap_err();
        assert_eq!((error.fault, error.stage), (Fault::AssuranceTooLow, Stage::Normalise), "{acr}");
    }
    let missing = changed(id_token(PORTAL), &json!({ "acr": null }));
    let error = judge(Environment::Production, &evidence(&missing, &finnish())).unwrap_err();
    assert_eq!(error.fault, Fault::AssuranceTooLow);
}

#[test]
fn a_portal_that_names_no_bank_gives_no_method() {
    assert_eq!(production(&json!({ "ftn.idpId": null })).unwrap().method, None);
}

#[test]
fn a_bank_that_is_no_plain_word_is_refused() {
    for id in [json!("<b>"), json!("fi op"), json!(7), json!("x".repeat(65))] {
        assert_eq!(reason(production(&json!({ "ftn.idpId": id }))), Reason::ClaimsInconsistent, "{id}");
    }
}

#[test]
fn a_name_in_the_table_comes_before_the_built_in_one() {
    let mut methods = known_methods();
    let op = methods.get_mut("urn:signicat:oidc:method:ftn-op-auth").unwrap();
    op.name = Some("OP Ryhmä".to_owned());
    let rules = Rules { methods: &methods, environment: Environment::Production };
    let token = id_token("urn:signicat:oidc:method:ftn-op-auth");
    let method = rules.identity(&evidence(&token, &finnish())).unwrap().method.unwrap();
    assert_eq!(method.name.as_deref(), Some("OP Ryhmä"));
}

#[test]
fn booleans_may_be_texts_and_nothing_else() {
    let verified = |value: Value| production(&json!({ "phone_number_verified": value }));
    for (value, expected) in [(json!("false"), false), (json!(true), true), (json!(null), false)] {
        assert_eq!(verified(value).unwrap().attributes.phone.unwrap().verified, expected);
    }
    for value in [json!("yes"), json!(1), json!("TRUE")] {
        assert_eq!(reason(verified(value)), Reason::ClaimsInconsistent);
    }
}

#[test]
fn a_finnish_number_is_checked_as_the_environment_demands() {
    for (number, expected) in [
        ("131052-308U", Reason::ClaimsInconsistent),
        ("310252-308Y", Reason::ClaimsInconsistent),
        ("070770-905D", Reason::Environment),
    ] {
        let changes = json!({ "signicat.national_id": number, "birthdate": null });
        assert_eq!(reason(production(&changes)), expected, "{number}");
    }
    let test_person = json!({ "signicat.national_id": "070770-905d", "birthdate": "1970-07-07" });
    let identity = identity(Environment::Sandbox, PORTAL, &test_person).unwrap();
    assert_eq!(identity.attributes.national_id.unwrap().value.expose_str(), "070770-905D");
}

#[test]
fn the_birth_date_is_the_day_that_a_finnish_number_tells() {
    assert_eq!(reason(production(&json!({ "birthdate": "1852-10-13" }))), Reason::ClaimsInconsistent);
}

#[test]
fn a_method_asked_for_must_be_the_method_used() {
    let used = |acr: &str| evidence(&id_token(acr), &finnish());
    let op = "urn:signicat:oidc:method:ftn-op-auth";
    assert!(check_acr(op, &used(op)).is_ok());
    assert!(check_acr(PORTAL, &used(op)).is_ok());
    for other in ["urn:signicat:oidc:method:ftn-nordea-auth", PORTAL, ""] {
        let error = check_acr(op, &used(other)).unwrap_err();
        assert_eq!((error.reason(), error.stage), (Some(Reason::ClaimsInconsistent), Stage::IdToken));
    }
}

#[test]
fn no_error_shows_what_it_is_about() {
    let error = production(&json!({ "signicat.national_id": "131052-308U" })).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("308") && !shown.contains("1952"), "{shown}");
}
