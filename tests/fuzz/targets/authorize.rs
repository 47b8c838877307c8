//! An app's authorization request: the parameters, the redirect URI, the `claims` parameter.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use tunnus::{
    flow::identification::{Face, ResponseMode},
    http::{
        browser::params,
        openid::request::{Destination, SCOPES, judge},
    },
    tenant::model::{App, AppAuthentication},
};
use tunnus_fuzz::world::{TENANT, World};
use tunnus_sdk::Params;
use url::Url;

static APPS: LazyLock<Vec<Arc<App>>> = LazyLock::new(|| {
    let tenants = World::new().load(TENANT, "").expect("a good tenant");
    tenants.tenant("acme").expect("the tenant").apps.clone()
});

fuzz_target!(|query: &[u8]| {
    let params = params(query);
    let asked = params.one("redirect_uri").unwrap_or_default();
    for app in APPS.iter() {
        if app.redirect_uris.iter().any(|registered| registered.matches(asked)) {
            check_address(asked);
        }
        let destination = Destination {
            redirect_uri: asked.to_owned(),
            response_mode: ResponseMode::Query,
            state: params.one("state").map(Into::into),
        };
        if let Ok(asked) = judge(app, &destination, &params, "trace") {
            check(app, &params);
            let Face::OpenId(request) = asked.face else { panic!("another face") };
            assert!(request.scopes.contains("openid"));
        }
    }
});

/// An address that was taken is a browser's too: one of the registered hosts.
fn check_address(asked: &str) {
    let url = Url::parse(asked).expect("a URL");
    assert!(["shop.example", "127.0.0.1"].contains(&url.host_str().unwrap_or_default()), "{asked}");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
}

/// What must hold of a request that was taken.
fn check(app: &App, params: &Params) {
    assert!(!params.has_doubled());
    assert_eq!(params.one("response_type"), Some("code"));
    assert!(params.one("scope").is_some_and(|scope| scope.split(' ').any(|one| one == SCOPES[0])));
    assert!(!["request", "request_uri", "registration"].iter().any(|name| params.has(name)));
    let is_public = matches!(app.authentication, AppAuthentication::Public);
    if is_public || !app.pkce_optional || params.has("code_challenge") {
        assert_eq!(params.one("code_challenge_method"), Some("S256"));
        assert_eq!(params.one("code_challenge").map(str::len), Some(43));
    }
}
