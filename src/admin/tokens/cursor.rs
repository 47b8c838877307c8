//! A place in the list of tokens, which stays the same whatever is made or removed meanwhile.

use std::fmt;

use tunnus_sdk::Timestamp;

use super::TokenInfo;
use crate::admin::AdminError;

/// The place behind a token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    /// When the token was made.
    pub(super) created_at: Timestamp,
    /// Its id.
    pub(super) id: String,
}

impl Cursor {
    /// The place behind this token.
    pub(super) fn of(info: &TokenInfo) -> Self {
        Self { created_at: info.created_at, id: info.id.clone() }
    }

    /// Reads a place as it was told.
    pub(super) fn parse(text: &str) -> Result<Self, AdminError> {
        let is_id = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let parts = text.split_once('.').filter(|(_, id)| is_id(id));
        let read = |(at, id): (&str, &str)| {
            Some(Self { created_at: Timestamp(at.parse().ok()?), id: id.to_owned() })
        };
        parts.and_then(read).ok_or_else(|| AdminError::fault("/after", "it is no `next` of a page"))
    }
}

/// The place before all.
impl Default for Cursor {
    fn default() -> Self {
        Self { created_at: Timestamp(i64::MAX), id: String::new() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at.0, self.id)
    }
}
