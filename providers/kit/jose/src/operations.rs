//! Counters of cryptographic operations.
//!
//! Owns the counting only. What the numbers mean for a login, and their metrics, are the server's.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the public-key operations that go through this crate.
///
/// One operation is one use of a key: a token that three decryption keys are tried on counts three.
/// Whoever wants counts of a connection, or of a benchmark, keeps one of these for it.
#[derive(Debug, Default)]
pub struct Operations {
    decrypt: AtomicU64,
    sign: AtomicU64,
    verify: AtomicU64,
    encrypt: AtomicU64,
}

/// What an [`Operations`] has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperationCounts {
    /// Content keys unwrapped, or tried to: RSA private-key operations.
    pub decrypt: u64,
    /// Signatures made: private-key operations.
    pub sign: u64,
    /// Signatures examined: public-key operations.
    pub verify: u64,
    /// Content keys wrapped: public-key operations.
    pub encrypt: u64,
}

impl Operations {
    /// Counters at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            decrypt: AtomicU64::new(0),
            sign: AtomicU64::new(0),
            verify: AtomicU64::new(0),
            encrypt: AtomicU64::new(0),
        }
    }

    /// The counts now.
    #[must_use]
    pub fn counts(&self) -> OperationCounts {
        OperationCounts {
            decrypt: self.decrypt.load(Ordering::Relaxed),
            sign: self.sign.load(Ordering::Relaxed),
            verify: self.verify.load(Ordering::Relaxed),
            encrypt: self.encrypt.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn count_decrypt(&self) {
        self.decrypt.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_sign(&self) {
        self.sign.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_verify(&self) {
        self.verify.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_encrypt(&self) {
        self.encrypt.fetch_add(1, Ordering::Relaxed);
    }
}
