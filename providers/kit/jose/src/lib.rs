#![doc = include_str!("../README.md")]

#[cfg(feature = "bare")]
pub mod bare;
pub mod certificate;
mod compact;
mod content_encryption;
mod effort;
pub mod error;
mod expiry;
pub mod generate;
mod header;
mod import;
mod markers;
mod material;
mod open;
mod operations;
mod private_key;
mod public_keys;
mod ring;
mod seal;
mod sign;
mod strength;

pub use error::{CertificateError, EncryptError, KeyError, Rejected, SignError, VerifyError};
pub use expiry::expiry;
pub use import::{Imported, import, public_pem, renamed, to_pem};
pub use markers::KeyUse;
#[cfg(feature = "receiver")]
pub use open::decrypt_unsigned;
pub use open::{Verified, decrypt, verify};
pub use operations::{OperationCounts, Operations};
pub use public_keys::PublicKeys;
pub use ring::{DecryptionKey, DecryptionRing};
pub use seal::EncryptionKey;
pub use sign::SigningKey;
