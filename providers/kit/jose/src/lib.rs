//! The one door to JOSE, failing closed.

pub mod error;
pub mod generate;
mod json;
mod open;
mod operations;
mod public_keys;
mod ring;
mod sign;

pub use error::{EncryptError, KeyError, Rejected, SignError, VerifyError};
pub use json::parse_object;
pub use open::{Verified, decrypt, verify};
pub use operations::{OperationCounts, Operations};
pub use public_keys::{EncryptionKey, PublicKeys};
pub use ring::DecryptionRing;
pub use sign::SigningKey;

/// What a key is for (RFC 7517, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// `sig`
    Signature,
    /// `enc`
    Encryption,
}
