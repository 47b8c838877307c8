//! Which claim becomes which member, by the table in the settings, and what an `acr` is worth.
//!
//! Pure. Reading a claim as the type that it must have is the toolkit's.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tunnus_oidc::claims::{ClaimReader, Mapping, Target, is_needed, map, scopes};
use tunnus_sdk::{Assurance, Evidence, Identity, Level, Member, Method, ProviderError, SettingsError};

use crate::{ClaimsParameter, Settings};

/// One row of the table: a claim, the member that it becomes, and what it is asked for by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRow {
    /// The claim's name. A dot in it is a dot, not a path.
    pub claim: String,
    /// The member that it becomes. Where several rows name one, the first claim that comes counts.
    pub member: Member,
    /// The scope that must be asked for to get it, where one must.
    #[serde(default)]
    pub scope: Option<String>,
    /// For `email` and `phone`: the boolean claim that says whether it is verified.
    #[serde(default)]
    pub verified: Option<String>,
    /// For `national_id` and `other_ids`: the country, ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// For `national_id` and `other_ids`: the kind of number, such as `personnummer`.
    #[serde(default)]
    pub kind: Option<String>,
}

/// What is asked for in `acr_values`, by the least level of assurance wanted. A level without a value
/// asks for the next higher one's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AcrValues {
    /// Where no level is wanted.
    pub any: Option<String>,
    /// For eIDAS low.
    pub low: Option<String>,
    /// For eIDAS substantial.
    pub substantial: Option<String>,
    /// For eIDAS high.
    pub high: Option<String>,
}

impl AcrValues {
    /// What asks for at least `minimum`.
    pub(crate) fn at_least(&self, minimum: Level) -> Option<&str> {
        let levels =
            [(Level::Low, &self.low), (Level::Substantial, &self.substantial), (Level::High, &self.high)];
        match minimum {
            Level::Unspecified => self.any.as_deref(),
            Level::Low | Level::Substantial | Level::High => {
                let mut enough = levels.into_iter().filter(|(level, _)| *level >= minimum);
                enough.find_map(|(_, value)| value.as_deref())
            }
        }
    }
}

impl ClaimRow {
    fn new(claim: &str, member: Member, scope: &str, verified: Option<&str>) -> Self {
        Self {
            claim: claim.to_owned(),
            member,
            scope: Some(scope.to_owned()),
            verified: verified.map(str::to_owned),
            country: None,
            kind: None,
        }
    }

    /// The row's faults. `pointer` names the row.
    pub(crate) fn fault(&self, pointer: &str) -> Option<SettingsError> {
        let is_id = matches!(self.member, Member::NationalId | Member::OtherIds);
        let is_contact = matches!(self.member, Member::Email | Member::Phone);
        let country = self.country.as_deref().is_some_and(is_country);
        let kind = self.kind.as_deref().is_some_and(|kind| !kind.is_empty());
        let rules = [
            (!self.claim.is_empty(), "claim", "must not be empty"),
            (self.member != Member::PaymentDetails, "member", "payment details are no claim"),
            (country == is_id, "country", "must be two capital letters for an id, and absent otherwise"),
            (kind == is_id, "kind", "must be set for an id, and absent otherwise"),
            (self.verified.is_none() || is_contact, "verified", "is for email and phone only"),
        ];
        let broken = rules.into_iter().find(|(kept, ..)| !kept);
        broken.map(|(_, name, text)| SettingsError::new(format!("{pointer}/{name}"), text))
    }

