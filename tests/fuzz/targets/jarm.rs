//! A response in a JWT (JARM): parameters, then the claims inside.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tunnus_fuzz::{
    Sections,
    upstream::{self, CLIENT, NOW, STATE, Says, Scripted},
};
use tunnus_oidc::{Profile, RelyingParty, ResponseMode, TokenDemand};
use tunnus_sdk::{Inbound, Leg, Params, SigningAlgorithm, Step};

const ISSUER: &str = "https://op.example";
const SKEW: f64 = 30.0;

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    let honest = upstream::response(ISSUER);
    let (query, claims) = (input.get(0, "response=a.b.c"), input.get(1, &honest));
    let says = Says {
        discovery: upstream::discovery(ISSUER),
        response: claims.to_owned(),
        token: "!400 {}".to_owned(),
        ..Says::default()
    };
    let profile = Profile {
        response: ResponseMode::Jarm(TokenDemand::Signed(vec![SigningAlgorithm::PS256])),
        ..Profile::new(ISSUER, CLIENT)
    };
    let host = Scripted::new(ISSUER, profile.floor(), says);
    let party = RelyingParty::new(profile, Arc::<Scripted>::clone(&host));
    let login = upstream::login();
    let params: Params = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let inbound = Inbound { leg: Leg::CALLBACK, params };
    let redeemed = upstream::run(async {
        let begun = party.begin(&login, upstream::params(&login)).await;
        let Ok(Step::Navigate(navigate)) = begun else { panic!("an honest beginning: {begun:?}") };
        party.redeem(&login, &navigate.state, &inbound).await.map(|_| ())
    });
    assert!(redeemed.is_err(), "the token endpoint refuses");
    if host.has_redeemed() {
        check(&inbound.params, claims);
    }
});

/// What must hold of a response that was believed.
fn check(params: &Params, claims: &str) {
    let claims: Value = serde_json::from_str(claims).expect("JSON");
    assert!(upstream::is_ours(&claims, ISSUER), "another issuer or audience");
    assert_eq!(claims["state"], STATE);
    assert!(claims["code"].as_str().is_some_and(|code| !code.is_empty()) && claims.get("error").is_none());
    let (now, expiry) = (NOW as f64, upstream::seconds(&claims, "exp").expect("an expiry"));
    assert!(expiry > now - SKEW - 1.0 && expiry <= now + SKEW + 601.0, "expired, or valid for too long");
    for name in ["nbf", "iat"] {
        assert!(upstream::seconds(&claims, name).is_none_or(|time| time < now + SKEW + 1.0));
    }
    assert!(params.one("response").is_some());
    assert!(!["code", "error", "state", "id_token", "access_token"].iter().any(|name| params.has(name)));
    assert!(!params.has("iss") || params.one("iss") == Some(ISSUER));
}
