//! What a provider makes of proved claims: one shape whatever the upstream.
//!
//! Owns the person's part of the identity record. Tenant, connection, the app's subject and which
//! members an app gets are added by the server.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Assurance, Hidden, Member, Timestamp};

/// A person, normalised.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who the person is at the upstream.
    pub upstream: UpstreamSubject,
    /// When the person was authenticated.
    pub authenticated_at: Timestamp,
    /// Who authenticated the person behind the connection.
    pub method: Option<Method>,
    /// How sure.
    pub assurance: Assurance,
    /// What is known of the person.
    pub attributes: Attributes,
    /// Where each member came from.
    pub provenance: BTreeMap<Member, Source>,
    /// The upstream's own id of the transaction, for support and audit.
    pub transaction_id: Option<String>,
}

/// The upstream's name for the person: stable within its issuer, never shown to an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamSubject {
    /// The issuer.
    pub issuer: String,
    /// Its `sub`.
    pub subject: Hidden<String>,
}

/// Who authenticated the person: a bank, a mobile certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// A stable id: `fi-nordea`.
    pub id: String,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Where a member came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// A claim of the upstream.
    Claim {
        /// Its name there.
        claim: String,
        /// The message it stood in.
        from: Origin,
    },
    /// Computed from another member.
    Derived {
        /// That member.
        derived: Member,
    },
}

/// The message that a claim stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The ID token.
    IdToken,
    /// The userinfo response.
    Userinfo,
    /// The payment details endpoint.
    PaymentDetails,
}

/// What is known of a person. A member that did not come is absent, never empty.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// The names.
    #[serde(skip_serializing_if = "Name::is_empty")]
    pub name: Name,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Hidden<String>>,
    /// Whether the person has reached an age, by years.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "ages")]
    pub age_over: BTreeMap<u8, bool>,
    /// The national personal identity code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_id: Option<NationalId>,
    /// Other numbers of the person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_ids: Vec<NationalId>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Contact>,
    /// The phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Contact>,
    /// `male`, `female`, or as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<Hidden<String>>,
    /// ISO 3166-1 alpha-2 codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nationality: Vec<Hidden<String>>,
    /// The postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Where to pay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment_details: Vec<PaymentDetails>,
}

/// Reads ages by the text of their years: in a flattened struct serde keeps keys as texts.
fn ages<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u8, bool>, D::Error> {
    let ages = BTreeMap::<String, bool>::deserialize(deserializer)?;
    let ages = ages.into_iter().map(|(years, reached)| years.parse().map(|years| (years, reached)));
    ages.collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

impl Attributes {
    /// Whether `member` is there.
    #[must_use]
    pub fn has(&self, member: Member) -> bool {
        match member {
            Member::FullName => self.name.full.is_some(),
            Member::GivenName => self.name.given.is_some(),
            Member::FamilyName => self.name.family.is_some(),
            Member::BirthDate => self.birth_date.is_some(),
            Member::AgeOver(years) => self.age_over.contains_key(&years),
            Member::NationalId => self.national_id.is_some(),
            Member::OtherIds => !self.other_ids.is_empty(),
            Member::Email => self.email.is_some(),
            Member::Phone => self.phone.is_some(),
            Member::Gender => self.gender.is_some(),
            Member::Nationality => !self.nationality.is_empty(),
            Member::Address => self.address.is_some(),
            Member::PaymentDetails => !self.payment_details.is_empty(),
        }
    }

    /// Drops `member`.
    pub fn remove(&mut self, member: Member) {
        match member {
            Member::FullName => self.name.full = None,
            Member::GivenName => self.name.given = None,
            Member::FamilyName => self.name.family = None,
            Member::BirthDate => self.birth_date = None,
            Member::AgeOver(years) => drop(self.age_over.remove(&years)),
            Member::NationalId => self.national_id = None,
            Member::OtherIds => self.other_ids.clear(),
            Member::Email => self.email = None,
            Member::Phone => self.phone = None,
            Member::Gender => self.gender = None,
            Member::Nationality => self.nationality.clear(),
            Member::Address => self.address = None,
            Member::PaymentDetails => self.payment_details.clear(),
        }
    }

    /// The members that are there.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let ages = self.age_over.keys().map(|years| Member::AgeOver(*years));
        Member::fixed().chain(ages).filter(|member| self.has(*member)).collect()
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members()).finish()
    }
}

/// A person's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Name {
    /// All of it, as displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Hidden<String>>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<Hidden<String>>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<Hidden<String>>,
}

impl Name {
    /// Whether no name is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.full.is_none() && self.given.is_none() && self.family.is_none()
    }
}

/// A number that an authority gave the person. All three parts together are the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NationalId {
    /// ISO 3166-1 alpha-2: `FI`.
    pub country: String,
    /// The kind of number: `hetu`, `satu`, `personnummer`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number, in its canonical form.
    pub value: Hidden<String>,
}

/// An address that the person can be reached at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The address.
    pub value: Hidden<String>,
    /// Whether the upstream has verified it; false when it does not say.
    pub verified: bool,
}

/// A postal address (OpenID Connect Core, section 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// All of it, lines parted by newlines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<Hidden<String>>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<Hidden<String>>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<Hidden<String>>,
    /// State or region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Hidden<String>>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Hidden<String>>,
    /// Country, as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Hidden<String>>,
}

/// An account that money can be sent to or taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentDetails {
    /// The bank's number.
    pub bank_id: Hidden<String>,
    /// The account's number.
    pub identifier: Hidden<String>,
    /// What kind of number that is: `ACCOUNT_NUMBER`.
    pub identifier_type: String,
    /// The payment scheme: `US_ACH`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether money may be sent to it.
    pub transfer_in: bool,
    /// Whether money may be taken from it.
    pub transfer_out: bool,
    /// The bank's own id of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Hidden<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Attributes {
        Attributes {
            name: Name { full: Some("Onni Korhonen".into()), ..Name::default() },
            age_over: BTreeMap::from([(18, true)]),
            email: Some(Contact { value: "onni@example.org".into(), verified: true }),
            ..Attributes::default()
        }
    }

    #[test]
    fn what_did_not_come_is_absent() {
        let json = serde_json::to_value(attributes()).unwrap();
        let expected = serde_json::json!({
            "name": { "full": "Onni Korhonen" },
            "age_over": { "18": true },
            "email": { "value": "onni@example.org", "verified": true },
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn reads_back_also_as_a_part_of_something_larger() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Larger {
            #[serde(flatten)]
            attributes: Attributes,
        }
        let larger = Larger { attributes: attributes() };
        let json = serde_json::to_string(&larger).unwrap();
        assert_eq!(serde_json::from_str::<Larger>(&json).unwrap(), larger);
    }

    #[test]
    fn every_member_can_be_removed() {
        let mut attributes = attributes();
        for member in attributes.members() {
            assert!(attributes.has(member));
            attributes.remove(member);
        }
        assert_eq!(attributes, Attributes::default());
    }

    #[test]
    fn debug_names_members_and_shows_no_value() {
        assert_eq!(format!("{:?}", attributes()), "{FullName, Email, AgeOver(18)}");
    }
}
