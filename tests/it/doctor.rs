//! Every fault that a simulator can show, as the doctor tells of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tunnus::{
    doctor::diagnosis,
    error::{Code, Error},
};
use tunnus_sdk::Severity;
use url::Url;

use crate::support::sandbox::{Bench, RETURN};

/// How long a login may take: some faults make an upstream slow on purpose.
const PATIENCE: Duration = Duration::from_secs(20);

/// Logs in while the upstream commits `fault`; the failure that the app's server is told of.
async fn fail(bench: &Bench, connection: &str, fault: &str) -> Option<Error> {
    let offered = bench.sandbox.connections.iter().find(|offered| offered.id == connection).unwrap();
    let hint = format!("sandbox:persona={},fault={fault}", offered.personas[0]);
    let body = bench.create(json!({ "connection": connection, "login_hint": hint })).await;
    let door: Url = body["url"].as_str().unwrap_or_else(|| panic!("{body}")).parse().unwrap();
    // A page on the way is an end too: the upstream's own, or ours that offers another way.
    let walked = timeout(PATIENCE, bench.person().try_walk(&door, RETURN)).await.ok()?;
    drop(walked);
    let path = format!("identifications/{}", body["id"].as_str().unwrap());
    let (_, told) = bench.rest("GET", &path, None).await;
    (told["status"] == "failed").then(|| failure(&told["error"]))
}

/// The failure that a body tells of.
fn failure(told: &Value) -> Error {
    fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
        Option::deserialize(value).unwrap()
    }
    let code = Code::ALL.into_iter().find(|code| code.name() == told["code"]).unwrap();
    Error {
        reason: read(&told["reason"]),
        stage: read(&told["stage"]),
        upstream_code: read(&told["upstream_code"]),
        ..Error::new(code)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_simulator_has_a_finding_with_a_remedy() {
    let bench = Arc::new(Bench::start());
    let tenant = bench.sandbox.tenants.tenant("demo").unwrap();
    let (mut ends, mut found) = (BTreeMap::<&str, usize>::new(), BTreeMap::new());
    let (mut logins, turns) = (JoinSet::new(), Arc::new(Semaphore::new(6)));
    for (provider, simulator) in &bench.sandbox.simulators {
        let theirs: Vec<_> = tenant.connections.iter().filter(|one| one.provider == *provider).collect();
        for (fault, _) in simulator.faults() {
            ends.insert(fault, 0);
            for connection in &theirs {
                let (bench, turns, connection) =
                    (Arc::clone(&bench), Arc::clone(&turns), connection.id.clone());
                logins.spawn(async move {
                    let _turn = turns.acquire().await;
                    (fault, fail(&bench, &connection, fault).await)
                });
            }
        }
    }
    while let Some(login) = logins.join_next().await {
        // What no browser can follow ends at the person, and no app hears of it.
        let Ok((fault, Some(error))) = login else { continue };
        *ends.entry(fault).or_default() += 1;
        let finding = diagnosis::of(&error);
        let key = (error.code.name(), error.stage.map(|stage| stage.to_string()), error.reason);
        let key = format!("{key:?} {:?}", error.upstream_code);
        assert!(finding.severity > Severity::Fine && finding.remedy.is_some(), "{fault}: {key}");
        assert!(!finding.text.ends_with(" failed"), "{fault}: {key} has no words of its own");
        found.insert(key, finding.text);
    }
    let faults = ends.len();
    // The doctor itself asks for metadata and keys, and tells of them before anybody logs in.
    let asked = |fault: &str| fault.starts_with("discovery_") || fault.starts_with("jwks_");
    let unseen = ends.iter().filter(|(fault, count)| **count == 0 && !asked(fault));
    let unseen: Vec<_> = unseen.map(|(fault, _)| *fault).collect();
    println!("{faults} faults, {} findings; without an end that an app hears of: {unseen:?}", found.len());
    assert!(faults > 80 && unseen.len() < faults / 10, "{unseen:?}");
    let texts: std::collections::BTreeSet<_> = found.values().collect();
    assert_eq!(texts.len(), found.len(), "two failures read alike: {found:#?}");
}