    /// The row as the toolkit has it; none for a member that no claim can be.
    fn mapping(&self) -> Option<Mapping> {
        let text = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or_default());
        let verified = self.verified.clone().map(Cow::Owned);
        let to = match self.member {
            Member::FullName => Target::FullName,
            Member::GivenName => Target::GivenName,
            Member::FamilyName => Target::FamilyName,
            Member::BirthDate => Target::BirthDate,
            Member::AgeOver(years) => Target::AgeOver(years),
            Member::NationalId => Target::NationalId { country: text(&self.country), kind: text(&self.kind) },
            Member::OtherIds => Target::OtherId { country: text(&self.country), kind: text(&self.kind) },
            Member::Email => Target::Email { verified },
            Member::Phone => Target::Phone { verified },
            Member::Gender => Target::Gender,
            Member::Nationality => Target::Nationality,
            Member::Address => Target::Address,
            Member::PaymentDetails => return None,
        };
        Some(Mapping { claim: Cow::Owned(self.claim.clone()), to })
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The standard claims with the standard scopes (OpenID Connect Core, sections 5.1 and 5.4).
pub(crate) fn standard() -> Vec<ClaimRow> {
    vec![
        ClaimRow::new("name", Member::FullName, "profile", None),
        ClaimRow::new("given_name", Member::GivenName, "profile", None),
        ClaimRow::new("family_name", Member::FamilyName, "profile", None),
        ClaimRow::new("birthdate", Member::BirthDate, "profile", None),
        ClaimRow::new("gender", Member::Gender, "profile", None),
        ClaimRow::new("email", Member::Email, "email", Some("email_verified")),
        ClaimRow::new("phone_number", Member::Phone, "phone", Some("phone_number_verified")),
        ClaimRow::new("address", Member::Address, "address", None),
    ]
}

/// The eIDAS levels by their URIs (Implementing Regulation (EU) 2015/1502).
pub(crate) fn eidas() -> BTreeMap<String, Level> {
    let levels = [Level::Low, Level::Substantial, Level::High];
    levels.into_iter().filter_map(|level| Some((level.uri()?, level))).collect()
}

/// The scopes for `wanted`, and those that are always asked for.
pub(crate) fn scope(settings: &Settings, wanted: &BTreeSet<Member>) -> String {
    let rows = settings.claims.iter();
    let table: Vec<_> = rows.filter_map(|row| Some((row.member, row.scope.as_deref()?))).collect();
    let mut scope = scopes(wanted, &table);
    for always in &settings.scopes {
        if !scope.split(' ').any(|one| one == always) {
            scope.push(' ');
            scope.push_str(always);
        }
    }
    scope
}

/// The `claims` parameter for `wanted`, where the settings have it asked for.
pub(crate) fn parameter(settings: &Settings, wanted: &BTreeSet<Member>) -> Option<Value> {
    let message = settings.claims_parameter.member()?;
    let table: Vec<_> = settings.claims.iter().map(|row| (row.member, row.claim.as_str())).collect();
    let needed = settings.claims.iter().filter(|row| is_needed(wanted, row.member, &table));
    let names = needed.flat_map(|row| [Some(&row.claim), row.verified.as_ref()]).flatten();
    let names: Map<String, Value> = names.map(|name| (name.clone(), Value::Null)).collect();
    (!names.is_empty()).then(|| Value::Object(Map::from_iter([(message.to_owned(), Value::Object(names))])))
}

/// Turns proved claims into an identity, by the table.
pub(crate) fn identity(settings: &Settings, evidence: &Evidence) -> Result<Identity, ProviderError> {
    let reader = ClaimReader::new(evidence);
    let reader = if settings.text_booleans { reader.with_text_booleans() } else { reader };
    let table: Vec<_> = settings.claims.iter().filter_map(ClaimRow::mapping).collect();
    let mapped = map(&reader, &table)?;
    Ok(Identity {
        upstream: reader.subject()?,
        authenticated_at: reader.authenticated_at()?,
        method: method(settings, &reader)?,
        assurance: assurance(settings, &reader)?,
        attributes: mapped.attributes,
        provenance: mapped.provenance,
        transaction_id: plain_text(&reader, settings.transaction_claim.as_deref())?,
    })
}

/// An `acr` that the table does not list lifts nothing.
fn assurance(settings: &Settings, reader: &ClaimReader<'_>) -> Result<Assurance, ProviderError> {
    let acr = reader.acr()?;
    let level = match &acr {
        Some(acr) => settings.assurance.get(acr).copied().unwrap_or_default(),
        None => settings.default_level,
    };
    Ok(Assurance { level, acr, amr: reader.amr()? })
}

fn method(settings: &Settings, reader: &ClaimReader<'_>) -> Result<Option<Method>, ProviderError> {
    let id = plain_text(reader, settings.method_claim.as_deref())?;
    Ok(id.map(|id| Method { name: settings.method_names.get(&id).cloned(), id }))
}

fn plain_text(reader: &ClaimReader<'_>, claim: Option<&str>) -> Result<Option<String>, ProviderError> {
    let Some(claim) = claim else { return Ok(None) };
    Ok(reader.text(claim)?.map(|found| found.value.expose().clone()))
}

impl Settings {
    /// The `claims` parameter is for upstreams that take it; the row's faults are the rows'.
    pub(crate) fn table_faults(&self) -> impl Iterator<Item = SettingsError> {
        let rows = self.claims.iter().enumerate();
        let broken = rows.filter_map(|(index, row)| row.fault(&format!("/claims/{index}")));
        let userinfo = self.claims_parameter == ClaimsParameter::Userinfo && !self.fetches_userinfo();
        let unfetched = userinfo
            .then(|| SettingsError::new("/claims_parameter", "asks for userinfo, which is not fetched"));
        broken.chain(unfetched)
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
