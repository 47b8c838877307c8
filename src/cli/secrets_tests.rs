use std::{fs, sync::Arc};

use tempfile::TempDir;

use super::*;
use crate::{config::References, tenant::files::Folder};

const KEYS: [&str; 2] =
    ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="];

/// Settings with master keys of these ids, over a folder of tenants.
fn config(dir: &TempDir, keys: &[(&str, &str)]) -> Config {
    let path = dir.path().display();
    let settings = format!("[tenants]\nurl = \"files:{path}/tenants\"\n[secrets]\ndir = \"{path}\"\n");
    fs::write(dir.path().join("tunnus.toml"), settings).unwrap();
    let list: Vec<_> = keys.iter().map(|(id, key)| format!("{id}:{key}")).collect();
    let environment = [("TUNNUS_SECRETS__MASTER_KEYS", list.join(","))].into_iter().collect();
    Config::load(Some(&dir.path().join("tunnus.toml")), Arc::new(environment)).unwrap()
}

fn wanted(place: &str) -> Seal {
    Seal { settings: Settings::default(), tenant: "acme".to_owned(), place: place.to_owned() }
}

fn folder(dir: &TempDir, config: &Config) -> Result<(), String> {
    let references: References = config.references.clone();
    let folder = Folder::new(dir.path().join("tenants"), Providers::built_in(), references);
    folder.load().map(drop).map_err(|faults| faults.to_string())
}

#[tokio::test]
async fn a_sealed_value_is_good_at_its_place_and_moves_to_a_new_master_key() {
    let dir = TempDir::new().unwrap();
    let old = config(&dir, &[("old", KEYS[0])]);
    let key = tunnus_jose::generate::p256(tunnus_jose::KeyUse::Signature).unwrap();
    let rsa = tunnus_jose::generate::rsa(2048, tunnus_jose::KeyUse::Signature).unwrap();
    let signing = seal(&old, &wanted("keys/signing"), &rsa).unwrap();
    let second = seal(&old, &wanted("keys/signing"), &key).unwrap();
    let subject = seal(&old, &wanted("keys/subject"), &KEYS[0].into()).unwrap();
    fs::create_dir(dir.path().join("tenants")).unwrap();
    let file = dir.path().join("tenants/acme.toml");
    let text = format!(
        "# as it was\n[tenant]\nid = \"acme\"\nname = \"Acme\"\n[keys]\nsigning = [{signing}, {second}]\nsubject = {subject}\n"
    );
    fs::write(&file, &text).unwrap();
    assert_eq!(folder(&dir, &old), Ok(()));
    let both = config(&dir, &[("new", KEYS[1]), ("old", KEYS[0])]);
    let nothing_else = Rewrap { settings: Settings::default(), dir: None };
    for count in [3, 0] {
        let mut out = Vec::new();
        rewrap(&both, &nothing_else, Providers::built_in(), &mut out).await.unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains(&format!("\n{count} values were sealed anew in ")), "{out}");
    }
    let rewritten = fs::read_to_string(&file).unwrap();
    assert!(rewritten != text && rewritten.starts_with("# as it was\n[tenant]\n"));
    assert_eq!(folder(&dir, &config(&dir, &[("new", KEYS[1])])), Ok(()));
    assert!(folder(&dir, &old).unwrap_err().contains("sealed under the master key `new`"));
    // At another place it is nothing.
    fs::write(&file, text.replace(&second, &subject)).unwrap();
    assert!(
        folder(&dir, &old).unwrap_err().contains("acme.toml:6: keys.signing[1]: the secret cannot be opened")
    );
    assert!(rewrap(&both, &nothing_else, Providers::built_in(), &mut Vec::new()).await.is_err());
}

#[test]
fn only_places_of_a_tenants_file_are_sealed_for() {
    let dir = TempDir::new().unwrap();
    let config = config(&dir, &[("old", KEYS[0])]);
    let refused =
        |place: &str, value: &str| seal(&config, &wanted(place), &value.into()).unwrap_err().to_string();
    assert!(refused("keys/other", "x").starts_with("expected keys/signing"));
    assert_eq!(refused("keys/subject", "\n"), "the secret is empty");
}

#[tokio::test]
async fn the_audit_trail_moves_to_a_new_master_key_too() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("tenants")).unwrap();
    let audit = async |keys: &[(&str, &str)]| {
        let config = config(&dir, keys);
        Audit::open(&config.audit, config.vault.clone(), Ambient::system()).await
    };
    let login = || {
        let mut event = Event::new("acme", Kind::IdentificationStarted);
        event.body.trace_id = Some("4711".to_owned());
        event.personal.reference = Some("order 7".into());
        event
    };
    audit(&[("old", KEYS[0])]).await.unwrap().record(login()).await.unwrap();
    let missing = audit(&[("new", KEYS[1])]).await.unwrap_err().to_string();
    assert!(missing.starts_with("the master key `old` is not in secrets.master_keys"), "{missing}");
    let both = config(&dir, &[("new", KEYS[1]), ("old", KEYS[0])]);
    let mut out = Vec::new();
    let nothing_else = Rewrap { settings: Settings::default(), dir: None };
    rewrap(&both, &nothing_else, Providers::built_in(), &mut out).await.unwrap();
    assert!(String::from_utf8(out).unwrap().starts_with("1 data keys were sealed anew in the audit trail\n"));
    let records = audit(&[("new", KEYS[1])]).await.unwrap().records().unwrap();
    let sought = crate::audit::records::Sought::Reference("order 7".into());
    assert_eq!(records.find(Some("acme"), &sought).await.unwrap().len(), 1);
    let told = records.latest(OPERATOR, 1, None).await.unwrap();
    assert_eq!(told[0].body.kind, Kind::SecretsRewrapped);
}
