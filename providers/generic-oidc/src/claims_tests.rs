use serde_json::json;
use tunnus_sdk::{Claims, Timestamp};

use super::*;
use crate::settings::tests::settings;

fn object(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

fn evidence(id_token: Value, userinfo: Value) -> Evidence {
    Evidence {
        issuer: "https://op.example".to_owned(),
        id_token: object(id_token),
        userinfo: Some(object(userinfo)),
        payment_details: None,
        received_at: Timestamp(1_795_256_803),
    }
}

#[test]
fn the_standard_claims_become_an_identity() {
    let evidence = evidence(
        json!({ "sub": "s", "acr": "http://eidas.europa.eu/LoA/substantial", "amr": ["pwd"], "auth_time": 7 }),
        json!({ "sub": "s", "name": "Onni Korhonen", "email": "onni@example.org", "email_verified": true }),
    );
    let identity = identity(&settings(&json!({})), &evidence).unwrap();
    assert_eq!(identity.upstream.subject.expose(), "s");
    assert_eq!(identity.authenticated_at, Timestamp(7));
    assert_eq!(identity.assurance.level, Level::Substantial);
    assert_eq!(identity.assurance.amr, ["pwd"]);
    let record = serde_json::to_value(&identity.attributes).unwrap();
    let expected = json!({
        "name": { "full": "Onni Korhonen" }, "email": { "value": "onni@example.org", "verified": true },
    });
    assert_eq!(record, expected);
    assert_eq!(identity.provenance.len(), 2);
    assert!(identity.method.is_none() && identity.transaction_id.is_none());
}

#[test]
fn a_table_of_ones_own_replaces_the_standards() {
    let settings = settings(&json!({
        "claims": [
            { "claim": "ssn.se", "member": "national_id", "country": "SE", "kind": "personnummer" },
            { "claim": "adult", "member": "age_over.18" },
        ],
        "text_booleans": true, "method_claim": "idp", "method_names": { "bank-1": "Bank One" },
        "transaction_claim": "txn",
    }));
    let evidence = evidence(
        json!({ "sub": "s", "idp": "bank-1", "txn": "t-1" }),
        json!({ "sub": "s", "ssn.se": "19700707-0000", "adult": "true", "name": "not asked for" }),
    );
    let identity = identity(&settings, &evidence).unwrap();
    let record = serde_json::to_value(&identity.attributes).unwrap();
    let expected = json!({
        "national_id": { "country": "SE", "type": "personnummer", "value": "19700707-0000" },
        "age_over": { "18": true },
    });
    assert_eq!(record, expected);
    let method = Method { id: "bank-1".to_owned(), name: Some("Bank One".to_owned()) };
    assert_eq!((identity.method, identity.transaction_id.as_deref()), (Some(method), Some("t-1")));
}

#[test]
fn an_acr_that_is_not_listed_lifts_nothing() {
    let level = |id_token: Value, changes: Value| {
        identity(&settings(&changes), &evidence(id_token, json!({}))).unwrap().assurance.level
    };
    let low = json!({ "default_level": "low" });
    assert_eq!(level(json!({ "sub": "s", "acr": "gold" }), low.clone()), Level::Unspecified);
    assert_eq!(level(json!({ "sub": "s" }), low), Level::Low);
    let gold = json!({ "assurance": { "gold": "high" } });
    assert_eq!(level(json!({ "sub": "s", "acr": "gold" }), gold), Level::High);
    assert_eq!(level(json!({ "sub": "s" }), json!({})), Level::Unspecified);
}

#[test]
fn a_claim_that_is_not_what_its_name_promises_fails() {
    let broken = evidence(json!({ "sub": "s" }), json!({ "birthdate": "yesterday" }));
    assert!(identity(&settings(&json!({})), &broken).is_err());
    let other = evidence(json!({ "sub": "s", "idp": 7 }), json!({}));
    assert!(identity(&settings(&json!({ "method_claim": "idp" })), &other).is_err());
}

#[test]
fn the_least_level_asks_for_its_own_value_or_the_next_higher() {
    let values =
        AcrValues { any: None, low: None, substantial: Some("loa2".into()), high: Some("loa3".into()) };
    assert_eq!(values.at_least(Level::Unspecified), None);
    assert_eq!(values.at_least(Level::Low), Some("loa2"));
    assert_eq!(values.at_least(Level::Substantial), Some("loa2"));
    assert_eq!(values.at_least(Level::High), Some("loa3"));
    assert_eq!(AcrValues::default().at_least(Level::High), None);
}

#[test]
fn no_more_is_asked_for_than_is_wanted() {
    let settings = settings(&json!({ "scopes": ["tenant", "email"], "claims_parameter": "userinfo" }));
    let wanted = |members: &[Member]| members.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(scope(&settings, &wanted(&[])), "openid tenant email");
    assert_eq!(scope(&settings, &wanted(&[Member::Email, Member::Phone])), "openid email phone tenant");
    assert_eq!(parameter(&settings, &wanted(&[])), None);
    let email = json!({ "userinfo": { "email": null, "email_verified": null } });
    assert_eq!(parameter(&settings, &wanted(&[Member::Email])), Some(email));
    let age = json!({ "userinfo": { "birthdate": null } });
    assert_eq!(parameter(&settings, &wanted(&[Member::AgeOver(18)])), Some(age));
}
