//! An administration over SQLite with the tenant `acme`, and callers of every role.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tunnus_sdk::{Hidden, Timestamp};

use super::{Admin, Caller, Expected, Role, Saved, Scope};
use crate::{
    ambient::Ambient,
    sql::SqlUrl,
    tenant::{
        for_tests::{keys, providers},
        store::{Store, change::Part},
    },
    vault::Vault,
};

/// An administration, and the time that it believes in.
pub struct World {
    pub admin: Admin,
    pub store: Store,
    pub now: Arc<AtomicI64>,
    _dir: TempDir,
}

impl World {
    /// No tenant yet.
    pub async fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let now = Arc::new(AtomicI64::new(1_795_256_803));
        let clock = Arc::clone(&now);
        let chance = Ambient::system();
        let fill = move |bytes: &mut [u8]| {
            for byte in bytes {
                [*byte] = chance.bytes::<1>();
            }
        };
        let ambient = Ambient::given(move || Timestamp(clock.load(Ordering::Relaxed)), fill);
        let vault = Vault::new([("1".to_owned(), Hidden::new([1; 32]))], ambient.clone()).unwrap();
        let url = SqlUrl::Sqlite(dir.path().join("tunnus.db"));
        let store = Store::open(&url, vault, providers(), ambient.clone()).await.unwrap();
        let admin = Admin::of_store(store.clone(), providers(), ambient);
        Self { admin, store, now, _dir: dir }
    }

    /// The tenants `acme` of the platform `group` and `other` of `rival`, with an app and a connection
    /// each.
    pub async fn new() -> Self {
        let world = Self::empty().await;
        for platform in ["group", "rival"] {
            let document = json!({ "platform": { "id": platform, "name": "Group" } });
            let given = (Expected::Absent, document);
            world.admin.put_platform(&operator(), platform, given).await.unwrap();
        }
        for (id, platform) in [("acme", "group"), ("other", "rival")] {
            let mut tenant = tenant();
            tenant["tenant"]["platform"] = json!(platform);
            world.put(id, &Part::Tenant, Expected::Unsaid, tenant).await;
            world.put(id, &bank(), Expected::Unsaid, connection()).await;
            world.put(id, &shop(), Expected::Unsaid, app()).await;
        }
        world
    }

    /// An operator's change, which must be good.
    pub async fn put(&self, tenant: &str, part: &Part, expected: Expected, document: Value) -> Saved {
        self.admin.put(&operator(), tenant, part, (expected, document)).await.unwrap()
    }

    /// A check of a tenant's connection that is under way until this is dropped.
    pub fn under_way(&self, tenant: &str) -> impl Drop + use<> {
        self.admin.checks.begin(tenant).unwrap()
    }

    /// A tenant's trail that is being read until this is dropped.
    pub fn reading(&self, tenant: &str) -> impl Drop + use<> {
        self.admin.trails.begin(tenant).unwrap()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// The connection of [`World`].
pub fn bank() -> Part {
    Part::Connection("bank".to_owned())
}

/// The app of [`World`].
pub fn shop() -> Part {
    Part::App("shop".to_owned())
}

/// A caller of a role on a scope.
pub fn caller(role: Role, scope: Scope) -> Caller {
    Caller { id: format!("{role}-1"), name: role.to_string(), role, scope, person: None }
}

/// Who may everything.
pub fn operator() -> Caller {
    caller(Role::Operator, Scope::All)
}

/// An admin of one tenant.
pub fn admin_of(tenant: &str) -> Caller {
    caller(Role::TenantAdmin, Scope::Tenant(tenant.to_owned()))
}

/// An admin of one platform.
pub fn admin_of_platform(platform: &str) -> Caller {
    caller(Role::PlatformAdmin, Scope::Platform(platform.to_owned()))
}

/// A tenant with the keys of other tests, which are made once.
pub fn tenant() -> Value {
    let [rsa, _, p256] = keys();
    let subject = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "tenant": { "name": "Acme" },
        "keys": { "signing": [{ "value": rsa }, { "value": p256 }], "subject": { "value": subject } },
    })
}

/// A connection with a client secret.
pub fn connection() -> Value {
    json!({
        "provider": "stub", "environment": "production", "display_name": "Bank",
        "settings": { "issuer": "https://bank.example", "secret": true },
        "credentials": { "client_secret": { "value": "upstream-gave-this" } },
    })
}

/// An app with a secret that is made for it.
pub fn app() -> Value {
    json!({
        "name": "Shop", "authentication": "client_secret_basic",
        "redirect_uris": ["https://shop.example/cb"],
    })
}
