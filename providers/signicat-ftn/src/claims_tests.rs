//! Whole identities from whole claims, and every rule broken once.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tunnus_sdk::{Claims, Level, Timestamp};

use super::*;

const NOW: Timestamp = Timestamp(1_795_256_803);

fn settings(changes: &Value) -> Settings {
    let least = json!({
        "issuer": "https://login.example.fi/auth/open",
        "client_id": "client",
        "method_names": { "fi-aktia": "Aktia" },
    });
    serde_json::from_value(changed(least, changes)).unwrap()
}

fn judge(
    environment: Environment,
    evidence: &Evidence,
    settings: &Settings,
) -> Result<Identity, ProviderError> {
    Rules { settings, environment }.identity(evidence)
}

fn object(value: &Value) -> Claims {
    value.as_object().unwrap().clone()
}

fn id_token() -> Value {
    json!({
        "iss": "https://login.example.fi/auth/open",
        "sub": "kZvEQ5gyy4fxkZqbrk8ZmzyEzOhMBHbrvAFPNpl4kbQ=",
        "aud": "client",
        "auth_time": 1_795_256_790,
        "acr": "substantial",
        "amr": ["external"],
        "idp": "ftn",
        "sandbox": true,
        "transaction_id": "0a3ba2f5-0ad6-4e5b-8a50-5b70e8fdfd6b",
    })
}

fn userinfo() -> Value {
    json!({
        "sub": "kZvEQ5gyy4fxkZqbrk8ZmzyEzOhMBHbrvAFPNpl4kbQ=",
        "idp_id": "070770-905D",
        "name": "Väinö Juhani Tunnistus",
        "given_name": "Väinö Juhani",
        "family_name": "Tunnistus",
        "birthdate": "1970-07-07",
        "nin": "070770-905D",
        "nin_type": "PERSON",
        "nin_issuing_country": "FI",
        "ftn_idp": "fi-op",
        "ftn_hetu": "070770-905D",
        "ftn_satu": "100000001N",
        "ftn_sub": "AAdzZWNyZXQx",
    })
}

