use std::sync::Mutex;

use serde_json::{Value, json};
use tunnus_sdk::{
    BrowserRequest, Claims, EncryptTo, Expect, Level, Locale, OpenError, Request, Response, SealError,
    SendError, Signing, Timestamp,
};
use url::Url;

use super::*;
use crate::settings::tests::settings;

/// A host that has the metadata to give, and nothing else.
struct MetadataHost(Mutex<u32>);

#[async_trait]
impl Host for MetadataHost {
    fn environment(&self) -> Environment {
        Environment::Production
    }
    fn return_url(&self, leg: &Leg) -> Url {
        Url::parse(&format!("https://broker.example/return/workplace/{leg}")).unwrap()
    }
    fn now(&self) -> Timestamp {
        Timestamp(1_795_256_803)
    }
    fn random(&self) -> Hidden<String> {
        let mut drawn = self.0.lock().unwrap();
        *drawn += 1;
        format!("random-{drawn}").into()
    }
    async fn sign(&self, _: &Signing, _: &Claims) -> Result<Hidden<String>, SealError> {
        Err(SealError::KeyMissing)
    }
    async fn encrypt(&self, _: &EncryptTo, _: &str) -> Result<Hidden<String>, SealError> {
        Err(SealError::Failed)
    }
    async fn open(&self, _: &Expect, _: &str) -> Result<Claims, OpenError> {
        Err(OpenError::BelowFloor)
    }
    async fn send(&self, _: Request) -> Result<Response, SendError> {
        let document = json!({
            "issuer": "https://op.example", "authorization_endpoint": "https://op.example/authorize",
            "token_endpoint": "https://op.example/token", "userinfo_endpoint": "https://op.example/userinfo",
            "jwks_uri": "https://op.example/jwks", "response_types_supported": ["code"],
        });
        let body = document.to_string().into_bytes();
        let content_type = Some("application/json".to_owned());
        Ok(Response { status: 200, content_type, www_authenticate: None, body })
    }
}

fn connection(changes: &Value) -> OidcConnection {
    let mut all = json!({ "request_delivery": "get", "request_protection": "plain" });
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    GenericOidc::build(settings(&all), Arc::new(MetadataHost(Mutex::new(0)))).unwrap()
}

fn login() -> LoginRequest {
    LoginRequest { claims: [Member::Email].into(), locale: Locale::Sv, ..LoginRequest::new("state-1".into()) }
}

async fn asked(changes: &Value, login: &LoginRequest) -> Result<Vec<(String, String)>, Fault> {
    let step = connection(changes).start(login).await.map_err(|error| error.fault)?;
    let Step::Navigate(navigate) = step else { panic!("a trip is due") };
    let BrowserRequest::Get(url) = navigate.to else { panic!("a GET is due") };
    Ok(url.query_pairs().into_owned().collect())
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_request_says_what_the_login_wants() {
    let changes = json!({
        "acr_values": { "substantial": "loa2" }, "claims_parameter": "id_token",
        "method_parameter": "idp", "service_name_parameter": "sp_name", "parameters": { "tenant": "7" },
    });
    let login = LoginRequest {
        minimum_assurance: Level::Low,
        max_age: Some(60),
        login_hint: Some("onni@example.org".into()),
        method: Some("bank-1".to_owned()),
        service_name: Some("Shop & Co".to_owned()),
        ..login()
    };
    let fields = asked(&changes, &login).await.unwrap();
    for (name, value) in [
        ("scope", "openid email"),
        ("acr_values", "loa2"),
        ("prompt", "login"),
        ("max_age", "60"),
        ("login_hint", "onni@example.org"),
        ("ui_locales", "sv"),
        ("claims", r#"{"id_token":{"email":null,"email_verified":null}}"#),
        ("idp", "bank-1"),
        ("sp_name", "Shop & Co"),
        ("tenant", "7"),
        ("state", "state-1"),
        ("redirect_uri", "https://broker.example/return/workplace/callback"),
    ] {
        assert_eq!(field(&fields, name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn what_the_settings_leave_out_is_not_sent() {
    let changes = json!({ "prompt": null, "ui_locales": false, "login_hint": "off" });
    let login = LoginRequest { login_hint: Some("x".into()), ..login() };
    let fields = asked(&changes, &login).await.unwrap();
    for name in ["prompt", "ui_locales", "login_hint", "acr_values", "claims", "max_age"] {
        assert_eq!(field(&fields, name), None, "{name}");
    }
}

#[tokio::test]
async fn a_method_that_cannot_be_asked_for_is_refused() {
    let login = LoginRequest { method: Some("bank-1".to_owned()), ..login() };
    assert_eq!(asked(&json!({}), &login).await, Err(Fault::RequestInvalid));
}

#[tokio::test]
async fn a_national_id_never_stands_in_the_browsers_address() {
    let login = LoginRequest { login_hint: Some("070770-905D".into()), ..login() };
    assert_eq!(asked(&json!({}), &login).await, Err(Fault::RequestInvalid));
}

#[test]
fn a_return_is_found_by_its_state_or_where_jarm_is_due_by_the_browser() {
    let inbound = Inbound { leg: Leg::CALLBACK, params: [("state", "s")].into_iter().collect() };
    assert_eq!(connection(&json!({})).correlate(&inbound), Correlation::State("s".into()));
    assert_eq!(connection(&json!({ "response": "jwt" })).correlate(&inbound), Correlation::FromBrowser);
}

#[test]
fn the_setup_sheet_names_what_must_be_registered() {
    let places = |changes: Value| -> Vec<String> {
        GenericOidc::setup(&settings(&changes)).into_iter().map(|step| step.place).collect()
    };
    let strict = places(json!({}));
    for place in ["redirect_uris", "jwks_uri", "require_pushed_authorization_requests"] {
        assert!(strict.iter().any(|named| named == place), "{place}");
    }
    let plain = places(json!({
        "request_delivery": "get", "request_protection": "plain", "client_authentication": "client_secret_post",
    }));
    assert!(!plain.iter().any(|place| place == "jwks_uri" || place == "request_object_signing_alg"));
}
