use serde_json::json;

use super::*;

fn rule(claim: &str, value: &str, role: Role, tenant: Option<&str>) -> RoleRule {
    RoleRule {
        claim: claim.to_owned(),
        value: value.to_owned(),
        role,
        tenant: tenant.map(str::to_owned),
        platform: None,
    }
}

fn rules() -> Rules {
    Rules::new(&[
        rule("groups", "operators", Role::Operator, None),
        rule("groups", "acme", Role::TenantAdmin, Some("acme")),
        rule("level", "audit", Role::Auditor, None),
    ])
}

fn claims(value: Value) -> Claims {
    match value {
        Value::Object(claims) => claims,
        other => panic!("{other} is no object"),
    }
}

fn role(value: Value) -> Option<Role> {
    let rules = rules();
    let answers = rules.ask(&[&claims(value)]);
    rules.grant(&answers).map(|grant| grant.role)
}

#[test]
fn the_first_rule_that_holds_gives_the_role() {
    assert_eq!(role(json!({ "groups": ["x", "operators"] })), Some(Role::Operator));
    assert_eq!(role(json!({ "groups": "acme" })), Some(Role::TenantAdmin));
    assert_eq!(role(json!({ "groups": ["acme", "operators"], "level": "audit" })), Some(Role::Operator));
    assert_eq!(role(json!({ "groups": [], "level": ["audit"] })), Some(Role::Auditor));
}

#[test]
fn a_claim_of_another_form_gives_nothing() {
    for groups in [
        json!(null),
        json!(true),
        json!(1),
        json!(""),
        json!("operators acme"),
        json!("Operators"),
        json!("operators\u{0}"),
        json!({ "operators": true }),
        json!([["operators"]]),
        json!([{ "name": "operators" }, "operators"]),
        json!(["operators", 1]),
        json!(["operators", null]),
    ] {
        assert_eq!(role(json!({ "groups": groups })), None, "{groups}");
    }
    assert_eq!(role(json!({})), None);
    assert_eq!(role(json!({ "realm_access": { "groups": ["operators"] } })), None);
}

#[test]
fn the_second_document_answers_only_for_what_the_first_lacks() {
    let rules = rules();
    let [own, other] = [json!({ "groups": ["x"] }), json!({ "groups": ["operators"], "level": "audit" })];
    let answers = rules.ask(&[&claims(own), &claims(other)]);
    assert_eq!(rules.grant(&answers).map(|grant| grant.role), Some(Role::Auditor));
}

#[test]
fn rules_that_changed_are_asked_again_and_new_questions_have_no_answer() {
    let held = rules().ask(&[&claims(json!({ "groups": ["acme", "more"] }))]);
    let gives = |rules: &[RoleRule]| Rules::new(rules).grant(&held).map(|grant| grant.scope.clone());
    let acme = rule("groups", "acme", Role::TenantAdmin, Some("acme"));
    assert_eq!(gives(std::slice::from_ref(&acme)), Some(Scope::Tenant("acme".to_owned())));
    assert_eq!(gives(&[]), None);
    let other = RoleRule { tenant: Some("other".to_owned()), ..acme.clone() };
    assert_eq!(gives(&[other]), Some(Scope::Tenant("other".to_owned())));
    // Nobody knows whether this person is one of `more`: the rule before may be the one that counts.
    assert_eq!(gives(&[rule("groups", "more", Role::Auditor, None), acme]), None);
}

#[test]
fn nothing_is_kept_of_claims_that_no_rule_asks_for() {
    let held =
        rules().ask(&[&claims(json!({ "groups": ["acme", "secret-club"], "email": "a@example.com" }))]);
    let kept = serde_json::to_string(&held).unwrap();
    assert_eq!(kept, r#"{"groups":{"acme":true,"operators":false},"level":{"audit":false}}"#);
}
