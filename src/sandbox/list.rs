//! `sandbox --list`: who can log in at each connection, and what can go wrong there.

use std::{collections::BTreeMap, io::Write, sync::Arc};

use serde_json::json;

use super::{running::Sandbox, tenant::TENANT};
use crate::tenant::model::Connection;

/// What one connection's simulator knows.
struct Known {
    connection: String,
    provider: String,
    personas: Vec<&'static str>,
    /// By name, each with a sentence.
    faults: BTreeMap<&'static str, &'static str>,
}

/// Prints personas and faults, by connection: for people, or one JSON line a connection.
///
/// # Errors
/// Where `out` cannot be written to.
pub fn print(sandbox: &Sandbox, as_lines: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let all = known(sandbox);
    if as_lines {
        return all.iter().try_for_each(|known| {
            let Known { connection, provider, personas, faults } = known;
            let line = json!({
                "connection": connection, "provider": provider, "personas": personas, "faults": faults,
            });
            writeln!(out, "{line}")
        });
    }
    writeln!(out, "Personas (login_hint=sandbox:persona=NAME), by connection:")?;
    for Known { connection, personas, .. } in &all {
        writeln!(out, "  {connection:<16} {}", personas.join(" "))?;
    }
    writeln!(out, "\nFaults (login_hint=sandbox:fault=NAME, or --fault NAME for every login), by provider:")?;
    let by_provider: BTreeMap<_, _> = all.into_iter().map(|known| (known.provider, known.faults)).collect();
    for (provider, faults) in by_provider {
        writeln!(out, "\n{provider}")?;
        for (name, sentence) in faults {
            writeln!(out, "  {name:<32} {sentence}")?;
        }
    }
    Ok(())
}

fn known(sandbox: &Sandbox) -> Vec<Known> {
    let tenant = sandbox.tenants.tenant(TENANT);
    let connections = tenant.iter().flat_map(|tenant| &tenant.connections);
    let chosen = connections
        .filter(|connection| sandbox.connections.iter().any(|offered| offered.id == connection.id));
    let one = |connection: &Arc<Connection>| {
        let simulator = sandbox.simulators.get(&connection.provider);
        Known {
            connection: connection.id.clone(),
            provider: connection.provider.clone(),
            personas: simulator.map(|simulator| simulator.personas()).unwrap_or_default(),
            faults: simulator.map(|simulator| simulator.faults()).into_iter().flatten().collect(),
        }
    };
    chosen.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ambient::Ambient, providers::Providers, sandbox::running::Options};

    #[tokio::test]
    async fn every_connection_is_listed_with_its_personas_and_faults() {
        let listen = "127.0.0.1:0".parse().unwrap();
        let options =
            Options { listen, public_url: None, fault: None, apps: Vec::new(), store: None, audit: None };
        let sandbox = Sandbox::start(Providers::built_in(), Ambient::system(), options).unwrap();
        let mut out = Vec::new();
        print(&sandbox, true, &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        assert_eq!(lines.lines().count(), sandbox.connections.len());
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line["personas"][0].is_string() && line["faults"]["cancel"].is_string(), "{line}");
        }
        let mut out = Vec::new();
        print(&sandbox, false, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("\n  ftn "));
        sandbox.stop().await;
    }
}
