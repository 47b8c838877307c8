use std::sync::OnceLock;

use serde_json::json;
use tunnus_sdk::{Credentials, Environment, LocalizedText, SubjectSource};

use super::*;
use crate::{keyring::KeyKind, tenant::limits::Limits};

const NOW: Timestamp = Timestamp(1_795_255_200);

fn key(purpose: Purpose, state: State, days_ago: i64) -> Key {
    let since = Timestamp(NOW.0 - days_ago * 24 * 60 * 60);
    Key {
        connection: Some("bank".to_owned()),
        purpose,
        kind: KeyKind::Rsa(2048),
        kid: "k1".to_owned(),
        state,
        since,
        made_at: since,
        not_after: None,
        fetched: false,
        public: json!({}),
        certificate: None,
        subject: Some("client-1".to_owned()),
        organisation: None,
    }
}

fn of(ring: Vec<Key>) -> Vec<Finding> {
    let connection = Connection {
        id: "bank".to_owned(),
        provider: "none".to_owned(),
        environment: Environment::Production,
        enabled: true,
        paused: None,
        limits: Limits::default(),
        display_name: LocalizedText::default(),
        subject: SubjectSource::Upstream,
        settings: json!(null),
        credentials: Credentials::default(),
        ring,
        revision: 1,
        key_set: OnceLock::new(),
    };
    let needs = CredentialNeeds { certificate: true, ..CredentialNeeds::default() };
    let missing = findings("acme", &connection, Some(needs), NOW);
    assert_eq!(missing.last().unwrap().severity, Severity::Fault, "the certificate is missing");
    findings("acme", &connection, None, NOW)
}

#[test]
fn what_waits_for_somebody_is_told_with_the_line_that_does_it() {
    for (key, remedy) in [
        (
            key(Purpose::Signing, State::AwaitingRegistration, 0),
            "tunnus keys registered --tenant acme --key k1",
        ),
        (
            key(Purpose::Certificate, State::AwaitingRegistration, 0),
            "tunnus keys certificate --tenant acme --key k1",
        ),
        (key(Purpose::Decryption, State::Cooldown, 31), "tunnus keys retire --tenant acme --key k1"),
    ] {
        let [found] = &of(vec![key])[..] else { panic!("one finding") };
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.remedy.as_ref().unwrap().contains(remedy), "{found:?}");
    }
    for quiet in [
        key(Purpose::Signing, State::Active, 1_000),
        key(Purpose::Decryption, State::Cooldown, 29),
        key(Purpose::Decryption, State::Retired, 1_000),
    ] {
        assert_eq!(of(vec![quiet]), []);
    }
}
