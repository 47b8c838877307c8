//! The pages of keys, against a tenant of a store.

use tunnus_jose::{KeyUse, certificate::self_signed, generate, to_pem};

use super::*;
use crate::keyring::{Key as RingKey, State};

const KEYS: &str = "/console/tenants/acme/keys";

/// What a browser sends of a form with a file.
fn with_file(path: &str, fields: &[(&str, &str)], (name, content): (&str, &[u8])) -> test::TestRequest {
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend(
            format!("--X\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    let head = format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"key.p12\"\r\n");
    body.extend(format!("{head}Content-Type: application/x-pkcs12\r\n\r\n").bytes());
    body.extend(content);
    body.extend(b"\r\n--X--\r\n");
    test::TestRequest::post()
        .uri(path)
        .insert_header(("Content-Type", "multipart/form-data; boundary=X"))
        .insert_header(("Origin", ORIGIN))
        .set_payload(body)
}

/// The page that a form leads to, without what it says of the way there.
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location.strip_suffix("?saved").unwrap().to_owned()
}

impl Site {
    /// The keys of `acme`, by id.
    async fn ring(&self) -> BTreeMap<String, RingKey> {
        self.world.store.read("acme").await.unwrap().unwrap().ring()
    }

    async fn key(&self, page: &str) -> RingKey {
        self.ring().await[page.rsplit('/').next().unwrap()].clone()
    }

    /// A key of the connection `bank`, made on the page.
    async fn generated(&self, browser: &Browser, purpose: &str, kind: &str) -> String {
        let fields = [("connection", "bank"), ("purpose", purpose), ("kind", kind)];
        made(&self.post(browser, "/console/tenants/acme/new-key", &fields).await)
    }
}

#[actix_web::test]
async fn a_key_is_made_shown_followed_registered_and_retired_on_the_pages() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let first = site.generated(&browser, "signing", "p256").await;
    let page = site.get(&browser, &format!("{first}?saved")).await.body;
    assert!(page.contains("Signing: bank") && page.contains("In use") && page.contains("Saved."), "{page}");
    assert!(page.contains("BEGIN PUBLIC KEY") && page.contains("BEGIN CERTIFICATE"), "{page}");
    assert!(site.get(&browser, &format!("{first}/rotate")).await.body.contains("without an overlap"));

    let second = made(&site.post(&browser, &format!("{first}/rotate"), &[]).await);
    assert_ne!(first, second);
    let page = site.get(&browser, KEYS).await.body;
    assert!(page.contains(&first) && page.contains(&second), "{page}");
    let again = site.post(&browser, &format!("{first}/rotate"), &[]).await;
    assert_eq!(again.status, 422, "one follows it already");
    assert!(again.body.contains("is about to follow it already"), "{}", again.body);

    let fields = [("kid", "bank-calls-it-so"), ("until", "2027-11-21")];
    assert_eq!(made(&site.post(&browser, &format!("{second}/registered"), &fields).await), second);
    let key = site.key(&second).await;
    assert_eq!((key.state, key.kid.as_str()), (State::Active, "bank-calls-it-so"));
    assert_eq!(key.not_after.and_then(Timestamp::to_date).as_deref(), Some("2027-11-21"));
    assert_eq!(site.key(&first).await.state, State::Cooldown);

    let in_use = site.post(&browser, &format!("{second}/retire"), &[]).await;
    assert_eq!(in_use.status, 422);
    assert!(in_use.body.contains("rotate it first"), "{}", in_use.body);
    let asks = site.get(&browser, &format!("{first}/retire")).await.body;
    assert!(asks.contains("is not verified yet is refused"), "{asks}");
    assert_eq!(made(&site.post(&browser, &format!("{first}/retire"), &[]).await), first);
    let page = site.get(&browser, &first).await.body;
    assert!(page.contains("Retired") && !page.contains("BEGIN CERTIFICATE"), "{page}");
    assert!(!page.contains("/rotate") && !page.contains("/registered"), "{page}");
}

