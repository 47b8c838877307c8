//! The API as a caller meets it: who gets in, who may what, and what an answer looks like.

use std::sync::Arc;

use actix_web::{
    App, HttpResponse,
    body::{BoxBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::StatusCode,
    test::{TestRequest, init_service},
    web::Data,
};
use serde_json::{Value, json};
use tunnus_sdk::Hidden;

use super::{
    BASE, configure,
    endpoints::ENDPOINTS,
    routes::{Endpoint, Method},
};
use crate::{
    admin::{
        CreatedToken, NewToken, Role, Scope,
        for_tests::{World, connection, operator},
    },
    ambient::Ambient,
    app::{Broker, Parts},
    config::Lifetimes,
    host::OutboundLimits,
    limits::Limiter,
    store::{MemoryLimits, MemoryStore},
    tenant::{
        for_tests::providers,
        set::{HeldTenants, TenantSet},
    },
};

/// The API over [`World`].
struct Api {
    world: World,
    broker: Data<Broker>,
}

/// What was answered.
struct Told {
    status: u16,
    tag: Option<String>,
    challenge: bool,
    body: Value,
}

impl Api {
    async fn new() -> Self {
        let world = World::new().await;
        let ambient = Ambient::system();
        let broker = Broker::assemble(Parts {
            public_url: "http://127.0.0.1:8080".to_owned(),
            tenants: Arc::new(HeldTenants::new(TenantSet::default())),
            providers: providers(),
            store: Arc::new(MemoryStore::new(MemoryLimits::default(), ambient.clone())),
            master_keys: vec![("1".to_owned(), [1; 32])],
            audit: world.store.audit().clone(),
            egress: Vec::new(),
            outbound: OutboundLimits::default(),
            limits: Limiter::none(),
            lifetimes: Lifetimes::default(),
            connections_kept: 8,
            metrics_tenants: 8,
            ambient,
            sandbox: false,
        });
        Self { world, broker: Data::new(broker.unwrap()) }
    }

    async fn made(&self, role: Role, scope: &Scope) -> CreatedToken {
        let (platform, tenant) = (scope.platform().map(str::to_owned), scope.tenant().map(str::to_owned));
        let wanted = NewToken { name: "Ada".to_owned(), role, platform, tenant, days: None };
        self.world.admin.create_token(&operator(), &wanted).await.unwrap()
    }

    /// A token of a role, on a tenant where it is one's.
    async fn token(&self, role: Role, tenant: Option<&str>) -> Hidden<String> {
        let scope = tenant.map_or(Scope::All, |tenant| Scope::Tenant(tenant.to_owned()));
        self.made(role, &scope).await.token
    }

    async fn operator(&self) -> Hidden<String> {
        self.token(Role::Operator, None).await
    }

    async fn send(&self, request: TestRequest) -> Told {
        let app = App::new()
            .app_data(Data::new(self.world.admin.clone()))
            .app_data(self.broker.clone())
            .configure(configure);
        let service = init_service(app).await;
        let response: ServiceResponse<BoxBody> =
            service.call(request.to_request()).await.unwrap().map_into_boxed_body();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (status, tag) = (response.status().as_u16(), header("ETag"));
        let challenge = header("WWW-Authenticate").is_some();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Told { status, tag, challenge, body }
    }

    async fn ask(&self, token: &Hidden<String>, method: Method, path: &str, more: Option<Value>) -> Told {
        self.send(with(request(method, &format!("{BASE}{path}")), token, more)).await
    }
}

fn request(method: Method, path: &str) -> TestRequest {
    match method {
        Method::Get => TestRequest::get(),
        Method::Put => TestRequest::put(),
        Method::Post => TestRequest::post(),
        Method::Delete => TestRequest::delete(),
    }
    .uri(path)
}

fn with(request: TestRequest, token: &Hidden<String>, body: Option<Value>) -> TestRequest {
    let request = request.insert_header(("Authorization", format!("Bearer {}", token.expose_str())));
    match body {
        Some(body) => request.set_json(body),
        None => request,
    }
}

/// The path of an endpoint, of things that are there.
fn path_of(endpoint: &Endpoint, token: &str, secret: &str) -> String {
    endpoint
        .path
        .replace("{tenant}", "acme")
        .replace("{app}", "shop")
        .replace("{connection}", "bank")
        .replace("{provider}", "stub")
        .replace("{platform}", "group")
        .replace("{token}", token)
        .replace("{secret}", secret)
        .replace("{key}", secret)
        .replace("{trial}", secret)
}

/// A body that is of the right form, and faulty, so that nothing is changed.
fn body_of(endpoint: &Endpoint) -> Option<Value> {
    endpoint.takes.body().map(|schema| match schema {
        "NewToken" => json!({ "name": "", "role": "auditor", "tenant": "acme" }),
        "Order" => json!({ "connections": [] }),
        "Certificate" => json!({ "pem": "" }),
        _ => json!({}),
    })
}

/// Whether who reaches this much reaches what an endpoint's path is about.
fn reaches(endpoint: &Endpoint, scope: &Scope) -> bool {
    let of = |scope: &Scope, tenant: &str, platform: &str| match scope {
        Scope::All => true,
        Scope::Platform(own) => own == platform,
        Scope::Tenant(own) => own == tenant,
    };
    let about = |name: &str| endpoint.path.contains(name);
    if about("{tenant}") || about("{token}") {
        of(scope, "acme", "group")
    } else if about("{platform}") {
        of(scope, "", "group")
    } else {
        let everything =
            ["/audit", "/audit/find", "/usage", "/audit/verify", "/audit/export"].contains(&endpoint.path);
        !everything || *scope == Scope::All
    }
}

#[actix_web::test]
async fn every_route_lets_in_who_may_and_nobody_else() {
    let api = Api::new().await;
    let tenant = |id: &str| Scope::Tenant(id.to_owned());
    let platform = |id: &str| Scope::Platform(id.to_owned());
    let callers = [
        (Role::Operator, Scope::All),
        (Role::PlatformAdmin, platform("group")),
        (Role::PlatformAdmin, platform("rival")),
        (Role::TenantAdmin, tenant("acme")),
        (Role::TenantAdmin, tenant("other")),
        (Role::Auditor, Scope::All),
        (Role::Auditor, platform("group")),
        (Role::Auditor, platform("rival")),
        (Role::Auditor, tenant("acme")),
        (Role::Auditor, tenant("other")),
    ];
    let target = api.made(Role::Auditor, &tenant("acme")).await.info.id;
    for (role, scope) in callers {
        let token = api.made(role, &scope).await.token;
        for endpoint in ENDPOINTS {
            let (reaches, may) = (reaches(endpoint, &scope), endpoint.right.roles().contains(&role));
            // What would be done for good is asked of what is not there: who may is told so.
            let ends =
                ["{token}", "{secret}", "{key}", "{trial}"].iter().any(|name| endpoint.path.contains(name));
            let (id, secret) =
                if may && reaches && ends { ("gone", "gone") } else { (target.as_str(), "any") };
            let path = path_of(endpoint, id, secret);
            let told = api.ask(&token, endpoint.method, &path, body_of(endpoint)).await;
            let said = format!("{role} of {scope:?}: {} {path}: {}", endpoint.method.name(), told.status);
            match (reaches, may) {
                (true, true) if ends => assert_eq!(told.status, 404, "{said}"),
                (true, true) => assert!(![401, 403, 404, 500, 503].contains(&told.status), "{said}"),
                (true, false) => assert_eq!(told.status, 403, "{said}"),
                // Of tokens the role is asked first: there is nothing in their ids to learn.
                (false, false) if endpoint.path.contains("{token}") => assert_eq!(told.status, 403, "{said}"),
                (false, _) => assert_eq!(told.status, 404, "{said}"),
            }
        }
    }
}

#[actix_web::test]
async fn nothing_is_answered_without_a_token_but_the_description() {
    let api = Api::new().await;
    for endpoint in ENDPOINTS {
        let path = format!("{BASE}{}", path_of(endpoint, "x", "x"));
        for header in [None, Some("Bearer "), Some("Bearer tnsa_x"), Some("Basic YTpi")] {
            let mut request = request(endpoint.method, &path);
            if let Some(header) = header {
                request = request.insert_header(("Authorization", header));
            }
            let told = api.send(request).await;
            assert_eq!((told.status, told.challenge), (401, true), "{path} {header:?}");
            assert_eq!(told.body["error"]["code"], "admin_unauthorised");
        }
    }
    let told = api.send(TestRequest::get().uri("/openapi.json")).await;
    assert_eq!((told.status, &told.body["openapi"]), (200, &json!("3.1.0")));
    assert_eq!(api.send(TestRequest::get().uri("/admin/v1/nothing")).await.status, 404);
}

#[actix_web::test]
async fn a_method_that_a_path_lacks_is_told() {
    let api = Api::new().await;
    let token = api.operator().await;
    assert_eq!(api.ask(&token, Method::Post, "/tenants", None).await.status, 405);
    let preflight = TestRequest::with_uri("/admin/v1/tenants").method(actix_web::http::Method::OPTIONS);
    let told = api.send(preflight.insert_header(("Origin", "https://evil.example"))).await;
    assert_eq!(told.status, 405, "other sites' pages are told nothing");
}

#[actix_web::test]
async fn a_change_is_made_from_what_was_read() {
    let api = Api::new().await;
    let token = api.operator().await;
    let path = "/tenants/acme/connections/bank";
    let read = api.ask(&token, Method::Get, path, None).await;
    let tag = read.tag.unwrap();
    assert_eq!(tag, format!("\"{}\"", read.body["revision"]));
    let unsaid = api.ask(&token, Method::Put, path, Some(connection())).await;
    assert_eq!((unsaid.status, &unsaid.body["error"]["code"]), (428, &json!("revision_missing")));
    let put = |tag: &str, name: &str| {
        let mut document = read.body["document"].clone();
        document["display_name"] = json!(name);
        let request = request(Method::Put, &format!("{BASE}{path}"));
        with(request, &token, Some(document)).insert_header(("If-Match", tag.to_owned()))
    };
    let first = api.send(put(&tag, "One")).await;
    assert_eq!((first.status, &first.body["document"]["display_name"]), (200, &json!("One")));
    let second = api.send(put(&tag, "Two")).await;
    assert_eq!((second.status, &second.body["error"]["code"]), (412, &json!("revision_stale")));
    assert_eq!((&second.body["current"], second.tag), (&first.body, first.tag.clone()));
    for wrong in ["W/\"1\"", "*", "1", "\"x\""] {
        let told = api.send(put(wrong, "Three")).await;
        assert!([400, 412].contains(&told.status), "{wrong}");
    }
    let again = api.send(put(&first.tag.unwrap(), "Two")).await;
    assert_eq!(again.status, 200);
}

#[actix_web::test]
async fn what_is_new_needs_no_revision_and_shows_its_secret_once() {
    let api = Api::new().await;
    let token = api.token(Role::TenantAdmin, Some("acme")).await;
    let app = json!({
        "name": "Desk", "authentication": "client_secret_post", "redirect_uris": ["https://desk.example/"],
    });
    let path = "/tenants/acme/apps/desk";
    let made = api.ask(&token, Method::Put, path, Some(app)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.body["generated"][0]["value"].as_str().unwrap();
    let read = api.ask(&token, Method::Get, path, None).await;
    assert!(!read.body.to_string().contains(secret));
    let second = api.ask(&token, Method::Post, &format!("{path}/secrets"), None).await;
    assert_eq!((second.status, second.body["generated"][0]["pointer"].as_str()), (201, Some("/secrets/1")));
    let third = api.ask(&token, Method::Post, &format!("{path}/secrets"), None).await;
    assert_eq!((third.status, &third.body["error"]["fields"][0]["pointer"]), (400, &json!("/secrets")));
    let id = read.body["document"]["secrets"][0]["id"].as_str().unwrap();
    let removed = api.ask(&token, Method::Delete, &format!("{path}/secrets/{id}"), None).await;
    assert_eq!((removed.status, removed.body["document"]["secrets"].as_array().unwrap().len()), (200, 1));
}

#[actix_web::test]
async fn a_body_is_bounded_and_strict() {
    let api = Api::new().await;
    let token = api.operator().await;
    let put = |body: String, media: &'static str| {
        let request = request(Method::Put, "/admin/v1/tenants/new");
        let request = request.insert_header(("Content-Type", media)).set_payload(body);
        with(request, &token, None)
    };
    let json = "application/json";
    let large = format!("{{\"tenant\":{{\"name\":\"{}\"}}}}", "a".repeat(10 * 1024 * 1024));
    for (body, media) in [
        (large, json),
        (String::new(), json),
        ("[]".to_owned(), json),
        ("{".to_owned(), json),
        (r#"{"tenant":{"name":"a"},"tenant":{"name":"b"}}"#.to_owned(), json),
        (r#"{"tenant":{"name":"a"}}"#.to_owned(), "text/plain"),
        ("[".repeat(100_000), json),
    ] {
        let told = api.send(put(body, media)).await;
        assert_eq!((told.status, &told.body["error"]["code"]), (400, &json!("request_invalid")));
    }
}

#[actix_web::test]
async fn a_body_is_not_read_for_who_has_no_token() {
    let api = Api::new().await;
    let large = "a".repeat(10 * 1024 * 1024);
    let told = api.send(TestRequest::put().uri("/admin/v1/tenants/new").set_payload(large)).await;
    assert_eq!(told.status, 401);
}

#[actix_web::test]
async fn odd_ids_and_parameters_are_refused_and_reach_no_store() {
    let api = Api::new().await;
    let token = api.operator().await;
    for path in [
        "/tenants/%00",
        "/tenants/A",
        "/tenants/a%2Fb",
        "/tenants/%C3%A9",
        "/tenants/..%2F..",
        "/tokens/%00",
        "/tenants/acme/apps/%00",
    ] {
        let method = if path.starts_with("/tokens") { Method::Delete } else { Method::Get };
        assert_eq!(api.ask(&token, method, path, None).await.status, 404, "{path}");
    }
    for query in
        ["limit=0", "limit=201", "limit=x", "colour=red", "search=%00", "after=%00", "limit=1&limit=2"]
    {
        let told = api.ask(&token, Method::Get, &format!("/tenants?{query}"), None).await;
        assert_eq!(told.status, 400, "{query}");
    }
}

#[actix_web::test]
async fn connections_have_an_order_with_a_revision_of_its_own() {
    let api = Api::new().await;
    let token = api.operator().await;
    let second = api.ask(&token, Method::Put, "/tenants/acme/connections/card", Some(connection())).await;
    assert_eq!(second.status, 201);
    let path = "/tenants/acme/connection-order";
    let read = api.ask(&token, Method::Get, path, None).await;
    assert_eq!(read.body, json!({ "connections": ["bank", "card"] }));
    let wanted = json!({ "connections": ["card", "bank"] });
    let put = |tag: &str| {
        let request = request(Method::Put, &format!("{BASE}{path}"));
        with(request, &token, Some(wanted.clone())).insert_header(("If-Match", tag.to_owned()))
    };
    let tag = read.tag.unwrap();
    let (first, second) = (api.send(put(&tag)).await, api.send(put(&tag)).await);
    assert_eq!((first.status, &first.body, second.status), (200, &wanted, 412));
}

#[actix_web::test]
async fn a_token_is_shown_once_and_opens_nothing_when_revoked() {
    let api = Api::new().await;
    let token = api.operator().await;
    let wanted = json!({ "name": "CI", "role": "tenant_admin", "tenant": "acme", "days": 7 });
    let made = api.ask(&token, Method::Post, "/tokens", Some(wanted)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let fresh = Hidden::new(made.body["token"].as_str().unwrap().to_owned());
    let me = api.ask(&fresh, Method::Get, "/me", None).await;
    assert_eq!((&me.body["role"], &me.body["tenant"]), (&json!("tenant_admin"), &json!("acme")));
    let listed = api.ask(&token, Method::Get, "/tokens", None).await;
    assert!(!listed.body.to_string().contains(fresh.expose_str()));
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(api.ask(&token, Method::Delete, &format!("/tokens/{id}"), None).await.status, 204);
    assert_eq!(api.ask(&fresh, Method::Get, "/me", None).await.status, 401);
}

#[actix_web::test]
async fn a_setup_sheet_is_of_what_was_saved_last() {
    let api = Api::new().await;
    let token = api.token(Role::Auditor, Some("acme")).await;
    let sheet = api.ask(&token, Method::Get, "/tenants/acme/connections/bank/sheet?lang=fi", None).await;
    assert_eq!(sheet.status, 200, "{}", sheet.body);
    let url = "http://127.0.0.1:8080/t/acme/return/bank/callback";
    assert_eq!(sheet.body["return_urls"][0]["url"], url);
    assert!(sheet.body["text"].as_str().unwrap().contains("Paluuosoitteet"));
}

#[test]
fn a_refusal_of_ours_tells_nothing_of_its_cause() {
    let error = crate::admin::AdminError::internal("the password is hunter2");
    let response: HttpResponse = super::answer::refuse(&error, "abc");
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = format!("{:?}", response.body());
    assert!(!body.contains("hunter2"));
}

#[actix_web::test]
async fn a_trail_is_checked_and_exported_one_at_a_time() {
    let api = Api::new().await;
    let auditor = api.token(Role::Auditor, Some("acme")).await;
    let paths = [(Method::Post, "/tenants/acme/audit/verify"), (Method::Get, "/tenants/acme/audit/export")];
    let reading = api.world.reading("acme");
    for (method, path) in paths {
        assert_eq!(api.ask(&auditor, method, path, None).await.status, 429, "{path}");
    }
    drop(reading);
    for (method, path) in paths {
        assert_eq!(api.ask(&auditor, method, path, None).await.status, 200, "{path}");
    }
    let verified = api.ask(&auditor, Method::Post, "/tenants/acme/audit/verify", None).await.body;
    assert_eq!((&verified["tenant"], &verified["faults"]), (&json!("acme"), &json!([])));
    assert!(verified["unchained"].as_i64() > Some(0), "{verified}");
    let keys = api.ask(&auditor, Method::Get, "/audit/keys", None).await;
    assert!(keys.status == 200 && keys.body["keys"].is_array() && !keys.body.to_string().contains("\"d\""));
}

#[actix_web::test]
async fn a_key_lives_from_the_api_and_its_private_part_stays_inside() {
    let api = Api::new().await;
    let token = api.operator().await;
    let post = async |path: &str, body: Value| api.ask(&token, Method::Post, path, Some(body)).await;
    let wanted = json!({ "connection": "bank", "purpose": "signing", "kind": "p256" });
    let made = post("/tenants/acme/keys", wanted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/tenants/acme/keys/{}", made.body["id"].as_str().unwrap());
    let shown = api.ask(&token, Method::Get, &path, None).await;
    assert_eq!((shown.status, &shown.body), (200, &made.body));
    let list = api.ask(&token, Method::Get, "/tenants/acme/keys", None).await;
    assert!(list.body["keys"].as_array().unwrap().contains(&made.body));
    let public = api.ask(&token, Method::Get, &format!("{path}/public?format=pem"), None).await;
    assert!(public.body["public"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
    let named =
        post(&format!("{path}/registered"), json!({ "kid": "vendor-7", "until": "2099-01-31T00:00:00Z" }))
            .await;
    assert_eq!(
        (&named.body["kid"], &named.body["not_after"]),
        (&json!("vendor-7"), &json!("2099-01-31T00:00:00Z"))
    );
    for (path, body) in [
        (format!("{path}/registered"), json!({ "until": "soon" })),
        ("/tenants/acme/key-imports".to_owned(), json!({ "purpose": "signing", "text": "junk" })),
        ("/tenants/acme/key-imports".to_owned(), json!({ "purpose": "signing" })),
        ("/tenants/acme/keys".to_owned(), json!({ "purpose": "decryption", "kind": "rsa2048" })),
        ("/tenants/acme/certificate-requests".to_owned(), json!({ "connection": "bank", "common_name": "" })),
    ] {
        let refused = post(&path, body).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (400, &json!("request_invalid")),
            "{path}"
        );
    }
    let all = [made.body, shown.body, list.body, named.body].map(|body| body.to_string()).join("");
    assert!(!all.contains("\"d\"") && !all.contains("PRIVATE"), "{all}");
}

#[actix_web::test]
async fn what_a_passphrase_protects_is_opened_for_the_operator_alone() {
    let api = Api::new().await;
    let admin = api.token(Role::TenantAdmin, Some("acme")).await;
    let operator = api.operator().await;
    let path = "/tenants/acme/key-imports";
    for mut body in [json!({ "pkcs12": "MIIB" }), json!({ "text": "x", "passphrase": "secret" })] {
        body["purpose"] = json!("signing");
        let refused = api.ask(&admin, Method::Post, path, Some(body.clone())).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.to_string().contains("without a passphrase"), "{}", refused.body);
        let judged = api.ask(&operator, Method::Post, path, Some(body)).await;
        assert_eq!(judged.status, 400);
        assert!(!judged.body.to_string().contains("without a passphrase"), "{}", judged.body);
    }
}
