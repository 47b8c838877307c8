use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use actix_web::{App, http::header, test, web::Data};
use serde_json::json;
use tokio::runtime::Handle;
use tunnus_sdk::{Hidden, Timestamp};
use url::form_urlencoded::Serializer;

use super::*;
use crate::{
    admin::{
        Admin, Expected, NewToken, Role,
        for_tests::{World, operator, shop},
    },
    ambient::Ambient,
    app::{Broker, Parts},
    audit::{
        Audit,
        event::{Event, Kind},
        store::SqlEvents,
    },
    digest::sha256_base64url,
    host::OutboundLimits,
    store::{Key, MemoryLimits, MemoryStore},
    tenant::{
        for_tests::providers,
        store::{cache::StoredTenants, change::Part},
    },
};

#[path = "keys_tests.rs"]
mod keys;
#[path = "platforms_tests.rs"]
mod platforms;
#[path = "trail_tests.rs"]
mod trail;
#[path = "trials_tests.rs"]
mod trials;

pub(super) const ORIGIN: &str = "https://admin.example";

/// Every page.
pub(super) const PAGES: [&str; 33] = [
    "/console/platforms",
    "/console/new-platform",
    "/console/platforms/group",
    "/console/platforms/group/remove",
    "/console/platforms/group/new-app",
    "/console/tenants/acme/sharing",
    "/console/usage",
    "/console/tenants/acme/usage",
    "/console/tenants/acme/usage?month=2026-10",
    "/console/tenants/acme/new-key",
    "/console/tenants/acme/import-key",
    "/console/tenants/acme/request-certificate?connection=bank",
    "/console/tenants/acme/connections/bank/trials",
    "/console/tenants/acme/keys",
    "/console/tenants/acme/connections/bank/sheet",
    "/console/audit",
    "/console/tenants/acme/recent",
    "/console/tenants/acme/audit",
    "/console/tenants",
    "/console/new-tenant",
    "/console/tokens",
    "/console/tokens/x/revoke",
    "/console/tenants/acme",
    "/console/tenants/acme/remove",
    "/console/tenants/acme/apps",
    "/console/tenants/acme/new-app",
    "/console/tenants/acme/apps/shop",
    "/console/tenants/acme/apps/shop/remove",
    "/console/tenants/acme/connections",
    "/console/tenants/acme/new-connection",
    "/console/tenants/acme/new-connection/stub",
    "/console/tenants/acme/connections/bank",
    "/console/tenants/acme/connections/bank/remove",
];

/// Everything that a form is sent to, beside the way in.
pub(super) const FORMS: [&str; 34] = [
    "/console/new-platform",
    "/console/platforms/group",
    "/console/platforms/group/remove",
    "/console/platforms/group/new-app",
    "/console/platforms/group/apps/x",
    "/console/platforms/group/apps/x/remove",
    "/console/platforms/group/apps/x/secrets",
    "/console/tenants/acme/sharing",
    "/console/audit/verify",
    "/console/tenants/acme/audit/verify",
    "/console/tenants/acme/new-key",
    "/console/tenants/acme/import-key",
    "/console/tenants/acme/request-certificate",
    "/console/tenants/acme/keys/x/registered",
    "/console/tenants/acme/keys/x/certificate",
    "/console/tenants/acme/keys/x/rotate",
    "/console/tenants/acme/keys/x/retire",
    "/console/tenants/acme/connections/bank/trials",
    "/console/tenants/acme/connections/bank/check",
    "/console/tenants/acme/audit",
    "/console/sign-out",
    "/console/new-tenant",
    "/console/tokens",
    "/console/tokens/x/revoke",
    "/console/tenants/acme",
    "/console/tenants/acme/remove",
    "/console/tenants/acme/new-app",
    "/console/tenants/acme/apps/shop",
    "/console/tenants/acme/apps/shop/remove",
    "/console/tenants/acme/apps/shop/secrets",
    "/console/tenants/acme/connections",
    "/console/tenants/acme/new-connection/stub",
    "/console/tenants/acme/connections/bank",
    "/console/tenants/acme/connections/bank/remove",
];

