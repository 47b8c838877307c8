//! Which scopes and claims a bank is asked for, and what its answers say of the person.
//!
//! Owns the table of IDPartner's scopes, the payment details' shape, and the levels of assurance.
//! All of it is pure. How one claim is read is the toolkit's.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tunnus_oidc::claims::{ClaimReader, Mapping, STANDARD, Target, map};
use tunnus_sdk::{
    Assurance, Claims, Evidence, Hidden, Identity, Level, Member, Method, Origin, ProviderError, Reason,
    Source, Stage, identity::PaymentDetails,
};

use crate::settings::{AssuranceTable, Settings};

/// The scope that each member needs, and its claims.
const SCOPES: [(Member, &str, &[&str]); 12] = [
    (Member::FullName, "profile", &["name"]),
    (Member::GivenName, "profile", &["given_name"]),
    (Member::FamilyName, "profile", &["family_name"]),
    (Member::BirthDate, "profile", &["birthdate"]),
    (Member::Gender, "profile", &["gender"]),
    (Member::Address, "address", &["address"]),
    (Member::Email, "email", &["email", "email_verified"]),
    (Member::Phone, "phone", &["phone_number", "phone_number_verified"]),
    (Member::AgeOver(18), "age_over_18", &["age_over_18"]),
    (Member::AgeOver(21), "age_over_21", &["age_over_21"]),
    (Member::AgeOver(25), "age_over_25", &["age_over_25"]),
    (Member::PaymentDetails, "payment_details", &["payment_details"]),
];

/// The claims that the standard does not know.
const AGES: [Mapping; 3] = [
    Mapping::new("age_over_18", Target::AgeOver(18)),
    Mapping::new("age_over_21", Target::AgeOver(21)),
    Mapping::new("age_over_25", Target::AgeOver(25)),
];

/// What is asked for: no more than is wanted and to be had.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `scope`, with `openid`.
    pub scope: String,
    /// The names of the claims.
    pub claims: Vec<&'static str>,
}

impl Asked {
    /// What `wanted` needs of a bank that offers what `offers(list, value)` says; `list` is a member
    /// of its metadata.
    ///
    /// An age that the bank does not vouch for is read from the birth date.
    pub(crate) fn of(wanted: &BTreeSet<Member>, offers: impl Fn(&str, &str) -> bool) -> Self {
        let vouched = |age: Member| {
            SCOPES.iter().any(|(member, scope, _)| *member == age && offers("scopes_supported", scope))
        };
        let needed: BTreeSet<Member> = wanted
            .iter()
            .map(|member| match member {
                Member::AgeOver(_) if !vouched(*member) => Member::BirthDate,
                other => *other,
            })
            .collect();
        let mut scopes = vec!["openid"];
        let mut claims = Vec::new();
        for (_, scope, names) in SCOPES.iter().filter(|(member, ..)| needed.contains(member)) {
            if offers("scopes_supported", scope) && !scopes.contains(scope) {
                scopes.push(scope);
            }
            claims.extend(names.iter().copied().filter(|name| offers("claims_supported", name)));
        }
        Self { scope: scopes.join(" "), claims }
    }

    /// The `claims` parameter (OpenID Connect Core, section 5.5); none where there is nothing to
    /// name. Asked for at userinfo, where they are fetched from the bank directly.
    pub(crate) fn parameter(&self) -> Option<Value> {
        let named: Map<String, Value> =
            self.claims.iter().map(|name| ((*name).into(), Value::Null)).collect();
        (!named.is_empty()).then(|| json!({ "userinfo": named }))
    }
}

impl AssuranceTable {
    /// The level of a login. An `acr` that is not listed never lifts it.
    fn level(&self, acr: Option<&str>) -> Level {
        match acr {
            None => self.default,
            Some(acr) => self.by_acr.get(acr).copied().unwrap_or_default(),
        }
    }

    /// Whether any login of this connection can reach `level`.
    pub(crate) fn reaches(&self, level: Level) -> bool {
        self.by_acr.values().chain([&self.default]).any(|reached| *reached >= level)
    }

