use std::{fs, sync::Arc};

use tempfile::TempDir;

use super::*;
use crate::config::Environment;

/// Settings over a database, and a folder of one tenant with an app.
fn folder() -> (TempDir, Config, Arguments) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().display();
    let settings = format!(
        "[tenants]\nurl = \"sqlite:{path}/db\"\n[secrets]\ndir = \"{path}\"\nmaster_keys = [{{ id = \"1\", key = {{ file = \"master\" }} }}]\n"
    );
    fs::write(dir.path().join("tunnus.toml"), settings).unwrap();
    fs::write(dir.path().join("master"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    fs::write(dir.path().join("subject"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    fs::write(dir.path().join("shop"), "shop-secret-shop-secret").unwrap();
    fs::write(dir.path().join("desk"), "desk-secret-desk-secret").unwrap();
    let key = tunnus_jose::generate::rsa(2048, tunnus_jose::KeyUse::Signature).unwrap();
    fs::write(dir.path().join("rsa"), key.expose_str()).unwrap();
    fs::create_dir(dir.path().join("tenants")).unwrap();
    write(&dir, "acme.toml", &format!("{TENANT}{KEYS}{}", app("shop")));
    let config =
        Config::load(Some(&dir.path().join("tunnus.toml")), Arc::new(Environment::default())).unwrap();
    let arguments = Arguments {
        dir: dir.path().join("tenants"),
        settings: Settings::default(),
        plan: false,
        prune: false,
        tenant: None,
    };
    (dir, config, arguments)
}

const TENANT: &str = "[tenant]\nid = \"acme\"\nname = \"Acme\"\n";
const KEYS: &str = "[keys]\nsigning = [{ file = \"rsa\" }]\nsubject = { file = \"subject\" }\n";

fn app(id: &str) -> String {
    format!(
        "[[apps]]\nid = \"{id}\"\nname = \"App\"\nauthentication = \"client_secret_basic\"\nsecrets = [{{ file = \"{id}\" }}]\nreturn_urls = [\"https://shop.example/done\"]\n"
    )
}

fn write(dir: &TempDir, name: &str, text: &str) {
    fs::write(dir.path().join("tenants").join(name), text).unwrap();
}

async fn run(config: &Config, arguments: &Arguments) -> Result<String, String> {
    let mut out = Vec::new();
    let applied = applied(arguments, config, Providers::built_in(), &mut out).await;
    applied.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_folder_is_planned_then_applied_and_the_second_time_nothing_changes() {
    let (_dir, config, mut arguments) = folder();
    arguments.plan = true;
    let plan = "acme\n  create    the tenant\n  create    the app `shop`\n";
    assert_eq!(
        run(&config, &arguments).await.unwrap(),
        format!("{plan}Nothing was changed: this is the plan.\n")
    );
    arguments.plan = false;
    assert_eq!(run(&config, &arguments).await.unwrap(), format!("{plan}Applied.\n"));
    let idle = "acme\n  unchanged the tenant\n  unchanged the app `shop`\nNothing to change.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), idle);
}

#[tokio::test]
async fn a_changed_secret_is_told_and_not_shown() {
    let (dir, config, arguments) = folder();
    run(&config, &arguments).await.unwrap();
    fs::write(dir.path().join("shop"), "another-secret-another").unwrap();
    let changed = app("shop").replace("\"App\"", "\"Shop\"");
    write(&dir, "acme.toml", &format!("{TENANT}{KEYS}{changed}"));
    assert_eq!(
        run(&config, &arguments).await.unwrap(),
        "acme\n  unchanged the tenant\n  change    the app `shop`\n            /name\n            /secrets/0 (a secret)\nApplied.\n"
    );
}

#[tokio::test]
async fn what_the_folder_lacks_is_kept_unless_it_is_pruned() {
    let (dir, config, mut arguments) = folder();
    write(&dir, "other.toml", &format!("{}{KEYS}", TENANT.replace("acme", "other")));
    run(&config, &arguments).await.unwrap();
    fs::remove_file(dir.path().join("tenants/other.toml")).unwrap();
    write(&dir, "acme.toml", &format!("{TENANT}{KEYS}{}", app("desk")));
    let kept = "acme\n  unchanged the tenant\n  create    the app `desk`\n  keep      the app `shop`\nother\n  keep      the tenant\nApplied.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), kept);
    arguments.prune = true;
    arguments.tenant = Some("acme".to_owned());
    let pruned =
        "acme\n  unchanged the tenant\n  unchanged the app `desk`\n  remove    the app `shop`\nApplied.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), pruned);
    arguments.tenant = None;
    assert!(run(&config, &arguments).await.unwrap().contains("other\n  remove    the tenant\n"));
}

#[tokio::test]
async fn keys_that_a_file_leaves_out_are_those_of_the_store() {
    for keys in [KEYS, ""] {
        let (dir, config, arguments) = folder();
        write(&dir, "acme.toml", &format!("{TENANT}{keys}"));
        run(&config, &arguments).await.unwrap();
        let stored = async || open(&config, Providers::built_in()).await.unwrap().read("acme").await.unwrap();
        let before = stored().await.unwrap();
        write(&dir, "acme.toml", &format!("{TENANT}{}", app("shop")));
        assert_eq!(
            run(&config, &arguments).await.unwrap(),
            "acme\n  unchanged the tenant\n  create    the app `shop`\nApplied.\n"
        );
        let after = stored().await.unwrap();
        assert_eq!((after.ring(), after.row), (before.ring(), before.row));
    }
}

#[tokio::test]
async fn all_mistakes_of_all_files_are_named_and_nothing_is_changed() {
    let (dir, config, arguments) = folder();
    run(&config, &arguments).await.unwrap();
    write(&dir, "acme.toml", &format!("{TENANT}{KEYS}{}", app("shop").replace("App", "Shop")));
    write(&dir, "b.toml", "[tenant\n");
    write(&dir, "c.toml", &format!("{}{KEYS}{}", TENANT.replace("acme", "Acme"), app("none")));
    write(&dir, "d.toml", &format!("{TENANT}{KEYS}"));
    fs::write(dir.path().join("subject"), "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    let error = run(&config, &arguments).await.unwrap_err();
    for part in [
        "acme.toml:6: keys.subject: a subject key never changes",
        "b.toml:1: ",
        "c.toml:2: tenant.id: expected lower case letters",
        "c.toml:11: apps[0].secrets[0]: there is no file",
        "d.toml:2: tenant.id: another file has the tenant `acme`",
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let stored = open(&config, Providers::built_in()).await.unwrap().read("acme").await.unwrap().unwrap();
    assert_eq!(stored.apps["shop"].document["name"], "App");
    let missing = Arguments { tenant: Some("none".to_owned()), ..arguments };
    write(&dir, "b.toml", "");
    assert!(run(&config, &missing).await.is_err());
}

fn platform(dir: &TempDir, name: &str) {
    fs::create_dir_all(dir.path().join("tenants/platforms")).unwrap();
    let text = format!("[platform]\nid = \"merchants\"\nname = \"{name}\"\n{}", app("desk"));
    write(dir, "platforms/merchants.toml", &text);
}

const MEMBER: &str =
    "[tenant]\nid = \"acme\"\nname = \"Acme\"\nplatform = \"merchants\"\n[[platform_apps]]\nid = \"desk\"\n";

#[tokio::test]
async fn a_platform_comes_before_its_tenants_and_goes_after_them() {
    let (dir, config, mut arguments) = folder();
    platform(&dir, "Merchants");
    write(&dir, "acme.toml", &format!("{MEMBER}{KEYS}"));
    let made = "create    the platform `merchants`\nacme\n  create    the tenant\nApplied.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), made);
    let idle = "unchanged the platform `merchants`\nacme\n  unchanged the tenant\nNothing to change.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), idle);
    fs::write(dir.path().join("desk"), "another-secret-another").unwrap();
    platform(&dir, "Shops");
    let changed = "change    the platform `merchants`\n          /apps/0/secrets/0 (a secret)\n          /platform/name\n";
    assert!(run(&config, &arguments).await.unwrap().starts_with(changed));
    // Of one tenant alone nothing else is changed, and its platform is the store's.
    platform(&dir, "Stores");
    arguments.tenant = Some("acme".to_owned());
    assert_eq!(run(&config, &arguments).await.unwrap(), "acme\n  unchanged the tenant\nNothing to change.\n");
    arguments.tenant = None;
    fs::remove_file(dir.path().join("tenants/platforms/merchants.toml")).unwrap();
    let kept = "keep      the platform `merchants`\nacme\n  unchanged the tenant\nNothing to change.\n";
    assert_eq!(run(&config, &arguments).await.unwrap(), kept);
    arguments.prune = true;
    let error = run(&config, &arguments).await.unwrap_err();
    assert!(error.contains("acme.toml:4: tenant.platform: there is no platform `merchants`"), "{error}");
    write(&dir, "acme.toml", &format!("{TENANT}{KEYS}"));
    assert!(
        run(&config, &arguments).await.unwrap().starts_with("remove    the platform `merchants`\nacme\n")
    );
    assert_eq!(run(&config, &arguments).await.unwrap(), "acme\n  unchanged the tenant\nNothing to change.\n");
}

#[tokio::test]
async fn the_mistakes_of_a_platform_are_named_once() {
    let (dir, config, arguments) = folder();
    platform(&dir, " ");
    write(&dir, "acme.toml", &format!("{MEMBER}{KEYS}"));
    let error = run(&config, &arguments).await.unwrap_err();
    assert!(error.contains("platforms/merchants.toml:3: platform.name: "), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