/// A console over a store.
pub(super) struct Site {
    pub(super) world: World,
    pub(super) broker: Data<Broker>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) cookie: String,
    pub(super) headers: header::HeaderMap,
    pub(super) body: String,
}

/// A browser that is signed in.
pub(super) struct Browser {
    pub(super) cookie: String,
    pub(super) csrf: String,
}

impl Site {
    pub(super) async fn new() -> Self {
        Self::calling(Vec::new()).await
    }

    /// One that may call these origins.
    pub(super) async fn calling(egress: Vec<String>) -> Self {
        let world = World::new().await;
        let now = Arc::clone(&world.now);
        let ambient = Ambient::given(
            move || Timestamp(now.load(Ordering::Relaxed)),
            |bytes| {
                let chance = Ambient::system();
                for byte in bytes {
                    [*byte] = chance.bytes::<1>();
                }
            },
        );
        let trail = Arc::new(SqlEvents::new(world.store.sql().clone()));
        let broker = Broker::assemble(Parts {
            public_url: "https://id.example".to_owned(),
            tenants: Arc::new(StoredTenants::new(world.store.clone(), 10)),
            providers: providers(),
            store: Arc::new(MemoryStore::new(MemoryLimits::default(), ambient.clone())),
            master_keys: vec![("1".to_owned(), [1; 32])],
            egress,
            outbound: OutboundLimits::default(),
            audit: Audit::new(trail, world.store.vault().clone(), ambient.clone()),
            limits: crate::limits::Limiter::none(),
            lifetimes: crate::config::Lifetimes::default(),
            connections_kept: 10,
            metrics_tenants: 10,
            ambient,
            sandbox: false,
        });
        assert!(Handle::try_current().is_ok());
        Self { world, broker: Data::new(broker.unwrap()) }
    }

