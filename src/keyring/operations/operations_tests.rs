use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tempfile::TempDir;
use tunnus_jose::{CertificateError, KeyError, certificate::self_signed, generate};
use tunnus_sdk::{Hidden, Timestamp};

use super::*;
use crate::{
    host::Named,
    keyring::{KeyKind, Rotation, Sweep},
    sql::SqlUrl,
    tenant::{
        for_tests::providers,
        store::change::{Change, Edit, Part},
    },
    vault::Vault,
};

const DAY: i64 = 24 * 60 * 60;
const BEGIN: i64 = 1_795_256_803;

/// A store with one tenant, a clock that is set, and its keys.
struct World {
    _dir: TempDir,
    clock: Arc<AtomicI64>,
    keyring: Keyring,
}

impl World {
    async fn new() -> Self {
        let (dir, clock) = (TempDir::new().unwrap(), Arc::new(AtomicI64::new(BEGIN)));
        let (now, chance) = (Arc::clone(&clock), Ambient::system());
        let fill = move |bytes: &mut [u8]| bytes.fill_with(|| chance.bytes::<1>()[0]);
        let ambient = Ambient::given(move || Timestamp(now.load(Ordering::Relaxed)), fill);
        let vault = Vault::new([("1".to_owned(), Hidden::new([1; 32]))], Ambient::system()).unwrap();
        let url = SqlUrl::Sqlite(dir.path().join("db"));
        let store = Store::open(&url, vault, providers(), ambient.clone()).await.unwrap();
        let world = Self { _dir: dir, clock, keyring: Keyring::new(store, Policy::default(), ambient) };
        world.found().await;
        world.wait(1);
        world
    }

    /// Makes the tenant, with a connection that signs and opens.
    async fn found(&self) {
        let tenant = json!({ "tenant": { "id": "acme", "name": "Acme" } });
        let settings = json!({ "issuer": "https://bank.example", "signing": "RS256", "encrypted": true });
        let connection = json!({ "id": "bank", "provider": "stub", "environment": "production",
            "display_name": "Bank", "settings": settings });
        let edit = |part, document| Edit { part, expected: None, document: Some(document) };
        let edits = vec![edit(Part::Tenant, tenant), edit(Part::Connection("bank".to_owned()), connection)];
        let change = Change { tenant: "acme".to_owned(), by: ada(), edits, order: None };
        self.keyring.store.change(&change).await.unwrap();
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn advance(&self) -> usize {
        self.keyring.advance(&Actor::broker("keys"), "acme").await.unwrap()
    }

    /// The states of the bank's keys for a purpose, the oldest first.
    async fn states(&self, purpose: Purpose) -> Vec<&'static str> {
        let keys = self.keyring.list("acme").await.unwrap().into_iter();
        let of_bank = keys.filter(|key| key.connection.is_some() && key.purpose == purpose.name());
        of_bank.map(|key| key.state).collect()
    }

    async fn active(&self, connection: Option<&str>, purpose: Purpose) -> KeyView {
        let keys = self.keyring.list("acme").await.unwrap();
        let mut active = keys.into_iter().filter(|key| {
            key.connection.as_deref() == connection && key.purpose == purpose.name() && key.state == "active"
        });
        active.next().unwrap()
    }

    async fn generate(&self, purpose: Purpose, kind: KeyKind) -> Result<KeyView, KeyringError> {
        let wanted = Wanted { connection: Some("bank".to_owned()), purpose, kind, fetched: false };
        self.keyring.generate(&ada(), "acme", wanted).await
    }

    async fn import(&self, bytes: &[u8], purpose: Purpose, known: bool) -> Result<KeyView, KeyringError> {
        let given = Given {
            connection: Some("bank".to_owned()),
            purpose,
            bytes: Hidden::new(bytes.to_vec()),
            passphrase: None,
            kid: Some("vendor-7".to_owned()),
            known,
            until: None,
        };
        self.keyring.import(&ada(), "acme", given).await
    }
}

