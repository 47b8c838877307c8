//! An upstream's metadata document: nothing is called, and no browser sent, beyond the issuer's host.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tunnus_fuzz::{
    Sections,
    upstream::{self, CLIENT, Says, Scripted},
};
use tunnus_oidc::{ClientAuth, Profile, RelyingParty};
use tunnus_sdk::Step;

const ISSUER: &str = "https://op.example/oidc";

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    let honest = upstream::discovery(ISSUER);
    let document = input.get(1, &honest);
    let client_auth = match input.get(0, "") {
        "mtls" => ClientAuth::MutualTls,
        _ => ClientAuth::SecretPost,
    };
    let profile = Profile {
        client_auth,
        document_endpoints: &["payment_details_info_endpoint"],
        ..Profile::new(ISSUER, CLIENT)
    };
    let says =
        Says { discovery: document.to_owned(), document: r#"{"keys":[]}"#.to_owned(), ..Says::default() };
    let host = Scripted::new(ISSUER, profile.floor(), says);
    let party = RelyingParty::new(profile, Arc::<Scripted>::clone(&host));
    let login = upstream::login();
    upstream::run(async {
        if party.metadata().await.is_ok() {
            let document: Value = serde_json::from_str(document).expect("JSON");
            assert_eq!(document["issuer"], ISSUER);
        }
        if let Ok(Step::Navigate(navigate)) = party.begin(&login, upstream::params(&login)).await {
            upstream::check_browser(&host, &navigate.to);
        }
        let findings = party.probe().await;
        assert!(!findings.is_empty(), "the doctor always says something");
    });
});
