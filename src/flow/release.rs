//! What an app gets of an identity: its subject, the members it asked for and may have, no more.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use subtle::ConstantTimeEq;
use tunnus_sdk::{Attributes, Hidden, Identity, Member, Source, SubjectSource, Timestamp};

use super::{
    identification::Identification,
    record::{IdentityRecord, SCHEMA},
};
use crate::{
    error::{self, Code, Error},
    tenant::model::{App, Connection, Tenant},
};

/// Makes the record that the app gets.
///
/// # Errors
/// In this order: [`Code::AssuranceTooLow`]; [`Code::ClaimsNotReceived`] where the subject's source
/// or a required member is missing; [`Code::PersonMismatch`].
pub fn release(
    tenant: &Tenant,
    app: &App,
    connection: &Connection,
    identification: &Identification,
    mut identity: Identity,
) -> Result<IdentityRecord, Error> {
    if identity.assurance.level < identification.minimum_assurance.max(app.minimum_assurance) {
        return Err(Error::new(Code::AssuranceTooLow));
    }
    let subject = subject(tenant, connection.subject, &identity)?;
    check_person(identification, &identity)?;
    derive_ages(identification, &mut identity);
    let wanted = identification.wanted(app).collect();
    keep_members(&mut identity.attributes, &mut identity.provenance, &wanted);
    check_complete(identification, &identity)?;
    let authenticated_at = identity.authenticated_at.to_rfc3339().ok_or(Code::Internal)?;
    Ok(IdentityRecord {
        schema: SCHEMA.to_owned(),
        tenant: tenant.id.clone(),
        connection: connection.id.clone(),
        provider: connection.provider.clone(),
        environment: connection.environment,
        subject,
        authenticated_at,
        method: identity.method,
        assurance: identity.assurance,
        attributes: identity.attributes,
        provenance: identity.provenance,
        transaction_id: identity.transaction_id,
        binding: identification.is_polled().then(|| "none".to_owned()),
    })
}

/// HMAC-SHA-256 under the tenant's subject key over length-prefixed parts: the same person at this
/// tenant, and nothing that anybody else can compute or turn back.
fn subject(tenant: &Tenant, source: SubjectSource, identity: &Identity) -> Result<Hidden<String>, Error> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, tenant.subject_key.expose());
    let mut context = hmac::Context::with_key(&key);
    let parts: Vec<&str> = match source {
        SubjectSource::NationalId => {
            let id = identity.attributes.national_id.as_ref();
            let id = id.ok_or_else(|| not_received(&[Member::NationalId]))?;
            vec!["v1", &id.country, &id.kind, id.value.expose_str()]
        }
        SubjectSource::Upstream => {
            vec!["v1", &identity.upstream.issuer, identity.upstream.subject.expose_str()]
        }
    };
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    Ok(Hidden::new(URL_SAFE_NO_PAD.encode(context.sign())))
}

fn not_received(members: &[Member]) -> Error {
    Error { fields: error::missing(members), ..Error::new(Code::ClaimsNotReceived) }
}

/// Whether it is who the app expects. In constant time: the answer is all that may be learnt.
fn check_person(identification: &Identification, identity: &Identity) -> Result<(), Error> {
    let Some(expected) = &identification.expected_national_id else {
        return Ok(());
    };
    let id = identity.attributes.national_id.as_ref().ok_or_else(|| not_received(&[Member::NationalId]))?;
    let same = id.value.expose_str().as_bytes().ct_eq(expected.expose_str().as_bytes());
    if bool::from(same) { Ok(()) } else { Err(Code::PersonMismatch.into()) }
}

/// Derives the ages asked for that did not come, from the birth date.
fn derive_ages(identification: &Identification, identity: &mut Identity) {
    let Some(birth_date) = identity.attributes.birth_date.clone() else {
        return;
    };
    for member in identification.members() {
        let Member::AgeOver(years) = member else { continue };
        if identity.attributes.age_over.contains_key(&years) {
            continue;
        }
        if let Some(reached) = has_reached(years, birth_date.expose_str(), identity.authenticated_at) {
            identity.attributes.age_over.insert(years, reached);
            identity.provenance.insert(member, Source::Derived { derived: Member::BirthDate });
        }
    }
}

/// Whether a person born on `birth_date` (`YYYY-MM-DD`) was `years` old on the day of `at`, in UTC.
/// Who was born on 29 February is a year older on 1 March.
fn has_reached(years: u8, birth_date: &str, at: Timestamp) -> Option<bool> {
    let (year, day) = birth_date.split_at_checked(4)?;
    let birthday = format!("{:04}{day}", year.parse::<u32>().ok()? + u32::from(years));
    Some(at.to_date()? >= birthday)
}

fn check_complete(identification: &Identification, identity: &Identity) -> Result<(), Error> {
    let missing = |member: &Member| !identity.attributes.has(*member);
    let missing: Vec<_> = identification.required.iter().copied().filter(missing).collect();
    if missing.is_empty() { Ok(()) } else { Err(not_received(&missing)) }
}

/// Drops every member that is not among `kept`.
pub(super) fn keep_members(
    attributes: &mut Attributes,
    provenance: &mut BTreeMap<Member, Source>,
    kept: &BTreeSet<Member>,
) {
    for member in attributes.members() {
        if !kept.contains(&member) {
            attributes.remove(member);
        }
    }
    provenance.retain(|member, _| attributes.has(*member));
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