#[actix_web::test]
async fn a_public_key_is_kept_as_a_file_whose_name_is_plain_whatever_the_key_is_called() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let key = site.generated(&browser, "decryption", "rsa2048").await;
    let kid = "</code><script>alert(1)</script>;filename=x";
    let renamed = site.post(&browser, &format!("{key}/registered"), &[("kid", kid)]).await;
    assert_eq!(renamed.status, 303, "{}", renamed.body);
    for (format, holds) in
        [("jwk", "\"n\""), ("jwks", "\"keys\""), ("pem", "PUBLIC KEY"), ("x509", "CERTIFICATE")]
    {
        let file = site.get(&browser, &format!("{key}/public?format={format}")).await;
        assert_eq!(file.status, 200);
        assert!(file.body.contains(holds) && !file.body.contains("\"d\""), "{}", file.body);
        let said = file.headers.get("Content-Disposition").unwrap().to_str().unwrap();
        let name = said.strip_prefix("attachment; filename=\"").unwrap().strip_suffix('"').unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{said}");
        assert_eq!(file.headers.get("X-Content-Type-Options").unwrap(), "nosniff");
    }
    assert_eq!(site.get(&browser, &format!("{key}/public?format=pkcs12")).await.status, 404);
    for page in [KEYS.to_owned(), key.clone(), format!("{key}/rotate")] {
        let body = site.get(&browser, &page).await.body;
        assert!(body.contains("&#60;script") && !body.contains("<script"), "{page}: {body}");
    }
}

#[actix_web::test]
async fn a_certificate_is_asked_for_and_taken_in() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let path = "/console/tenants/acme/request-certificate";
    let subject = "<script>alert(1)</script>";
    let fields =
        [("connection", "bank"), ("common_name", subject), ("organisation", "A&B"), ("kind", "p256")];
    let nobodys = site.post(&browser, path, &fields[1..]).await;
    assert_eq!(nobodys.status, 422);
    assert!(nobodys.body.contains("choose a connection") && nobodys.body.contains("A&#38;B"));
    let page = made(&site.post(&browser, path, &fields).await);
    let body = site.get(&browser, &page).await.body;
    assert!(body.contains("BEGIN CERTIFICATE REQUEST") && body.contains("&#60;script"), "{body}");
    assert!(!body.contains("<script"), "{body}");
    let request = site.get(&browser, &format!("{page}/request")).await;
    assert!(request.body.starts_with("-----BEGIN CERTIFICATE REQUEST"), "{}", request.body);

    let stored = site.world.store.read("acme").await.unwrap().unwrap();
    let private = site.world.store.private_of(&stored, page.rsplit('/').next().unwrap()).unwrap();
    let now = site.world.now.load(Ordering::Relaxed);
    let span = (Timestamp(now - 1), Timestamp(now + 20 * 86_400));
    let take = format!("{page}/certificate");
    let other = self_signed(&private, "another", span).unwrap();
    let refused = site.post(&browser, &take, &[("pem", &other)]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let good = self_signed(&private, subject, span).unwrap();
    let fields = [("csrf", browser.csrf.as_str()), ("pem", "")];
    let taken = site.call(browser.with(with_file(&take, &fields, ("file", good.as_bytes())))).await;
    assert_eq!(made(&taken), page);
    assert_eq!(site.key(&page).await.state, State::Active);
    let body = site.get(&browser, KEYS).await.body;
    assert!(body.contains("in 20 days") && body.contains("ask for a new certificate now"), "{body}");
}

#[actix_web::test]
async fn a_private_key_is_taken_in_and_comes_out_nowhere() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let path = "/console/tenants/acme/import-key";
    let jwk = generate::p256(KeyUse::Signature).unwrap();
    let pem = to_pem(&jwk).unwrap();
    let wrong = [("connection", "bank"), ("purpose", "decryption"), ("text", pem.expose_str())];
    let refused = site.post(&browser, path, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.body.contains("PRIVATE KEY"), "a private key came back");
    let text = [("connection", "bank"), ("purpose", "signing"), ("text", jwk.expose_str()), ("known", "1")];
    let page = made(&site.post(&browser, path, &text).await);
    assert_eq!(site.key(&page).await.state, State::Active);
    let fields = [("csrf", browser.csrf.as_str()), ("purpose", "signing"), ("text", "")];
    let rsa = to_pem(&generate::rsa(2048, KeyUse::Signature).unwrap()).unwrap();
    let file = site.call(browser.with(with_file(path, &fields, ("file", rsa.expose_str().as_bytes())))).await;
    assert_eq!(site.key(&made(&file)).await.connection, None);
    let both = [("csrf", browser.csrf.as_str()), ("purpose", "signing"), ("text", jwk.expose_str())];
    assert_eq!(site.call(browser.with(with_file(path, &both, ("file", b"x")))).await.status, 422);
    let secret = serde_json::from_str::<serde_json::Value>(jwk.expose_str()).unwrap();
    let secret = secret["d"].as_str().unwrap();
    for path in [KEYS, page.as_str()] {
        let body = site.get(&browser, path).await.body;
        assert!(!body.contains(secret) && !body.contains("PRIVATE KEY"), "{path}");
    }
}

