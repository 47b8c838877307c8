use std::{
    sync::{Barrier, OnceLock},
    thread,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tunnus_jose::Operations;
use tunnus_sdk::{
    CredentialNeeds, Credentials, Definition, Evidence, Fault, Finding, Floor, Hidden, Host, Identity,
    Inbound, Leg, LocalizedText, LoginRequest, ProviderState, SettingsError, SetupStep, Stage, Step,
    SubjectSource, Timestamp, async_trait,
};

use super::*;
use crate::{
    ambient::Ambient,
    tenant::{for_tests::keys, limits::Limits, model::Branding},
};

/// Can be built where its settings say so, and counts how often that was tried.
struct Fickle;

#[derive(Deserialize, JsonSchema)]
struct FickleSettings {
    test: String,
    good: bool,
}

static BUILDS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

fn builds(test: &str) -> usize {
    BUILDS.lock().unwrap().get(test).copied().unwrap_or_default()
}

#[async_trait]
impl Definition for Fickle {
    type Settings = FickleSettings;
    type Provider = Self;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "fickle",
        title: "Fickle",
        countries: &[],
        legs: &[Leg::CALLBACK],
        methods: &[],
        selects_method: false,
        claims: &[],
        subject: SubjectSource::Upstream,
        remembers_visitor: false,
    };

    fn check(_: &FickleSettings, _: Environment) -> Vec<SettingsError> {
        Vec::new()
    }

    fn needs(_: &FickleSettings) -> CredentialNeeds {
        CredentialNeeds::default()
    }

    fn floor(_: &FickleSettings) -> Floor {
        Floor::default()
    }

    fn setup(_: &FickleSettings) -> Vec<SetupStep> {
        Vec::new()
    }

    fn build(settings: FickleSettings, _: Arc<dyn Host>) -> Result<Self, ProviderError> {
        *BUILDS.lock().unwrap().entry(settings.test).or_default() += 1;
        let misconfigured = || ProviderError::new(Fault::ConnectionMisconfigured, Stage::Discovery);
        if settings.good { Ok(Self) } else { Err(misconfigured().because("no such endpoint")) }
    }
}

#[async_trait]
impl Provider for Fickle {
    async fn start(&self, _: &LoginRequest) -> Result<Step, ProviderError> {
        Err(ProviderError::new(Fault::Internal, Stage::Discovery))
    }

    async fn resume(&self, _: &LoginRequest, _: ProviderState, _: Inbound) -> Result<Step, ProviderError> {
        Err(ProviderError::new(Fault::Internal, Stage::Callback))
    }

    fn normalise(&self, _: &Evidence) -> Result<Identity, ProviderError> {
        Err(ProviderError::new(Fault::Internal, Stage::Normalise))
    }

    async fn probe(&self) -> Vec<Finding> {
        Vec::new()
    }
}

