//! The Finnish personal identity code (henkilötunnus, HETU).
//!
//! Owns its form (eleven characters, a date that exists, the check character, who is artificial) and
//! the reading of a claim as one. Which claim holds it is the provider's to know.
//!
//! `DDMMYY` + sign + `NNN` + check character. The sign tells the century and is no part of the
//! checksum: two people may differ by the sign alone, so all eleven characters are kept and
//! compared, and a sign of the 2023 reform (`Y`) is never turned into its elder (`-`).

use tunnus_sdk::{Environment, Hidden, ProviderError, Reason, Stage, identity::NationalId};

use crate::claims::{ClaimReader, Found};

/// A code that was checked, in its canonical form: upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hetu {
    value: Hidden<String>,
    birth_date: Hidden<String>,
}

/// Why a text is not accepted as a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HetuError {
    /// Not the form of a code.
    #[error("not the form of a personal identity code")]
    Malformed,
    /// The day of birth does not exist.
    #[error("the day of birth does not exist")]
    NoSuchDate,
    /// The check character does not fit.
    #[error("the check character does not fit")]
    CheckCharacter,
    /// A test person (900–999) where persons are real.
    #[error("the code of a test person")]
    Artificial,
}

/// The check character by remainder: no G, I, O, Q, Z.
const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// The least individual number that is given to anybody.
const FIRST: u32 = 2;

/// The least individual number of a test person.
const FIRST_ARTIFICIAL: u32 = 900;

impl Hetu {
    /// Checks `text` as a code of `environment`.
    ///
    /// In production test persons are refused. In the sandbox the individual number may be any, and
    /// the check character wrong: some of the banks' public test persons have no correct one
    /// (`010101-000Z`). The form and the date must hold in both.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, HetuError> {
        let value = text.to_ascii_uppercase();
        let parts = Parts::split(&value).ok_or(HetuError::Malformed)?;
        let birth_date = parts.birth_date()?;
        if environment == Environment::Production {
            parts.check_person()?;
        }
        Ok(Self { value: value.into(), birth_date: birth_date.into() })
    }

    /// Reads `claim` as a code of `environment`.
    ///
    /// # Errors
    /// [`Reason::Environment`] for a test person in production, [`Reason::ClaimsInconsistent`] for
    /// what is no code.
    pub fn read(
        reader: &ClaimReader<'_>,
        claim: &str,
        environment: Environment,
    ) -> Result<Option<Found<Self>>, ProviderError> {
        let Some(Found { value, source }) = reader.text(claim)? else { return Ok(None) };
        let value = Self::parse(value.expose_str(), environment).map_err(|error| {
            let reason = match error {
                HetuError::Artificial => Reason::Environment,
                HetuError::Malformed | HetuError::NoSuchDate | HetuError::CheckCharacter => {
                    Reason::ClaimsInconsistent
                }
            };
            ProviderError::rejected(reason, Stage::Normalise).because(error)
        })?;
        Ok(Some(Found { value, source }))
    }

    /// Whether a birth date that came beside the code is the day that the code tells.
    ///
    /// # Errors
    /// [`Reason::ClaimsInconsistent`] when it is another day.
    pub fn check_birth_date(&self, claimed: Option<&Hidden<String>>) -> Result<(), ProviderError> {
        let same = claimed.is_none_or(|claimed| *claimed == self.birth_date);
        same.then_some(()).ok_or(ProviderError::rejected(Reason::ClaimsInconsistent, Stage::Normalise))
    }

    /// The code as a member of the identity record.
    #[must_use]
    pub fn to_national_id(&self) -> NationalId {
        NationalId { country: "FI".to_owned(), kind: "hetu".to_owned(), value: self.value.clone() }
    }

    /// The code, in upper case.
    #[must_use]
    pub const fn value(&self) -> &Hidden<String> {
        &self.value
    }

    /// The day of birth that the code tells, `YYYY-MM-DD`.
    #[must_use]
    pub const fn birth_date(&self) -> &Hidden<String> {
        &self.birth_date
    }
}

/// A code's four parts, its form checked.
struct Parts {
    /// `DDMMYY` as a number.
    date: u32,
    /// The first two digits of the year.
    century: u32,
    /// `NNN` as a number.
    individual: u32,
    /// The check character.
    check: u8,
}

impl Parts {
    /// Splits a code in upper case; none where its form is wrong.
    fn split(text: &str) -> Option<Self> {
        let code: &[u8; 11] = text.as_bytes().try_into().ok()?;
        let (date, [sign, individual @ .., check]) = code.split_first_chunk::<6>()? else { return None };
        let century = match sign {
            b'+' => 18,
            b'-' | b'U'..=b'Y' => 19,
            b'A'..=b'F' => 20,
            _ => return None,
        };
        let parts = Self { date: number(date)?, century, individual: number(individual)?, check: *check };
        check.is_ascii_alphanumeric().then_some(parts)
    }

    fn birth_date(&self) -> Result<String, HetuError> {
        let (day, month, year) = (self.date / 10_000, self.date / 100 % 100, self.date % 100);
        let year = self.century * 100 + year;
        if !(1..=days_in(month, year)).contains(&day) {
            return Err(HetuError::NoSuchDate);
        }
        Ok(format!("{year:04}-{month:02}-{day:02}"))
    }

    /// Whether the code can belong to a real person.
    fn check_person(&self) -> Result<(), HetuError> {
        let remainder = (self.date * 1000 + self.individual) % 31;
        let expected = usize::try_from(remainder).ok().and_then(|index| CHECK.get(index));
        if expected != Some(&self.check) {
            return Err(HetuError::CheckCharacter);
        }
        match self.individual {
            FIRST_ARTIFICIAL.. => Err(HetuError::Artificial),
            ..FIRST => Err(HetuError::Malformed),
            FIRST..FIRST_ARTIFICIAL => Ok(()),
        }
    }
}

/// The number that `digits` write; none where a byte is no digit.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// The days of a month (Gregorian); zero where there is no such month.
const fn days_in(month: u32, year: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
#[path = "hetu_tests.rs"]
mod tests;
