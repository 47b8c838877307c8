//! The provider against its own simulator: the run that every provider must pass, every way of the
//! toolkit to carry a login, and what happens when somebody or something is in the way.
#![cfg(test)]

mod journeys;
mod ways;

use serde_json::{Value, json};
use tunnus_generic_oidc::{GenericOidc, simulator::sandbox_of};
use tunnus_sdk::{Identity, ProviderError};
use tunnus_simulator::{Bench, Setup};

mod conformance {
    tunnus_simulator::conformance!(tunnus_generic_oidc::GenericOidc);
}

/// A sandbox of one connection whose settings differ from the least by `changes`.
fn bench(changes: &Value) -> Bench {
    let mut changes = changes.clone();
    if changes["client_authentication"] == "tls_client_auth" {
        changes["endpoint_hosts"] = json!(["localhost:4011"]);
    }
    Bench::variant::<GenericOidc>(sandbox_of, &changes).unwrap()
}

/// The connection of such a sandbox at work.
fn with(changes: &Value) -> Setup {
    bench(changes).open("variant").unwrap()
}

/// A whole login of Onni.
async fn onni_logs_in(bench: &Setup) -> Result<Identity, ProviderError> {
    bench.identify(bench.login_for_all(), "onni").await
}
