//! npm's `openid-client` as an app of the sandbox, in every way that an app can authenticate.

use serde_json::{Value, json};
use tunnus::{
    ambient::Ambient,
    digest::sha256,
    providers::Providers,
    sandbox::{
        running::{Options, Sandbox},
        tenant::{APP, APP_SECRET},
    },
    tenant::model::{App, AppAuthentication, RedirectUri},
};
use tunnus_jose::{KeyUse, PublicKeys, SigningKey, generate};
use tunnus_sdk::{Hidden, SigningAlgorithm};

use crate::support::{peer::ask, sandbox::RETURN};

/// Where a native app listens: registered without a port.
const NATIVE: &str = "http://127.0.0.1:49152/native";

/// A sandbox on the system's clock, which the apps read too.
struct Apps {
    sandbox: Sandbox,
    key: Hidden<String>,
}

impl Apps {
    fn start() -> Self {
        let key = generate::p256(KeyUse::Signature).unwrap();
        let public = SigningKey::parse(&key).unwrap().public_jwk();
        let keys = PublicKeys::parse(json!({ "keys": [public] }).to_string().as_bytes()).unwrap();
        let hash = sha256("a secret: with % and +");
        let apps = vec![
            App {
                id_token_algorithm: SigningAlgorithm::ES256,
                ..app("basic: 100 %", AppAuthentication::SecretBasic(vec![hash]))
            },
            app("post", AppAuthentication::SecretPost(vec![hash])),
            app("keyed", AppAuthentication::PrivateKeyJwt(keys.into())),
            App {
                redirect_uris: vec![RedirectUri::Loopback("http://127.0.0.1/native".parse().unwrap())],
                ..app("native", AppAuthentication::Public)
            },
        ];
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            fault: None,
            apps,
            store: None,
            audit: None,
        };
        let sandbox = Sandbox::start(Providers::built_in(), Ambient::system(), options).expect("a sandbox");
        Self { sandbox, key }
    }

    /// What came of these logins.
    async fn log_in(&self, logins: Value) -> Vec<Value> {
        let question = json!({ "issuer": self.sandbox.relying.issuer, "logins": logins });
        ask("app.mjs", question).await.as_array().unwrap().clone()
    }

    fn private_key_jwt(&self) -> Value {
        let key: Value = serde_json::from_str(self.key.expose()).unwrap();
        json!({ "method": "private_key_jwt", "key": key, "algorithm": "ES256" })
    }
}

/// An app like the sandbox's own, but for its id and how it authenticates.
fn app(id: &str, authentication: AppAuthentication) -> App {
    App {
        id: id.to_owned(),
        name: tunnus_sdk::LocalizedText::default(),
        authentication,
        redirect_uris: vec![RedirectUri::Exact(RETURN.to_owned())],
        return_urls: vec![RedirectUri::Exact(RETURN.to_owned())],
        home_url: None,
        origins: Vec::new(),
        pkce_optional: false,
        id_token_algorithm: SigningAlgorithm::RS256,
        claims: tunnus_sdk::Member::fixed().collect(),
        connections: std::collections::BTreeSet::new(),
        minimum_assurance: tunnus_sdk::Level::Unspecified,
        service_name: tunnus_sdk::LocalizedText::default(),
        release: tunnus::tenant::model::Release::Code,
    }
}

fn shop() -> Value {
    json!({ "method": "client_secret_basic", "secret": APP_SECRET })
}

