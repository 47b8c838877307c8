//! The table from claims to members, and the standard's own.

use std::{borrow::Cow, collections::BTreeMap};

use tunnus_sdk::{
    Attributes, Hidden, Member, ProviderError, Source,
    identity::{Contact, NationalId},
};

use super::read::{ClaimReader, Found};

/// One row: a claim, and the member that it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The claim's name: one member of the claims object; a dot in it is a dot.
    pub claim: Cow<'static, str>,
    /// What it becomes.
    pub to: Target,
}

impl Mapping {
    /// `claim` becomes `to`.
    #[must_use]
    pub const fn new(claim: &'static str, to: Target) -> Self {
        Self { claim: Cow::Borrowed(claim), to }
    }
}

/// What a claim becomes. Where several rows name one member, the first claim that came counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `name.full`, a text.
    FullName,
    /// `name.given`, a text.
    GivenName,
    /// `name.family`, a text.
    FamilyName,
    /// `birth_date`, a date.
    BirthDate,
    /// `age_over.N`, a boolean.
    AgeOver(u8),
    /// `national_id`, a text; its form is the provider's to check.
    NationalId {
        /// ISO 3166-1 alpha-2.
        country: Cow<'static, str>,
        /// The kind of number.
        kind: Cow<'static, str>,
    },
    /// One more of `other_ids`, a text.
    OtherId {
        /// ISO 3166-1 alpha-2.
        country: Cow<'static, str>,
        /// The kind of number.
        kind: Cow<'static, str>,
    },
    /// `email`, a text.
    Email {
        /// The boolean claim that says whether it is verified.
        verified: Option<Cow<'static, str>>,
    },
    /// `phone`, a text.
    Phone {
        /// The boolean claim that says whether it is verified.
        verified: Option<Cow<'static, str>>,
    },
    /// `gender`, a text.
    Gender,
    /// `nationality`, a text or several.
    Nationality,
    /// `address`, an object or a text.
    Address,
}

impl Target {
    /// The member that it is or belongs to.
    #[must_use]
    pub const fn member(&self) -> Member {
        match self {
            Self::FullName => Member::FullName,
            Self::GivenName => Member::GivenName,
            Self::FamilyName => Member::FamilyName,
            Self::BirthDate => Member::BirthDate,
            Self::AgeOver(years) => Member::AgeOver(*years),
            Self::NationalId { .. } => Member::NationalId,
            Self::OtherId { .. } => Member::OtherIds,
            Self::Email { .. } => Member::Email,
            Self::Phone { .. } => Member::Phone,
            Self::Gender => Member::Gender,
            Self::Nationality => Member::Nationality,
            Self::Address => Member::Address,
        }
    }
}

/// The standard claims (OpenID Connect Core, section 5.1).
pub const STANDARD: &[Mapping] = &[
    Mapping::new("name", Target::FullName),
    Mapping::new("given_name", Target::GivenName),
    Mapping::new("family_name", Target::FamilyName),
    Mapping::new("birthdate", Target::BirthDate),
    Mapping::new("gender", Target::Gender),
    Mapping::new("email", Target::Email { verified: Some(Cow::Borrowed("email_verified")) }),
    Mapping::new("phone_number", Target::Phone { verified: Some(Cow::Borrowed("phone_number_verified")) }),
    Mapping::new("address", Target::Address),
];

/// What a table made of the claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The members.
    pub attributes: Attributes,
    /// Where each came from.
    pub provenance: BTreeMap<Member, Source>,
}

/// Reads every claim of `table`.
///
/// # Errors
/// When a claim is not what its name promises.
pub fn map(reader: &ClaimReader<'_>, table: &[Mapping]) -> Result<Mapped, ProviderError> {
    let mut mapped = Mapped::default();
    for row in table {
        mapped.read(reader, row)?;
    }
    Ok(mapped)
}

impl Mapped {
    fn read(&mut self, reader: &ClaimReader<'_>, row: &Mapping) -> Result<(), ProviderError> {
        let member = row.to.member();
        if member != Member::OtherIds && self.attributes.has(member) {
            return Ok(());
        }
        match &row.to {
            Target::AgeOver(years) => {
                let put = |to: &mut Attributes, value| {
                    to.age_over.insert(*years, value);
                };
                self.put(member, reader.boolean(&row.claim)?, put);
            }
            Target::BirthDate => {
                self.put(member, reader.date(&row.claim)?, |to, value| to.birth_date = Some(value));
            }
            Target::Nationality => {
                self.put(member, reader.texts(&row.claim)?, |to, value| to.nationality = value);
            }
            Target::Address => {
                self.put(member, reader.address(&row.claim)?, |to, value| to.address = Some(value));
            }
            Target::Email { verified } => {
                let contact = contact(reader, &row.claim, verified.as_deref())?;
                self.put(member, contact, |to, value| to.email = Some(value));
            }
            Target::Phone { verified } => {
                let contact = contact(reader, &row.claim, verified.as_deref())?;
                self.put(member, contact, |to, value| to.phone = Some(value));
            }
            Target::NationalId { .. }
            | Target::OtherId { .. }
            | Target::FullName
            | Target::GivenName
            | Target::FamilyName
            | Target::Gender => {
                self.put(member, reader.text(&row.claim)?, |to, value| put_text(to, &row.to, value));
            }
        }
        Ok(())
    }

    fn put<T>(&mut self, member: Member, found: Option<Found<T>>, put: impl FnOnce(&mut Attributes, T)) {
        if let Some(Found { value, source }) = found {
            put(&mut self.attributes, value);
            self.provenance.entry(member).or_insert(source);
        }
    }
}

/// Puts a text where `to` says. The members of other types are the caller's.
fn put_text(attributes: &mut Attributes, to: &Target, text: Hidden<String>) {
    match to {
        Target::FullName => attributes.name.full = Some(text),
        Target::GivenName => attributes.name.given = Some(text),
        Target::FamilyName => attributes.name.family = Some(text),
        Target::Gender => attributes.gender = Some(gender(text)),
        Target::NationalId { country, kind } => {
            attributes.national_id = Some(national_id(country, kind, text));
        }
        Target::OtherId { country, kind } => attributes.other_ids.push(national_id(country, kind, text)),
        Target::BirthDate
        | Target::AgeOver(_)
        | Target::Email { .. }
        | Target::Phone { .. }
        | Target::Nationality
        | Target::Address => {}
    }
}

fn national_id(country: &str, kind: &str, value: Hidden<String>) -> NationalId {
    NationalId { country: country.to_owned(), kind: kind.to_owned(), value }
}

/// `male` and `female` in lower case, anything else as received.
fn gender(text: Hidden<String>) -> Hidden<String> {
    let known = ["male", "female"].into_iter().find(|known| text.expose().eq_ignore_ascii_case(known));
    known.map_or(text, Hidden::from)
}

fn contact(
    reader: &ClaimReader<'_>,
    claim: &str,
    verified: Option<&str>,
) -> Result<Option<Found<Contact>>, ProviderError> {
    let verified = match verified {
        Some(claim) => reader.boolean(claim)?.is_some_and(|found| found.value),
        None => false,
    };
    let found = reader.text(claim)?;
    Ok(found.map(|Found { value, source }| Found { value: Contact { value, verified }, source }))
}
