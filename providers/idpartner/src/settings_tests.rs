use serde_json::{Value, json};

use super::*;

fn settings(changes: &[(&str, Value)]) -> Settings {
    let mut settings = json!({
        "selector": "https://selector.example/v1/select-accounts",
        "client_id": "client-1",
        "client_authentication": "mutual_tls",
        "registered_keys": true,
        "issuers": [
            { "issuer": "https://bank.example/oidc", "idp_id": "1", "name": "Specimen Bank",
              "endpoint_hosts": ["mtls.bank.example", "mtls.bank.example:8443"] },
        ],
    });
    for (pointer, value) in changes {
        *settings.pointer_mut(pointer).unwrap() = value.clone();
    }
    serde_json::from_value(settings).unwrap()
}

fn pointers(settings: &Settings, environment: Environment) -> Vec<String> {
    settings.check(environment).into_iter().map(|fault| fault.pointer).collect()
}

#[test]
fn good_settings_have_no_fault_in_either_environment() {
    assert_eq!(settings(&[]).check(Environment::Production), []);
    assert_eq!(settings(&[]).check(Environment::Sandbox), []);
}

#[test]
fn five_mistakes_are_all_named() {
    let mut settings = settings(&[
        ("/selector", json!("http://selector.example/")),
        ("/client_id", json!("")),
        ("/client_authentication", json!("client_secret")),
        ("/issuers/0/issuer", json!("https://192.0.2.1/oidc")),
        ("/issuers/0/endpoint_hosts/1", json!("https://mtls.bank.example")),
    ]);
    settings.assurance.by_acr.insert("two words/here".to_owned(), Level::Low);
    let expected = [
        "/client_authentication",
        "/selector",
        "/client_id",
        "/issuers/0/issuer",
        "/issuers/0/endpoint_hosts/1",
        "/assurance/by_acr/two words~1here",
    ];
    assert_eq!(pointers(&settings, Environment::Production), expected);
}

#[test]
fn a_secret_is_for_the_sandbox_only() {
    let settings = settings(&[("/client_authentication", json!("client_secret"))]);
    assert_eq!(pointers(&settings, Environment::Production), ["/client_authentication"]);
    assert_eq!(settings.check(Environment::Sandbox), []);
}

#[test]
fn an_issuer_is_an_https_address_in_its_plain_spelling() {
    let wrong = [
        "",
        "bank.example/oidc",
        "http://bank.example/oidc",
        "https://user@bank.example/oidc",
        "https://:password@bank.example/oidc",
        "https://bank.example/oidc?tenant=1",
        "https://bank.example/oidc?",
        "https://bank.example/oidc#part",
        "https://BANK.example/oidc",
        "https://bank.example:443/oidc",
        "https://bank.example/a/../oidc",
        "https://10.0.0.1/oidc",
        "https://2130706433/oidc",
        "https://[::1]/oidc",
        "https://bänk.example/oidc",
        " https://bank.example/oidc",
        "file:///etc/passwd",
    ];
    for issuer in wrong {
        let settings = settings(&[("/issuers/0/issuer", json!(issuer))]);
        assert_eq!(pointers(&settings, Environment::Production), ["/issuers/0/issuer"], "{issuer}");
    }
    for issuer in ["https://bank.example", "https://bank.example/", "https://bank.example:8443/oidc"] {
        let settings = settings(&[("/issuers/0/issuer", json!(issuer))]);
        assert_eq!(settings.check(Environment::Production), [], "{issuer}");
    }
}

#[test]
fn plain_http_is_for_simulators_on_this_machine() {
    let local = settings(&[("/issuers/0/issuer", json!("http://localhost:4010/idpartner/bank"))]);
    assert_eq!(local.check(Environment::Sandbox), []);
    assert_eq!(pointers(&local, Environment::Production), ["/issuers/0/issuer"]);
    let remote = settings(&[("/issuers/0/issuer", json!("http://localhost.bank.example"))]);
    assert_eq!(pointers(&remote, Environment::Sandbox), ["/issuers/0/issuer"]);
}

#[test]
fn an_endpoint_host_is_a_host_and_nothing_more() {
    for host in [
        "",
        "https://bank.example",
        "bank.example/x",
        "a@bank.example",
        "BANK.example",
        "bank.example:443",
        "bank.example?",
    ] {
        let settings = settings(&[("/issuers/0/endpoint_hosts/0", json!(host))]);
        assert_eq!(pointers(&settings, Environment::Production), ["/issuers/0/endpoint_hosts/0"], "{host}");
    }
}

#[test]
fn no_bank_and_one_bank_twice_are_faults() {
    let none = settings(&[("/issuers", json!([]))]);
    assert_eq!(pointers(&none, Environment::Production), ["/issuers"]);
    let bank = json!({ "issuer": "https://bank.example/oidc" });
    let twice = settings(&[("/issuers", json!([bank, bank]))]);
    assert_eq!(pointers(&twice, Environment::Production), ["/issuers/1/issuer"]);
}

#[test]
fn an_unknown_or_missing_member_does_not_parse() {
    let unknown = json!({ "issuer": "https://bank.example", "endpoint_host": "bank.example" });
    assert!(serde_json::from_value::<ListedIssuer>(unknown).is_err());
    let silent = json!({ "selector": "https://s.example", "client_id": "c", "client_authentication": "mutual_tls", "issuers": [] });
    let error = serde_json::from_value::<Settings>(silent).unwrap_err().to_string();
    assert!(error.contains("registered_keys"), "{error}");
}

#[test]
fn every_setting_has_a_help_text() {
    let schema = schemars::schema_for!(Settings).to_value();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), 6);
    for (name, property) in properties {
        assert!(property["description"].is_string(), "{name}");
    }
    assert_eq!(schema["additionalProperties"], false);
}
