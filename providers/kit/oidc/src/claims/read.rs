//! One claim, read as the type that it must have.

use serde_json::Value;
use tunnus_sdk::{
    Claims, Evidence, Hidden, Origin, ProviderError, Reason, Source, Stage, Timestamp, UpstreamSubject,
    identity::Address,
};

use crate::checks::time;

/// The longest text that a claim may be, in characters.
const TEXT_MAX: usize = 512;

/// The most texts that an array may hold.
const LIST_MAX: usize = 32;

/// Reads the claims of one person.
#[derive(Clone, Copy, Debug)]
pub struct ClaimReader<'a> {
    evidence: &'a Evidence,
    text_booleans: bool,
}

/// A claim that is there, and the message that it stood in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// What it says.
    pub value: T,
    /// Its name and where it stood, for the record's provenance.
    pub source: Source,
}

impl<T> Found<T> {
    fn map<U>(self, to: impl FnOnce(T) -> U) -> Found<U> {
        Found { value: to(self.value), source: self.source }
    }
}

type Read<T> = Result<Option<Found<T>>, ProviderError>;

impl<'a> ClaimReader<'a> {
    /// Reads the claims of `evidence`; a boolean must be one.
    #[must_use]
    pub const fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, text_booleans: false }
    }

    /// The same for an upstream that writes booleans as the texts `true` and `false` too.
    #[must_use]
    pub const fn with_text_booleans(self) -> Self {
        Self { text_booleans: true, ..self }
    }

    /// The claim as it stands; `null` and a text of nothing but blanks count as missing.
    ///
    /// # Errors
    /// When ID token and userinfo both hold it and differ.
    pub fn value(&self, claim: &str) -> Read<&'a Value> {
        let userinfo = self.evidence.userinfo.as_ref().and_then(|claims| present(claims, claim));
        let id_token = present(&self.evidence.id_token, claim);
        let (value, from) = match (userinfo, id_token) {
            (Some(one), Some(other)) if one != other => return Err(inconsistent()),
            (Some(value), _) => (value, Origin::Userinfo),
            (None, Some(value)) => (value, Origin::IdToken),
            (None, None) => return Ok(None),
        };
        Ok(Some(Found { value, source: Source::Claim { claim: claim.to_owned(), from } }))
    }

    /// A text: at most 512 characters, none of them a control character or one that turns the
    /// direction of writing.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self, claim: &str) -> Read<Hidden<String>> {
        self.read(claim, |value| text(value, |_| false))
    }

    /// A text or an array of at most 32 texts.
    ///
    /// # Errors
    /// When it is something else.
    pub fn texts(&self, claim: &str) -> Read<Vec<Hidden<String>>> {
        self.read(claim, texts)
    }

    /// A boolean, or where the upstream writes them so, its text.
    ///
    /// # Errors
    /// When it is something else.
    pub fn boolean(&self, claim: &str) -> Read<bool> {
        self.read(claim, |value| match (value, value.as_str()) {
            (Value::Bool(value), _) => Some(*value),
            (_, Some("true")) if self.text_booleans => Some(true),
            (_, Some("false")) if self.text_booleans => Some(false),
            _ => None,
        })
    }

    /// A date, `YYYY-MM-DD`, not in the future. A year alone, or a day without its year (OpenID
    /// Connect Core, section 5.1), is no date and counts as missing.
    ///
    /// # Errors
    /// When it is something else.
    pub fn date(&self, claim: &str) -> Read<Hidden<String>> {
        let today = self.evidence.received_at.to_date();
        let Some(found) = self.text(claim)? else { return Ok(None) };
        let date = found.value.expose_str();
        if is_partial_date(date) {
            return Ok(None);
        }
        let past = today.is_some_and(|today| date <= today.as_str());
        if past && is_date(date) { Ok(Some(found)) } else { Err(inconsistent()) }
    }

    /// An address (OpenID Connect Core, section 5.1.1), or a text that is the whole of it.
    ///
    /// # Errors
    /// When it is something else.
    pub fn address(&self, claim: &str) -> Read<Address> {
        let found = self.read(claim, |value| match value {
            Value::Object(parts) => address(parts),
            other => Some(Address { formatted: Some(lines(other)?), ..Address::default() }),
        })?;
        Ok(found.filter(|found| found.value != Address::default()))
    }

    /// The person at the upstream. The ID token's check has seen that `sub` is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn subject(&self) -> Result<UpstreamSubject, ProviderError> {
        let subject = self.evidence.id_token.get("sub").and_then(Value::as_str);
        let subject = subject.ok_or(ProviderError::rejected(Reason::Subject, Stage::Normalise))?;
        Ok(UpstreamSubject { issuer: self.evidence.issuer.clone(), subject: subject.into() })
    }

    /// `acr` of the ID token, as received. An empty one is one that no table lists: only a token
    /// without it says nothing of its level.
    ///
    /// # Errors
    /// When it is no text.
    pub fn acr(&self) -> Result<Option<String>, ProviderError> {
        let value = self.evidence.id_token.get("acr").filter(|value| !value.is_null());
        let Some(value) = value else { return Ok(None) };
        let acr = text(value, |_| false).ok_or_else(inconsistent)?;
        Ok(Some(acr.expose().clone()))
    }

    /// `amr` of the ID token, as received: an array, or a text where the upstream writes it so.
    ///
    /// # Errors
    /// When it is something else.
    pub fn amr(&self) -> Result<Vec<String>, ProviderError> {
        let Some(value) = present(&self.evidence.id_token, "amr") else { return Ok(Vec::new()) };
        let amr = texts(value).ok_or_else(inconsistent)?;
        Ok(amr.iter().map(|text| text.expose().clone()).collect())
    }

    /// When the person was authenticated: `auth_time` of the ID token, at the latest when the proof
    /// was complete.
    ///
    /// # Errors
    /// [`Reason::AuthTime`] when it is there and no time: it never counts as missing.
    pub fn authenticated_at(&self) -> Result<Timestamp, ProviderError> {
        let received_at = self.evidence.received_at;
        let auth_time = time(&self.evidence.id_token, "auth_time");
        let auth_time = auth_time.map_err(|_| ProviderError::rejected(Reason::AuthTime, Stage::Normalise))?;
        Ok(auth_time.map_or(received_at, |auth_time| auth_time.min(received_at)))
    }

    fn read<T>(&self, claim: &str, to: impl FnOnce(&'a Value) -> Option<T>) -> Read<T> {
        let Some(found) = self.value(claim)? else { return Ok(None) };
        let Found { value, source } = found.map(to);
        value.map(|value| Some(Found { value, source })).ok_or_else(inconsistent)
    }
}

