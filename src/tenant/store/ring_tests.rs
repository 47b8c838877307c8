//! The keys that a store keeps itself, on both databases.

#![expect(clippy::cognitive_complexity, reason = "each assertion counts")]

use serde_json::{Value, json};
use tunnus_jose::{DecryptionKey, SigningKey, certificate::self_signed, to_pem};
use tunnus_sdk::{SigningAlgorithm, Timestamp};

use super::{
    change::{Change, ChangeError, Edit, Part},
    store_tests::{bank, edit, given, on_both, put, store, told, wanted},
    *,
};
use crate::{
    keyring::{Key, KeyKind, NewKey, Purpose, State, made},
    sql::postgres_for_tests::PostgresServer,
    tenant::{apply::to_change, for_tests::World},
};

on_both! {
    what_comes_without_keys_gets_them
    a_key_does_as_its_state_says
    no_private_part_can_be_read_and_none_opens_elsewhere
    keys_go_with_their_connection_and_stay_at_a_prune
    of_two_who_change_a_key_the_second_is_told
    a_certificate_that_was_given_is_sealed_and_kept_beside_the_rings
}

/// A tenant that names no key.
const BARE: &str = r#"[tenant]
id = "acme"
name = "Acme"

[[apps]]
id = "shop"
name = "Shop"
authentication = "client_secret_basic"
secrets = [{ env = "TUNNUS_SECRET_SHOP" }]
redirect_uris = ["https://shop.example/cb"]
id_token_signed_response_alg = "ES256"

[[connections]]
id = "bank"
provider = "stub"
environment = "production"
display_name = "Bank"
settings = { issuer = "https://bank.example", signing = "RS256", encrypted = true, certificate = true }
"#;

/// The bare tenant in the store.
async fn bare(store: &Store) -> StoredTenant {
    let change = to_change(&with_secret(), None, &wanted());
    store.change(&change).await.unwrap().tenant.unwrap()
}

/// The bare tenant with its app's secret as a value.
fn with_secret() -> Value {
    let mut value = given(&World::new(), BARE);
    value["apps"][0]["secrets"] = json!([{ "value": "shop-secret-shop-secret" }]);
    value
}

async fn loaded(store: &Store) -> Tenant {
    store.load("acme").await.unwrap().unwrap().tenant
}

fn kids(set: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    let mut kids: Vec<_> = set["keys"].as_array().unwrap().iter().map(kid).collect();
    kids.sort();
    kids
}

fn kid(jwk: &Value) -> String {
    jwk["kid"].as_str().unwrap().to_owned()
}

/// The keys of a place.
fn keys_of<'a>(
    stored: &'a StoredTenant,
    connection: Option<&str>,
    purpose: Purpose,
) -> Vec<(&'a String, &'a Key)> {
    let keys = stored.keys.iter().map(|(id, stored)| (id, &stored.key));
    keys.filter(|(_, key)| key.connection.as_deref() == connection && key.purpose == purpose).collect()
}

/// Puts a key into the ring, or changes one.
async fn put_key(store: &Store, id: &str, document: Value) -> Result<StoredTenant, ChangeError> {
    let stored = store.read("acme").await.unwrap().unwrap();
    let part = Part::Key(id.to_owned());
    let revision = stored.part(&part).map(|row| row.revision);
    Ok(store.change(&edit(part, revision, Some(document))).await?.tenant.unwrap())
}

/// A key as an edit says it, with its private part.
fn to_document(NewKey { key, private }: &NewKey) -> Value {
    let mut document = json!(key);
    document["private"] = json!({ "value": private });
    document
}

fn new(purpose: Purpose, kind: KeyKind) -> NewKey {
    made(Some("bank".to_owned()), purpose, kind, Timestamp(7)).unwrap()
}

async fn what_comes_without_keys_gets_them(url: SqlUrl) {
    let store = store(&url).await;
    let stored = bare(&store).await;
    assert!(stored.keys.values().all(|stored| stored.key.state == State::Active));
    let tenant = loaded(&store).await;
    assert!(tenant.signing_key(SigningAlgorithm::RS256).is_some());
    assert!(tenant.signing_key(SigningAlgorithm::ES256).is_some());
    assert_eq!(tenant.subject_key.expose().len(), 32);
    assert_eq!(kids(&tenant.key_set().body).len(), 2);
    let bank = tenant.connection("bank").unwrap();
    assert!(SigningKey::parse(&bank.credentials.signing[0]).unwrap().supports(SigningAlgorithm::RS256));
    assert!(DecryptionKey::parse(&bank.credentials.decryption[0]).is_ok());
    assert!(bank.credentials.certificate.is_none(), "somebody else makes it");
    // The same once more makes no other keys.
    let mut value = with_secret();
    value["keys"] = stored.row.document["keys"].clone();
    assert!(!store.change(&to_change(&value, Some(&stored), &wanted())).await.unwrap().written);
}

