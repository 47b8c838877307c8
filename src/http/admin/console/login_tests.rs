use actix_web::{http::header::SET_COOKIE, test::TestRequest};
use serde_json::{Value, json};
use tunnus_oidc::Presence;
use tunnus_sdk::Severity;

use super::{
    super::tests::{Answer, Browser, FORMS, ORIGIN, PAGES, Site},
    *,
};
use crate::{
    admin::{
        Expected, Role,
        for_tests::operator,
        login::for_tests::{Issuer, Signing, asked, returning, rule},
    },
    audit::records::Sought,
    config::{AdminLogin, RoleRule},
    tenant::{for_tests::keys, store::change::Part},
};

/// A console, and the issuer that lets its admins in.
struct Stage {
    site: Site,
    issuer: Issuer,
}

/// A browser that was sent away.
struct Away {
    cookie: String,
    address: String,
}

fn rules() -> Vec<RoleRule> {
    vec![
        rule("operators", Role::Operator, None),
        rule("acme", Role::TenantAdmin, Some("acme")),
        rule("nowhere", Role::TenantAdmin, Some("nowhere")),
        rule("auditors", Role::Auditor, None),
        RoleRule { platform: Some("group".to_owned()), ..rule("group", Role::PlatformAdmin, None) },
    ]
}

/// The value of a cookie that is set, with its attributes.
fn set<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let all = answer.headers.get_all(SET_COOKIE).map(|value| value.to_str().unwrap());
    all.into_iter().find(|cookie| cookie.starts_with(&format!("__Host-{name}=")))
}