    pub(super) async fn call(&self, request: test::TestRequest) -> Answer {
        let app = App::new()
            .app_data(Data::new(self.world.admin.clone()))
            .app_data(self.broker.clone())
            .app_data(Data::new(Console::at(&Url::parse(ORIGIN).unwrap())))
            .configure(configure);
        let app = test::init_service(app).await;
        let response = test::call_service(&app, request.to_request()).await;
        let text = |name: header::HeaderName| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (location, cookie) = (text(header::LOCATION), text(header::SET_COOKIE));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = test::read_body(response).await;
        Answer { status, location, cookie, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(super) async fn get(&self, browser: &Browser, path: &str) -> Answer {
        self.call(browser.with(test::TestRequest::get().uri(path))).await
    }

    /// Sends a form as the browser would from a page of ours.
    pub(super) async fn post(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form(fields, Some(&browser.csrf));
        self.call(browser.with(posting(path, Some(ORIGIN), body))).await
    }

    /// Signs in with a token.
    async fn sign_in(&self, token: &str) -> Browser {
        let body = form(&[("token", token)], None);
        let answer = self.call(posting("/console/sign-in", Some(ORIGIN), body)).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/console/"), "{}", answer.body);
        self.signed_in(&answer.cookie).await
    }

    /// A browser with the cookie of a session.
    pub(super) async fn signed_in(&self, cookie: &str) -> Browser {
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut browser = Browser { cookie, csrf: String::new() };
        let page = self.get(&browser, "/console/tokens").await.body;
        browser.csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap()[..43].to_owned();
        browser
    }

    /// Signs in with a new token of a role.
    pub(super) async fn enter(&self, role: Role, tenant: Option<&str>) -> Browser {
        let token = self.token(&format!("A {role}"), role, tenant).await;
        self.sign_in(&token).await
    }

    async fn token(&self, name: &str, role: Role, tenant: Option<&str>) -> String {
        let wanted = NewToken {
            name: name.to_owned(),
            role,
            platform: None,
            tenant: tenant.map(str::to_owned),
            days: None,
        };
        let made = self.admin().create_token(&operator(), &wanted).await.unwrap();
        made.token.expose_str().to_owned()
    }

    fn admin(&self) -> &Admin {
        &self.world.admin
    }

    /// The tenant `acme` as it is kept.
    async fn acme(&self) -> Option<i64> {
        self.world.store.read("acme").await.unwrap().map(|tenant| tenant.version)
    }
}

impl Browser {
    fn with(&self, request: test::TestRequest) -> test::TestRequest {
        request.insert_header(("Cookie", self.cookie.as_str()))
    }
}

fn form(fields: &[(&str, &str)], csrf: Option<&str>) -> String {
    let fields = fields.iter().copied().chain(csrf.map(|csrf| ("csrf", csrf)));
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn posting(path: &str, origin: Option<&str>, body: String) -> test::TestRequest {
    let mut request = test::TestRequest::post().uri(path);
    request = request.insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    if let Some(origin) = origin {
        request = request.insert_header(("Origin", origin));
    }
    request.set_payload(body)
}

#[actix_web::test]
async fn nobody_gets_further_than_the_way_in_without_a_session() {
    let site = Site::new().await;
    let before = site.acme().await;
    let stranger = Browser { cookie: "__Host-tunnusconsole=AAAA".to_owned(), csrf: String::new() };
    for path in PAGES {
        let answer = site.get(&stranger, path).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/console/sign-in"), "{path}");
    }
    for path in FORMS {
        let answer = site.post(&stranger, path, &[]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/console/sign-in"), "{path}");
    }
    assert_eq!(site.acme().await, before);
}

#[actix_web::test]
async fn a_wrong_token_opens_nothing() {
    let site = Site::new().await;
    let wrong = format!("tnsa_{}", "A".repeat(43));
    for token in ["", "tnsa_", wrong.as_str()] {
        let body = form(&[("token", token)], None);
        let answer = site.call(posting("/console/sign-in", Some(ORIGIN), body)).await;
        assert_eq!((answer.status, answer.cookie.as_str()), (401, ""));
        assert!(!answer.body.contains(&wrong), "a token came back");
    }
}

#[actix_web::test]
async fn the_way_in_is_not_open_to_other_sites() {
    let site = Site::new().await;
    let token = site.token("t", Role::Operator, None).await;
    for origin in [None, Some("null"), Some("https://evil.example"), Some("https://admin.example.evil")] {
        let answer = site.call(posting("/console/sign-in", origin, form(&[("token", &token)], None))).await;
        assert_eq!((answer.status, answer.cookie.as_str()), (403, ""), "{origin:?}");
    }
}

#[actix_web::test]
async fn the_cookie_is_the_consoles_alone() {
    let site = Site::new().await;
    let token = site.token("t", Role::Operator, None).await;
    let answer = site.call(posting("/console/sign-in", Some(ORIGIN), form(&[("token", &token)], None))).await;
    assert!(answer.cookie.starts_with("__Host-tunnusconsole="), "{}", answer.cookie);
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(answer.cookie.contains(attribute), "{attribute}: {}", answer.cookie);
    }
    assert!(!answer.cookie.contains("Domain") && !answer.cookie.contains(&token));
}

#[actix_web::test]
async fn a_session_ends_with_its_token_by_signing_out_and_unused() {
    let site = Site::new().await;
    let token = site.token("t", Role::Operator, None).await;
    let [left, idle, revoked] =
        [site.sign_in(&token).await, site.sign_in(&token).await, site.sign_in(&token).await];
    let answer = site.post(&left, "/console/sign-out", &[]).await;
    assert_eq!(answer.location, "/console/sign-in");
    assert!(answer.cookie.contains("Max-Age=0"));
    assert_eq!(site.get(&left, "/console/tenants").await.status, 303);
    for _ in 0..3 {
        site.world.pass(20 * 60);
        assert_eq!(site.get(&revoked, "/console/tenants").await.status, 200);
    }
    assert_eq!(site.get(&idle, "/console/tenants").await.status, 303);
    let id = site.admin().tokens(&operator(), None).await.unwrap().tokens[0].id.clone();
    site.admin().revoke_token(&operator(), &id).await.unwrap();
    assert_eq!(site.get(&revoked, "/console/tenants").await.status, 303);
}

#[actix_web::test]
async fn a_session_does_not_last_for_ever_however_used() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let mut hours = 0.0;
    while site.get(&browser, "/console/tenants").await.status == 200 {
        site.world.pass(25 * 60);
        hours += 25.0 / 60.0;
    }
    assert!((9.5..10.5).contains(&hours), "{hours}");
}

#[actix_web::test]
async fn a_form_that_is_not_of_this_session_and_site_changes_nothing() {
    let site = Site::new().await;
    let ours = site.enter(Role::Operator, None).await;
    let other = site.enter(Role::Operator, None).await;
    let before = site.acme().await;
    for path in FORMS {
        let good = || form(&[], Some(&ours.csrf));
        let foreign = [
            posting(path, Some(ORIGIN), form(&[], None)),
            posting(path, Some(ORIGIN), form(&[], Some("A"))),
            posting(path, Some(ORIGIN), form(&[], Some(&other.csrf))),
            posting(path, Some(ORIGIN), form(&[("csrf", &ours.csrf)], Some(&ours.csrf))),
            posting(path, None, good()),
            posting(path, Some("null"), good()),
            posting(path, Some("https://evil.example"), good()),
            posting(path, Some(ORIGIN), good()).insert_header(("Sec-Fetch-Site", "cross-site")),
            posting(path, Some(ORIGIN), good()).append_header(("Origin", "https://evil.example")),
        ];
        for (number, request) in foreign.into_iter().enumerate() {
            assert_eq!(site.call(ours.with(request)).await.status, 403, "{path}, {number}");
        }
    }
    assert_eq!(site.acme().await, before);
    assert_eq!(site.get(&ours, "/console/tenants").await.status, 200);
}

#[actix_web::test]
async fn every_page_says_that_nothing_foreign_may_run_or_frame_it() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let way_in = Browser { cookie: String::new(), csrf: String::new() };
    for (browser, path) in PAGES.iter().map(|path| (&browser, *path)).chain([(&way_in, "/console/sign-in")]) {
        let answer = site.get(browser, path).await;
        let header = |name: &str| answer.headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(answer.status, 200, "{path}");
        let policy = header("Content-Security-Policy");
        for directive in
            ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"]
        {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(header("X-Frame-Options"), "DENY");
        assert_eq!(header("Cache-Control"), "no-store");
        assert!(!answer.body.contains("<script") && !answer.body.contains(" style="), "{path}");
    }
}

#[actix_web::test]
async fn what_a_tenant_writes_is_text_wherever_it_stands() {
    let site = Site::new().await;
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let name = json!({ "fi": evil, "en": evil });
    let acme = Part::Tenant;
    for (part, pointer) in
        [(acme, "/tenant/name"), (shop(), "/name"), (Part::Connection("bank".to_owned()), "/display_name")]
    {
        let document = site.admin().part(&operator(), "acme", &part).await.unwrap();
        let mut value = document.value;
        *value.pointer_mut(pointer).unwrap() = name.clone();
        if part == shop() {
            value["service_name"] = name.clone();
        }
        let expected = Expected::Revision(document.revision);
        site.admin().put(&operator(), "acme", &part, (expected, value)).await.unwrap();
    }
    site.token(evil, Role::Auditor, None).await;
    let browser = site.enter(Role::Operator, None).await;
    let mut seen = 0;
    for path in PAGES.iter().copied().chain(["/console/tenants?q=%22%3E%3Cscript%3E&after=a"]) {
        for language in ["fi", "en"] {
            let request =
                browser.with(test::TestRequest::get().uri(path)).insert_header(("Accept-Language", language));
            let body = site.call(request).await.body;
            assert!(!body.contains("<script") && !body.contains("<img"), "{path}");
            seen += body.matches("&#60;script").count();
        }
    }
    assert!(seen > 20, "the name was seen {seen} times");
}

#[actix_web::test]
async fn an_auditor_reads_and_is_offered_nothing_to_change() {
    let site = Site::new().await;
    let auditor = site.enter(Role::Auditor, None).await;
    let before = site.acme().await;
    for path in
        ["/console/tenants/acme", "/console/tenants/acme/apps/shop", "/console/tenants/acme/connections/bank"]
    {
        let page = site.get(&auditor, path).await;
        assert_eq!(page.status, 200);
        // The button that signs out is the only one.
        assert_eq!(page.body.matches("type=\"submit\"").count(), 1, "{path}");
        assert!(page.body.contains("disabled") && !page.body.contains("/remove\">"), "{path}");
    }
    let reading = |path: &str| path.contains("/audit") || path == "/console/sign-out";
    for path in FORMS.iter().filter(|path| !reading(path)) {
        let fields =
            [("revision", "1"), ("/id", "x"), ("name", "x"), ("role", "auditor"), ("/tenant/id", "x")];
        let status = site.post(&auditor, path, &fields).await.status;
        assert!(matches!(status, 403 | 404), "{path}: {status}");
    }
    assert_eq!(site.acme().await, before);
}

#[actix_web::test]
async fn an_admin_of_one_tenant_sees_nothing_of_another() {
    let site = Site::new().await;
    let admin = site.enter(Role::TenantAdmin, Some("acme")).await;
    assert_eq!(site.get(&admin, "/console/").await.location, "/console/tenants/acme");
    let list = site.get(&admin, "/console/tenants").await.body;
    assert!(list.contains("/console/tenants/acme") && !list.contains("/console/tenants/other"));
    assert!(!list.contains("new-tenant"));
    let elsewhere = |path: &&str| path.replace("/tenants/acme", "/tenants/other");
    for path in PAGES.iter().filter(|path| path.contains("acme")).map(elsewhere) {
        let missing = path.replace("/other", "/nowhere");
        let [there, missing] = [site.get(&admin, &path).await, site.get(&admin, &missing).await];
        assert_eq!((there.status, missing.status), (404, 404), "{path}");
        assert_eq!(there.body, missing.body, "{path}");
    }
    for path in FORMS.iter().filter(|path| path.contains("acme")).map(elsewhere) {
        let status = site.post(&admin, &path, &[("revision", "1"), ("/id", "x")]).await.status;
        assert_eq!(status, 404, "{path}");
    }
    assert_eq!(site.post(&admin, "/console/new-tenant", &[("/tenant/id", "mine")]).await.status, 404);
}

#[actix_web::test]
async fn faults_stand_at_their_fields_and_what_was_written_stays() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let fields = [
        ("/id", "bank2"),
        ("/environment", "production"),
        ("/display_name/en", "Second bank"),
        ("/settings/issuer", "http://bank.example"),
        ("/settings/secret", "1"),
        ("/credentials/client_secret/given", "sesame-open-up"),
    ];
    let path = "/console/tenants/acme/new-connection/stub";
    let answer = site.post(&browser, path, &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("href=\"#f-settings-issuer\""), "{}", answer.body);
    assert!(
        answer.body.contains("value=\"http://bank.example\"")
            && answer.body.contains("value=\"Second bank\"")
    );
    assert!(!answer.body.contains("sesame"), "a secret came back");
    let mended = fields
        .map(|(name, value)| (name, if name == "/settings/issuer" { "https://b.example" } else { value }));
    let answer = site.post(&browser, path, &mended).await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/console/tenants/acme/connections/bank2?saved")
    );
    let page = site.get(&browser, "/console/tenants/acme/connections/bank2").await.body;
    assert!(page.contains("by A operator") && !page.contains("sesame"));
}

