//! Why a token, a key or an operation is refused.
//!
//! The texts are fixed: nothing of a token, of a key, or of the library beneath stands in them, and
//! no cause hangs under them, since OpenSSL's own words tell an attacker which step failed.

use tunnus_sdk::{Reason, json::JsonError};

/// A token or document that fails a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rejected: {0}")]
pub struct Rejected(
    /// The check.
    pub Reason,
);

impl From<JsonError> for Rejected {
    fn from(error: JsonError) -> Self {
        Self(error.into())
    }
}

/// Why a signed token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It fails a check; other keys would not help.
    #[error("rejected: {0}")]
    Rejected(Reason),
    /// The keys at hand do not include the token's. Fetching them again may help.
    #[error("no key at hand is the token's")]
    KeyUnknown,
}

impl From<Rejected> for VerifyError {
    fn from(Rejected(reason): Rejected) -> Self {
        Self::Rejected(reason)
    }
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither a JWK nor a PEM document with one private key, or a member of it is broken.
    #[error("not a private key in JWK or PEM form")]
    Malformed,
    /// Larger than any key is.
    #[error("the text is too large for a key")]
    TooLarge,
    /// The PEM document is protected by a passphrase.
    #[error("the key is protected by a passphrase")]
    Passphrase,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong, or the file is damaged")]
    WrongPassphrase,
    /// Only the public half is there.
    #[error("the private part is missing")]
    NotPrivate,
    /// A type, curve or form of key that is not used here.
    #[error("only RSA keys, and P-256 keys for signing, are used")]
    Unsupported,
    /// An RSA modulus outside the bounds.
    #[error("an RSA key must have 2048 to 4096 bits")]
    Size,
    /// `use`, `key_ops` or `alg` says that the key is for something else.
    #[error("the key is marked for another purpose or algorithm")]
    Purpose,
    /// The parts of the key do not belong together.
    #[error("the parts of the key do not belong together")]
    Inconsistent,
    /// An RSA key of numbers that are not prime, too close or too short, or with a small exponent.
    #[error("the key is weak: its exponent is below 65537, or its primes are none or badly chosen")]
    Weak,
    /// Its passphrase is made into a key in more rounds than anybody waits for.
    #[error("opening the key takes too long: protect it with two million rounds in all at most")]
    Effort,
    /// The certificate beside the key is another key's.
    #[error("the certificate belongs to another key")]
    CertificateMismatch,
    /// Two keys of a ring have one `kid`.
    #[error("two keys have the same kid")]
    DuplicateKid,
    /// A `kid` that cannot stand in a header as it is.
    #[error("a kid has at most 256 printable characters, without quotes and backslashes")]
    Name,
    /// More keys than a ring holds.
    #[error("at most four decryption keys may be live")]
    TooMany,
    /// Generating or exporting failed.
    #[error("the key could not be made")]
    Failed,
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key is not one for this algorithm.
    #[error("the key does not fit the algorithm")]
    Algorithm,
    /// The operation failed.
    #[error("signing failed")]
    Failed,
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// The operation failed.
    #[error("encrypting failed")]
    Failed,
}

/// Why a certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No PEM document with certificates, or a broken one.
    #[error("there is no certificate in PEM form in it")]
    Malformed,
    /// Larger than any chain is.
    #[error("the text is too large for a certificate and its chain")]
    TooLarge,
    /// None of the certificates is that of the key.
    #[error("the certificate is another key's")]
    AnotherKey,
    /// Its subject is not the one that was asked for.
    #[error("the certificate is for another subject than was asked for")]
    AnotherSubject,
    /// Its time has not come.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// Its time is over.
    #[error("the certificate has ended")]
    Ended,
    /// The certificates beside it did not issue it.
    #[error("the certificates beside it do not make a chain")]
    Chain,
}
