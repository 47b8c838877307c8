//! `[aliases]`: names that apps use in the place of connections.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{ID_EXPECTED, Judge, is_id, no_such};
use crate::{config::below, tenant::alias::Alias};

/// What an alias leads to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = "a connection, or shares in percent: { mle = 90, ftn = 10 }"))]
pub enum AliasEntry {
    /// One connection.
    Connection(String),
    /// Several, each with its share of the identifications in whole percents.
    Split(BTreeMap<String, u8>),
}

/// The tenant's aliases; `connections` are the ids of its connections.
pub fn resolve_all(
    file: &Value,
    connections: &BTreeSet<String>,
    judge: &mut Judge<'_>,
) -> BTreeMap<String, Alias> {
    let names = file.get("aliases").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    let one = |name: &String| {
        let pointer = below("/aliases", name);
        let entry: AliasEntry = judge.part(file, &pointer)?;
        check_name(name, &pointer, connections, judge);
        let shares = entry.shares();
        check_shares(&shares, &pointer, connections, judge);
        Some((name.clone(), Alias::new(shares)))
    };
    names.filter_map(one).collect()
}

impl AliasEntry {
    fn shares(self) -> Vec<(String, u8)> {
        match self {
            Self::Connection(id) => vec![(id, 100)],
            Self::Split(shares) => shares.into_iter().collect(),
        }
    }
}

/// An app names either: one name means one thing.
fn check_name(name: &str, pointer: &str, connections: &BTreeSet<String>, judge: &mut Judge<'_>) {
    if !is_id(name) {
        judge.fault(pointer, format!("an alias is called as connections are: {ID_EXPECTED}"));
    }
    if connections.contains(name) {
        judge.fault(pointer, format!("a connection has the id `{name}`"));
    }
}

fn check_shares(
    shares: &[(String, u8)],
    pointer: &str,
    connections: &BTreeSet<String>,
    judge: &mut Judge<'_>,
) {
    for (id, _) in shares.iter().filter(|(id, _)| !connections.contains(id)) {
        judge.fault(pointer, no_such("connection", id, connections));
    }
    let sum: u32 = shares.iter().map(|(_, share)| u32::from(*share)).sum();
    if sum != 100 {
        judge.fault(pointer, format!("the shares make {sum} percent, not 100"));
    }
}