#[actix_web::test]
async fn an_operators_reference_is_no_secret_here() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let revision = site.admin().part(&operator(), "acme", &shop()).await.unwrap().revision.to_string();
    let fields = [
        ("revision", revision.as_str()),
        ("/name/en", "Shop"),
        ("/authentication", "private_key_jwt"),
        ("/redirect_uris", "https://shop.example/cb"),
        ("/jwks", r#"{"env":"TUNNUS_SECRET_X"}"#),
    ];
    let answer = site.post(&browser, "/console/tenants/acme/apps/shop", &fields).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
}

#[actix_web::test]
async fn keys_that_the_settings_need_are_made() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let fields = [
        ("/id", "keyed"),
        ("/environment", "sandbox"),
        ("/display_name/en", "Keyed"),
        ("/settings/issuer", "https://b.example"),
        ("/settings/signing", "ES256"),
        ("/settings/encrypted", "1"),
        ("/enabled", "1"),
    ];
    let answer = site.post(&browser, "/console/tenants/acme/new-connection/stub", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let part = Part::Connection("keyed".to_owned());
    let document = site.admin().part(&operator(), "acme", &part).await.unwrap();
    assert_eq!(document.value["provider"], json!("stub"));
    let kept = site.world.store.read("acme").await.unwrap().unwrap();
    let keys = kept.keys.values().filter(|kept| kept.key.connection.as_deref() == Some("keyed"));
    assert_eq!(keys.count(), 2);
    let page = site.get(&browser, "/console/tenants/acme/keys").await.body;
    assert_eq!(page.matches(">keyed<").count(), 2, "{page}");
    assert!(page.contains("In use") && page.contains("Decryption (rsa2048)"), "{page}");
}