fn evidence(id_token: &Value, userinfo: &Value) -> Evidence {
    Evidence {
        issuer: "https://login.example.fi/auth/open".to_owned(),
        id_token: object(id_token),
        userinfo: Some(object(userinfo)),
        payment_details: None,
        received_at: NOW,
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

/// The identity's parts as JSON, as the record shows them.
fn shown(identity: &Identity) -> Value {
    let provenance: BTreeMap<_, _> =
        identity.provenance.iter().map(|(member, source)| (member.to_string(), source)).collect();
    json!({
        "issuer": identity.upstream.issuer,
        "sub": identity.upstream.subject,
        "authenticated_at": identity.authenticated_at.to_rfc3339(),
        "method": identity.method,
        "assurance": identity.assurance,
        "attributes": identity.attributes,
        "provenance": provenance,
        "transaction_id": identity.transaction_id,
    })
}

fn sandbox(token: &Value, info: &Value) -> Result<Identity, ProviderError> {
    let evidence = evidence(&changed(id_token(), token), &changed(userinfo(), info));
    judge(Environment::Sandbox, &evidence, &settings(&json!({})))
}

fn production(token: &Value, info: &Value) -> Result<Identity, ProviderError> {
    let real = json!({
        "ftn_hetu": "131052-308T", "nin": "131052-308T", "idp_id": "131052-308T", "birthdate": "1952-10-13",
    });
    let evidence = evidence(
        &changed(changed(id_token(), &json!({ "sandbox": null })), token),
        &changed(changed(userinfo(), &real), info),
    );
    judge(Environment::Production, &evidence, &settings(&json!({})))
}

fn reason(outcome: Result<Identity, ProviderError>) -> Reason {
    let error = outcome.unwrap_err();
    assert_eq!(error.stage, Stage::Normalise);
    error.reason().unwrap()
}

#[test]
fn a_whole_response_is_a_whole_identity() {
    let identity = sandbox(&json!({}), &json!({})).unwrap();
    let from_userinfo = |claim: &str| json!({ "claim": claim, "from": "userinfo" });
    let expected = json!({
        "issuer": "https://login.example.fi/auth/open",
        "sub": "kZvEQ5gyy4fxkZqbrk8ZmzyEzOhMBHbrvAFPNpl4kbQ=",
        "authenticated_at": "2026-11-21T10:26:30Z",
        "method": { "id": "fi-op", "name": "OP" },
        "assurance": { "level": "substantial", "acr": "substantial", "amr": ["external"] },
        "attributes": {
            "name": { "full": "Väinö Juhani Tunnistus", "given": "Väinö Juhani", "family": "Tunnistus" },
            "birth_date": "1970-07-07",
            "national_id": { "country": "FI", "type": "hetu", "value": "070770-905D" },
            "other_ids": [{ "country": "FI", "type": "satu", "value": "100000001N" }],
        },
        "provenance": {
            "name.full": from_userinfo("name"),
            "name.given": from_userinfo("given_name"),
            "name.family": from_userinfo("family_name"),
            "birth_date": from_userinfo("birthdate"),
            "national_id": from_userinfo("ftn_hetu"),
            "other_ids": from_userinfo("ftn_satu"),
        },
        "transaction_id": "0a3ba2f5-0ad6-4e5b-8a50-5b70e8fdfd6b",
    });
    assert_eq!(shown(&identity), expected);
}

#[test]
fn the_least_response_is_a_bare_identity() {
    let token = json!({ "sub": "s=", "auth_time": 1_795_256_790, "sandbox": true });
    let evidence = evidence(&token, &json!({ "sub": "s=", "ftn_idp": "fi-x" }));
    let identity = judge(Environment::Sandbox, &evidence, &settings(&json!({})));
    let expected = json!({
        "issuer": "https://login.example.fi/auth/open",
        "sub": "s=",
        "authenticated_at": "2026-11-21T10:26:30Z",
        "method": { "id": "fi-x" },
        "assurance": { "level": "substantial" },
        "attributes": {},
        "provenance": {},
        "transaction_id": null,
    });
    assert_eq!(shown(&identity.unwrap()), expected);
}

#[test]
fn the_same_claims_may_all_stand_in_the_id_token() {
    let token = changed(id_token(), &userinfo());
    let evidence = evidence(&token, &json!({ "sub": "same" }));
    let identity = judge(Environment::Sandbox, &evidence, &settings(&json!({}))).unwrap();
    assert_eq!(identity.method.unwrap().id, "fi-op");
    let source = serde_json::to_value(&identity.provenance[&Member::NationalId]).unwrap();
    assert_eq!(source, json!({ "claim": "ftn_hetu", "from": "id_token" }));
}

#[test]
fn two_messages_that_differ_are_refused() {
    for claim in ["name", "ftn_hetu", "ftn_idp", "birthdate"] {
        assert_eq!(
            reason(sandbox(&json!({ claim: "1971-01-01" }), &json!({}))),
            Reason::ClaimsInconsistent,
            "{claim}"
        );
    }
}

#[test]
fn the_level_comes_from_the_table() {
    let level =
        |acr: Value| sandbox(&json!({ "acr": acr }), &json!({})).map(|identity| identity.assurance.level);
    assert_eq!(level(json!("high")).unwrap(), Level::High);
    assert_eq!(level(json!("substantial")).unwrap(), Level::Substantial);
    for acr in [
        "",
        " ",
        "low",
        "Substantial",
        "idp:ftn",
        "http://ftn.ficora.fi/2017/loatest2",
        "urn:signicat:oidc:method:ftn",
    ] {
        assert_eq!(level(json!(acr)).unwrap_err().fault, Fault::AssuranceTooLow, "{acr}");
    }
    assert_eq!(level(json!(["high"])).unwrap_err().reason(), Some(Reason::ClaimsInconsistent));
}

#[test]
fn without_acr_the_default_counts_only_where_the_bank_is_named() {
    let identity = sandbox(&json!({ "acr": null }), &json!({})).unwrap();
    assert_eq!((identity.assurance.level, identity.assurance.acr), (Level::Substantial, None));
    let unnamed = sandbox(&json!({ "acr": null }), &json!({ "ftn_idp": null }));
    assert_eq!(unnamed.unwrap_err().fault, Fault::AssuranceTooLow);
}

#[test]
fn the_method_is_never_the_national_id() {
    let identity = sandbox(&json!({}), &json!({ "ftn_idp": null })).unwrap();
    assert_eq!(identity.method, None);
}

#[test]
fn a_method_has_the_name_that_is_known_for_it() {
    let named = |id: &str| sandbox(&json!({}), &json!({ "ftn_idp": id })).unwrap().method.unwrap().name;
    assert_eq!(named("fi-nordea").as_deref(), Some("Nordea"));
    assert_eq!(named("fi-aktia").as_deref(), Some("Aktia"));
    assert_eq!(named("fi-new-bank"), None);
}

#[test]
fn a_method_that_is_no_plain_word_is_refused() {
    for id in
        [json!("fi op"), json!("fi-op\n"), json!("<b>"), json!("x".repeat(65)), json!(7), json!(["fi-op"])]
    {
        assert_eq!(
            reason(sandbox(&json!({}), &json!({ "ftn_idp": id }))),
            Reason::ClaimsInconsistent,
            "{id}"
        );
    }
}

#[test]
fn another_eid_of_the_hub_is_not_the_network() {
    let other =
        sandbox(&json!({ "idp": "sbid" }), &json!({ "ftn_idp": null, "ftn_hetu": null, "nin": null }));
    assert_eq!(reason(other), Reason::ClaimsInconsistent);
}

#[test]
fn a_sandbox_token_is_refused_in_production_and_a_real_one_in_the_sandbox() {
    assert!(production(&json!({}), &json!({})).is_ok());
    assert!(production(&json!({ "sandbox": false }), &json!({})).is_ok());
    assert_eq!(reason(production(&json!({ "sandbox": true }), &json!({}))), Reason::Environment);
    assert_eq!(reason(production(&json!({}), &json!({ "sandbox": true }))), Reason::Environment);
    assert_eq!(reason(sandbox(&json!({ "sandbox": false }), &json!({}))), Reason::Environment);
    assert_eq!(reason(sandbox(&json!({ "sandbox": null }), &json!({}))), Reason::Environment);
    assert_eq!(reason(production(&json!({ "sandbox": "true" }), &json!({}))), Reason::ClaimsInconsistent);
}

#[test]
fn a_missing_sandbox_flag_passes_where_the_settings_say_so_and_a_false_one_never() {
    let lax = settings(&json!({ "sandbox_flag": "if_present" }));
    let unflagged = evidence(&changed(id_token(), &json!({ "sandbox": null })), &userinfo());
    assert!(judge(Environment::Sandbox, &unflagged, &lax).is_ok());
    let real = evidence(&changed(id_token(), &json!({ "sandbox": false })), &userinfo());
    assert_eq!(reason(judge(Environment::Sandbox, &real, &lax)), Reason::Environment);
    let flagged = evidence(&id_token(), &userinfo());
    assert_eq!(reason(judge(Environment::Production, &flagged, &lax)), Reason::Environment);
}

#[test]
fn a_test_person_is_refused_in_production() {
    let artificial = json!({ "ftn_hetu": "070770-905D", "nin": null, "birthdate": "1970-07-07" });
    assert_eq!(reason(production(&json!({}), &artificial)), Reason::Environment);
}

#[test]
fn a_national_id_must_be_one() {
    for hetu in ["131052-308U", "310252-308Y", "131052-30T", "131052", "197707072395"] {
        let broken = json!({ "ftn_hetu": hetu, "nin": null, "birthdate": null });
        assert_eq!(reason(production(&json!({}), &broken)), Reason::ClaimsInconsistent, "{hetu}");
    }
    for hetu in [json!(13_105_230), json!(["131052-308T"]), json!({})] {
        assert_eq!(reason(production(&json!({}), &json!({ "ftn_hetu": hetu }))), Reason::ClaimsInconsistent);
    }
}

#[test]
fn a_wrong_check_character_passes_in_the_sandbox_where_the_rest_agrees() {
    let person = json!({ "ftn_hetu": "280453-111A", "nin": "280453-111A", "birthdate": "1953-04-28" });
    let identity = sandbox(&json!({}), &person).unwrap();
    assert_eq!(identity.attributes.national_id.unwrap().value.expose_str(), "280453-111A");
}

#[test]
fn nin_and_ftn_hetu_must_be_one_whatever_the_case() {
    assert!(production(&json!({}), &json!({ "nin": "131052-308t" })).is_ok());
    for nin in ["070770-905D", "131052+308T", "131052Y308T"] {
        let differs =
            sandbox(&json!({}), &json!({ "nin": nin, "ftn_hetu": "131052-308T", "birthdate": null }));
        assert_eq!(reason(differs), Reason::ClaimsInconsistent, "{nin}");
    }
}

#[test]
fn a_nin_alone_is_enough_and_must_be_finnish() {
    let alone = production(&json!({}), &json!({ "ftn_hetu": null })).unwrap();
    assert_eq!(alone.attributes.national_id.unwrap().value.expose_str(), "131052-308T");
    let source = serde_json::to_value(&alone.provenance[&Member::NationalId]).unwrap();
    assert_eq!(source, json!({ "claim": "nin", "from": "userinfo" }));
    for country in [json!("SE"), json!("fi"), json!(null)] {
        let foreign = production(&json!({}), &json!({ "nin_issuing_country": country }));
        assert_eq!(reason(foreign), Reason::ClaimsInconsistent, "{country}");
    }
}

#[test]
fn the_birth_date_is_the_day_that_the_national_id_tells() {
    for date in ["1952-10-14", "1852-10-13", "2052-10-13", "13.10.1952", "1952-02-31"] {
        assert_eq!(
            reason(production(&json!({}), &json!({ "birthdate": date }))),
            Reason::ClaimsInconsistent,
            "{date}"
        );
    }
    let without = production(&json!({}), &json!({ "birthdate": null })).unwrap();
    assert_eq!(without.attributes.birth_date, None);
}

#[test]
fn a_lower_case_national_id_becomes_canonical() {
    let identity = production(&json!({}), &json!({ "ftn_hetu": "131052-308t", "nin": null })).unwrap();
    assert_eq!(identity.attributes.national_id.unwrap().value.expose_str(), "131052-308T");
}

#[test]
fn no_error_shows_what_it_is_about() {
    let error = production(&json!({}), &json!({ "ftn_hetu": "131052-308U" })).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("308") && !shown.contains("1952"), "{shown}");
}