async fn a_key_does_as_its_state_says(url: SqlUrl) {
    let store = store(&url).await;
    let stored = bare(&store).await;
    let (first, old) = keys_of(&stored, Some("bank"), Purpose::Signing)[0];
    let (_, opening) = keys_of(&stored, Some("bank"), Purpose::Decryption)[0];
    let (signing, decryption) =
        (new(Purpose::Signing, KeyKind::Rsa(2048)), new(Purpose::Decryption, KeyKind::Rsa(2048)));
    put_key(&store, "s", to_document(&signing)).await.unwrap();
    put_key(&store, "d", to_document(&decryption)).await.unwrap();
    let state = |of: &NewKey, state| json!(Key { state, ..of.key.clone() });
    let seen = async || {
        let tenant = loaded(&store).await;
        let bank = tenant.connection("bank").unwrap().clone();
        let signs = SigningKey::parse(&bank.credentials.signing[0]).unwrap().kid().to_owned();
        let opens =
            bank.credentials.decryption.iter().map(|key| DecryptionKey::parse(key).unwrap().kid().to_owned());
        (
            bank.credentials.signing.len(),
            signs,
            opens.collect::<Vec<_>>(),
            kids(&bank.key_set().unwrap().body),
        )
    };
    let sorted = |mut kids: Vec<&String>| {
        kids.sort();
        kids.into_iter().cloned().collect::<Vec<_>>()
    };
    let (s, d) = (&signing.key.kid, &decryption.key.kid);
    let opens = vec![opening.kid.clone(), d.clone()];
    assert_eq!(seen().await, (1, old.kid.clone(), opens.clone(), sorted(vec![&old.kid, &opening.kid])));
    put_key(&store, "s", state(&signing, State::WarmUp)).await.unwrap();
    put_key(&store, "d", state(&decryption, State::WarmUp)).await.unwrap();
    assert_eq!(seen().await, (1, old.kid.clone(), opens, sorted(vec![&old.kid, &opening.kid, s, d])));
    put_key(&store, first, json!(Key { state: State::Cooldown, ..old.clone() })).await.unwrap();
    assert!(loaded(&store).await.connection("bank").unwrap().credentials.signing.is_empty(), "none is made");
    put_key(&store, "s", state(&signing, State::Active)).await.unwrap();
    let now = seen().await;
    assert_eq!((now.0, &now.1, &now.3), (1, s, &sorted(vec![&old.kid, &opening.kid, s, d])));
    let retired = put_key(&store, first, json!(Key { state: State::Retired, ..old.clone() })).await.unwrap();
    assert_eq!(retired.keys[first].sealed, "", "its private part is destroyed");
    assert_eq!(seen().await.3, sorted(vec![&opening.kid, s, d]));
}

async fn no_private_part_can_be_read_and_none_opens_elsewhere(url: SqlUrl) {
    let store = store(&url).await;
    bare(&store).await;
    let (one, two) = (new(Purpose::Signing, KeyKind::P256), new(Purpose::Signing, KeyKind::P256));
    let active = |of: NewKey| NewKey { key: Key { state: State::Active, ..of.key }, ..of };
    let private: Value = serde_json::from_str(one.private.expose_str()).unwrap();
    put_key(&store, "one", to_document(&active(one))).await.unwrap();
    let stored = put_key(&store, "two", to_document(&two)).await.unwrap();
    let rows = sqlx::query_scalar::<_, String>("SELECT document || sealed FROM keys");
    let dump = rows.fetch_all(store.sql().pool()).await.unwrap().join("\n");
    let secret = private["d"].as_str().unwrap();
    assert!(!dump.contains(secret) && !format!("{stored:?}").contains(secret));
    assert!(store.load("acme").await.is_ok());
    let swap = "UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE id = 'two') WHERE id = 'one'";
    sqlx::query(swap).execute(store.sql().pool()).await.unwrap();
    assert!(matches!(store.load("acme").await, Err(TenantsError::Faulty(_))));
}

