//! Standard claims and the members of the identity record: which stands for which, and what is given.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tunnus_sdk::{Attributes, Hidden, Level, Member};

use crate::flow::record::IdentityRecord;

/// The claims that apps may find (OpenID Connect Core, section 5.1, and ours).
pub const SUPPORTED: [&str; 24] = [
    "sub",
    "auth_time",
    "acr",
    "amr",
    "tunnus_acr",
    "tunnus_reference",
    "tunnus_identity",
    "name",
    "given_name",
    "family_name",
    "birthdate",
    "gender",
    "nationalities",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "national_id",
    "other_ids",
    "age_over",
    "payment_details",
    "nonce",
    "at_hash",
];

/// Each claim that can be asked for, with its member. Ages are asked for as `age_over_18`.
const BY_CLAIM: [(&str, Member); 14] = [
    ("name", Member::FullName),
    ("given_name", Member::GivenName),
    ("family_name", Member::FamilyName),
    ("birthdate", Member::BirthDate),
    ("gender", Member::Gender),
    ("nationalities", Member::Nationality),
    ("email", Member::Email),
    ("email_verified", Member::Email),
    ("phone_number", Member::Phone),
    ("phone_number_verified", Member::Phone),
    ("address", Member::Address),
    ("national_id", Member::NationalId),
    ("other_ids", Member::OtherIds),
    ("payment_details", Member::PaymentDetails),
];

/// The member behind a claim's name.
#[must_use]
pub fn member_of(claim: &str) -> Option<Member> {
    if let Some(years) = claim.strip_prefix("age_over_") {
        return format!("age_over.{years}").parse().ok();
    }
    BY_CLAIM.iter().find(|(name, _)| *name == claim).map(|(_, member)| *member)
}

/// The members behind a scope, of those that the app may have.
#[must_use]
pub fn of_scope(scope: &str, allowed: &BTreeSet<Member>) -> Vec<Member> {
    let fits = |member: &Member| match scope {
        "profile" => matches!(
            member,
            Member::FullName
                | Member::GivenName
                | Member::FamilyName
                | Member::BirthDate
                | Member::Gender
                | Member::Nationality
        ),
        "email" => *member == Member::Email,
        "phone" => *member == Member::Phone,
        "address" => *member == Member::Address,
        "national_id" => matches!(member, Member::NationalId | Member::OtherIds),
        "age" => matches!(member, Member::AgeOver(_)),
        "payment_details" => *member == Member::PaymentDetails,
        "tunnus" => true,
        _ => false,
    };
    allowed.iter().copied().filter(fits).collect()
}

/// What an app is given about a person: it answers the token request, and is kept for userinfo.
#[derive(Debug, Serialize, Deserialize)]
pub struct Given {
    /// The record.
    pub record: IdentityRecord,
    /// The scopes granted.
    pub scopes: BTreeSet<String>,
    /// The app's order id.
    pub reference: Option<Hidden<String>>,
}

impl Given {
    /// The claims of the userinfo response.
    #[must_use]
    pub fn in_userinfo(&self) -> Map<String, Value> {
        self.claims(&self.record)
    }

    /// The claims of the ID token: a national id or payment details only where `asked` for there.
    #[must_use]
    pub fn in_id_token(&self, asked: &BTreeSet<Member>) -> Map<String, Value> {
        let mut record = self.record.clone();
        let mut allowed: BTreeSet<Member> = record.attributes.members().into_iter().collect();
        for member in [Member::NationalId, Member::OtherIds, Member::PaymentDetails] {
            if !asked.contains(&member) {
                allowed.remove(&member);
            }
        }
        record.limit_to(&allowed);
        self.claims(&record)
    }

    fn claims(&self, record: &IdentityRecord) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), json!(record.subject));
        add_assurance(&mut claims, record);
        add_attributes(&mut claims, &record.attributes);
        if let Some(reference) = &self.reference {
            claims.insert("tunnus_reference".to_owned(), json!(reference));
        }
        if self.scopes.contains("tunnus") {
            claims.insert("tunnus_identity".to_owned(), json!(record));
        }
        claims
    }
}

fn add_assurance(claims: &mut Map<String, Value>, record: &IdentityRecord) {
    let assurance = &record.assurance;
    if assurance.level != Level::Unspecified {
        claims.insert("acr".to_owned(), json!(assurance.level.uri()));
    }
    if !assurance.amr.is_empty() {
        claims.insert("amr".to_owned(), json!(assurance.amr));
    }
    if let Some(acr) = &assurance.acr {
        claims.insert("tunnus_acr".to_owned(), json!(acr));
    }
}

fn add_attributes(claims: &mut Map<String, Value>, attributes: &Attributes) {
    let Attributes {
        name,
        birth_date,
        age_over,
        national_id,
        other_ids,
        email,
        phone,
        gender,
        nationality,
        address,
        payment_details,
    } = attributes;
    let mut add =
        |name: &str, value: Option<Value>| claims.extend(value.map(|value| (name.to_owned(), value)));
    add("name", name.full.as_ref().map(|value| json!(value)));
    add("given_name", name.given.as_ref().map(|value| json!(value)));
    add("family_name", name.family.as_ref().map(|value| json!(value)));
    add("birthdate", birth_date.as_ref().map(|value| json!(value)));
    add("gender", gender.as_ref().map(|value| json!(value)));
    add("nationalities", (!nationality.is_empty()).then(|| json!(nationality)));
    add("email", email.as_ref().map(|email| json!(email.value)));
    add("email_verified", email.as_ref().map(|email| json!(email.verified)));
    add("phone_number", phone.as_ref().map(|phone| json!(phone.value)));
    add("phone_number_verified", phone.as_ref().map(|phone| json!(phone.verified)));
    add("address", address.as_ref().map(address_claim));
    add("national_id", national_id.as_ref().map(|id| json!(id)));
    add("other_ids", (!other_ids.is_empty()).then(|| json!(other_ids)));
    add("age_over", (!age_over.is_empty()).then(|| json!(age_over)));
    add("payment_details", (!payment_details.is_empty()).then(|| json!(payment_details)));
}

/// With the standard's own member name for the street (OpenID Connect Core, section 5.1.1).
fn address_claim(address: &tunnus_sdk::identity::Address) -> Value {
    let mut claim = json!(address);
    if let Some(members) = claim.as_object_mut() {
        let street = members.remove("street");
        members.extend(street.map(|street| ("street_address".to_owned(), street)));
    }
    claim
}
