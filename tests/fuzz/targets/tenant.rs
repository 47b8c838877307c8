//! A tenant's file, and its platform's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tunnus::tenant::is_id;
use tunnus_fuzz::{
    Sections,
    world::{SECRET, World},
};

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|input: &[u8]| {
    let Some(input) = Sections::of(input) else { return };
    match WORLD.load(input.get(0, ""), input.get(1, "")) {
        Ok(tenants) => {
            for tenant in tenants.iter() {
                assert!(is_id(&tenant.id));
                assert!(tenant.subject_key.expose().len() >= 32);
                for app in &tenant.apps {
                    assert!(is_id(&app.id) || app.id.contains('-'), "an id");
                    assert!(app.connections.iter().all(|id| tenant.connection(id).is_some()));
                    assert!(tenant.signing_key(app.id_token_algorithm).is_some(), "a key for its tokens");
                }
                let _ = tenant.key_set();
                let shown = format!("{tenant:?}");
                assert!(!shown.contains(SECRET), "a secret in Debug");
                for connection in &tenant.connections {
                    let _ = connection.key_set();
                }
            }
        }
        Err(faults) => {
            let text = format!("{faults} {faults:?}");
            assert!(!text.contains(SECRET), "a secret in a fault");
        }
    }
});
