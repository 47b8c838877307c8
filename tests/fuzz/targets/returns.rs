//! Whole returns through every provider: parameters, responses, tokens and userinfo of anybody's making.
//!
//! Sections: which provider, the selector's return, the bank's return, the claims of its response, the
//! token endpoint's answer, the claims of the ID token, userinfo, payment details.
#![no_main]

use std::{
    error::Error,
    sync::{Arc, LazyLock},
};

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tunnus_fuzz::{
    Sections,
    upstream::{self, CLIENT, DRAWN, NOW, PERSONAL, Says, Scripted},
};
use tunnus_sdk::{
    ErasedDefinition, Evidence, Inbound, Leg, LoginRequest, Member, Params, Provider, ProviderError, Step,
    erase,
};

/// A connection: who, its issuer, an honest level, its settings.
struct Kind {
    definition: Arc<dyn ErasedDefinition>,
    issuer: &'static str,
    acr: &'static str,
    settings: Value,
}

static KINDS: LazyLock<[(&str, Kind); 5]> = LazyLock::new(|| {
    let kind = |definition, issuer: &'static str, acr, mut settings: Value| {
        settings["client_id"] = json!(CLIENT);
        if settings.get("issuers").is_none() {
            settings["issuer"] = json!(issuer);
        }
        Kind { definition, issuer, acr, settings }
    };
    let generic = erase::<tunnus_generic_oidc::GenericOidc>;
    let op = "https://op.example";
    let level = "http://eidas.europa.eu/LoA/substantial";
    let bank = "https://bank.example/oidc";
    let selector = json!({
        "selector": "https://selector.example/", "client_authentication": "mutual_tls",
        "registered_keys": false, "issuers": [{ "issuer": bank, "idp_id": "1" }],
    });
    [
        ("generic", kind(generic(), op, level, json!({}))),
        ("jarm", kind(generic(), op, level, json!({ "response": "jwt" }))),
        (
            "ftn",
            kind(
                erase::<tunnus_signicat_ftn::SignicatFtn>(),
                "https://login.example.fi/auth/open",
                "substantial",
                json!({}),
            ),
        ),
        (
            "mle",
            kind(
                erase::<tunnus_signicat_mle::SignicatMle>(),
                "https://id.signicat.com/oidc",
                "urn:signicat:oidc:method:ftn-op-auth",
                json!({ "acr": "urn:signicat:oidc:method:ftn-op-auth" }),
            ),
        ),
        ("idpartner", kind(erase::<tunnus_idpartner::IdPartner>(), bank, "urn:silver", selector)),
    ]
});

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    let (name, options) = input.get(0, "generic").split_once(' ').unwrap_or((input.get(0, "generic"), ""));
    let Some((_, kind)) = KINDS.iter().find(|(id, _)| *id == name) else { return };
    let login = LoginRequest {
        claims: [
            Member::FullName,
            Member::BirthDate,
            Member::NationalId,
            Member::Email,
            Member::PaymentDetails,
        ]
        .into(),
        max_age: options.contains("max_age").then_some(300),
        ..upstream::login()
    };
    let floor = kind.definition.floor(&kind.settings).expect("settings");
    let host = Scripted::new(kind.issuer, floor, says(&input, kind));
    let provider =
        kind.definition.build(&kind.settings, Arc::<Scripted>::clone(&host) as _).expect("a connection");
    let evidence = upstream::run(identify(&*provider, &login, &input, kind.issuer));
    let identity = evidence.and_then(|evidence| {
        check(&evidence, kind.issuer);
        provider.normalise(&evidence).map(|identity| (identity, evidence))
    });
    match identity {
        Ok((identity, evidence)) => {
            assert_eq!(evidence.id_token.get("sub"), Some(&json!(identity.upstream.subject.expose())));
            assert!(serde_json::to_value(&identity.attributes).is_ok());
        }
        // What an upstream calls its error is kept, and so may be anything.
        Err(error) if error.upstream_code.is_none() => check_silence(&error),
        Err(_) => {}
    }
});

fn says(input: &Sections<'_>, kind: &Kind) -> Says {
    let or = |number, honest: &str| input.get(number, honest).to_owned();
    Says {
        discovery: upstream::discovery(kind.issuer),
        response: or(3, &upstream::response(kind.issuer)),
        token: or(4, upstream::TOKEN),
        id_token: or(5, &upstream::id_token(kind.issuer, kind.acr)),
        userinfo: or(6, &upstream::userinfo(kind.issuer)),
        document: or(7, "{}"),
    }
}

async fn identify(
    provider: &dyn Provider,
    login: &LoginRequest,
    input: &Sections<'_>,
    issuer: &str,
) -> Result<Evidence, ProviderError> {
    let mut step = provider.start(login).await?;
    let chosen = format!("iss={issuer}&idp_id=1&visitor_id=v");
    let plain = format!("code=code-1&state={}&iss={issuer}", upstream::STATE);
    let is_jarm = ["jarm", "idpartner"].iter().any(|name| input.get(0, "generic").starts_with(name));
    let back = if is_jarm { "response=a.b.c" } else { &plain };
    loop {
        let navigate = match step {
            Step::Authenticated(evidence) => return Ok(*evidence),
            Step::Navigate(navigate) => navigate,
        };
        let query = if navigate.expect == Leg::CALLBACK { input.get(2, back) } else { input.get(1, &chosen) };
        let params: Params = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let inbound = Inbound { leg: navigate.expect, params };
        let _ = provider.correlate(&inbound);
        step = provider.resume(login, navigate.state, inbound).await?;
    }
}

/// What must hold of claims that were believed.
fn check(evidence: &Evidence, issuer: &str) {
    let claims = Value::Object(evidence.id_token.clone());
    assert!(upstream::is_ours(&claims, issuer), "another issuer or audience");
    assert_eq!(claims["nonce"], DRAWN);
    let (now, expiry) = (NOW as f64, upstream::seconds(&claims, "exp").expect("an expiry"));
    assert!(expiry > now - 31.0, "expired");
    if let Some(userinfo) = &evidence.userinfo {
        assert_eq!(userinfo.get("sub"), Some(&claims["sub"]), "userinfo of another person");
    }
}

/// No cause of an error holds what stood in a claim.
fn check_silence(error: &ProviderError) {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        assert!(!format!("{error} {error:?}").contains(PERSONAL), "personal data in an error");
        cause = error.source();
    }
}
