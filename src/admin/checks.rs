//! Bounds what is dear and under way: checks of connections, which ask upstreams that somebody has named
//! and some many of them, and whole trails that are read.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::AdminError;

/// How many are under way at once, of all tenants.
const AT_ONCE: usize = 4;

/// The tenants that have one under way.
#[derive(Clone, Default)]
pub(super) struct Checks(Arc<Mutex<HashSet<String>>>);

/// A check under way, until it is dropped.
pub(super) struct Turn {
    tenant: String,
    checks: Checks,
}

impl Checks {
    /// Begins one of a tenant that has none.
    pub(super) fn begin(&self, tenant: &str) -> Result<Turn, AdminError> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.len() >= AT_ONCE || !under_way.insert(tenant.to_owned()) {
            return Err(AdminError::TooMany);
        }
        drop(under_way);
        Ok(Turn { tenant: tenant.to_owned(), checks: self.clone() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.checks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_one_check_under_way_and_all_have_a_few() {
        let checks = Checks::default();
        let first = checks.begin("acme").ok();
        assert!(matches!(checks.clone().begin("acme"), Err(AdminError::TooMany)));
        let others: Vec<_> = ["b", "c", "d"].map(|tenant| checks.begin(tenant).unwrap()).into();
        assert!(matches!(checks.begin("e"), Err(AdminError::TooMany)));
        drop(first);
        assert!(checks.begin("e").is_ok(), "and is over at once");
        assert!(checks.begin("acme").is_ok());
        drop(others);
    }
}