fn connection(test: &str, id: &str, revision: u64, good: bool) -> Connection {
    Connection {
        id: id.to_owned(),
        provider: "fickle".to_owned(),
        environment: Environment::Production,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        limits: Limits::default(),
        subject: SubjectSource::Upstream,
        settings: json!({ "test": test, "good": good }),
        credentials: Credentials::default(),
        revision,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

fn tenant(id: &str, connections: impl IntoIterator<Item = Connection>) -> Tenant {
    Tenant {
        id: id.to_owned(),
        platform: None,
        branding: Branding::default(),
        signing_keys: Vec::new(),
        subject_key: Hidden::new(vec![7; 32]),
        apps: Vec::new(),
        connections: connections.into_iter().map(Arc::new).collect(),
        ring: Vec::new(),
        aliases: BTreeMap::new(),
        lapsed: Vec::new(),
        key_set: OnceLock::new(),
    }
}

struct World {
    connections: Connections,
    metrics: Arc<Metrics>,
}

impl World {
    fn keeping(capacity: usize) -> Self {
        let metrics = Arc::new(Metrics::new(10, [].into()).unwrap());
        let ambient = Ambient::given(|| Timestamp(1_795_256_803), |bytes| bytes.fill(7));
        let outbound = Outbound::new(&[], Arc::clone(&metrics), Arc::new(Operations::new()), ambient);
        let providers = Providers::default().with::<Fickle>();
        let url = "https://broker.example".to_owned();
        let outbound = Arc::new(outbound.unwrap());
        Self {
            connections: Connections::new(providers, outbound, Arc::clone(&metrics), url, capacity),
            metrics,
        }
    }

    fn ready(&self, connection: &Connection) -> Result<Ready, Error> {
        self.connections.ready(&tenant("acme", []), connection)
    }

    fn follow(&self, connections: impl IntoIterator<Item = Connection>) {
        self.connections.follow("acme", Some(&tenant("acme", connections)));
    }

    /// Whether metrics say that `bank` cannot be built.
    fn shows_failure(&self) -> bool {
        let series = r#"tunnus_connection_build_failed{connection="bank",tenant="acme"} 1"#;
        self.metrics.render().lines().any(|line| line == series)
    }
}

fn is_same(one: &Ready, other: &Ready) -> bool {
    Arc::ptr_eq(&one.provider, &other.provider)
}

#[test]
fn a_revision_is_built_once_and_a_change_builds_it_again() {
    let world = World::keeping(8);
    let first = world.ready(&connection("once", "bank", 1, true)).unwrap();
    let again = world.ready(&connection("once", "bank", 1, true)).unwrap();
    let changed = world.ready(&connection("once", "bank", 2, true)).unwrap();
    assert!(is_same(&first, &again) && !is_same(&first, &changed));
    assert_eq!(builds("once"), 2);
}

#[test]
fn many_who_come_at_once_get_one_build() {
    let world = World::keeping(8);
    let barrier = Barrier::new(8);
    let ready = || {
        barrier.wait();
        world.ready(&connection("flight", "bank", 1, true)).unwrap()
    };
    let built: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..8).map(|_| scope.spawn(ready)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(built.iter().all(|one| is_same(one, &built[0])));
    assert_eq!(builds("flight"), 1);
}

#[test]
fn what_cannot_be_built_leaves_the_former_serving_is_tried_once_and_shows() {
    let world = World::keeping(8);
    let former = world.ready(&connection("former", "bank", 1, true)).unwrap();
    assert!(!world.shows_failure());
    for _ in 0..3 {
        let serving = world.ready(&connection("former", "bank", 2, false)).unwrap();
        assert!(is_same(&former, &serving));
    }
    assert!(world.shows_failure());
    assert_eq!(builds("former"), 2, "the faulty revision was tried once");
    let mended = world.ready(&connection("former", "bank", 3, true)).unwrap();
    assert!(!is_same(&former, &mended) && !world.shows_failure());
}

#[test]
fn what_never_was_built_is_an_error_each_time_with_its_cause_and_tried_once() {
    let world = World::keeping(8);
    for _ in 0..3 {
        let error = world.ready(&connection("never", "bank", 1, false)).unwrap_err();
        assert_eq!((error.code, error.stage), (Code::ConnectionMisconfigured, Some(Stage::Discovery)));
        assert!(error.causes().contains("no such endpoint"), "{}", error.causes());
    }
    assert_eq!(builds("never"), 1);
    assert!(world.shows_failure());
}

#[test]
fn what_has_become_another_provider_or_environment_is_not_served_by_the_former() {
    let world = World::keeping(8);
    world.ready(&connection("other", "bank", 1, true)).unwrap();
    let sandbox = Environment::Sandbox;
    let other_environment = Connection { environment: sandbox, ..connection("other", "bank", 2, false) };
    let provider = "none".to_owned();
    let other_provider = Connection { provider, ..connection("other", "bank", 3, true) };
    for changed in [other_environment, other_provider] {
        assert_eq!(world.ready(&changed).unwrap_err().code, Code::ConnectionMisconfigured);
    }
    assert!(world.ready(&connection("other", "bank", 4, false)).is_ok());
}

#[test]
fn a_key_that_was_taken_away_is_gone_with_the_next_use() {
    let world = World::keeping(8);
    let [rsa, _, p256] = keys();
    let signing = |keys: &[&Hidden<String>], revision| Connection {
        credentials: Credentials {
            signing: keys.iter().map(|key| (*key).clone()).collect(),
            ..Credentials::default()
        },
        ..connection("revoked", "bank", revision, true)
    };
    let both = signing(&[rsa, p256], 1);
    let before = world.ready(&both).unwrap();
    let one = signing(&[p256], 2);
    assert!(!is_same(&before, &world.ready(&one).unwrap()));
    let published = |connection: &Connection| connection.key_set().unwrap().body.clone();
    assert!(published(&both).contains("\"RSA\"") && !published(&one).contains("\"RSA\""));
}

#[test]
fn the_longest_unused_makes_room() {
    let world = World::keeping(2);
    let of = |id: &str| connection("room", id, 1, true);
    for id in ["a", "b", "a", "c"] {
        world.ready(&of(id)).unwrap();
    }
    assert_eq!(builds("room"), 3);
    world.ready(&of("a")).unwrap();
    world.ready(&of("c")).unwrap();
    assert_eq!(builds("room"), 3, "those that were used stay");
    world.ready(&of("b")).unwrap();
    assert_eq!(builds("room"), 4);
}

#[test]
fn a_change_renews_what_is_in_use_and_forgets_what_is_gone_or_switched_off() {
    let world = World::keeping(8);
    let of = |id: &str, revision| connection("follow", id, revision, true);
    for id in ["bank", "gone", "off"] {
        world.ready(&of(id, 1)).unwrap();
    }
    let other = tenant("acme-2", []);
    let elsewhere = world.connections.ready(&other, &of("bank", 1)).unwrap();
    assert_eq!(builds("follow"), 4);
    world.follow([of("bank", 2), Connection { enabled: false, ..of("off", 1) }, of("unused", 1)]);
    assert_eq!(builds("follow"), 5, "built before anybody asks, and only what is in use");
    world.ready(&of("bank", 2)).unwrap();
    assert_eq!(builds("follow"), 5);
    assert_eq!(world.connections.slots_of("acme").len(), 1);
    assert_eq!(world.connections.tenants(), ["acme", "acme-2"]);
    world.connections.follow("acme", None);
    assert_eq!(world.connections.tenants(), ["acme-2"]);
    assert!(is_same(&elsewhere, &world.connections.ready(&other, &of("bank", 1)).unwrap()));
}

#[test]
fn a_faulty_change_that_is_taken_back_no_longer_shows() {
    let world = World::keeping(8);
    let former = world.ready(&connection("back", "bank", 1, true)).unwrap();
    world.follow([connection("back", "bank", 2, false)]);
    assert!(world.shows_failure());
    world.follow([connection("back", "bank", 2, false)]);
    assert_eq!(builds("back"), 2);
    world.follow([connection("back", "bank", 1, true)]);
    assert!(!world.shows_failure());
    assert!(is_same(&former, &world.ready(&connection("back", "bank", 1, true)).unwrap()));
    world.follow([connection("back", "bank", 2, false)]);
    assert_eq!(builds("back"), 3, "made again, it is tried again");
}