fn session(answer: &Answer) -> Option<&str> {
    set(answer, super::super::session::COOKIE)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

impl Stage {
    async fn new() -> Self {
        Self::with(|settings| settings).await
    }

    async fn with(change: impl FnOnce(AdminLogin) -> AdminLogin) -> Self {
        let now = Arc::default();
        let issuer = Issuer::start(Arc::clone(&now));
        let site = Site::calling(vec![issuer.url.clone()]).await;
        now.store(site.now(), std::sync::atomic::Ordering::Relaxed);
        let mut stage = Self { site, issuer };
        let settings = change(stage.issuer.settings(&rules()));
        stage.set(&settings);
        stage
    }

    /// As if the program had started with these settings.
    fn set(&mut self, settings: &AdminLogin) {
        let login = Issuer::login(settings, &self.site.broker, ORIGIN);
        self.site.world.admin = self.site.world.admin.clone().with_login(Some(login));
    }

    async fn leave(&self) -> Away {
        let answer = self.site.call(get("/console/sign-in/start")).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = set(&answer, COOKIE).unwrap().split(';').next().unwrap().to_owned();
        Away { cookie, address: answer.location }
    }

    async fn come(&self, cookie: &str, path: &str) -> Answer {
        self.site.call(get(path).insert_header(("Cookie", cookie))).await
    }

    /// A person with these claims signs in, or does not.
    async fn try_in(&self, claims: &Value) -> Answer {
        let away = self.leave().await;
        let code = self.issuer.let_in(&away.address, claims);
        self.come(&away.cookie, &self.issuer.back(&away.address, &code)).await
    }

    /// A person of this group signs in.
    async fn enter(&self, group: &str) -> Browser {
        let answer = self.try_in(&json!({ "groups": [group] })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.site.signed_in(session(&answer).unwrap()).await
    }
}

impl Site {
    fn now(&self) -> i64 {
        self.broker.flows.ambient.now().0
    }
}

/// Nobody is signed in, and the page says so with what leads on.
fn let_nobody_in(answer: &Answer, status: u16, text: &str) {
    assert_eq!((answer.status, session(answer)), (status, None), "{text}: {}", answer.body);
    assert!(answer.body.contains(text), "{text}: {}", answer.body);
    assert!(answer.body.contains("href=\"/console/sign-in\""), "the way to a token: {}", answer.body);
}

const UNKNOWN: &str = "cannot be finished here";
const REFUSED: &str = "Sign-in failed";
const NO_ROLE: &str = "No access to the console";

#[actix_web::test]
async fn who_is_of_a_group_signs_in_and_is_shown_by_name() {
    let stage = Stage::new().await;
    let way_in = stage.site.call(get("/console/sign-in")).await.body;
    assert!(way_in.contains("Sign in with Example staff") && way_in.contains("Admin token"), "{way_in}");
    let start = stage.site.call(get("/console/sign-in/start")).await;
    let cookie = set(&start, COOKIE).unwrap();
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(start.location.starts_with(&format!("{}/authorize?", stage.issuer.url)));
    let sent = asked(&start.location);
    let expected = [
        ("response_type", "code"),
        ("client_id", "tunnus-console"),
        ("scope", "openid groups"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "https://admin.example/console/sign-in/return"),
    ];
    for (name, value) in expected {
        assert_eq!(sent[name], value);
    }
    assert!(sent["state"].len() == 43 && sent["nonce"].len() == 43 && sent["code_challenge"].len() == 43);
    let secret = cookie.split(['=', ';']).nth(1).unwrap();
    assert!(!start.location.contains(secret), "what proves the browser stands in an address");

    let answer = stage.try_in(&json!({})).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("http-equiv=\"refresh\" content=\"0;url=/console/\""), "{}", answer.body);
    assert_eq!(answer.headers.get("Referrer-Policy").unwrap(), "no-referrer");
    assert!(session(&answer).unwrap().contains("SameSite=Strict"));
    assert!(set(&answer, COOKIE).unwrap().contains("Max-Age=0"));
    let browser = stage.site.signed_in(session(&answer).unwrap()).await;
    let page = stage.site.get(&browser, "/console/tenants").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Ada Admin") && page.body.contains("/console/tenants/other"), "{}", page.body);
}

#[actix_web::test]
async fn a_strangers_return_signs_nobody_in_and_takes_nothing_from_who_is_under_way() {
    let stage = Stage::new().await;
    let [stranger, victim] = [stage.leave().await, stage.leave().await];
    let code = stage.issuer.let_in(&stranger.address, &json!({}));
    let link = stage.issuer.back(&stranger.address, &code);
    for cookie in ["", "__Host-tunnussignin=", "__Host-tunnussignin=AAAA", victim.cookie.as_str()] {
        let answer = stage.come(cookie, &link).await;
        let_nobody_in(&answer, 400, UNKNOWN);
        assert_eq!(set(&answer, COOKIE), None, "the victim's own try is taken away");
    }
    for away in [&victim, &stranger] {
        let code = stage.issuer.let_in(&away.address, &json!({}));
        let answer = stage.come(&away.cookie, &stage.issuer.back(&away.address, &code)).await;
        assert!(session(&answer).is_some(), "{}", answer.body);
    }
}

#[actix_web::test]
async fn a_return_holds_once_and_only_with_its_state() {
    let stage = Stage::new().await;
    let away = stage.leave().await;
    let code = stage.issuer.let_in(&away.address, &json!({}));
    let state = asked(&away.address)["state"].clone();
    let (code, iss) = (code.as_str(), stage.issuer.url.as_str());
    for fields in [
        vec![],
        vec![("code", code), ("iss", iss)],
        vec![("code", code), ("iss", iss), ("state", "")],
        vec![("code", code), ("iss", iss), ("state", "AAAA")],
        vec![("code", code), ("iss", iss), ("state", &state), ("state", &state)],
        vec![("error", "access_denied"), ("iss", iss), ("state", "AAAA")],
    ] {
        let_nobody_in(&stage.come(&away.cookie, &returning(&fields)).await, 400, UNKNOWN);
    }
    let right = stage.issuer.back(&away.address, code);
    assert!(session(&stage.come(&away.cookie, &right).await).is_some());
    let again = stage.issuer.let_in(&away.address, &json!({}));
    for path in [right, stage.issuer.back(&away.address, &again)] {
        let_nobody_in(&stage.come(&away.cookie, &path).await, 400, UNKNOWN);
    }
}

#[actix_web::test]
async fn a_try_lasts_ten_minutes() {
    let stage = Stage::new().await;
    let away = stage.leave().await;
    let code = stage.issuer.let_in(&away.address, &json!({}));
    stage.site.world.pass(600);
    let_nobody_in(&stage.come(&away.cookie, &stage.issuer.back(&away.address, &code)).await, 400, UNKNOWN);
}

#[actix_web::test]
async fn the_code_of_another_try_lets_nobody_in() {
    let stage = Stage::new().await;
    for careless in [false, true] {
        if careless {
            // Such an issuer leaves it to the nonce.
            stage.issuer.be_careless();
        }
        let [own, other] = [stage.leave().await, stage.leave().await];
        let code = stage.issuer.let_in(&other.address, &json!({}));
        let_nobody_in(&stage.come(&own.cookie, &stage.issuer.back(&own.address, &code)).await, 502, REFUSED);
    }
}

#[actix_web::test]
async fn a_token_that_is_not_whole_and_of_this_login_lets_nobody_in() {
    let stage = Stage::new().await;
    let now = stage.site.now();
    for claims in [
        json!({ "nonce": null }),
        json!({ "nonce": "AAAA" }),
        json!({ "nonce": 1 }),
        json!({ "iss": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "aud": null }),
        json!({ "aud": "another-client" }),
        json!({ "aud": [] }),
        json!({ "azp": "another-client" }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "exp": null }),
        json!({ "exp": now - 60 }),
        json!({ "iat": null }),
        json!({ "iat": now + 3600 }),
        json!({ "iat": now - 3600 }),
        json!({ "nbf": now + 3600 }),
        json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }),
    ] {
        let answer = stage.try_in(&claims).await;
        let_nobody_in(&answer, 502, REFUSED);
        assert!(!answer.body.contains("evil"), "{}", answer.body);
    }
    for signing in [Signing::Foreign, Signing::None, Signing::Secret, Signing::PublicKey, Signing::Json] {
        stage.issuer.sign_by(signing);
        let answer = stage.try_in(&json!({})).await;
        assert_eq!((answer.status, session(&answer)), (502, None), "{signing:?}");
    }
    stage.issuer.sign_by(Signing::Own);
    assert!(session(&stage.try_in(&json!({})).await).is_some());
}