fn ada() -> Actor {
    Actor::operator("ada")
}

fn said(result: Result<KeyView, KeyringError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_an_upstream_is_told_of_follows_the_one_in_use() {
    let world = World::new().await;
    let old = world.active(Some("bank"), Purpose::Signing).await;
    let new = world.keyring.rotate(&ada(), "acme", (&old.id, false)).await.unwrap();
    assert_eq!((new.state, new.duties.published, new.kind.as_str()), ("created", false, "rsa2048"));
    let again = world.keyring.rotate(&ada(), "acme", (&old.id, false)).await;
    assert_eq!(said(again), format!("the key `{}` is about to follow it already", new.id));
    world.wait(60);
    assert_eq!(world.advance().await, 1);
    assert_eq!(world.states(Purpose::Signing).await, ["active", "awaiting_registration"]);
    let file = Registered { kid: Some("vendor-7".to_owned()), until: Some(Timestamp(BEGIN + 90 * DAY)) };
    let registered = world.keyring.registered(&ada(), "acme", (&new.id, file)).await.unwrap();
    assert_eq!(
        (registered.state, registered.kid.as_str(), registered.duties.signs),
        ("active", "vendor-7", true)
    );
    assert_eq!(world.states(Purpose::Signing).await, ["cooldown", "active"]);
    let tenant = world.keyring.store.load("acme").await.unwrap().unwrap().tenant;
    let signing = &tenant.connection("bank").unwrap().credentials.signing;
    assert_eq!(tunnus_jose::SigningKey::parse(&signing[0]).unwrap().kid(), "vendor-7");
    world.wait(7 * DAY);
    world.advance().await;
    assert_eq!(world.states(Purpose::Signing).await, ["retired", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_and_taken_in_in_a_bounded_queue() {
    let world = World::new().await;
    let key = generate::rsa(2048, KeyUse::Encryption).unwrap();
    let key = key.expose_str().as_bytes();
    let full = world.keyring.store.pool().filled();
    for refused in [
        world.generate(Purpose::Decryption, KeyKind::Rsa(2048)).await,
        world.import(key, Purpose::Decryption, false).await,
    ] {
        assert_eq!(said(refused), "too much is being worked on at once: try again in a moment");
    }
    drop(full);
    assert!(world.import(key, Purpose::Decryption, false).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn decryption_goes_on_until_somebody_ends_it_and_four_are_enough() {
    let world = World::new().await;
    for _ in 0..3 {
        let old = world.active(Some("bank"), Purpose::Decryption).await;
        let new = world.keyring.rotate(&ada(), "acme", (&old.id, false)).await.unwrap();
        assert!(new.duties.opens && !new.duties.published, "it opens before anybody knows it");
        world.keyring.registered(&ada(), "acme", (&new.id, Registered::default())).await.unwrap();
        world.wait(100 * DAY);
        world.advance().await;
    }
    assert_eq!(world.states(Purpose::Decryption).await, ["cooldown", "cooldown", "cooldown", "active"]);
    let last = world.active(Some("bank"), Purpose::Decryption).await;
    let full = world.keyring.rotate(&ada(), "acme", (&last.id, false)).await;
    assert!(matches!(full, Err(KeyringError::Full)));
    assert!(said(world.keyring.retire(&ada(), "acme", &last.id).await).contains("rotate it first"));
    let of_bank = |key: &KeyView| key.connection.is_some() && key.state == "cooldown";
    let first = world.keyring.list("acme").await.unwrap().into_iter().find(of_bank);
    let ended = world.keyring.retire(&ada(), "acme", &first.unwrap().id).await.unwrap();
    assert!(!ended.duties.opens);
    assert!(world.keyring.rotate(&ada(), "acme", (&last.id, false)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_somebody_else_may_have_is_replaced_at_once() {
    let world = World::new().await;
    let old = world.active(None, Purpose::Signing).await;
    let new = world.keyring.rotate(&ada(), "acme", (&old.id, true)).await.unwrap();
    assert_eq!(new.state, "active");
    assert_eq!(world.keyring.key("acme", &old.id).await.unwrap().state, "cooldown");
    let ended = world.keyring.retire(&ada(), "acme", &old.id).await.unwrap();
    assert_eq!((ended.state, ended.duties.published), ("retired", false));
    assert!(said(world.keyring.rotate(&ada(), "acme", (&old.id, true)).await).contains("only a key in use"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_keys_rotate_by_themselves_and_only_who_is_due_is_looked_at() {
    let world = World::new().await;
    let old = world.active(None, Purpose::Signing).await;
    assert_eq!(world.keyring.due().await.unwrap(), Vec::<String>::new());
    world.wait(89 * DAY);
    assert_eq!(world.keyring.due().await.unwrap(), ["acme"]);
    assert_eq!(world.advance().await, 2, "one of each kind");
    assert_eq!(world.keyring.due().await.unwrap(), ["acme"], "the old ones are still to be followed");
    assert_eq!(world.advance().await, 0, "and have their followers");
    for (wait, changed) in [(60, 2), (DAY, 4), (7 * DAY, 2)] {
        world.wait(wait);
        assert_eq!(world.keyring.due().await.unwrap(), ["acme"]);
        assert_eq!(world.advance().await, changed, "after {wait} seconds");
    }
    assert_eq!(world.keyring.key("acme", &old.id).await.unwrap().state, "retired");
    assert_eq!(world.keyring.due().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_key_is_taken_and_what_is_no_good_is_not() {
    let world = World::new().await;
    let key = generate::rsa(2048, KeyUse::Signature).unwrap();
    let bytes = key.expose_str().as_bytes();
    let taken = world.import(bytes, Purpose::Signing, true).await.unwrap();
    assert_eq!((taken.state, taken.kid.as_str(), taken.kind.as_str()), ("active", "vendor-7", "rsa2048"));
    let same = generate::rsa(2048, KeyUse::Signature).unwrap();
    let twice = world.import(same.expose_str().as_bytes(), Purpose::Signing, true).await;
    assert_eq!(said(twice), "another key is called `vendor-7`");
    let ended = format!("{{\"exp\":{},{}", BEGIN - 1, &same.expose_str()[1..]);
    let ended = world.import(ended.as_bytes(), Purpose::Signing, true).await;
    assert_eq!(said(ended), "the key ended on 2026-11-21");
    let large = world.import(&vec![b'x'; 10 * 1024 * 1024], Purpose::Signing, true).await;
    assert!(matches!(large, Err(KeyringError::Key(KeyError::TooLarge))));
    let pss = same.expose_str().replacen('{', r#"{"alg":"PS256","#, 1);
    for other in [pss.as_str(), generate::p256(KeyUse::Signature).unwrap().expose_str()] {
        let other = world.import(other.as_bytes(), Purpose::Signing, true).await;
        assert_eq!(
            said(other),
            "the key does not make RS256 signatures, which the connection's settings ask for"
        );
    }
    let point = world.generate(Purpose::Decryption, KeyKind::P256).await;
    assert!(matches!(point, Err(KeyringError::Kind)));
    let wanted = |connection: Option<&str>, purpose| Wanted {
        connection: connection.map(str::to_owned),
        purpose,
        kind: KeyKind::Rsa(2048),
        fetched: false,
    };
    let own = world.keyring.generate(&ada(), "acme", wanted(None, Purpose::Decryption)).await;
    assert!(matches!(own, Err(KeyringError::Purpose)));
    let nowhere = world.keyring.generate(&ada(), "acme", wanted(Some("none"), Purpose::Signing)).await;
    assert!(matches!(nowhere, Err(KeyringError::NoConnection(_))));
    let nobody = world.keyring.generate(&ada(), "none", wanted(None, Purpose::Signing)).await;
    assert!(matches!(nobody, Err(KeyringError::NoTenant(_))));
    assert!(matches!(world.keyring.retire(&ada(), "acme", "none").await, Err(KeyringError::NoKey(_))));
}

/// A request for the certificate of the bank.
fn request() -> Request {
    Request {
        connection: "bank".to_owned(),
        common_name: "client-1".to_owned(),
        organisation: Some("Acme Oy".to_owned()),
        kind: KeyKind::P256,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_asked_for_and_only_that_one_is_taken() {
    let world = World::new().await;
    let request = request();
    let (key, pem) = world.keyring.csr(&ada(), "acme", request.clone()).await.unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    assert_eq!((key.state, key.subject.as_deref()), ("awaiting_registration", Some("client-1")));
    let another = world.keyring.csr(&ada(), "acme", request).await;
    assert!(matches!(another, Err(KeyringError::UnderWay(_))));
    let stored = world.keyring.read("acme").await.unwrap();
    let private = world.keyring.store.private_of(&stored, &key.id).unwrap();
    let span = (Timestamp(BEGIN - 1), Timestamp(BEGIN + 365 * DAY));
    let other = generate::p256(KeyUse::Signature).unwrap();
    let now = Timestamp(BEGIN);
    for (certificate, expected) in [
        (self_signed(&other, "client-1", span), CertificateError::AnotherKey),
        (self_signed(&private, "client-2", span), CertificateError::AnotherSubject),
        (self_signed(&private, "client-1", (Timestamp(0), now)), CertificateError::Ended),
        (
            self_signed(&private, "client-1", (now.plus(std::time::Duration::from_secs(60)), span.1)),
            CertificateError::NotYetValid,
        ),
    ] {
        let refused = world.keyring.certificate(&ada(), "acme", (&key.id, &certificate.unwrap())).await;
        assert!(matches!(refused, Err(KeyringError::Certificate(error)) if error == expected), "{expected}");
    }
    let good = self_signed(&private, "client-1", span).unwrap();
    let taken = world.keyring.certificate(&ada(), "acme", (&key.id, &good)).await.unwrap();
    assert_eq!((taken.state, taken.duties.signs), ("active", true));
    assert_eq!(taken.not_after, span.1.to_rfc3339());
    let tenant = world.keyring.store.load("acme").await.unwrap().unwrap().tenant;
    let shown = tenant.connection("bank").unwrap().credentials.certificate.clone().unwrap();
    assert!(shown.expose_str().starts_with(&good) && shown.expose_str().contains("PRIVATE KEY"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_token_names_comes_into_use_once_and_that_is_on_record() {
    let world = World::new().await;
    let old = world.active(Some("bank"), Purpose::Decryption).await;
    let new = world.keyring.rotate(&ada(), "acme", (&old.id, false)).await.unwrap();
    let named = |connection: &str, kid: &str| Named {
        tenant: "acme".to_owned(),
        connection: connection.to_owned(),
        kid: kid.to_owned(),
    };
    let signing = world.active(Some("bank"), Purpose::Signing).await;
    for other in [named("bank", "k"), named("other", &new.kid), named("bank", &signing.kid)] {
        assert!(!world.keyring.named(&other).await.unwrap(), "{other:?}");
    }
    assert_eq!(world.states(Purpose::Decryption).await, ["active", "created"]);
    assert!(world.keyring.named(&named("bank", &new.kid)).await.unwrap());
    assert_eq!(world.states(Purpose::Decryption).await, ["cooldown", "active"]);
    for kid in [&new.kid, &old.kid] {
        assert!(!world.keyring.named(&named("bank", kid)).await.unwrap());
    }
    let records = world.keyring.store.audit().records().unwrap();
    let events = records.latest("acme", 10, None).await.unwrap();
    let by_token = |name: &str| name == "keys: a token names it";
    let noted = events.iter().filter(|event| event.body.actor.as_ref().is_some_and(|by| by_token(&by.name)));
    assert_eq!(noted.count(), 1, "{events:?}");
    let gone = Named { tenant: "nowhere".to_owned(), ..named("bank", "k") };
    assert!(matches!(world.keyring.named(&gone).await, Err(KeyringError::NoTenant(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_a_certificate_can_be_had_again_and_only_of_a_key_that_was_made_for_one() {
    let world = World::new().await;
    let request = request();
    let (key, first) = world.keyring.csr(&ada(), "acme", request).await.unwrap();
    let (same, again) = world.keyring.request("acme", &key.id).await.unwrap();
    assert_eq!(same, key);
    let subject = |pem: &str| {
        let request = readable(pem);
        assert!(request.contains("client-1") && request.contains("Acme Oy"), "{request}");
        request
    };
    assert_eq!(subject(&first), subject(&again));
    let signing = world.active(Some("bank"), Purpose::Signing).await;
    assert!(world.keyring.request("acme", &signing.id).await.is_err());
    world.keyring.retire(&ada(), "acme", &key.id).await.unwrap();
    assert!(world.keyring.request("acme", &key.id).await.is_err(), "its private part is gone");
}

/// The readable part of a request, up to its signature, which differs from time to time.
fn readable(pem: &str) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    der.iter()
        .take(120)
        .map(|byte| char::from(*byte))
        .filter(|letter| letter.is_ascii_graphic() || *letter == ' ')
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_key_is_shown_in_every_form_and_nothing_of_the_private_one() {
    let world = World::new().await;
    let mut keys = Vec::new();
    for purpose in [Purpose::Signing, Purpose::Decryption] {
        keys.push(world.active(Some("bank"), purpose).await);
    }
    let stored = world.keyring.read("acme").await.unwrap();
    for key in keys {
        let private = world.keyring.store.private_of(&stored, &key.id).unwrap();
        let private: serde_json::Value = serde_json::from_str(private.expose_str()).unwrap();
        for (format, begin) in [
            (Format::Jwk, "{"),
            (Format::Jwks, "{\n  \"keys\": ["),
            (Format::Pem, "-----BEGIN PUBLIC KEY-----"),
            (Format::X509, "-----BEGIN CERTIFICATE-----"),
        ] {
            let shown = world.keyring.public("acme", &key.id, format).await.unwrap();
            assert!(shown.starts_with(begin), "{shown}");
            for member in ["d", "p", "q", "dp", "dq", "qi"] {
                assert!(!shown.contains(private[member].as_str().unwrap()), "{member}");
            }
        }
        let listed = serde_json::to_string(&world.keyring.list("acme").await.unwrap()).unwrap();
        assert!(!listed.contains(private["d"].as_str().unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_brokers_one_has_the_keys_go_on_and_the_other_takes_over() {
    let world = World::new().await;
    let (one, two) = (Rotation::new(world.keyring.clone()), Rotation::new(world.keyring.clone()));
    world.wait(89 * DAY);
    assert_eq!((one.turn().await.unwrap(), two.turn().await.unwrap()), (2, 0));
    world.wait(60);
    assert_eq!(two.turn().await.unwrap(), 0, "the other has the lease");
    world.wait(61);
    assert_eq!(two.turn().await.unwrap(), 2, "and has lost it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_begun_again_leaves_alone_what_is_under_way() {
    let world = World::new().await;
    let signing = world.active(Some("bank"), Purpose::Signing).await;
    let file = Registered { kid: None, until: Some(Timestamp(BEGIN + 20 * DAY)) };
    world.keyring.registered(&ada(), "acme", (&signing.id, file)).await.unwrap();
    let swept = async |provider: &str, days| {
        let sweep =
            Sweep { provider: Some(provider.to_owned()), before: Some(Timestamp(BEGIN + days * DAY)) };
        let mut swept = Vec::new();
        world.keyring.rotate_all(&ada(), &sweep, |one| swept.push(one.clone())).await.unwrap();
        swept.into_iter().map(|one| (one.key, one.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(swept("another", 30).await, []);
    assert_eq!(swept("stub", 10).await, [], "it does not end as soon");
    assert_eq!(swept("stub", 30).await, [(signing.id.clone(), "rotated")]);
    assert_eq!(swept("stub", 30).await, [(signing.id, "under_way")]);
}