#[actix_web::test]
async fn who_loses_the_race_is_told_and_loses_nothing() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let revision = site.admin().part(&operator(), "acme", &Part::Tenant).await.unwrap().revision.to_string();
    let save = |name: &'static str, revision: String| {
        let (site, browser) = (&site, &browser);
        async move {
            let fields = [("revision", revision.as_str()), ("/tenant/name/en", name)];
            site.post(browser, "/console/tenants/acme", &fields).await
        }
    };
    assert_eq!(save("First", revision.clone()).await.status, 303);
    let lost = save("Second", revision).await;
    assert_eq!(lost.status, 422);
    for text in ["Somebody else has changed this", ">First<", ">Second<", "value=\"Second\""] {
        assert!(lost.body.contains(text), "{text}: {}", lost.body);
    }
    let newer = lost.body.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(save("Second", newer.to_owned()).await.status, 303);
    let page = site.get(&browser, "/console/tenants/acme").await.body;
    assert!(page.contains("value=\"Second\"") && !page.contains("First"));
}

#[actix_web::test]
async fn a_secret_is_shown_once_and_to_its_own_session() {
    let site = Site::new().await;
    let (browser, other) = (site.enter(Role::Operator, None).await, site.enter(Role::Operator, None).await);
    let made = site.post(&browser, "/console/tenants/acme/apps/shop/secrets", &[]).await;
    assert_eq!(made.status, 303);
    assert!(made.body.is_empty());
    assert!(!site.get(&other, &made.location).await.body.contains("not shown again"));
    let first = site.get(&browser, &made.location).await.body;
    assert!(first.contains("not shown again"));
    assert!(!site.get(&browser, &made.location).await.body.contains("not shown again"));
    let full = site.post(&browser, "/console/tenants/acme/apps/shop/secrets", &[]).await;
    assert_eq!(full.status, 422, "an app has two at most");
}

