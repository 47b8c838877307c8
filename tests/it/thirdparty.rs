//! A provider from outside, added by one line, is known to the whole broker: to the sandbox over both
//! faces, to the error contract, to the files of tenants.

use std::{fs, sync::Arc};

use acme_id::Acme;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunnus::{
    config::{Environment, References},
    providers::Providers,
    sandbox::{list, once, running::Offered},
    tenant::files::Folder,
};
use tunnus_sdk::Reason;

use crate::support::sandbox::{Bench, RETURN, param};

fn providers() -> Providers {
    Providers::built_in().with::<Acme>()
}

fn lines(printed: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(printed).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn acme(bench: &Bench) -> Offered {
    let offered = bench.sandbox.connections.iter().find(|offered| offered.id == "acme");
    offered.expect("the sandbox offers Acme ID").clone()
}

/// What the app is told after a login over Acme ID with `hint`.
async fn told(bench: &Bench, hint: &str) -> Value {
    let body = bench.create(json!({ "connection": "acme", "login_hint": hint })).await;
    let returned = bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    let path = format!("identifications/{}", param(&returned, "identification").unwrap());
    bench.rest("GET", &path, None).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_identifies_its_persons_over_both_faces() {
    let bench = Bench::of(providers());
    assert_eq!(bench.sandbox.connections.len(), Bench::start().sandbox.connections.len() + 1);
    let mut printed = Vec::new();
    assert!(once::run(&bench.sandbox.relying, &[acme(&bench)], true, &mut printed).await.unwrap());
    let lines = lines(&printed);
    assert_eq!(lines.iter().map(|line| &line["face"]).collect::<Vec<_>>(), ["openid", "rest"]);
    for line in lines {
        let record = &line["identity"];
        assert_eq!((&record["provider"], &record["connection"]), (&json!("acme-id"), &json!("acme")));
        assert_eq!(record["name"]["full"], "Onni Juhani Korhonen");
        assert_eq!(record["assurance"], json!({ "level": "substantial", "acr": "acme:gold" }));
        assert_eq!(record["other_ids"][0]["type"], "acme_member");
        let source = json!({ "claim": "acme_born", "from": "userinfo" });
        assert_eq!(record["provenance"]["birth_date"], source, "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_faults_are_listed_and_end_in_the_error_contract() {
    let bench = Bench::of(providers());
    let mut printed = Vec::new();
    list::print(&bench.sandbox, true, &mut printed).unwrap();
    let listed = lines(&printed).into_iter().find(|line| line["connection"] == "acme").expect("a line");
    for (fault, code, reason) in [
        ("acme_tier_missing", "assurance_too_low", None),
        ("acme_born_on_no_day", "provider_response_rejected", Some(Reason::ClaimsInconsistent)),
        ("id_token_aud_other", "provider_response_rejected", Some(Reason::Audience)),
        ("cancel", "user_cancelled", None),
    ] {
        assert!(listed.to_string().contains(fault), "{fault} in {listed}");
        let body = told(&bench, &format!("sandbox:fault={fault}")).await;
        assert_eq!(body["error"]["code"], code, "{fault}: {body}");
        assert_eq!(body["error"].get("reason"), reason.map(|reason| json!(reason)).as_ref(), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_it_cannot_reach_sends_nobody_there() {
    let bench = Bench::of(providers());
    let body = bench.create(json!({ "connection": "acme", "minimum_assurance": "high" })).await;
    let returned = bench.person().walk(&body["url"].as_str().unwrap().parse().unwrap(), RETURN).await;
    assert_eq!(param(&returned, "error").as_deref(), Some("assurance_too_low"));
}

#[test]
fn a_tenants_file_is_judged_by_its_settings() {
    let folder = TempDir::new().unwrap();
    let file = r#"
        [tenant]
        id = "shop"
        name = "Shop"

        [[connections]]
        id = "acme"
        provider = "acme-id"
        environment = "production"
        display_name = "Acme ID"

        [connections.settings]
        issuer = "http://id.acme.example"
        client_id = "shop"
        tier = { "acme:gold" = "high" }
    "#;
    fs::write(folder.path().join("shop.toml"), file).unwrap();
    let references = References::new(folder.path().to_owned(), Arc::new(Environment::default()));
    let faults = |providers| {
        let loaded = Folder::new(folder.path().to_owned(), providers, references.clone()).load();
        loaded.expect_err("faults").to_string()
    };
    let known = faults(providers());
    for part in ["settings.issuer: must begin with https://", "did you mean `tiers`", "--kind p256 --use sig"]
    {
        assert!(known.contains(part), "{part} in {known}");
    }
    assert!(faults(Providers::built_in()).contains("no provider `acme-id`"));
}
