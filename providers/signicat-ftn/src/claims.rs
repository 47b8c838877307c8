//! What the eID Hub's claims about a Finnish person mean.
//!
//! Owns the claims table, the agreement of claims with each other and with the connection's
//! environment, and the level of assurance. Pure: the ID token's and userinfo's own checks are done
//! by then, and what an app gets of the result is the server's to decide.

use std::borrow::Cow;

use tunnus_oidc::{
    Presence,
    claims::{ClaimReader, Found, Mapped, Mapping, Target, map},
    hetu::Hetu,
};
use tunnus_sdk::{
    Assurance, Environment, Evidence, Fault, Identity, Member, Method, MethodInfo, ProviderError, Reason,
    Stage,
};

use crate::Settings;

/// The banks whose `ftn_idp` Signicat documents. There are more: `ftn_idp` is an open list.
pub(crate) const METHODS: &[MethodInfo] =
    &[MethodInfo { id: "fi-nordea", name: "Nordea" }, MethodInfo { id: "fi-op", name: "OP" }];

/// The members that can come.
pub(crate) const GIVEN: &[Member] = &[
    Member::FullName,
    Member::GivenName,
    Member::FamilyName,
    Member::BirthDate,
    Member::NationalId,
    Member::OtherIds,
];

/// The scope that each member needs, beside [`ALWAYS`].
pub(crate) const SCOPES: &[(Member, &str)] = &[
    (Member::FullName, "profile"),
    (Member::GivenName, "profile"),
    (Member::FamilyName, "profile"),
    (Member::BirthDate, "profile"),
    (Member::NationalId, "nin"),
];

/// The scope of `ftn_idp`, without which neither method nor level is sure; `ftn_satu` is of it too.
pub(crate) const ALWAYS: &str = "ftn-extra";

/// The claims that are members as they stand. The national id has rules of its own.
const TABLE: &[Mapping] = &[
    Mapping::new("name", Target::FullName),
    Mapping::new("given_name", Target::GivenName),
    Mapping::new("family_name", Target::FamilyName),
    Mapping::new("birthdate", Target::BirthDate),
    Mapping::new("ftn_satu", Target::OtherId { country: Cow::Borrowed("FI"), kind: Cow::Borrowed("satu") }),
];

/// The longest `ftn_idp`.
const METHOD_MAX: usize = 64;

/// What a connection makes of claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    /// What its admin has set.
    pub(crate) settings: &'a Settings,
    /// Where its persons are real.
    pub(crate) environment: Environment,
}

impl Rules<'_> {
    /// The person whom `evidence` speaks of.
    ///
    /// # Errors
    /// The first rule that the claims break.
    pub(crate) fn identity(&self, evidence: &Evidence) -> Result<Identity, ProviderError> {
        let reader = ClaimReader::new(evidence);
        self.check_environment(&reader)?;
        let method = self.method(&reader)?;
        let assurance = self.assurance(&reader, method.is_some())?;
        let mut mapped = map(&reader, TABLE)?;
        self.add_national_id(&reader, &mut mapped)?;
        Ok(Identity {
            upstream: reader.subject()?,
            authenticated_at: reader.authenticated_at()?,
            method,
            assurance,
            attributes: mapped.attributes,
            provenance: mapped.provenance,
            transaction_id: reader.text("transaction_id")?.map(|found| found.value.expose().clone()),
        })
    }

    /// A sandbox token is worth nothing in production; a token of real persons has no place in a
    /// sandbox, where rules are laxer.
    fn check_environment(&self, reader: &ClaimReader<'_>) -> Result<(), ProviderError> {
        let flag = reader.boolean("sandbox")?.map(|found| found.value);
        let fits = match (self.environment, flag) {
            (Environment::Production, flag) => flag != Some(true),
            (Environment::Sandbox, Some(flag)) => flag,
            (Environment::Sandbox, None) => self.settings.sandbox_flag == Presence::IfPresent,
        };
        fits.then_some(()).ok_or(rejected(Reason::Environment))
    }

    /// The bank, from `ftn_idp` alone: `idp_id`, for all its name, is the person's national id.
    fn method(&self, reader: &ClaimReader<'_>) -> Result<Option<Method>, ProviderError> {
        let Some(bank) = reader.text("ftn_idp")? else {
            check_network(reader)?;
            return Ok(None);
        };
        let id = bank.value.expose_str();
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if !plain || id.len() > METHOD_MAX {
            return Err(rejected(Reason::ClaimsInconsistent));
        }
        Ok(Some(Method { id: id.to_owned(), name: self.method_name(id) }))
    }

    fn method_name(&self, id: &str) -> Option<String> {
        let built_in = METHODS.iter().find(|method| method.id == id).map(|method| method.name);
        self.settings.method_names.get(id).map(String::as_str).or(built_in).map(str::to_owned)
    }

    /// `acr` by the table; without one, the default where the token is certainly of the network.
    fn assurance(&self, reader: &ClaimReader<'_>, names_bank: bool) -> Result<Assurance, ProviderError> {
        let acr = reader.acr()?;
        let level = match &acr {
            Some(acr) => self.settings.assurance.get(acr).copied(),
            None => names_bank.then_some(self.settings.default_level),
        };
        let level = level.ok_or(ProviderError::new(Fault::AssuranceTooLow, Stage::Normalise))?;
        Ok(Assurance { level, acr, amr: reader.amr()? })
    }

    fn add_national_id(&self, reader: &ClaimReader<'_>, mapped: &mut Mapped) -> Result<(), ProviderError> {
        let Some(Found { value: hetu, source }) = self.hetu(reader)? else { return Ok(()) };
        hetu.check_birth_date(mapped.attributes.birth_date.as_ref())?;
        mapped.attributes.national_id = Some(hetu.to_national_id());
        mapped.provenance.insert(Member::NationalId, source);
        Ok(())
    }

    /// `ftn_hetu`, or a `nin` of Finland; where both come they must be one.
    fn hetu(&self, reader: &ClaimReader<'_>) -> Result<Option<Found<Hetu>>, ProviderError> {
        let own = Hetu::read(reader, "ftn_hetu", self.environment)?;
        let nin = Hetu::read(reader, "nin", self.environment)?;
        if nin.is_some() && !is_finnish(reader)? {
            return Err(rejected(Reason::ClaimsInconsistent));
        }
        match (own, nin) {
            (Some(own), Some(nin)) if own.value != nin.value => Err(rejected(Reason::ClaimsInconsistent)),
            (Some(hetu), _) | (None, Some(hetu)) => Ok(Some(hetu)),
            (None, None) => Ok(None),
        }
    }
}

/// A token that names no bank must not be another network's: where the client at the hub is not
/// restricted to FTN, the person may have chosen another eID.
fn check_network(reader: &ClaimReader<'_>) -> Result<(), ProviderError> {
    let network = reader.text("idp")?;
    let ours = network.is_none_or(|found| found.value.expose_str() == "ftn");
    ours.then_some(()).ok_or(rejected(Reason::ClaimsInconsistent))
}

/// Whether `nin` is a number of Finland. Missing is wrong: elsewhere the same digits are another person's.
fn is_finnish(reader: &ClaimReader<'_>) -> Result<bool, ProviderError> {
    Ok(reader.text("nin_issuing_country")?.is_some_and(|found| found.value.expose_str() == "FI"))
}

const fn rejected(reason: Reason) -> ProviderError {
    ProviderError::rejected(reason, Stage::Normalise)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
