use super::*;

fn rule(role: Role, tenant: Option<&str>, platform: Option<&str>) -> RoleRule {
    RoleRule {
        claim: "groups".to_owned(),
        value: "staff".to_owned(),
        role,
        tenant: tenant.map(str::to_owned),
        platform: platform.map(str::to_owned),
    }
}

fn good() -> AdminOidc {
    AdminOidc {
        issuer: "https://login.example.com/realms/staff".to_owned(),
        client_id: "tunnus-console".to_owned(),
        client_secret: Some(Reference::Env("TUNNUS_SECRET_CONSOLE".to_owned())),
        signing_key: None,
        name: None,
        scopes: openid(),
        endpoint_hosts: Vec::new(),
        response_issuer: Presence::Required,
        userinfo: false,
        roles: vec![rule(Role::Operator, None, None)],
    }
}

fn pointers(oidc: AdminOidc) -> Vec<String> {
    Admin { oidc: Some(oidc) }.check().into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn what_is_whole_has_no_fault() {
    assert!(Admin::default().check().is_empty());
    assert!(pointers(good()).is_empty());
    assert_eq!(good().shown_name(), "login.example.com");
    let loopback = AdminOidc { issuer: "http://localhost:4010".to_owned(), ..good() };
    assert!(pointers(loopback).is_empty());
}

#[test]
fn every_fault_is_told_at_its_key() {
    let key = Some(Reference::File("console.jwk".to_owned()));
    let texts = |text: &str| vec![text.to_owned()];
    let cases = [
        (AdminOidc { issuer: "http://login.example.com".to_owned(), ..good() }, "/oidc/issuer"),
        (AdminOidc { issuer: "https://login.example.com?x".to_owned(), ..good() }, "/oidc/issuer"),
        (AdminOidc { client_id: String::new(), ..good() }, "/oidc/client_id"),
        (AdminOidc { client_secret: None, ..good() }, "/oidc/client_id"),
        (AdminOidc { signing_key: key, ..good() }, "/oidc/client_id"),
        (AdminOidc { name: Some(" ".to_owned()), ..good() }, "/oidc/name"),
        (AdminOidc { scopes: texts("profile"), ..good() }, "/oidc/scopes"),
        (AdminOidc { scopes: ["openid", "a b\u{e4}"].map(str::to_owned).into(), ..good() }, "/oidc/scopes/1"),
        (AdminOidc { endpoint_hosts: texts("https://x"), ..good() }, "/oidc/endpoint_hosts/0"),
        (AdminOidc { roles: Vec::new(), ..good() }, "/oidc/roles"),
    ];
    for (oidc, at) in cases {
        assert_eq!(pointers(oidc), [at]);
    }
}

#[test]
fn a_rule_reaches_what_its_role_may_and_no_more() {
    use Role::{Auditor, Operator, PlatformAdmin, TenantAdmin};
    let at = |rule| pointers(AdminOidc { roles: vec![rule], ..good() });
    for (role, tenant, platform) in [
        (Operator, None, None),
        (PlatformAdmin, None, Some("group")),
        (TenantAdmin, Some("acme"), None),
        (Auditor, None, None),
        (Auditor, Some("acme"), None),
    ] {
        assert!(at(rule(role, tenant, platform)).is_empty(), "{role} {tenant:?} {platform:?}");
    }
    for (role, tenant, platform) in [
        (Operator, Some("acme"), None),
        (PlatformAdmin, None, None),
        (PlatformAdmin, Some("acme"), None),
        (TenantAdmin, None, None),
        (TenantAdmin, Some("acme"), Some("group")),
        (Auditor, Some("acme"), Some("group")),
    ] {
        assert_eq!(at(rule(role, tenant, platform)), ["/oidc/roles/0/role"], "{role}");
    }
    // An empty name must not read as all there is.
    assert!(at(rule(Auditor, Some(""), None)).contains(&"/oidc/roles/0/tenant".to_owned()));
    assert!(at(rule(Auditor, None, Some("../x"))).contains(&"/oidc/roles/0/platform".to_owned()));
}
