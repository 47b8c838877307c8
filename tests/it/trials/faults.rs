//! Every fault of every simulator, as a trial tells of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tunnus::sandbox::walker::Walker;

use super::desk::{Desk, door};

/// How long a login may take: some faults make an upstream slow on purpose.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tries a connection while its upstream commits `fault`; what is told of it, where it has ended.
async fn tried(desk: &Desk, connection: &str, fault: &str) -> Value {
    let offered = desk.bench.sandbox.connections.iter().find(|offered| offered.id == connection).unwrap();
    let hint = format!("sandbox:persona={},fault={fault}", offered.personas[0]);
    let trial = desk.begin(connection, json!({ "login_hint": hint })).await;
    // What no browser can follow is an end too.
    let mut walker = Walker::new(desk.bench.sandbox.relying.http.clone());
    let go_on = format!("{}?proceed=1", door(&trial)).parse().unwrap();
    drop(timeout(PATIENCE, walker.walk(&go_on, "nowhere:")).await);
    let told = desk.told(&trial).await;
    if told["status"] == "pending" {
        // Some upstreams keep the person: who gives up leaves room for the next trial.
        let gives_up = format!("{}?abandon=user_cancelled", door(&trial)).parse().unwrap();
        drop(walker.walk(&gives_up, "nowhere:").await);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_simulator_is_told_with_its_own_finding_and_what_was_seen_before() {
    let desk = Arc::new(Desk::open().await);
    let tenant = desk.bench.sandbox.tenants.tenant("demo").unwrap();
    let (mut ends, mut found) = (BTreeMap::<&str, usize>::new(), BTreeMap::new());
    // As many as a tenant may have open.
    let (mut trials, turns) = (JoinSet::new(), Arc::new(Semaphore::new(4)));
    for (provider, simulator) in &desk.bench.sandbox.simulators {
        let theirs: Vec<_> = tenant.connections.iter().filter(|one| one.provider == *provider).collect();
        for (fault, _) in simulator.faults() {
            ends.insert(fault, 0);
            for connection in &theirs {
                let (desk, turns, connection) =
                    (Arc::clone(&desk), Arc::clone(&turns), connection.id.clone());
                trials.spawn(async move {
                    let _turn = turns.acquire().await;
                    (fault, tried(&desk, &connection, fault).await)
                });
            }
        }
    }
    while let Some(trial) = trials.join_next().await {
        let (fault, told) = trial.unwrap();
        // Some faults only wait for a connection that is weaker.
        if told["status"] != "failed" {
            continue;
        }
        *ends.entry(fault).or_default() += 1;
        let report = &told["report"];
        let (finding, error) = (&report["finding"], &report["error"]);
        assert!(finding["remedy"].is_string() && finding["severity"] != "fine", "{fault}: {told}");
        let text = finding["text"].as_str().unwrap().to_owned();
        assert!(!text.ends_with(" failed"), "{fault}: {error} has no words of its own");
        // Until then something left: at the least the metadata were asked for, or stood ready.
        let after_the_start =
            !["discovery", "par", "jwks"].contains(&error["stage"].as_str().unwrap_or("discovery"));
        let left = report["steps"].as_array().unwrap().iter().any(|seen| seen["step"] == "left");
        assert!(left || !after_the_start, "{fault}: {told}");
        found.insert(error.to_string(), text);
    }
    let faults = ends.len();
    // The metadata and keys that a broker has at hand serve on: their faults are the doctor's to find.
    let asked = |fault: &str| fault.starts_with("discovery_") || fault.starts_with("jwks_");
    let unseen: Vec<_> =
        ends.iter().filter(|(fault, count)| **count == 0 && !asked(fault)).map(|(fault, _)| *fault).collect();
    println!("{faults} faults, {} findings; without an end: {unseen:?}", found.len());
    assert!(faults > 80 && unseen.len() < faults / 10, "{unseen:?}");
    let texts: BTreeSet<_> = found.values().collect();
    assert_eq!(texts.len(), found.len(), "two failures read alike: {found:#?}");
}
