//! The members of the identity record that an app can ask for, by their path.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// One member of the identity record: what is asked for, allowed and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// `name.full`
    FullName,
    /// `name.given`
    GivenName,
    /// `name.family`
    FamilyName,
    /// `birth_date`
    BirthDate,
    /// `age_over.N`, N in years
    AgeOver(u8),
    /// `national_id`
    NationalId,
    /// `other_ids`
    OtherIds,
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `gender`
    Gender,
    /// `nationality`
    Nationality,
    /// `address`
    Address,
    /// `payment_details`
    PaymentDetails,
}

/// Every member with a fixed path, in the order of the record.
const FIXED: [(Member, &str); 12] = [
    (Member::FullName, "name.full"),
    (Member::GivenName, "name.given"),
    (Member::FamilyName, "name.family"),
    (Member::BirthDate, "birth_date"),
    (Member::NationalId, "national_id"),
    (Member::OtherIds, "other_ids"),
    (Member::Email, "email"),
    (Member::Phone, "phone"),
    (Member::Gender, "gender"),
    (Member::Nationality, "nationality"),
    (Member::Address, "address"),
    (Member::PaymentDetails, "payment_details"),
];

/// What the path of an age begins with.
const AGE_OVER: &str = "age_over.";

impl Member {
    /// Every member but the ages, in the order of the record.
    pub fn fixed() -> impl Iterator<Item = Self> {
        FIXED.iter().map(|(member, _)| *member)
    }
}

/// A path that names no member of the identity record.
#[derive(Debug, thiserror::Error)]
#[error("not a member of the identity record")]
pub struct UnknownMember;

impl FromStr for Member {
    type Err = UnknownMember;

    fn from_str(path: &str) -> Result<Self, UnknownMember> {
        if let Some(age) = path.strip_prefix(AGE_OVER) {
            let years: u8 = age.parse().map_err(|_| UnknownMember)?;
            let canonical = years.to_string() == age && (1..=150).contains(&years);
            return canonical.then_some(Self::AgeOver(years)).ok_or(UnknownMember);
        }
        FIXED.iter().find(|(_, name)| *name == path).map(|(member, _)| *member).ok_or(UnknownMember)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, FIXED.iter().find(|(member, _)| member == self)) {
            (Self::AgeOver(years), _) => write!(f, "{AGE_OVER}{years}"),
            (_, Some((_, path))) => f.write_str(path),
            (_, None) => Err(fmt::Error),
        }
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl schemars::JsonSchema for Member {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Member".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let fixed = FIXED.map(|(_, path)| path.replace('.', "\\.")).join("|");
        schemars::json_schema!({
            "type": "string",
            "description": "a member of the identity record, by its path",
            "x-expected": "the path of a member of the identity record, as name.full or age_over.18",
            "pattern": format!("^({fixed}|age_over\\.[1-9][0-9]{{0,2}})$"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_reads_back() {
        let ages = [1, 18, 150].map(Member::AgeOver);
        for member in FIXED.map(|(member, _)| member).into_iter().chain(ages) {
            assert_eq!(member.to_string().parse::<Member>().ok(), Some(member));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for path in [
            "",
            "name",
            "age_over",
            "age_over.",
            "age_over.018",
            "age_over.0",
            "age_over.151",
            "age_over.-1",
            "Email",
        ] {
            assert!(path.parse::<Member>().is_err(), "{path}");
        }
    }
}
