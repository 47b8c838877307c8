//! From proved claims to members of the identity record, by a table.
//!
//! Owns the reading of a claim (its type, its bounds, where it stood) and the standard's table
//! (OpenID Connect Core, section 5.1). Which claims an upstream gives, what its `acr` is worth and
//! what a national id must look like is the provider's. All of it is pure.
//!
//! No claim is ever sure to come: a missing one leaves its member absent. One that is there but is
//! not what its name promises fails ([`Reason::ClaimsInconsistent`](tunnus_sdk::Reason)).

mod read;
mod table;

use std::collections::BTreeSet;

use tunnus_sdk::Member;

pub use read::{ClaimReader, Found};
pub use table::{Mapped, Mapping, STANDARD, Target, map};

/// The scopes of OpenID Connect Core, section 5.4, by the member that each is needed for.
pub const STANDARD_SCOPES: &[(Member, &str)] = &[
    (Member::FullName, "profile"),
    (Member::GivenName, "profile"),
    (Member::FamilyName, "profile"),
    (Member::BirthDate, "profile"),
    (Member::Gender, "profile"),
    (Member::Email, "email"),
    (Member::Phone, "phone"),
    (Member::Address, "address"),
];

/// `openid` and the scopes that `wanted` needs by `table`, each once, space-separated.
///
/// An age that the table does not name needs the birth date's scope: it is derived from there.
#[must_use]
pub fn scopes(wanted: &BTreeSet<Member>, table: &[(Member, &str)]) -> String {
    let mut scopes = vec!["openid"];
    for (member, scope) in table {
        if is_needed(wanted, *member, table) && !scopes.contains(scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

/// Whether `member` must be asked for: it is wanted, or an age is that must be derived from it since
/// `table` does not name that age.
#[must_use]
pub fn is_needed(wanted: &BTreeSet<Member>, member: Member, table: &[(Member, &str)]) -> bool {
    let derived =
        |age: &Member| matches!(age, Member::AgeOver(_)) && !table.iter().any(|(named, _)| named == age);
    wanted.contains(&member) || (member == Member::BirthDate && wanted.iter().any(derived))
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
