use super::*;

fn vault(keys: &[(&str, u8)]) -> Vault {
    let keys = keys.iter().map(|(id, byte)| ((*id).to_owned(), Hidden::new([*byte; 32])));
    Vault::new(keys, Ambient::system()).unwrap()
}

fn place(text: &str) -> Place {
    Place::parse("acme", text).unwrap()
}

const CLIENT_SECRET: &str = "connections/bank/credentials/client_secret";

/// Every place but [`CLIENT_SECRET`] of acme.
fn other_places() -> Vec<Place> {
    let mut places: Vec<_> = [
        "connections/bank2/credentials/client_secret",
        "connections/bank/credentials/signing",
        "apps/bank/secrets",
        "keys/subject",
    ]
    .map(place)
    .into();
    places.push(Place::parse("other", CLIENT_SECRET).unwrap());
    places
}

#[test]
fn a_secret_opens_at_its_own_place_and_nowhere_else() {
    let (key, _) = vault(&[("1", 1)]).new_data_key("acme").unwrap();
    let sealed = key.seal(&place(CLIENT_SECRET), "id", &"hunter2".into()).unwrap();
    assert_eq!(key.open(&place(CLIENT_SECRET), "id", &sealed), Ok("hunter2".into()));
    assert_eq!(key.open(&place(CLIENT_SECRET), "id2", &sealed), Err(VaultError::Refused), "a swapped row");
    for other in other_places() {
        assert_eq!(key.open(&other, "id", &sealed), Err(VaultError::Refused), "{other}");
    }
    let (another, _) = vault(&[("1", 1)]).new_data_key("acme").unwrap();
    assert_eq!(another.open(&place(CLIENT_SECRET), "id", &sealed), Err(VaultError::Refused));
}

#[test]
fn a_data_key_is_its_tenants_alone() {
    let vault = vault(&[("1", 1)]);
    let (key, sealed) = vault.new_data_key("acme").unwrap();
    let secret = key.seal(&place(CLIENT_SECRET), "id", &"hunter2".into()).unwrap();
    let opened = vault.open_data_key("acme", &sealed).unwrap();
    assert_eq!(opened.open(&place(CLIENT_SECRET), "id", &secret), Ok("hunter2".into()));
    assert_eq!(vault.open_data_key("other", &sealed).unwrap_err(), VaultError::Refused);
}

#[test]
fn a_new_master_key_takes_over_the_data_keys_and_the_secrets_stay() {
    let (key, sealed) = vault(&[("old", 1)]).new_data_key("acme").unwrap();
    let secret = key.seal(&place(CLIENT_SECRET), "id", &"hunter2".into()).unwrap();
    let both = vault(&[("new", 2), ("old", 1)]);
    let rewrapped = both.rewrap_data_key("acme", &sealed).unwrap().unwrap();
    assert_eq!(both.rewrap_data_key("acme", &rewrapped), Ok(None), "once is enough");
    assert_eq!(
        (master_key_of(&sealed).as_deref(), master_key_of(&rewrapped).as_deref()),
        (Some("old"), Some("new"))
    );
    let only_new = vault(&[("new", 2)]);
    let opened = only_new.open_data_key("acme", &rewrapped).unwrap();
    assert_eq!(opened.open(&place(CLIENT_SECRET), "id", &secret), Ok("hunter2".into()));
    assert_eq!(
        only_new.open_data_key("acme", &sealed).unwrap_err().to_string(),
        "it is sealed under the master key `old`, which is not in secrets.master_keys"
    );
    assert_eq!(vault(&[("new", 3)]).open_data_key("acme", &rewrapped).unwrap_err(), VaultError::Refused);
}

#[test]
fn a_value_of_a_file_is_sealed_for_its_place_and_rewrapped() {
    let old = vault(&[("old", 1)]);
    let sealed = old.seal(&place(CLIENT_SECRET), &"hunter2".into()).unwrap();
    assert_eq!(old.open(&place(CLIENT_SECRET), &sealed), Ok("hunter2".into()));
    for other in other_places() {
        assert_eq!(old.open(&other, &sealed), Err(VaultError::Refused), "{other}");
    }
    assert_eq!(old.open_data_key("acme", &sealed).unwrap_err(), VaultError::Refused);
    let both = vault(&[("new", 2), ("old", 1)]);
    let rewrapped = both.rewrap(&place(CLIENT_SECRET), &sealed).unwrap().unwrap();
    assert_eq!(both.rewrap(&place(CLIENT_SECRET), &rewrapped), Ok(None));
    assert_eq!(vault(&[("new", 2)]).open(&place(CLIENT_SECRET), &rewrapped), Ok("hunter2".into()));
}

#[test]
fn a_fingerprint_tells_equal_values_of_one_place_and_nothing_more() {
    let (key, _) = vault(&[("1", 1)]).new_data_key("acme").unwrap();
    let (another, _) = vault(&[("1", 1)]).new_data_key("acme").unwrap();
    let here = key.fingerprint(&place(CLIENT_SECRET), &"hunter2".into()).unwrap();
    assert_eq!(key.fingerprint(&place(CLIENT_SECRET), &"hunter2".into()), Ok(here.clone()));
    assert_ne!(key.fingerprint(&place(CLIENT_SECRET), &"hunter3".into()), Ok(here.clone()));
    assert_ne!(key.fingerprint(&place("keys/subject"), &"hunter2".into()), Ok(here.clone()));
    assert_ne!(another.fingerprint(&place(CLIENT_SECRET), &"hunter2".into()), Ok(here));
}

#[test]
fn what_was_never_sealed_is_malformed() {
    let vault = vault(&[("1", 1)]);
    let (key, _) = vault.new_data_key("acme").unwrap();
    for text in ["", "hunter2", "AAAA", "no base64!"] {
        assert_eq!(vault.open(&place(CLIENT_SECRET), text), Err(VaultError::Malformed), "{text}");
        assert_eq!(key.open(&place(CLIENT_SECRET), "id", text), Err(VaultError::Malformed), "{text}");
        assert_eq!(master_key_of(text), None);
    }
}

#[test]
fn a_vault_has_a_key_and_prints_none() {
    let keys =
        |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), Hidden::new([77; 32]))).collect::<Vec<_>>();
    for bad in [keys(&[]), keys(&["a", "a"]), keys(&[""])] {
        assert_eq!(Vault::new(bad, Ambient::system()).unwrap_err(), VaultError::Keys);
    }
    let (key, _) = vault(&[("1", 77)]).new_data_key("acme").unwrap();
    assert!(!format!("{:?} {key:?}", vault(&[("1", 77)])).contains("77"));
}

#[test]
fn places_are_those_of_a_tenants_file() {
    for good in ["keys/signing", "apps/shop/jwks", CLIENT_SECRET] {
        assert_eq!(place(good).to_string(), good);
    }
    for bad in [
        "",
        "keys",
        "apps/shop",
        "apps//secrets",
        "apps/shop/credentials/signing",
        "connections/bank/secrets",
    ] {
        assert!(Place::parse("acme", bad).unwrap_err().starts_with("expected keys/signing"), "{bad}");
    }
}