#[actix_web::test]
async fn a_form_without_bounds_is_not_read() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let big = "x".repeat(10 * 1024 * 1024);
    let answer = site.post(&browser, "/console/tenants/acme", &[("/tenant/name/en", &big)]).await;
    assert_eq!(answer.status, 413);
}

#[actix_web::test]
async fn the_console_speaks_the_language_that_was_picked() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let picked = site.get(&browser, "/console/language/sv").await.cookie;
    let cookie = format!("{}; {}", browser.cookie, picked.split(';').next().unwrap());
    let page = site.get(&Browser { cookie, csrf: String::new() }, "/console/tenants").await.body;
    assert!(page.contains("<html lang=\"sv\"") && page.contains("Organisationer"));
    assert_eq!(site.get(&browser, "/console/language/xx").await.cookie, "");
}

#[actix_web::test]
async fn who_signs_in_is_on_record() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let page = site.get(&browser, "/console/tenants/acme/audit").await.body;
    assert!(page.contains("<code>signed_in</code>") && page.contains("A tenant_admin"), "{page}");
    let operator = site.enter(Role::Operator, None).await;
    let page = site.get(&operator, "/console/audit").await.body;
    assert!(page.contains("<code>signed_in</code>") && !page.contains("A tenant_admin"), "{page}");
    assert_eq!(site.get(&browser, "/console/audit").await.status, 404);
}