#[actix_web::test]
async fn what_a_passphrase_protects_is_taken_from_the_operator_alone() {
    let site = Site::new().await;
    let path = "/console/tenants/acme/import-key";
    for (role, tenant, is_told) in [(Role::TenantAdmin, Some("acme"), true), (Role::Operator, None, false)] {
        let browser = site.enter(role, tenant).await;
        let fields = [("csrf", browser.csrf.as_str()), ("purpose", "signing")];
        let file = browser.with(with_file(path, &fields, ("file", b"\x30\x82\x01\x00")));
        let guarded = [("purpose", "signing"), ("text", "x"), ("passphrase", "secret")];
        for answer in [site.call(file).await, site.post(&browser, path, &guarded).await] {
            assert_eq!(answer.status, 422);
            assert_eq!(answer.body.contains("without a passphrase"), is_told, "{role}: {}", answer.body);
            assert!(!answer.body.contains("secret\""), "the passphrase came back");
        }
    }
    assert!(site.ring().await.is_empty());
}

#[actix_web::test]
async fn a_file_without_bounds_is_not_read_and_one_that_is_no_form_changes_nothing() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let path = "/console/tenants/acme/import-key";
    let fields = [("csrf", browser.csrf.as_str()), ("purpose", "signing")];
    let big = vec![b'x'; 10 * 1024 * 1024];
    assert_eq!(site.call(browser.with(with_file(path, &fields, ("file", &big)))).await.status, 413);
    let large = vec![b'x'; 100 * 1024];
    assert_eq!(site.call(browser.with(with_file(path, &fields, ("file", &large)))).await.status, 422);
    let unsigned = [("csrf", "A"), ("purpose", "signing")];
    for request in [
        with_file(path, &unsigned, ("file", b"x")),
        with_file(path, &[], ("csrf", browser.csrf.as_bytes())),
        with_file(path, &fields, ("file", b"x")).insert_header(("Content-Type", "multipart/form-data")),
    ] {
        assert_eq!(site.call(browser.with(request)).await.status, 403);
    }
}

#[actix_web::test]
async fn the_key_of_another_tenant_is_not_there() {
    let site = Site::new().await;
    let operator = site.enter(Role::Operator, None).await;
    let key = site.generated(&operator, "signing", "p256").await.replace("/acme/", "/other/");
    let before = site.ring().await;
    for browser in [site.enter(Role::TenantAdmin, Some("other")).await, operator] {
        for page in ["", "/public?format=jwk", "/request", "/rotate", "/retire"] {
            assert_eq!(site.get(&browser, &format!("{key}{page}")).await.status, 404, "{page}");
        }
        for form in ["registered", "certificate", "rotate", "retire"] {
            let answer = site.post(&browser, &format!("{key}/{form}"), &[("pem", "x")]).await;
            assert_eq!(answer.status, 404, "{form}");
        }
        let of_another = [("connection", "nowhere"), ("purpose", "signing"), ("kind", "p256")];
        let answer = site.post(&browser, "/console/tenants/other/new-key", &of_another).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(site.ring().await, before);
}

#[actix_web::test]
async fn an_auditor_sees_a_key_and_no_form() {
    let site = Site::new().await;
    let operator = site.enter(Role::Operator, None).await;
    let key = site.generated(&operator, "signing", "p256").await;
    let auditor = site.enter(Role::Auditor, None).await;
    for page in [KEYS, key.as_str()] {
        let page = site.get(&auditor, page).await;
        assert_eq!(page.status, 200);
        // The button that signs out is the only one.
        assert_eq!(page.body.matches("type=\"submit\"").count(), 1);
        assert!(!page.body.contains("new-key") && !page.body.contains("/rotate"), "{}", page.body);
    }
    for page in ["/console/tenants/acme/new-key".to_owned(), format!("{key}/rotate"), format!("{key}/retire")]
    {
        assert_eq!(site.get(&auditor, &page).await.status, 403, "{page}");
    }
}

#[actix_web::test]
async fn a_key_that_no_upstream_proves_is_not_registered() {
    let site = Site::new().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let first = site.generated(&browser, "signing", "p256").await;
    let second = made(&site.post(&browser, &format!("{first}/rotate"), &[]).await);
    let refused = site.post(&browser, &format!("{second}/registered"), &[("prove", "1")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("href=\"#f-prove\""), "{}", refused.body);
    let busy = site.world.under_way("acme");
    assert_eq!(site.post(&browser, &format!("{second}/registered"), &[("prove", "1")]).await.status, 429);
    drop(busy);
    assert_eq!(site.key(&first).await.state, State::Active);
}