#[actix_web::test]
async fn a_return_of_another_issuer_lets_nobody_in() {
    for presence in [Presence::Required, Presence::IfPresent] {
        let stage = Stage::with(|mut settings| {
            settings.oidc.response_issuer = presence;
            settings
        });
        let stage = stage.await;
        for (iss, good) in [
            (Some("https://evil.example"), false),
            (Some(""), false),
            (None, presence == Presence::IfPresent),
            (Some(stage.issuer.url.as_str()), true),
        ] {
            let away = stage.leave().await;
            let code = stage.issuer.let_in(&away.address, &json!({}));
            let state = asked(&away.address)["state"].clone();
            let fields = [("code", code.as_str()), ("state", state.as_str())];
            let fields: Vec<_> = fields.into_iter().chain(iss.map(|iss| ("iss", iss))).collect();
            let answer = stage.come(&away.cookie, &returning(&fields)).await;
            assert_eq!(session(&answer).is_some(), good, "{presence:?} {iss:?}: {}", answer.body);
        }
    }
}

#[actix_web::test]
async fn without_a_role_nobody_comes_in() {
    let stage = Stage::new().await;
    for groups in [
        Value::Null,
        json!([]),
        json!("operators,acme"),
        json!({ "operators": true }),
        json!([["operators"]]),
        json!([{ "value": "operators" }]),
        json!(["operators", 7]),
        json!(true),
        // The rule fits, and what it leads to is not there.
        json!(["nowhere"]),
    ] {
        let_nobody_in(&stage.try_in(&json!({ "groups": groups })).await, 403, NO_ROLE);
    }
    let nested = json!({ "groups": null, "realm_access": { "groups": ["operators"] } });
    let_nobody_in(&stage.try_in(&nested).await, 403, NO_ROLE);
}

