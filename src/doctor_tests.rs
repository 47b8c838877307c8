use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tunnus_sdk::{Credentials, Environment, LocalizedText};

use super::*;
use crate::tenant::limits::Limits;

/// 2026-11-21T10:00:00Z.
const NOW: Timestamp = Timestamp(1_795_255_200);

/// A connection with a client certificate that ends at `end`.
fn connection(end: i64) -> Connection {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["our-client".to_owned()]).unwrap();
    params.not_after = time::OffsetDateTime::from_unix_timestamp(end).unwrap();
    let pem = format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem());
    Connection {
        id: "bank".to_owned(),
        provider: "none".to_owned(),
        environment: Environment::Production,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        limits: Limits::default(),
        subject: SubjectSource::Upstream,
        settings: Value::Null,
        credentials: Credentials { certificate: Some(pem.into()), ..Credentials::default() },
        revision: 1,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

#[test]
fn a_certificate_is_warned_of_before_it_ends() {
    let day = 24 * 60 * 60;
    for (end, severity, text) in [
        (NOW.0 - 1, Severity::Fault, "ended on 2026-11-21"),
        (NOW.0 + 29 * day, Severity::Warning, "ends on 2026-12-20"),
        (NOW.0 + 31 * day, Severity::Fine, "good until 2026-12-22"),
    ] {
        let [found] = &credentials(&connection(end), NOW)[..] else { panic!("one finding") };
        assert_eq!((found.severity, found.text.as_str()), (severity, text));
        assert_eq!(found.subject, "certificate");
        assert_eq!(found.remedy.is_some(), severity != Severity::Fine);
    }
}

#[cfg(feature = "simulator")]
mod simulated {
    use crate::{
        ambient::Ambient,
        providers::Providers,
        sandbox::running::{Options, Sandbox},
    };

    use super::*;

    fn sandbox(fault: Option<&str>) -> Sandbox {
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            public_url: None,
            fault: fault.map(str::to_owned),
            apps: Vec::new(),
            store: None,
            audit: None,
        };
        Sandbox::start(Providers::built_in(), Ambient::system(), options).unwrap()
    }

    async fn all(sandbox: &Sandbox) -> Vec<(String, Vec<Finding>)> {
        let broker = Arc::clone(&sandbox.broker);
        let mut found = Vec::new();
        for tenant in broker.tenants.held() {
            for connection in &tenant.connections {
                found.push((connection.id.clone(), examine(&broker, &tenant, connection, true).await));
            }
        }
        found
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_healthy_connection_is_fine_and_a_login_can_be_begun() {
        let sandbox = sandbox(None);
        for (id, findings) in all(&sandbox).await {
            let login = findings.iter().find(|finding| finding.subject == "login").unwrap();
            assert_eq!(login.severity, Severity::Fine, "{id}: {}", login.text);
            assert!(findings.iter().all(|finding| finding.severity != Severity::Fault), "{id}: {findings:?}");
        }
        sandbox.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_upstream_does_to_metadata_or_a_pushed_request_is_a_fault_with_a_remedy() {
        for fault in ["discovery_server_error", "discovery_not_json", "par_server_error", "par_empty"] {
            let sandbox = sandbox(Some(fault));
            let found = all(&sandbox).await;
            let faulty = found.iter().filter(|(_, findings)| {
                findings.iter().any(|finding| finding.severity == Severity::Fault && finding.remedy.is_some())
            });
            assert!(faulty.count() > 0, "{fault}: {found:?}");
            sandbox.stop().await;
        }
    }
}
