use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{layers::Address, *};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A folder with `tunnus.toml` of this text and a master key beside it.
fn folder(text: &str) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tunnus.toml");
    fs::write(&file, text.replace("DIR", dir.path().to_str().unwrap())).unwrap();
    fs::write(dir.path().join("master"), format!("{KEY}\n")).unwrap();
    (dir, file)
}

fn environment(variables: &[(&str, &str)]) -> Arc<Environment> {
    Arc::new(variables.iter().copied().collect())
}

fn told(dir: &TempDir, result: Result<Config, Faults>) -> Vec<String> {
    let prefix = format!("{}/", dir.path().display());
    result.unwrap_err().iter().map(|fault| fault.to_string().replace(&prefix, "")).collect()
}

const MASTER: &str =
    "[secrets]\ndir = \"DIR\"\nmaster_keys = [{ id = \"1\", key = { file = \"master\" } }]\n";

#[test]
fn defaults_then_the_file_then_the_environment() {
    let text =
        format!("{MASTER}[server]\nlisten = \"0.0.0.0:80\"\npublic_url = \"https://id.example.com/\"\n");
    let (_dir, file) = folder(&text);
    let environment = environment(&[
        ("TUNNUS_SERVER__LISTEN", "[::1]:8443"),
        ("TUNNUS_LIFETIMES__CODE", "30"),
        ("TUNNUS_EGRESS__ALLOW", "[\"10.0.0.0/8\"]"),
        ("TUNNUS_FLOW_STORE__URL", "redis://:hunter2@localhost"),
        ("TUNNUS_PORT", "tcp://10.0.0.1:80"),
        ("TUNNUS_SECRET_X", "not a setting"),
    ]);
    let config = Config::load(Some(&file), environment).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:8443");
    assert_eq!(config.server.management_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.server.public_url.issuer("acme"), "https://id.example.com/t/acme");
    assert_eq!((config.lifetimes.code, config.lifetimes.attempt), (30, 600));
    assert_eq!(config.egress.allow, ["10.0.0.0/8"]);
    assert!(config.flow_store.has_password());
    assert_eq!(config.master_keys.len(), 1);
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn the_environment_names_master_keys_in_its_own_form() {
    let (_dir, file) = folder(MASTER);
    let b = KEY.replacen('A', "B", 1);
    let list = format!("2026a:{b},2025b:{KEY}");
    let config = Config::load(Some(&file), environment(&[("TUNNUS_SECRETS__MASTER_KEYS", &list)])).unwrap();
    assert_eq!(config.master_keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["2026a", "2025b"]);
}

#[test]
fn nine_mistakes_are_nine_faults_with_their_places() {
    let (dir, file) = folder(
        "[server]\npublic_url = \"http://id.example.com\"\nlisen = \"127.0.0.1:1\"\n\n[lifetimes]\nattempt = 3600\n\
         code = \"soon\"\n[flow_store]\nurl = \"redis://:hunter2@localhost\"\n[tenant]\n",
    );
    let environment = environment(&[
        ("TUNNUS_METRICS__TENANTS", "many"),
        ("TUNNUS_SECRETS__MASTER_KEYS", "a:hunter2"),
        ("TUNNUS_LOG_FILTER", "debug"),
        ("TUNNUS_SERVER__LISTEN__PORT", "80"),
    ]);
    assert_eq!(
        told(&dir, Config::load(Some(&file), environment)),
        [
            "tunnus.toml:2: server.public_url: expected an https URL; plain http is only for a loopback address",
            "tunnus.toml:3: server.lisen: unknown key; did you mean `listen`?",
            "tunnus.toml:7: lifetimes.code: expected a whole number",
            "tunnus.toml:9: flow_store.url: a URL with a password is a secret: { env = \"TUNNUS_SECRET_…\" } or { file = \"NAME\" }",
            "tunnus.toml:10: tenant: unknown key; did you mean `tenants`?",
            "TUNNUS_LOG_FILTER: is not read: the setting's variable is TUNNUS_LOG__FILTER",
            "TUNNUS_METRICS__TENANTS: metrics.tenants: expected a whole number",
            "TUNNUS_SECRETS__MASTER_KEYS: secrets.master_keys[0]: a master key is 32 bytes in base64: `tunnus keys generate --kind master --out FILE`",
            "TUNNUS_SERVER__LISTEN__PORT: server.listen: expected a text",
        ]
    );
}

#[test]
fn rules_between_keys_are_judged_in_every_section() {
    let (dir, file) = folder(
        "[server]\nlisten = \"127.0.0.1:9090\"\n[lifetimes]\nattempt = 3600\n[secrets]\ndir = \"DIR\"\nmaster_keys = [\n\
         { id = \"a\", key = { file = \"master\" } },\n{ id = \"a\", key = { file = \"none\" } },\n]\n",
    );
    assert_eq!(
        told(&dir, Config::load(Some(&file), environment(&[]))),
        [
            "tunnus.toml:1: server.management_listen: the management listener needs an address of its own: metrics are not public",
            "tunnus.toml:4: lifetimes.attempt: an attempt cannot outlive its identification",
            "tunnus.toml:9: secrets.master_keys[1].id: another master key has this id",
            "tunnus.toml:9: secrets.master_keys[1].key: there is no file none",
        ]
    );
}

#[test]
fn without_a_master_key_the_error_says_the_line_that_makes_one() {
    let (dir, file) = folder("[server]\n");
    assert_eq!(
        told(&dir, Config::load(Some(&file), environment(&[]))),
        [
            "tunnus.toml: secrets.master_keys: there is no master key: make one with `tunnus keys generate --kind master \
         --out config/secrets/master-1` and set `master_keys = [{ id = \"1\", key = { file = \"master-1\" } }]` \
         under [secrets]"
        ]
    );
}

#[test]
fn a_missing_key_file_and_a_literal_key_are_named() {
    let text = MASTER.replace("\"master\"", "\"none\"");
    let (dir, file) = folder(&text);
    assert_eq!(
        told(&dir, Config::load(Some(&file), environment(&[]))),
        ["tunnus.toml:3: secrets.master_keys[0].key: there is no file none"]
    );
    let (dir, file) = folder(&format!("[secrets]\nmaster_keys = [{{ id = \"1\", key = \"{KEY}\" }}]\n"));
    assert_eq!(
        told(&dir, Config::load(Some(&file), environment(&[]))),
        [
            "tunnus.toml:2: secrets.master_keys[0].key: expected a reference: { env = \"TUNNUS_SECRET_…\" } or { file = \"NAME\" }"
        ]
    );
}

#[test]
fn a_file_that_is_named_must_be_there_and_be_toml() {
    let (dir, file) = folder("[server]\nlisten = \n");
    let missing = Config::load(Some(&dir.path().join("other.toml")), environment(&[]));
    assert_eq!(told(&dir, missing), ["other.toml: there is no such file"]);
    let faults = Config::load(Some(&file), environment(&[])).unwrap_err();
    assert!(faults.iter().all(|fault| matches!(fault.place, Place::File { line: Some(2), .. })), "{faults}");
}

/// The folder `config/` of this repository.
fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

#[test]
fn the_documented_file_has_every_key_and_holds_the_defaults() {
    let text = fs::read_to_string(repository("tunnus.toml")).unwrap();
    let document = Document::parse(&text).unwrap();
    assert_eq!(*document.value(), serde_json::to_value(Settings::default()).unwrap());
}

/// The schemas that are checked in, for editors.
fn schemas() -> [(PathBuf, serde_json::Value); 3] {
    let tenant = schemars::schema_for!(crate::tenant::TenantFile).to_value();
    let platform = schemars::schema_for!(crate::tenant::PlatformFile).to_value();
    let settings = schemars::schema_for!(Settings).to_value();
    [
        (repository("schema.json"), settings),
        (repository("tenant.schema.json"), tenant),
        (repository("platform.schema.json"), platform),
    ]
}

#[test]
fn the_schemas_that_are_checked_in_are_those_of_the_types() {
    for (path, schema) in schemas() {
        if std::env::var_os("TUNNUS_WRITE_SCHEMAS").is_some() {
            fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&schema).unwrap())).unwrap();
        }
        let checked_in: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert!(checked_in == schema, "run `TUNNUS_WRITE_SCHEMAS=1 cargo test --lib the_schemas`");
    }
}