#[actix_web::test]
async fn the_issuers_refusal_and_its_absence_leave_the_token() {
    let stage = Stage::new().await;
    let away = stage.leave().await;
    let state = asked(&away.address)["state"].clone();
    let iss = stage.issuer.url.as_str();
    let denied = returning(&[("error", "access_denied"), ("state", &state), ("iss", iss)]);
    let_nobody_in(&stage.come(&away.cookie, &denied).await, 403, "Sign-in was cancelled");
    let away = stage.leave().await;
    let state = asked(&away.address)["state"].clone();
    let script = "<script>alert(1)</script>";
    let fields = [("error", script), ("error_description", script), ("state", &state), ("iss", iss)];
    let answer = stage.come(&away.cookie, &returning(&fields)).await;
    let_nobody_in(&answer, 502, REFUSED);
    assert!(!answer.body.contains("alert(1)"), "{}", answer.body);

    let stage = Stage::new().await;
    stage.issuer.be_away(true);
    let answer = stage.site.call(get("/console/sign-in/start")).await;
    let_nobody_in(&answer, 503, "does not answer");
    assert_eq!(set(&answer, COOKIE), None);
    stage.site.enter(Role::Operator, None).await;
}

#[actix_web::test]
async fn a_login_may_what_its_role_may_and_no_more() {
    let stage = Stage::new().await;
    let roles = [
        ("operators", Role::Operator, None),
        ("auditors", Role::Auditor, None),
        ("acme", Role::TenantAdmin, Some("acme")),
    ];
    for (group, role, tenant) in roles {
        let [by_login, by_token] = [stage.enter(group).await, stage.site.enter(role, tenant).await];
        let elsewhere = PAGES.map(|path| path.replace("/acme", "/other"));
        for path in PAGES.into_iter().map(str::to_owned).chain(elsewhere) {
            let [one, other] =
                [stage.site.get(&by_login, &path).await, stage.site.get(&by_token, &path).await];
            assert_eq!(one.status, other.status, "{role}: {path}");
        }
        // An operator's forms would be taken, and the second of two finds what the first has left.
        let refused = |path: &&&str| role != Role::Operator && !path.ends_with("sign-out");
        for path in FORMS.iter().filter(refused).map(|path| path.replace("/acme", "/other")) {
            let [one, other] =
                [stage.site.post(&by_login, &path, &[]).await, stage.site.post(&by_token, &path, &[]).await];
            assert_eq!(one.status, other.status, "{role}: {path}");
        }
    }
    let of_group = stage.enter("group").await;
    assert_eq!(stage.site.get(&of_group, "/console/tenants/acme").await.status, 200);
    assert_eq!(stage.site.get(&of_group, "/console/tenants/other").await.status, 404);
}

#[actix_web::test]
async fn a_session_ends_with_its_rule_with_its_tenant_and_by_signing_out() {
    let mut stage = Stage::new().await;
    let [left, operator_, admin] =
        [stage.enter("operators").await, stage.enter("operators").await, stage.enter("acme").await];
    stage.site.post(&left, "/console/sign-out", &[]).await;
    assert_eq!(stage.site.get(&left, "/console/tenants").await.status, 303);

    let mut settings = stage.issuer.settings(&rules());
    settings.oidc.roles.remove(0);
    stage.set(&settings);
    assert_eq!(stage.site.get(&operator_, "/console/tenants").await.status, 303);
    assert_eq!(stage.site.get(&admin, "/console/tenants").await.status, 200);

    let admins = &stage.site.world.admin;
    let revision = admins.part(&operator(), "acme", &Part::Tenant).await.unwrap().revision;
    let expected = Expected::Revision(revision);
    admins.remove(&operator(), "acme", &Part::Tenant, expected).await.unwrap();
    assert_eq!(stage.site.get(&admin, "/console/tenants").await.status, 303);

    stage.set(&stage.issuer.settings(&rules()));
    let browser = stage.enter("operators").await;
    stage.site.world.admin = stage.site.world.admin.clone().with_login(None);
    assert_eq!(stage.site.get(&browser, "/console/tenants").await.status, 303);
}

