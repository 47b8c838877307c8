//! The pages of platforms, and of what a tenant shares with one.

use super::*;
use crate::admin::for_tests::tenant;

const GROUP: &str = "/console/platforms/group";

/// The fields of an app with this id.
fn app(id: &str) -> [(&'static str, String); 5] {
    [
        ("/app/id", id.to_owned()),
        ("/app/name/en", "<i>Checkout</i>".to_owned()),
        ("/app/authentication", "client_secret_basic".to_owned()),
        ("/app/redirect_uris", "https://checkout.example/cb".to_owned()),
        ("/app/claims", "name.full".to_owned()),
    ]
}

/// Whether a page shows a secret.
fn shows_once(page: &Answer) -> bool {
    page.body.contains("it is not shown again")
}

impl Site {
    /// Sends the fields with the revision of the platform `group`, as its form would.
    async fn save(&self, browser: &Browser, path: &str, fields: &[(&str, String)]) -> Answer {
        let revision = self.admin().platform(&operator(), "group").await.unwrap().revision.to_string();
        self.save_from(browser, path, (&revision, fields)).await
    }

    async fn save_from(
        &self,
        browser: &Browser,
        path: &str,
        (revision, fields): (&str, &[(&str, String)]),
    ) -> Answer {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<_> = fields.chain([("revision", revision)]).collect();
        self.post(browser, path, &fields).await
    }

    /// An admin of the platform `group`.
    async fn of_group(&self) -> Browser {
        let wanted = NewToken {
            name: "Of the group".to_owned(),
            role: Role::PlatformAdmin,
            platform: Some("group".to_owned()),
            tenant: None,
            days: None,
        };
        let made = self.admin().create_token(&operator(), &wanted).await.unwrap();
        self.sign_in(made.token.expose_str()).await
    }
}

#[actix_web::test]
async fn a_platform_with_two_tenants_and_an_app_that_one_enables() {
    let site = Site::new().await;
    let browser = site.of_group().await;
    let mut beta = tenant();
    beta["tenant"]["platform"] = json!("group");
    site.world.put("beta", &Part::Tenant, Expected::Absent, beta).await;
    let made = site.save(&browser, &format!("{GROUP}/new-app"), &app("checkout")).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(made.location.starts_with(&format!("{GROUP}/apps/checkout?saved&once=")), "{}", made.location);
    assert!(shows_once(&site.get(&browser, &made.location).await));
    assert!(!shows_once(&site.get(&browser, &made.location).await));

    let path = "/console/tenants/acme/sharing";
    let revision = site.admin().part(&operator(), "acme", &Part::Tenant).await.unwrap().revision.to_string();
    let fields = |id: &str, alias: &str| {
        [
            ("/platform_apps/0", "1".to_owned()),
            ("/platform_apps/0/id", id.to_owned()),
            ("/aliases/0/key", "login".to_owned()),
            ("/aliases/0/value", alias.to_owned()),
        ]
    };
    for (id, alias, said) in [
        ("nothing", "bank", "no app of the platform"),
        ("checkout", "{\"bank\": 50}", "the shares make 50 percent"),
    ] {
        let wrong = site.save_from(&browser, path, (&revision, &fields(id, alias))).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
    }
    let saved = site.save_from(&browser, path, (&revision, &fields("checkout", "bank"))).await;
    assert_eq!((saved.status, saved.location.as_str()), (303, "/console/tenants/acme/sharing?saved"));
    let loaded = site.world.store.load("acme").await.unwrap().unwrap().tenant;
    assert!(loaded.apps.iter().any(|app| app.id == "checkout") && loaded.aliases.contains_key("login"));

    let page = site.get(&browser, GROUP).await.body;
    assert!(page.contains("/console/tenants/acme") && page.contains("/console/tenants/beta"), "{page}");
    assert!(page.contains("data-label=\"Enabled at\"><code>acme</code>"), "{page}");
    assert!(page.contains("&#60;i&#62;Checkout") && !page.contains("<i>"), "{page}");
    assert!(page.contains("Of the group"), "the token of its admin: {page}");
}

#[actix_web::test]
async fn an_admin_of_a_platform_sees_no_other_and_founds_none() {
    let site = Site::new().await;
    let browser = site.of_group().await;
    let list = site.get(&browser, "/console/platforms").await.body;
    assert!(list.contains(GROUP) && !list.contains("rival") && !list.contains("new-platform"), "{list}");
    for page in ["", "/remove", "/new-app", "/apps/x", "/apps/x/remove"] {
        let status = site.get(&browser, &format!("/console/platforms/rival{page}")).await.status;
        assert_eq!(status, 404, "{page}");
    }
    for form in ["", "/new-app", "/remove"] {
        let answer =
            site.post(&browser, &format!("/console/platforms/rival{form}"), &[("revision", "1")]).await;
        assert_eq!(answer.status, 404, "{form}");
    }
    let founded = [("/platform/id", "mine"), ("/platform/name/en", "Mine")];
    assert_eq!(site.post(&browser, "/console/new-platform", &founded).await.status, 404);
    assert_eq!(site.save(&browser, &format!("{GROUP}/remove"), &[]).await.status, 403);
    let tenants = site.enter(Role::TenantAdmin, Some("acme")).await;
    assert_eq!(site.get(&tenants, GROUP).await.status, 404);
    assert!(!site.get(&tenants, "/console/tenants").await.body.contains("/console/platforms"));
}

#[actix_web::test]
async fn the_operator_founds_a_platform_and_removes_it_once_it_is_empty() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let nameless = site.post(&browser, "/console/new-platform", &[("/platform/id", "shops")]).await;
    assert_eq!(nameless.status, 422);
    let fields = [("/platform/id", "shops"), ("/platform/name/en", "Shops")];
    let made = site.post(&browser, "/console/new-platform", &fields).await;
    assert_eq!(
        (made.status, made.location.as_str()),
        (303, "/console/platforms/shops?saved"),
        "{}",
        made.body
    );
    let full = site.save(&browser, &format!("{GROUP}/remove"), &[]).await;
    assert_eq!(full.status, 422);
    assert!(full.body.contains("move or remove them first"), "{}", full.body);
    let revision = site.admin().platform(&operator(), "shops").await.unwrap().revision.to_string();
    let removed = site.post(&browser, "/console/platforms/shops/remove", &[("revision", &revision)]).await;
    assert_eq!((removed.status, removed.location.as_str()), (303, "/console/platforms"));
    assert_eq!(site.get(&browser, "/console/platforms/shops").await.status, 404);
}