fn inconsistent() -> ProviderError {
    ProviderError::rejected(Reason::ClaimsInconsistent, Stage::Normalise)
}

fn present<'a>(claims: &'a Claims, claim: &str) -> Option<&'a Value> {
    let is_blank = |text: &str| text.chars().all(char::is_whitespace);
    claims.get(claim).filter(|value| !value.is_null() && !value.as_str().is_some_and(is_blank))
}

/// A bounded text; control characters only where `allowed`: they forge lines in logs and pages.
fn text(value: &Value, allowed: impl Fn(char) -> bool) -> Option<Hidden<String>> {
    let text = value.as_str()?;
    let clean = text.chars().all(|c| !(c.is_control() || deceives(c)) || allowed(c));
    (clean && text.chars().count() <= TEXT_MAX).then(|| text.into())
}

/// What makes a text look like another one: line and paragraph separators, the embeddings, overrides
/// and isolates of the bidirectional algorithm (UAX #9, section 2), and the byte order mark. The
/// letters of right-to-left scripts need none of them.
const fn deceives(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn lines(value: &Value) -> Option<Hidden<String>> {
    text(value, |c| c == '\n' || c == '\r')
}

fn texts(value: &Value) -> Option<Vec<Hidden<String>>> {
    match value {
        Value::Array(values) if values.len() <= LIST_MAX => {
            values.iter().map(|value| text(value, |_| false)).collect()
        }
        other => text(other, |_| false).map(|text| vec![text]),
    }
}

fn address(parts: &Claims) -> Option<Address> {
    let part = |name: &str| match present(parts, name) {
        None => Some(None),
        Some(value) => lines(value).map(Some),
    };
    Some(Address {
        formatted: part("formatted")?,
        street: part("street_address")?,
        locality: part("locality")?,
        region: part("region")?,
        postal_code: part("postal_code")?,
        country: part("country")?,
    })
}

/// `YYYY`, or `0000-MM-DD`.
fn is_partial_date(date: &str) -> bool {
    let year_alone = date.len() == 4 && date.bytes().all(|byte| byte.is_ascii_digit());
    year_alone || (date.starts_with("0000-") && date.len() == 10)
}

/// Whether it is a day of the Gregorian calendar, as `YYYY-MM-DD`.
fn is_date(date: &str) -> bool {
    let number = |range| date.get(range).filter(|part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()));
    let parts = (number(0..4), number(5..7), number(8..10));
    let (Some(year), Some(month), Some(day)) = parts else { return false };
    let dashes = date.len() == 10 && date.get(4..5) == Some("-") && date.get(7..8) == Some("-");
    let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse::<u32>()) else {
        return false;
    };
    dashes && day >= 1 && day <= days_in_month(year, month)
}

const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400) => 29,
        2 => 28,
        _ => 0,
    }
}
