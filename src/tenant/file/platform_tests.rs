use std::sync::Arc;

use tunnus_sdk::{Level, Member};

use crate::{
    config::Document,
    tenant::{
        file::{self, Judge},
        for_tests::{GOOD, PLATFORM, World, member, providers},
        model::Tenant,
        platform::Platform,
    },
};

/// The platform of a file, or its faults.
fn platform(text: &str) -> Result<Platform, Vec<String>> {
    let (world, document) = (World::new(), Document::parse(text).unwrap());
    let (providers, references) = (providers(), world.references());
    let mut judge = Judge::new(&providers, &references);
    let platform = super::resolve(document.value(), &mut judge);
    platform.ok_or_else(|| told(judge))
}

/// The tenant of a file, judged beside the platform, or its faults.
fn tenant(text: &str, beside: &str, tolerant: bool) -> Result<Tenant, Vec<String>> {
    let (world, document) = (World::new(), Document::parse(text).unwrap());
    let (providers, references) = (providers(), world.references());
    let platforms = [Arc::new(platform(beside).unwrap())];
    let mut judge = Judge::new(&providers, &references).among(&platforms).tolerant(tolerant);
    let tenant = file::resolve(document.value(), &mut judge);
    tenant.ok_or_else(|| told(judge))
}

fn told(judge: Judge<'_>) -> Vec<String> {
    let (faults, _) = judge.into_findings();
    faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect()
}

#[test]
fn an_app_of_the_platform_is_an_app_of_the_tenant_where_it_is_enabled() {
    let merchant = tenant(&member(""), PLATFORM, false).unwrap();
    assert_eq!(merchant.platform.as_deref(), Some("merchants"));
    let app = merchant.app("checkout").unwrap();
    assert!(app.connections.contains("bank"), "all of the tenant's where it does not say");
    assert_eq!(app.claims, [Member::FullName, Member::BirthDate].into());
    let beside = GOOD.replace("id = \"acme\"\n", "id = \"acme\"\nplatform = \"merchants\"\n");
    assert!(tenant(&beside, PLATFORM, false).unwrap().app("checkout").is_none(), "not unless enabled");
}

#[test]
fn a_tenant_narrows_what_the_platform_allows() {
    let lines = "claims = [\"name.full\"]\nconnections = []\nminimum_assurance = \"substantial\"";
    let narrowed = tenant(&member(lines), PLATFORM, false).unwrap();
    let app = narrowed.app("checkout").unwrap();
    assert_eq!((app.claims.len(), app.connections.len()), (1, 0));
    assert_eq!(app.minimum_assurance, Level::Substantial);
    let high = format!("{PLATFORM}minimum_assurance = \"high\"\n");
    let app = tenant(&member(lines), &high, false).unwrap().app("checkout").unwrap().clone();
    assert_eq!(app.minimum_assurance, Level::High, "never lower than the platform's");
}

#[test]
fn what_is_wrong_between_tenant_and_platform_is_told() {
    for (text, fault) in [
        (
            member("claims = [\"name.full\", \"email\"]"),
            "/platform_apps/0/claims: the platform does not allow the app email: a tenant can only narrow",
        ),
        (
            member("").replace("\"checkout\"", "\"chekout\""),
            "/platform_apps/0/id: there is no app of the platform `chekout`; did you mean `checkout`?",
        ),
        (
            member("").replace("\"merchants\"", "\"merchant\""),
            "/tenant/platform: there is no platform `merchant`; did you mean `merchants`?",
        ),
        (
            member("").replace("platform = \"merchants\"\n", ""),
            "/platform_apps: the tenant is of no platform: `platform` in [tenant] names it",
        ),
        (
            member("").replace("id = \"shop\"", "id = \"checkout\""),
            "/platform_apps/0/id: the tenant has an app `checkout` of its own",
        ),
        (
            member("connections = [\"bnak\"]"),
            "/platform_apps/0/connections/0: there is no connection `bnak`; did you mean `bank`?",
        ),
    ] {
        assert_eq!(tenant(&text, PLATFORM, false).unwrap_err(), [fault]);
    }
}

#[test]
fn what_the_platform_takes_back_later_is_gone_and_makes_no_tenant_faulty() {
    let less = PLATFORM.replace(", \"birth_date\"", "");
    let both = member("claims = [\"name.full\", \"birth_date\"]");
    let narrowed = tenant(&both, &less, true).unwrap();
    assert_eq!(narrowed.app("checkout").unwrap().claims, [Member::FullName].into());
    let lapsed: Vec<_> = narrowed.lapsed.iter().map(|lapsed| lapsed.pointer.as_str()).collect();
    assert_eq!(lapsed, ["/platform_apps/0/claims"], "the doctor tells of it");
    assert!(tenant(&both, PLATFORM, true).unwrap().lapsed.is_empty());
    let other = PLATFORM.replace("\"checkout\"", "\"other\"");
    assert!(tenant(&both, &other, true).unwrap().app("checkout").is_none());
    let elsewhere = PLATFORM.replace("\"merchants\"", "\"others\"");
    assert!(tenant(&both, &elsewhere, true).unwrap().app("checkout").is_none());
    assert!(
        tenant(&both.replace("\"checkout\"", "\"shop\""), PLATFORM, true).is_err(),
        "its own faults stay"
    );
}

#[test]
fn every_fault_of_a_platform_is_told() {
    let text = PLATFORM.replace("id = \"merchants\"\n", "").replace("\"https://pay", "\"http://pay");
    assert_eq!(
        platform(&format!("{text}connections = [\"bank\"]\n")).unwrap_err(),
        [
            "/platform/id: is missing",
            "/apps/0/connections: connections are each tenant's: its [[platform_apps]] says which the app may use",
            "/apps/0/redirect_uris/0: expected https, http on a loopback address, or a private-use scheme as com.example.app:/PATH",
        ]
    );
}
