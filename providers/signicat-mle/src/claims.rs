//! What the older service's claims mean.
//!
//! Owns the claims table, the national id's form, and the level of assurance. Pure: the ID token's
//! and userinfo's own checks are done by then. A dot in a claim's name is a dot, not a path.

use std::{borrow::Cow, collections::BTreeMap};

use tunnus_oidc::{
    claims::{ClaimReader, Found, Mapped, Mapping, Target, map},
    hetu::Hetu,
};
use tunnus_sdk::{
    Assurance, Environment, Evidence, Fault, Hidden, Identity, Member, Method, ProviderError, Reason, Stage,
    identity::NationalId,
};

use crate::methods::{METHODS, MethodRule, NationalIdType, is_portal, is_word};

/// The members that can come; phone and gender with the mobile certificate alone.
pub(crate) const GIVEN: &[Member] = &[
    Member::FullName,
    Member::GivenName,
    Member::FamilyName,
    Member::BirthDate,
    Member::NationalId,
    Member::OtherIds,
    Member::Phone,
    Member::Gender,
];

/// The scope that each member needs.
pub(crate) const SCOPES: &[(Member, &str)] = &[
    (Member::FullName, "profile"),
    (Member::GivenName, "profile"),
    (Member::FamilyName, "profile"),
    (Member::BirthDate, "profile"),
    (Member::Gender, "profile"),
    (Member::NationalId, "signicat.national_id"),
    (Member::Phone, "phone"),
];

/// The scope of the Finnish Trust Network's own claims, `ftn.idpId` and `ftn.satu`.
pub(crate) const FTN: &str = "ftn";

/// The claim of a national id, whatever the country.
const NATIONAL_ID: &str = "signicat.national_id";

/// The claims that are members as they stand. The national id has rules of its own.
const TABLE: &[Mapping] = &[
    Mapping::new("name", Target::FullName),
    Mapping::new("given_name", Target::GivenName),
    Mapping::new("family_name", Target::FamilyName),
    Mapping::new("birthdate", Target::BirthDate),
    Mapping::new("gender", Target::Gender),
    Mapping::new("phone_number", Target::Phone { verified: Some(Cow::Borrowed("phone_number_verified")) }),
    Mapping::new("ftn.satu", Target::OtherId { country: Cow::Borrowed("FI"), kind: Cow::Borrowed("satu") }),
];

/// What a connection makes of claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    /// What each method and portal is worth, by its URN.
    pub(crate) methods: &'a BTreeMap<String, MethodRule>,
    /// Where its persons are real.
    pub(crate) environment: Environment,
}

impl Rules<'_> {
    /// The person whom `evidence` speaks of.
    ///
    /// # Errors
    /// The first rule that the claims break.
    pub(crate) fn identity(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        let reader = ClaimReader::new(evidence).with_text_booleans();
        let acr = reader.acr()?;
        let rule = acr.as_deref().and_then(|acr| self.methods.get(acr));
        let rule = rule.ok_or(ProviderError::new(Fault::AssuranceTooLow, Stage::Normalise))?;
        let mut mapped = map(&reader, TABLE)?;
        self.add_national_id(&reader, rule, &mut mapped)?;
        Ok(Identity {
            upstream: reader.subject()?,
            authenticated_at: reader.authenticated_at()?,
            method: method(&reader, rule)?,
            assurance: Assurance { level: rule.level, acr, amr: reader.amr()? },
            attributes: mapped.attributes,
            provenance: mapped.provenance,
            transaction_id: None,
        })
    }

    fn add_national_id(
        &self,
        reader: &ClaimReader<'_>,
        rule: &MethodRule,
        mapped: &mut Mapped,
    ) -> Result<(), ProviderError> {
        let Some(Found { value, source }) = reader.text(NATIONAL_ID)? else { return Ok(()) };
        let number = rule.national_id.as_ref().ok_or(rejected(Reason::ClaimsInconsistent))?;
        let hetu = if number.is_hetu() { Hetu::read(reader, NATIONAL_ID, self.environment)? } else { None };
        let national_id = match hetu {
            Some(Found { value: hetu, .. }) => {
                hetu.check_birth_date(mapped.attributes.birth_date.as_ref())?;
                hetu.to_national_id()
            }
            None => foreign_number(number, value)?,
        };
        mapped.attributes.national_id = Some(national_id);
        mapped.provenance.insert(Member::NationalId, source);
        Ok(())
    }
}

/// A number of another country: Norway's has 11 digits, Sweden's 12; of others a plain word.
fn foreign_number(number: &NationalIdType, value: Hidden<String>) -> Result<NationalId, ProviderError> {
    let text = value.expose_str();
    let digits = |count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match (number.country.as_str(), number.kind.as_str()) {
        ("NO", "fodselsnummer") => digits(11),
        ("SE", "personnummer") => digits(12),
        (_, _) => is_word(text),
    };
    let NationalIdType { country, kind } = number.clone();
    if fits { Ok(NationalId { country, kind, value }) } else { Err(rejected(Reason::ClaimsInconsistent)) }
}

/// The bank that the token names (`ftn.idpId`), else the method that the table names.
fn method(reader: &ClaimReader<'_>, rule: &MethodRule) -> Result<Option<Method>, ProviderError> {
    let bank = if rule.is_finnish() { reader.text("ftn.idpId")? } else { None };
    let Some(id) = bank.as_ref().map(|found| found.value.expose_str()).or(rule.id.as_deref()) else {
        return Ok(None);
    };
    if !is_word(id) {
        return Err(rejected(Reason::ClaimsInconsistent));
    }
    let built_in = METHODS.iter().find(|method| method.id == id).map(|method| method.name);
    let own = rule.name.as_deref().filter(|_| rule.id.as_deref() == Some(id));
    Ok(Some(Method { id: id.to_owned(), name: own.or(built_in).map(str::to_owned) }))
}

/// Whether the ID token is of the method that was asked for; a portal may answer with any method.
///
/// # Errors
/// [`Reason::ClaimsInconsistent`] when the person logged in by another method than the one asked for.
pub(crate) fn check_acr(asked: &str, evidence: &Evidence) -> Result<(), ProviderError> {
    let acr = ClaimReader::new(evidence).acr()?;
    let fits = is_portal(asked) || acr.as_deref() == Some(asked);
    fits.then_some(()).ok_or(ProviderError::rejected(Reason::ClaimsInconsistent, Stage::IdToken))
}

const fn rejected(reason: Reason) -> ProviderError {
    ProviderError::rejected(reason, Stage::Normalise)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
