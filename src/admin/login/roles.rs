//! Which role the issuer's claims give: the operator's rules, in their order.
//!
//! A session keeps what the rules asked of the claims and how that came out, nothing else of them. So
//! rules that have changed are asked again, and where they ask something new nobody has the answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tunnus_sdk::Claims;

use crate::{
    admin::{Role, Scope},
    config::RoleRule,
};

/// The operator's rules.
#[derive(Clone, Debug)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    claim: String,
    value: String,
    grant: Grant,
}

/// What a rule gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) role: Role,
    pub(super) scope: Scope,
}

/// What rules asked of somebody's claims: by claim and value, whether it held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Answers(BTreeMap<String, BTreeMap<String, bool>>);

impl Rules {
    /// These rules; one that reaches further than its role is none.
    pub(super) fn new(rules: &[RoleRule]) -> Self {
        let rule = |rule: &RoleRule| {
            let grant = Grant { role: rule.role, scope: rule.scope()? };
            Some(Rule { claim: rule.claim.clone(), value: rule.value.clone(), grant })
        };
        Self(rules.iter().filter_map(rule).collect())
    }

    /// Asks claims; of two documents the first one that has a claim answers for it.
    pub(super) fn ask(&self, documents: &[&Claims]) -> Answers {
        let mut answers = Answers::default();
        for rule in &self.0 {
            let claim = documents.iter().find_map(|claims| claims.get(&rule.claim));
            let held = claim.is_some_and(|claim| holds(claim, &rule.value));
            answers.0.entry(rule.claim.clone()).or_default().insert(rule.value.clone(), held);
        }
        answers
    }

    /// What the first rule gives that holds; nothing where one before it asks what was not asked.
    pub(super) fn grant(&self, answers: &Answers) -> Option<&Grant> {
        for rule in &self.0 {
            if *answers.0.get(&rule.claim)?.get(&rule.value)? {
                return Some(&rule.grant);
            }
        }
        None
    }

    /// What they may give.
    pub(super) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter().map(|rule| &rule.grant)
    }
}

/// Whether a claim is this text, or a list of texts that has it. One of another form holds nothing:
/// what a list of objects would mean is the issuer's secret.
fn holds(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text == wanted,
        Value::Array(items) => {
            items.iter().all(Value::is_string) && items.iter().any(|item| item.as_str() == Some(wanted))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
#[path = "roles_tests.rs"]
mod tests;