    /// `acr_values` for `level`: what reaches it, space-separated; none where nothing is asked.
    pub(crate) fn acr_values(&self, level: Level) -> Option<String> {
        let fitting = self.by_acr.iter().filter(|(_, reached)| **reached >= level);
        let values: Vec<&str> = fitting.map(|(acr, _)| acr.as_str()).collect();
        (level > Level::Unspecified && !values.is_empty()).then(|| values.join(" "))
    }
}

/// What a bank's proved claims say of the person.
///
/// # Errors
/// [`Reason::ClaimsInconsistent`] when a claim is not what its name promises.
pub(crate) fn normalise(settings: &Settings, evidence: &Evidence) -> Result<Identity, ProviderError> {
    let reader = ClaimReader::new(evidence);
    let mut mapped = map(&reader, &[STANDARD, &AGES].concat())?;
    if let Some((details, source)) = payment_details(&reader, evidence)? {
        mapped.attributes.payment_details = details;
        mapped.provenance.insert(Member::PaymentDetails, source);
    }
    let acr = reader.acr()?;
    let level = settings.assurance.level(acr.as_deref());
    Ok(Identity {
        upstream: reader.subject()?,
        authenticated_at: reader.authenticated_at()?,
        method: Some(method(settings, &evidence.issuer)?),
        assurance: Assurance { level, acr, amr: reader.amr()? },
        attributes: mapped.attributes,
        provenance: mapped.provenance,
        transaction_id: None,
    })
}

/// The bank, by what the operator wrote down of it. The `idp_id` that came through the browser is
/// nobody's word.
fn method(settings: &Settings, issuer: &str) -> Result<Method, ProviderError> {
    let bank = settings.listed(issuer).ok_or(ProviderError::rejected(Reason::Issuer, Stage::Normalise))?;
    let id = bank.idp_id.as_deref().unwrap_or(issuer).to_owned();
    Ok(Method { id, name: bank.name.clone() })
}

/// The payment details: from the endpoint, else from the claim.
fn payment_details(
    reader: &ClaimReader<'_>,
    evidence: &Evidence,
) -> Result<Option<(Vec<PaymentDetails>, Source)>, ProviderError> {
    let claim = "payment_details";
    let (value, source, stage) = match (&evidence.payment_details, reader.value(claim)?) {
        (Some(document), _) => {
            let source = Source::Claim { claim: claim.to_owned(), from: Origin::PaymentDetails };
            (document, source, Stage::PaymentDetails)
        }
        (None, Some(found)) => (found.value, found.source, Stage::Normalise),
        (None, None) => return Ok(None),
    };
    let accounts = accounts(value).ok_or(ProviderError::rejected(Reason::ClaimsInconsistent, stage))?;
    Ok((!accounts.is_empty()).then_some((accounts, source)))
}

/// How many accounts a person may have.
const ACCOUNTS_MAX: usize = 100;
/// The longest text of an account, in characters.
const TEXT_MAX: usize = 255;

/// One account as an object, or several as an array.
fn accounts(value: &Value) -> Option<Vec<PaymentDetails>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(values) if values.len() <= ACCOUNTS_MAX => {
            values.iter().map(|value| value.as_object().and_then(account)).collect()
        }
        Value::Object(members) => Some(vec![account(members)?]),
        _ => None,
    }
}

fn account(members: &Claims) -> Option<PaymentDetails> {
    Some(PaymentDetails {
        bank_id: text(members.get("bankId"))?.into(),
        identifier: text(members.get("identifier"))?.into(),
        identifier_type: text(members.get("identifierType"))?.to_owned(),
        kind: text(members.get("type"))?.to_owned(),
        transfer_in: flag(members.get("transferIn"))?,
        transfer_out: flag(members.get("transferOut"))?,
        account_id: match members.get("accountId") {
            None | Some(Value::Null) => None,
            some => Some(Hidden::from(text(some)?)),
        },
    })
}

fn text(value: Option<&Value>) -> Option<&str> {
    let text = value?.as_str()?;
    let fits = (1..=TEXT_MAX).contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then_some(text)
}

/// What the bank does not say that an account may do, it may not.
fn flag(value: Option<&Value>) -> Option<bool> {
    value.map_or(Some(false), Value::as_bool)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
