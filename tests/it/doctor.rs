//! Every fault that a simulator can show, as the doctor tells of it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tunnus::{
    doctor::{diagnosis, examine},
    error::{Code, Error},
};
use tunnus_sdk::{Finding, Severity};
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

/// What the doctor finds at fault with a connection, as its upstream is now.
async fn wrong(bench: &Bench, connection: &str) -> Vec<Finding> {
    let tenant = bench.sandbox.tenants.tenant("demo").unwrap();
    let connection = tenant.connection(connection).unwrap();
    let findings = examine(&bench.sandbox.broker, &tenant, connection, true).await;
    // The bench has a clock of its own, an upstream's `Date` is the day's.
    let is_wrong = |one: &Finding| one.severity == Severity::Fault && !one.subject.ends_with("clock");
    findings.into_iter().filter(is_wrong).collect()
}

/// The finding of a fault in metadata or keys: the doctor's own, or where it is only seen when somebody
/// logs in, that about the login.
async fn finding(bench: &Bench, connection: &str, fault: &str) -> Finding {
    let offered = bench.sandbox.connections.iter().find(|offered| offered.id == connection).unwrap();
    if let Some(found) = wrong(bench, connection).await.into_iter().next() {
        return found;
    }
    let hint = format!("sandbox:persona={}", offered.personas[0]);
    let body = bench.create(json!({ "connection": connection, "login_hint": hint })).await;
    let door: Url = body["url"].as_str().unwrap().parse().unwrap();
    drop(bench.person().try_walk(&door, RETURN).await);
    let path = format!("identifications/{}", body["id"].as_str().unwrap());
    let (_, told) = bench.rest("GET", &path, None).await;
    assert_eq!(told["status"], "failed", "{fault} at {connection} is found by nobody");
    diagnosis::of(&failure(&told["error"]))
}

/// Has the upstreams of a provider commit each fault of metadata and keys; how many there are.
async fn each_is_found(bench: Arc<Bench>, provider: String) -> usize {
    let simulator = &bench.sandbox.simulators[&provider];
    let tenant = bench.sandbox.tenants.tenant("demo").unwrap();
    let connection = &tenant.connections.iter().find(|one| one.provider == provider).unwrap().id;
    assert_eq!(wrong(&bench, connection).await, [], "{connection}");
    let (mut found, mut alike) = (BTreeMap::new(), Vec::new());
    let asked = |fault: &&str| fault.starts_with("discovery_") || fault.starts_with("jwks_");
    for fault in simulator.faults().into_iter().map(|(name, _)| name).filter(asked) {
        assert!(simulator.set_fault(Some(fault)));
        let Finding { text, remedy, .. } = finding(&bench, connection, fault).await;
        simulator.set_fault(None);
        assert_eq!(wrong(&bench, connection).await, [], "{connection} after {fault}");
        assert!(remedy.is_some(), "{connection}, {fault}: {text}");
        if let Some(other) = found.insert(text.clone(), fault) {
            alike.push(format!("{connection}: {fault} reads as {other} does: {text}"));
        }
    }
    assert!(alike.is_empty(), "{alike:#?}");
    found.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_metadata_and_keys_has_a_finding_of_its_own_in_the_live_doctor() {
    let bench = Arc::new(Bench::start());
    let providers = bench.sandbox.simulators.keys().cloned();
    let all: JoinSet<_> = providers.map(|provider| each_is_found(Arc::clone(&bench), provider)).collect();
    let counts = all.join_all().await;
    assert!(counts.len() >= 4 && counts.iter().all(|count| *count >= 12), "{counts:?}");
}