/// One login of `id` at the connection `ftn`.
fn login(id: &str, authentication: &Value, more: &Value) -> Value {
    let mut parameters = json!({ "connection": "ftn", "login_hint": "sandbox:persona=onni" });
    super::broker::extend(&mut parameters, more);
    let redirect_uri = if id == "native" { NATIVE } else { RETURN };
    json!({ "id": id, "authentication": authentication, "redirectUri": redirect_uri, "parameters": parameters })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_logs_in_however_it_authenticates() {
    let apps = Apps::start();
    let secret = |method| json!({ "method": method, "secret": "a secret: with % and +" });
    let mut es256 = login("basic: 100 %", &secret("client_secret_basic"), &json!({}));
    es256["algorithm"] = json!("ES256");
    let logins = json!([
        login(APP, &shop(), &json!({})),
        es256,
        login("post", &secret("client_secret_post"), &json!({})),
        login("keyed", &apps.private_key_jwt(), &json!({})),
        login("native", &json!({ "method": "none" }), &json!({})),
    ]);
    let outcomes = apps.log_in(logins).await;
    assert_eq!(outcomes.len(), 5);
    for outcome in &outcomes {
        assert_eq!(outcome["claims"]["iss"], apps.sandbox.relying.issuer, "{outcome}");
        assert_eq!(outcome["claims"]["acr"], "http://eidas.europa.eu/LoA/substantial", "{outcome}");
        assert_eq!(outcome["userinfo"]["family_name"], "Korhonen", "{outcome}");
        assert_eq!(outcome["claims"]["sub"], outcomes[0]["claims"]["sub"], "one person, one subject");
        assert!(outcome["rest"].get("refresh_token").is_none(), "{outcome}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_gets_what_it_asks_for_where_it_asks_for_it() {
    let apps = Apps::start();
    let claims = json!({
        "id_token": { "national_id": { "essential": true } },
        "userinfo": { "birthdate": null },
    });
    let logins = json!([
        login(APP, &shop(), &json!({ "response_mode": "form_post", "scope": "openid tunnus" })),
        login(
            APP,
            &shop(),
            &json!({ "scope": "openid", "claims": claims.to_string(), "reference": "order 7" })
        ),
        login(APP, &shop(), &json!({ "max_age": "60", "acr_values": "substantial", "ui_locales": "sv fi" })),
        login(APP, &shop(), &json!({ "connection": "idpartner", "login_hint": "sandbox:persona=john" })),
    ]);
    let outcomes = apps.log_in(logins).await;
    let [posted, asked, fresh, bank] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(posted["method"], "POST", "{posted}");
    assert_eq!(posted["userinfo"]["tunnus_identity"]["schema"], "tunnus.identity/1", "{posted}");
    assert_eq!(asked["claims"]["national_id"]["type"], "hetu", "{asked}");
    assert_eq!(asked["claims"]["tunnus_reference"], "order 7", "{asked}");
    assert!(asked["userinfo"]["birthdate"].is_string() && asked["userinfo"].get("name").is_none(), "{asked}");
    assert!(fresh["claims"]["auth_time"].is_i64(), "{fresh}");
    assert!(bank["userinfo"]["name"].is_string(), "{bank}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_told_of_failures_in_the_words_of_the_standard() {
    let apps = Apps::start();
    let mut twice = login(APP, &shop(), &json!({}));
    twice["twice"] = json!(true);
    let cancel = json!({ "login_hint": "sandbox:fault=cancel", "response_mode": "form_post" });
    let wrong = json!({ "method": "client_secret_basic", "secret": "shop secret" });
    let logins = json!([
        twice,
        login(APP, &shop(), &cancel),
        login(APP, &shop(), &json!({ "prompt": "none" })),
        login(APP, &shop(), &json!({ "scope": "profile" })),
        login(APP, &wrong, &json!({})),
        login("keyed", &shop(), &json!({})),
    ]);
    let outcomes = apps.log_in(logins).await;
    assert_eq!(outcomes[0]["second"]["error"], "invalid_grant", "{}", outcomes[0]);
    assert_eq!(outcomes[0]["revoked"]["error"], "invalid_token", "{}", outcomes[0]);
    let errors: Vec<_> = outcomes[1..].iter().map(|outcome| outcome["error"].as_str().unwrap()).collect();
    assert_eq!(
        errors,
        ["access_denied", "login_required", "invalid_scope", "invalid_client", "invalid_client"]
    );
    for (outcome, code) in
        [(1, "user_cancelled"), (3, "request_invalid"), (4, "app_unauthorised"), (5, "app_unauthorised")]
    {
        let description = outcomes[outcome]["description"].as_str().unwrap();
        assert!(description.starts_with(&format!("{code} [")), "{description}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_with_a_key_calls_the_rest_interface_by_a_token_of_its_own() {
    let apps = Apps::start();
    let body = json!({ "connection": "ftn", "return_url": RETURN });
    let login = json!({ "id": "keyed", "authentication": apps.private_key_jwt(), "create": body });
    let outcome = &apps.log_in(json!([login])).await[0];
    assert_eq!(outcome["status"], 201, "{outcome}");
    assert!(outcome["body"]["url"].as_str().unwrap().starts_with(&apps.sandbox.relying.issuer));
}