#[actix_web::test]
async fn who_saves_over_a_platform_that_has_changed_loses_nothing() {
    let site = Site::new().await;
    let browser = site.of_group().await;
    let revision = site.admin().platform(&operator(), "group").await.unwrap().revision.to_string();
    let new = format!("{GROUP}/new-app");
    assert_eq!(site.save_from(&browser, &new, (&revision, &app("first"))).await.status, 303);
    let lost = site.save_from(&browser, &new, (&revision, &app("second"))).await;
    assert_eq!(lost.status, 422);
    assert!(lost.body.contains("Somebody else has changed this"), "{}", lost.body);
    assert!(lost.body.contains("value=\"second\"") && lost.body.contains("https://checkout.example/cb"));
    assert_eq!(site.save(&browser, &new, &app("second")).await.status, 303);
    let renamed = [("/platform/name/en", "Renamed".to_owned())];
    let stale = site.save_from(&browser, GROUP, (&revision, &renamed)).await;
    assert_eq!(stale.status, 422);
    assert!(stale.body.contains(">Group<") && stale.body.contains(">Renamed<"), "{}", stale.body);
    assert_eq!(site.save(&browser, GROUP, &renamed).await.status, 303);
    let document = site.admin().platform(&operator(), "group").await.unwrap();
    assert_eq!(document.value["apps"].as_array().unwrap().len(), 2, "the apps stay: {}", document.value);
}

#[actix_web::test]
async fn an_app_of_a_platform_has_two_secrets_at_most_and_each_can_be_removed() {
    let site = Site::new().await;
    let browser = site.of_group().await;
    assert_eq!(site.save(&browser, &format!("{GROUP}/new-app"), &app("checkout")).await.status, 303);
    let page = format!("{GROUP}/apps/checkout");
    let second = site.post(&browser, &format!("{page}/secrets"), &[]).await;
    assert!(shows_once(&site.get(&browser, &second.location).await), "{}", second.body);
    assert_eq!(site.post(&browser, &format!("{page}/secrets"), &[]).await.status, 422);
    let shown = site.get(&browser, &page).await.body;
    let remove = shown.split("href=\"").find(|part| part.starts_with(&format!("{page}/secrets/"))).unwrap();
    let remove = remove.split('"').next().unwrap();
    assert_eq!(site.get(&browser, remove).await.status, 200);
    assert_eq!(site.post(&browser, remove, &[]).await.status, 303);
    let kept = site.admin().platform(&operator(), "group").await.unwrap();
    assert_eq!(kept.value["apps"][0]["secrets"].as_array().unwrap().len(), 1, "{}", kept.value);
    let renamed: Vec<_> = app("checkout").into_iter().skip(1).collect();
    assert_eq!(site.save(&browser, &page, &renamed).await.status, 303);
    let kept = site.admin().platform(&operator(), "group").await.unwrap();
    assert_eq!(kept.value["apps"][0]["secrets"].as_array().unwrap().len(), 1, "saving keeps it");
    assert_eq!(site.save(&browser, &format!("{page}/remove"), &[]).await.status, 303);
    assert_eq!(site.get(&browser, &page).await.status, 404);
}
