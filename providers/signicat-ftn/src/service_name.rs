//! The name of the service that the person reads at the bank (`ftn_sp_name`).
//!
//! Owns its rules and its place in the request. Which name it is, the app's or the connection's, is
//! the provider's to choose.

use schemars::JsonSchema;
use serde::Deserialize;

/// The parameter, and the key in `acr_values`.
pub(crate) const FTN_SP_NAME: &str = "ftn_sp_name";

/// The longest name, in characters.
const LONGEST: usize = 64;

/// What no name may hold.
const BANNED: &[char] = &['<', '>', '=', ';', '#', '^', '%', '|'];

/// How the service name travels. Signicat's pages do not say; its support does, per account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceNamePlacement {
    /// Not at all: the name set in Signicat's dashboard is shown.
    #[default]
    None,
    /// As the request parameter `ftn_sp_name`.
    Parameter,
    /// As the key `ftn_sp_name` in `acr_values`. Such a name has no blanks, since blanks part the values.
    AcrValues,
}

/// Why a service name is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceNameError {
    /// No character, or more than 64.
    Length,
    /// A control character, or one of `< > = ; # ^ % |`.
    Character,
    /// A blank where the name travels in `acr_values`.
    Blank,
}

impl ServiceNameError {
    /// What to tell the admin.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Length => "a service name has 1 to 64 characters",
            Self::Character => "a service name holds no control character and none of < > = ; # ^ % |",
            Self::Blank => "a service name in acr_values holds no blank: choose the placement `parameter`",
        }
    }
}

impl std::fmt::Display for ServiceNameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for ServiceNameError {}

impl ServiceNamePlacement {
    /// Checks `name` for this placement. Where none travels, any rule still holds: the dashboard
    /// has the same ones.
    ///
    /// # Errors
    /// The first rule that fails.
    pub(crate) fn check(self, name: &str) -> Result<(), ServiceNameError> {
        if name.trim().is_empty() || name.chars().count() > LONGEST {
            return Err(ServiceNameError::Length);
        }
        if name.chars().any(|c| c.is_control() || BANNED.contains(&c)) {
            return Err(ServiceNameError::Character);
        }
        if self == Self::AcrValues && name.contains(char::is_whitespace) {
            return Err(ServiceNameError::Blank);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ServiceNameError::*, ServiceNamePlacement as Placement};

    #[test]
    fn a_name_in_any_of_the_languages_passes() {
        for name in ["Oy Yritys Ab", "Kauppa ja Väinö", "Butiken Åland", "A", &"ä".repeat(64)] {
            assert_eq!(Placement::Parameter.check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_name_has_1_to_64_characters() {
        for name in ["", "   ", &"ä".repeat(65)] {
            assert_eq!(Placement::None.check(name), Err(Length));
        }
    }

    #[test]
    fn each_banned_character_is_refused() {
        for banned in "<>=;#^%|\n\t\u{7f}\u{85}".chars() {
            assert_eq!(Placement::Parameter.check(&format!("Oy{banned}Ab")), Err(Character), "{banned:?}");
        }
    }

    #[test]
    fn a_blank_would_break_acr_values() {
        assert_eq!(Placement::AcrValues.check("Oy Ab"), Err(Blank));
        assert_eq!(Placement::AcrValues.check("OyAb"), Ok(()));
    }
}
