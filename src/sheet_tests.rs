use std::sync::{Arc, OnceLock};

use serde_json::json;
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::{Credentials, LocalizedText, SubjectSource};

use super::*;
use crate::{providers::Providers, tenant::limits::Limits};

const ISSUER: &str = "https://id.example/t/acme";

fn connection(definition: &dyn ErasedDefinition, settings: Value) -> Connection {
    let credentials = Credentials {
        client_secret: Some("hunter2".into()),
        signing: vec![generate::p256(KeyUse::Signature).unwrap()],
        decryption: vec![generate::rsa(2048, KeyUse::Encryption).unwrap()],
        ..Credentials::default()
    };
    Connection {
        id: "bank".to_owned(),
        provider: definition.descriptor().id.to_owned(),
        environment: Environment::Production,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        limits: Limits::default(),
        subject: SubjectSource::Upstream,
        settings,
        credentials,
        revision: 1,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

fn strict() -> (Arc<dyn ErasedDefinition>, Connection) {
    let definition = Arc::clone(Providers::built_in().find("generic-oidc").unwrap());
    let settings = json!({ "issuer": "https://op.example", "client_id": "tunnus", "claims": {} });
    let connection = connection(definition.as_ref(), settings);
    (definition, connection)
}

#[test]
fn the_sheet_says_where_to_return_to_which_keys_and_what_to_set() {
    let (definition, connection) = strict();
    let sheet = Sheet::of(definition.as_ref(), &connection, ISSUER).unwrap();
    let text = sheet.to_text(Locale::Fi);
    for line in [
        "Paluuosoitteet",
        "  callback: https://id.example/t/acme/return/bank/callback",
        "Julkiset avaimet, myös osoitteessa https://id.example/t/acme/connections/bank/jwks",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
    for key in &sheet.keys {
        assert!(text.contains(&key.to_string()) && key.get("d").is_none(), "{text}");
    }
    let json: Value = serde_json::from_str(&sheet.to_json()).unwrap();
    let uses: Vec<_> = json["keys"].as_array().unwrap().iter().map(|key| &key["use"]).collect();
    assert_eq!(uses, ["sig", "enc"]);
    assert!(!text.contains("hunter2") && !json.to_string().contains("hunter2"));
}

#[test]
fn every_provider_fills_its_places_in() {
    let providers = Providers::built_in();
    for definition in providers.iter() {
        let site = definition.descriptor().id;
        let (_, mut connection) = strict();
        for settings in examples(site) {
            connection.settings = settings;
            let sheet = Sheet::of(definition.as_ref(), &connection, ISSUER).unwrap();
            assert!(!sheet.settings.is_empty(), "{site}: the settings are understood");
            let text = sheet.to_text(Locale::En);
            assert!(!text.contains("{issuer}") && !text.contains("{connection}"), "{text}");
            let url = format!("{ISSUER}/return/bank/callback");
            assert!(sheet.settings.iter().any(|step| step.value.contains(&url)), "{site}: {text}");
        }
    }
}

/// The settings of the examples that use this provider.
fn examples(provider: &str) -> Vec<Value> {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples")).unwrap();
    let paths = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let texts = paths.map(|path| std::fs::read_to_string(path).unwrap());
    let settings = texts.flat_map(|text| {
        let file = crate::config::Document::parse(&text).unwrap().value().clone();
        file["connections"].as_array().cloned().unwrap_or_default()
    });
    let settings: Vec<_> =
        settings.filter(|one| one["provider"] == provider).map(|one| one["settings"].clone()).collect();
    assert!(!settings.is_empty(), "an example of {provider}");
    settings
}
