//! How sure an identity is: the eIDAS levels, and what the upstream itself called it.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A level of assurance (Regulation (EU) 910/2014, article 8), and `unspecified` below them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing is known of how the person was identified.
    #[default]
    Unspecified,
    /// eIDAS low.
    Low,
    /// eIDAS substantial.
    Substantial,
    /// eIDAS high.
    High,
}

/// What eIDAS level URIs begin with (Commission Implementing Regulation (EU) 2015/1502).
const EIDAS: &str = "http://eidas.europa.eu/LoA/";

impl Level {
    /// The bare word: `substantial`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }

    /// The eIDAS URI, `http://eidas.europa.eu/LoA/substantial`; none for `unspecified`.
    #[must_use]
    pub fn uri(self) -> Option<String> {
        (self != Self::Unspecified).then(|| format!("{EIDAS}{}", self.word()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text that names no level of assurance.
#[derive(Debug, thiserror::Error)]
#[error("not a level of assurance: low, substantial, high, or its eIDAS URI")]
pub struct UnknownLevel;

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads the bare word or the eIDAS URI. `unspecified` cannot be asked for.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text.strip_prefix(EIDAS).unwrap_or(text) {
            "low" => Ok(Self::Low),
            "substantial" => Ok(Self::Substantial),
            "high" => Ok(Self::High),
            _ => Err(UnknownLevel),
        }
    }
}

/// The level reached, beside what the upstream said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The eIDAS level that the connection's table gives.
    pub level: Level,
    /// The upstream's `acr`, as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The upstream's `amr`, as received.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amr: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_in_both_spellings() {
        assert!(Level::Unspecified < Level::Low && Level::Substantial < Level::High);
        for level in [Level::Low, Level::Substantial, Level::High] {
            assert_eq!(level.word().parse::<Level>().ok(), Some(level));
            assert_eq!(level.uri().and_then(|uri| uri.parse::<Level>().ok()), Some(level));
        }
        assert!("unspecified".parse::<Level>().is_err());
        assert!("Substantial".parse::<Level>().is_err());
    }
}
