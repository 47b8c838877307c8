//! What is measured: each login of the providers, with either flow store, with either algorithm
//! towards the app.

use serde::{Deserialize, Serialize};
use tunnus_sdk::{SigningAlgorithm, sandbox::KeyWork};

/// A login that a provider brings to be measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The provider's id.
    pub provider: String,
    /// The connection that it goes over.
    pub connection: String,
    /// What tells it from the provider's first one.
    pub variant: Option<String>,
    /// What it does with keys.
    pub keys: KeyWork,
}

/// A flow store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// In the broker.
    Memory,
    /// A Redis of the run's own.
    Redis,
}

/// One thing to measure.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The login.
    pub login: Login,
    /// The flow store.
    pub store: Store,
    /// How the app's ID token is signed.
    pub app: SigningAlgorithm,
}

impl Scenario {
    /// All of these logins.
    #[must_use]
    pub fn all(logins: &[Login]) -> Vec<Self> {
        let mut all = Vec::new();
        for login in logins {
            for store in [Store::Memory, Store::Redis] {
                for app in [SigningAlgorithm::ES256, SigningAlgorithm::RS256] {
                    all.push(Self { login: login.clone(), store, app });
                }
            }
        }
        all
    }

    /// `signicat-ftn/redis/es256`; a provider's further login has its word behind: `…/es256/ec`.
    #[must_use]
    pub fn name(&self) -> String {
        let store = match self.store {
            Store::Memory => "memory",
            Store::Redis => "redis",
        };
        let app = self.app.name().to_ascii_lowercase();
        let variant = self.login.variant.as_ref().map(|variant| format!("/{variant}"));
        format!("{}/{store}/{app}{}", self.login.provider, variant.unwrap_or_default())
    }

    /// Whether it is meant by `wanted`: its name, or the first parts of it.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        let name = self.name();
        name == wanted || name.starts_with(&format!("{wanted}/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_named_whole_or_by_its_first_parts() {
        let (signing, verifying) = (SigningAlgorithm::RS256, SigningAlgorithm::RS256);
        let keys = KeyWork { decrypt: 2, sign: 3, signing, verify: 2, verifying, encrypt: 0 };
        let login = |variant: Option<&str>| Login {
            provider: "acme".to_owned(),
            connection: "acme".to_owned(),
            variant: variant.map(str::to_owned),
            keys,
        };
        let all = Scenario::all(&[login(None), login(Some("ec"))]);
        let meant = |wanted: &str| {
            all.iter().filter(|scenario| scenario.is(wanted)).map(Scenario::name).collect::<Vec<_>>()
        };
        assert_eq!(meant("acme").len(), 8);
        assert_eq!(meant("acme/redis/es256"), ["acme/redis/es256", "acme/redis/es256/ec"]);
        assert_eq!(meant("acme/redis/es256/ec"), ["acme/redis/es256/ec"]);
        assert!(meant("ac").is_empty());
    }
}
