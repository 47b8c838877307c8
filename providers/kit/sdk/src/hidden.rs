//! A value that cannot be printed: personal data, tokens, codes, secrets.
//!
//! Owns the wrapper only. What is done with the value inside is the caller's business, and the
//! word [`Hidden::expose`] makes each such place easy to find in a review.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroize;

/// Holds a value that neither `Debug` nor an error text may show, and wipes it when dropped.
///
/// It serialises as the plain value: a sealed store and the answer to the app need it. A log line
/// takes `Debug`, which prints `[hidden]`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden<T: Zeroize>(T);

impl<T: Zeroize> Hidden<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Each use is a place where it may leak.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, to be filled in place.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl Hidden<String> {
    /// The text itself. Each use is a place where it may leak.
    #[must_use]
    pub fn expose_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Hidden<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T: Zeroize> From<T> for Hidden<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl<T: Zeroize> Drop for Hidden<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Serialize> Serialize for Hidden<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Hidden<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let hidden = Hidden::from("070770-905D");
        assert_eq!(format!("{hidden:?} {:?}", Some(&hidden)), "[hidden] Some([hidden])");
    }
}
