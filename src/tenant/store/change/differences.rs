//! Where two states of a tenant differ, in the words of a file. Secrets differ or not; no value stands
//! here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Part;
use crate::{config::below, tenant::store::StoredTenant};

/// Every place where two documents differ, as JSON pointers; a secret is marked as one.
pub(in crate::tenant) fn differences(was: &Value, will: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare(was, will, "", &mut differences);
    differences
}

/// What becomes of every part, a line for each place: for the audit trail.
pub(in crate::tenant) fn lines(before: Option<&StoredTenant>, after: Option<&StoredTenant>) -> Vec<String> {
    let parts: BTreeSet<Part> = before.into_iter().chain(after).flat_map(StoredTenant::parts).collect();
    let document = |tenant: Option<&StoredTenant>, part: &Part| {
        tenant.and_then(|tenant| tenant.part(part)).map(|row| row.document.clone())
    };
    let of_part = |part: Part| match (document(before, &part), document(after, &part)) {
        (None, _) => vec![format!("create {part}")],
        (Some(_), None) => vec![format!("remove {part}")],
        (Some(was), Some(will)) => {
            differences(&was, &will).into_iter().map(|place| format!("change {part} {place}")).collect()
        }
    };
    let order = reordered(before, after).then(|| "change the order of the connections".to_owned());
    parts.into_iter().flat_map(of_part).chain(order).collect()
}

/// Whether those connections that were there before follow each other otherwise.
pub(in crate::tenant) fn reordered(before: Option<&StoredTenant>, after: Option<&StoredTenant>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let order = |one: &StoredTenant, other: &StoredTenant| -> Vec<String> {
        let both = one.connections.iter().filter(|(id, _)| other.connection(id).is_some());
        both.map(|(id, _)| id.clone()).collect()
    };
    order(before, after) != order(after, before)
}

/// Notes every place where two documents differ.
fn compare(was: &Value, will: &Value, pointer: &str, differences: &mut Vec<String>) {
    match (was, will) {
        (was, will) if was == will => {}
        _ if is_secret(was) || is_secret(will) => differences.push(format!("{pointer} (a secret)")),
        (Value::Object(was), Value::Object(will)) => {
            let names: BTreeSet<&String> = was.keys().chain(will.keys()).collect();
            for name in names {
                let null = &Value::Null;
                let (was, will) = (was.get(name).unwrap_or(null), will.get(name).unwrap_or(null));
                compare(was, will, &below(pointer, name), differences);
            }
        }
        (Value::Array(was), Value::Array(will)) if was.len() == will.len() => {
            for (index, (was, will)) in was.iter().zip(will).enumerate() {
                compare(was, will, &format!("{pointer}/{index}"), differences);
            }
        }
        _ => differences.push(pointer.to_owned()),
    }
}

fn is_secret(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("stored"))
}
