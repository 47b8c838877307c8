//! What Acme's claims and tiers mean. Pure: the tokens' own checks are done by then.

use std::{borrow::Cow, collections::BTreeMap};

use tunnus_oidc::claims::{ClaimReader, Mapping, Target, map};
use tunnus_sdk::{Assurance, Evidence, Fault, Identity, Level, Member, ProviderError, Stage};

/// The members that can come.
pub(crate) const GIVEN: &[Member] = &[
    Member::FullName,
    Member::GivenName,
    Member::FamilyName,
    Member::BirthDate,
    Member::OtherIds,
    Member::Email,
];

/// The scope that each member needs.
pub(crate) const SCOPES: &[(Member, &str)] = &[
    (Member::FullName, "acme_person"),
    (Member::GivenName, "acme_person"),
    (Member::FamilyName, "acme_person"),
    (Member::BirthDate, "acme_person"),
    (Member::OtherIds, "acme_membership"),
    (Member::Email, "email"),
];

/// Acme's names for what the record calls otherwise.
const TABLE: &[Mapping] = &[
    Mapping::new("acme_legal_name", Target::FullName),
    Mapping::new("acme_first_names", Target::GivenName),
    Mapping::new("acme_surname", Target::FamilyName),
    Mapping::new("acme_born", Target::BirthDate),
    Mapping::new(
        "acme_member_number",
        Target::OtherId { country: Cow::Borrowed("FI"), kind: Cow::Borrowed("acme_member") },
    ),
    Mapping::new("email", Target::Email { verified: Some(Cow::Borrowed("email_verified")) }),
];

/// The person that Acme's claims tell of.
pub(crate) fn identity(
    tiers: &BTreeMap<String, Level>,
    evidence: &Evidence,
) -> Result<Identity, ProviderError> {
    let reader = ClaimReader::new(evidence);
    let mapped = map(&reader, TABLE)?;
    Ok(Identity {
        upstream: reader.subject()?,
        authenticated_at: reader.authenticated_at()?,
        method: None,
        assurance: assurance(tiers, &reader)?,
        attributes: mapped.attributes,
        provenance: mapped.provenance,
        transaction_id: None,
    })
}

/// The level of the tier reached. One that is missing or not in the settings is worth nothing.
fn assurance(tiers: &BTreeMap<String, Level>, reader: &ClaimReader<'_>) -> Result<Assurance, ProviderError> {
    let acr = reader.acr()?;
    let level = acr.as_ref().and_then(|acr| tiers.get(acr));
    let level = level.ok_or(ProviderError::new(Fault::AssuranceTooLow, Stage::Normalise))?;
    Ok(Assurance { level: *level, acr, amr: reader.amr()? })
}

/// The tiers that reach `floor`, the best first, as `acr_values` has them.
///
/// # Errors
/// [`Fault::AssuranceTooLow`] where none does: the person need not be sent there.
pub(crate) fn acr_values(tiers: &BTreeMap<String, Level>, floor: Level) -> Result<String, ProviderError> {
    let mut enough: Vec<_> = tiers.iter().filter(|(_, level)| **level >= floor).collect();
    enough.sort_by_key(|(_, level)| std::cmp::Reverse(**level));
    if enough.is_empty() {
        return Err(ProviderError::new(Fault::AssuranceTooLow, Stage::Par));
    }
    Ok(enough.into_iter().map(|(acr, _)| acr.as_str()).collect::<Vec<_>>().join(" "))
}
