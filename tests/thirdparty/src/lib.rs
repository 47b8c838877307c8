//! Acme ID, an invented OpenID provider, as a provider of Tunnus.
//!
//! A crate as a third party writes it: it needs the SDK, the toolkit for OpenID Connect, and for its
//! simulator the simulator kit; nothing of the server. Acme ID is odd in two ways: its claims have
//! names of its own, and its `acr` is a tier (`acme:gold`) instead of a level of assurance.
//!
//! | file | owns |
//! |---|---|
//! | `settings` | what an admin sets, its faults, and how Acme ID is spoken to |
//! | `provider` | the definition, what each login asks for, the setup sheet |
//! | `claims` | what Acme's claims and tiers mean |
//! | `simulator` | Acme ID simulated, for the sandbox and the tests |

mod claims;
mod provider;
mod settings;

#[cfg(feature = "simulator")]
pub mod simulator;

pub use provider::Acme;
pub use settings::Settings;