#[actix_web::test]
async fn an_order_is_found_by_what_is_known_of_it() {
    let site = Site::new().await;
    let mut event = Event::new("acme", Kind::IdentificationFinished);
    event.body.identification = Some("id-1".to_owned());
    event.body.trace_id = Some("trace-1".to_owned());
    event.body.outcome = Some("provider_unavailable".to_owned());
    event.personal.reference = Some(Hidden::new("order-4711".to_owned()));
    site.broker.audit.record(event).await.unwrap();
    let browser = site.enter(Role::Auditor, None).await;
    let path = "/console/tenants/acme/audit";
    for (by, sought) in [("reference", "order-4711"), ("trace", "trace-1"), ("identification", "id-1")] {
        let page = site.post(&browser, path, &[("by", by), ("sought", sought)]).await.body;
        assert!(page.contains("provider_unavailable"), "{by}: {page}");
        let page = site.post(&browser, path, &[("by", by), ("sought", "other")]).await.body;
        assert!(!page.contains("provider_unavailable"), "{by}");
    }
    let page = site.get(&browser, "/console/tenants/acme/recent").await.body;
    assert!(page.contains("provider_unavailable") && page.contains("trace-1") && !page.contains("4711"));
}

#[actix_web::test]
async fn a_connection_is_not_checked_while_another_of_the_tenant_is() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let check = "/console/tenants/acme/connections/bank/check";
    let under_way = site.world.under_way("acme");
    assert_eq!(site.post(&browser, check, &[]).await.status, 429);
    drop(under_way);
    for _ in 0..2 {
        assert_eq!(site.post(&browser, check, &[]).await.status, 200, "and each ends");
    }
}

#[actix_web::test]
async fn an_address_does_not_lead_a_form_to_another_route() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    for path in [
        "/console/tokens/..%2Ftenants%2Facme%2Fremove%3F/revoke",
        "/console/tokens/x%3F/revoke",
        "/console/tokens/x%23/revoke",
        "/console/tokens/%2E%2E/revoke",
        "/console/tenants/acme%2Fremove%3F/new-app",
        "/console/tenants/acme/apps/shop/secrets/..%2F..%2F..%2Fremove%3F/remove",
        "/console/tenants/acme/new-connection/..%2Fapps%2Fshop%2Fsecrets%3F",
    ] {
        let page = site.get(&browser, path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.body);
        assert!(!page.body.contains("<form"), "{path}: {}", page.body);
        assert_eq!(site.post(&browser, path, &[]).await.status, 404, "{path}");
    }
    assert_eq!(site.get(&browser, "/console/tokens/Ab-_9/revoke").await.status, 200);
}

#[actix_web::test]
async fn a_session_that_was_left_does_not_come_back_when_a_request_under_way_renews_it() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let (_, secret) = browser.cookie.split_once('=').unwrap();
    let (store, key) = (&site.broker.flows.store, Key::new("console", &sha256_base64url(secret)));
    let renewal = store.read(&key).await.unwrap().unwrap();
    site.post(&browser, "/console/sign-out", &[]).await;
    store.put(&key, &renewal, session::IDLE).await.unwrap();
    assert_eq!(site.get(&browser, "/console/tenants").await.status, 303);
}