async fn keys_go_with_their_connection_and_stay_at_a_prune(url: SqlUrl) {
    let store = store(&url).await;
    let stored = bare(&store).await;
    let mut value = with_secret();
    value["keys"] = stored.row.document["keys"].clone();
    value["connections"][0]["display_name"] = json!("Another");
    let pruned = store.change(&to_change(&value, Some(&stored), &wanted())).await.unwrap();
    assert_eq!(pruned.tenant.as_ref().unwrap().ring(), stored.ring());
    let revision = pruned.tenant.unwrap().part(&bank()).unwrap().revision;
    let gone = store.change(&edit(bank(), Some(revision), None)).await.unwrap().tenant.unwrap();
    assert_eq!(keys_of(&gone, Some("bank"), Purpose::Signing), []);
    assert_eq!(keys_of(&gone, None, Purpose::Signing).len(), 2);
}

async fn of_two_who_change_a_key_the_second_is_told(url: SqlUrl) {
    let store = store(&url).await;
    let stored = bare(&store).await;
    let (id, key) = keys_of(&stored, Some("bank"), Purpose::Signing)[0];
    let part = Part::Key(id.clone());
    let revision = stored.part(&part).map(|row| row.revision);
    let change = |not_after| {
        let document = json!(Key { not_after: Some(Timestamp(not_after)), ..key.clone() });
        edit(part.clone(), revision, Some(document))
    };
    store.change(&change(1)).await.unwrap();
    assert!(matches!(store.change(&change(2)).await, Err(ChangeError::Conflict(Part::Key(_)))));
    // Nonsense is no key, and one without its private part none that could be kept.
    for document in [json!({ "kid": "x" }), json!(key)] {
        let edits = vec![Edit { part: Part::Key("x".to_owned()), expected: None, document: Some(document) }];
        let change = Change { edits, ..change(3) };
        assert!(told(&store.change(&change).await.unwrap_err())[0].starts_with("the key `x` "));
    }
    assert!(put(&store, crate::tenant::for_tests::GOOD).await.is_err(), "its subject key is another's");
}

/// A certificate with its key.
fn certified(name: &str) -> (NewKey, String) {
    let made = new(Purpose::Certificate, KeyKind::P256);
    let certificate = self_signed(&made.private, name, (Timestamp(0), Timestamp(4_000_000_000))).unwrap();
    let key = Key { state: State::Active, certificate: Some(certificate.clone()), ..made.key };
    (NewKey { key, private: made.private }, certificate)
}

async fn a_certificate_that_was_given_is_sealed_and_kept_beside_the_rings(url: SqlUrl) {
    let store = store(&url).await;
    bare(&store).await;
    let ((ring, ring_pem), (other, other_pem)) = (certified("ring"), certified("given"));
    let stored = put_key(&store, "ring", to_document(&ring)).await.unwrap();
    let row = stored.part(&bank()).unwrap();
    let mut document = row.document.clone();
    let private = to_pem(&other.private).unwrap();
    let given = format!("{other_pem}{}", private.expose_str());
    document["credentials"] = json!({ "certificate": { "value": given } });
    let sealed = store.change(&edit(bank(), Some(row.revision), Some(document))).await.unwrap();
    let mut row = sealed.tenant.unwrap().part(&bank()).unwrap().clone();
    assert!(row.document["credentials"]["certificate"]["stored"].is_string());
    let rows = sqlx::query_scalar::<_, String>("SELECT document FROM connections");
    let dump = rows.fetch_all(store.sql().pool()).await.unwrap().join("\n");
    assert!(dump.contains("stored") && !dump.contains("BEGIN"));
    let shown = async || {
        let tenant = loaded(&store).await;
        let shown = tenant.connection("bank").unwrap().credentials.certificate.clone().unwrap();
        shown.expose_str().to_owned()
    };
    assert!(shown().await.contains(ring_pem.trim_end()));
    // Another change keeps what is not shown at the time.
    row.document["display_name"] = json!("Another");
    store.change(&edit(bank(), Some(row.revision), Some(row.document))).await.unwrap();
    put_key(&store, "ring", json!(Key { state: State::Retired, ..ring.key })).await.unwrap();
    assert!(shown().await == given.trim_end());
}

#[test]
fn a_secret_that_is_not_sealed_is_found_wherever_secrets_stand() {
    let given = json!({ "value": "x" });
    for part in [Part::Tenant, Part::App("shop".to_owned()), bank()] {
        for name in part.secrets() {
            for (secret, found) in [
                (given.clone(), true),
                (json!([{ "stored": "a" }, given.clone()]), true),
                (json!([{ "stored": "a" }]), false),
                (json!({ "stored": "a" }), false),
            ] {
                let document = match name.split_once('/') {
                    Some((table, key)) => json!({ table: { key: secret } }),
                    None => json!({ *name: secret }),
                };
                assert_eq!(part.unsealed(&document).is_some(), found, "{document}");
            }
        }
    }
}