#[actix_web::test]
async fn the_trail_knows_who_it_was_and_only_under_seal() {
    let stage = Stage::new().await;
    let browser = stage.enter("acme").await;
    let page = stage.site.get(&browser, "/console/tenants/acme").await.body;
    let revision = page.split("name=\"revision\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("revision", revision), ("/tenant/name/en", "Acme Ltd"), ("/tenant/platform", "group")];
    let saved = stage.site.post(&browser, "/console/tenants/acme", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let records = stage.site.broker.audit.records().unwrap();
    let subject = Hidden::new(format!("{}#248289", stage.issuer.url));
    let found = records.find(Some("acme"), &Sought::Subject(subject)).await.unwrap();
    let kinds: Vec<_> = found.iter().map(|record| record.body.kind).collect();
    assert!(kinds.contains(&Kind::SignedIn) && kinds.contains(&Kind::TenantChanged), "{kinds:?}");
    let entered = found.iter().find(|record| record.body.kind == Kind::SignedIn).unwrap();
    assert_eq!(entered.body.tokens.len(), 1);
    assert_eq!(entered.body.keys.verified, ["1"]);
    assert_eq!(entered.body.changes, [format!("by login at {}", stage.issuer.url)]);
    stage.enter("operators").await;
    let subject = Hidden::new(format!("{}#248289", stage.issuer.url));
    let of_operator = records.find(Some(OPERATOR), &Sought::Subject(subject)).await.unwrap();
    assert_eq!(of_operator.len(), 1);
    let all = records.latest("acme", 50, None).await.unwrap();
    for record in all.into_iter().chain(of_operator) {
        let clear = serde_json::to_string(&record.body).unwrap();
        assert!(!clear.contains("248289") && !clear.contains("Ada"), "{clear}");
    }
}

#[actix_web::test]
async fn nobody_is_led_elsewhere_or_sent_to_sign_in_by_a_stranger() {
    let stage = Stage::new().await;
    for (name, value) in
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Sec-Purpose", "prefetch")]
    {
        let answer = stage.site.call(get("/console/sign-in/start").insert_header((name, value))).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/console/sign-in"), "{value}");
        assert_eq!(set(&answer, COOKIE), None);
    }
    let away = stage.leave().await;
    let code = stage.issuer.let_in(&away.address, &json!({}));
    let evil = "https%3A%2F%2Fevil.example";
    let path =
        format!("{}&to={evil}&redirect_uri={evil}&next={evil}", stage.issuer.back(&away.address, &code));
    let answer = stage.come(&away.cookie, &path).await;
    assert!(session(&answer).is_some());
    assert!(answer.location.is_empty() && !answer.body.contains("evil"), "{}", answer.body);
    let started = stage.site.call(get("/console/sign-in/start?to=https://evil.example")).await;
    assert!(!started.location.contains("evil"));
}

#[actix_web::test]
async fn a_name_is_text_and_short_wherever_it_comes_from() {
    let stage = Stage::new().await;
    let evil = format!("<script>alert(1)</script>\u{0}\r\n{}", "x".repeat(300));
    let answer = stage.try_in(&json!({ "name": evil })).await;
    let browser = stage.site.signed_in(session(&answer).unwrap()).await;
    let page = stage.site.get(&browser, "/console/tenants").await.body;
    assert!(!page.contains("<script") && page.contains("&#60;script"), "{page}");
    assert!(!page.contains(&"x".repeat(81)));
    let answer = stage.try_in(&json!({ "name": 7, "email": "ada@example.com" })).await;
    let browser = stage.site.signed_in(session(&answer).unwrap()).await;
    assert!(stage.site.get(&browser, "/console/tenants").await.body.contains("ada@example.com"));
}

#[actix_web::test]
async fn what_the_id_token_lacks_comes_from_userinfo_where_the_settings_say_so() {
    let stage = Stage::new().await;
    stage.issuer.say_of_userinfo(json!({ "sub": "248289", "groups": ["operators"] }));
    let bare = json!({ "groups": null });
    let_nobody_in(&stage.try_in(&bare).await, 403, NO_ROLE);
    let mut settings = stage.issuer.settings(&rules());
    settings.oidc.userinfo = true;
    let mut stage = stage;
    stage.set(&settings);
    assert!(session(&stage.try_in(&bare).await).is_some());
    let_nobody_in(&stage.try_in(&json!({ "groups": [] })).await, 403, NO_ROLE);
    stage.issuer.say_of_userinfo(json!({ "sub": "another", "groups": ["operators"] }));
    let_nobody_in(&stage.try_in(&bare).await, 502, REFUSED);
}

#[actix_web::test]
async fn a_console_with_a_key_signs_its_assertion_for_the_issuer_alone() {
    let stage = Stage::with(|mut settings| {
        settings.credentials.client_secret = None;
        settings.credentials.signing = vec![keys()[2].clone()];
        settings
    });
    let stage = stage.await;
    assert!(session(&stage.try_in(&json!({})).await).is_some());
    let [assertion] = &stage.issuer.assertions()[..] else { panic!("one assertion") };
    assert_eq!((&assertion["iss"], &assertion["sub"]), (&json!("tunnus-console"), &json!("tunnus-console")));
    assert_eq!(assertion["aud"], json!(stage.issuer.url));
}

#[actix_web::test]
async fn where_the_settings_have_no_login_there_is_none() {
    let site = Site::new().await;
    for path in ["/console/sign-in/start", "/console/sign-in/return?code=a&state=b"] {
        assert_eq!(site.call(get(path)).await.status, 404, "{path}");
    }
    assert!(!site.call(get("/console/sign-in")).await.body.contains("/console/sign-in/start"));
}

#[actix_web::test]
async fn the_doctor_says_what_to_register_which_rules_lead_nowhere_and_whether_the_issuer_answers() {
    let stage = Stage::new().await;
    let login = Arc::clone(stage.site.world.admin.login().unwrap());
    let look = async |live| {
        let found = login.findings(stage.site.broker.tenants.as_ref(), live).await.unwrap();
        found.into_iter().map(|finding| (finding.subject, finding.severity, finding.text)).collect::<Vec<_>>()
    };
    let [uri, rule] = &look(false).await[..] else { panic!("two findings") };
    assert_eq!((uri.0.as_str(), uri.1), ("admin.oidc redirect URI", Severity::Fine));
    assert!(uri.2.contains("https://admin.example/console/sign-in/return"), "{}", uri.2);
    assert_eq!((rule.0.as_str(), rule.1), ("admin.oidc roles", Severity::Warning));
    assert!(rule.2.contains("nowhere"), "{}", rule.2);
    let of = |found: Vec<(String, Severity, String)>, subject: &str| {
        let found = found.into_iter().find(|(of, ..)| of == subject);
        found.map(|(_, severity, _)| severity)
    };
    assert_eq!(of(look(true).await, "admin.oidc metadata"), Some(Severity::Fine));
    stage.issuer.be_away(true);
    assert_eq!(of(look(true).await, "admin.oidc metadata"), Some(Severity::Fault));
}

#[actix_web::test]
async fn a_flood_of_tries_is_bounded_and_leaves_the_token() {
    let stage = Stage::new().await;
    let mut statuses = Vec::new();
    for _ in 0..60 {
        statuses.push(stage.site.call(get("/console/sign-in/start")).await.status);
    }
    assert_eq!(statuses, [[303; 50].as_slice(), &[429; 10]].concat());
    stage.site.enter(Role::Operator, None).await;
    stage.site.world.pass(1);
    assert!(session(&stage.try_in(&json!({})).await).is_some());
}
