//! Faults by name: what a simulated provider can do wrong, and what a provider under test must make
//! of it.
//!
//! A fault is a row of values. [`Deed`] says what is done, [`Expected`] which failures are right. The
//! generic rows stand in the tables beneath this module; a profile may bring rows of its own.

mod claims;
mod messages;
mod spoilage;
mod transport;
mod trouble;

use std::fmt;

use serde_json::{Map, Value};
use tunnus_sdk::{Claims, Fault, ProviderError, Reason, Stage, Timestamp};

pub use self::trouble::FAULT_HEADER;
pub(crate) use self::trouble::Trouble;

/// A named fault.
#[derive(Clone, Debug)]
pub struct FaultRow {
    /// Its name in `sandbox:fault=NAME`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub sentence: &'static str,
    /// What is done.
    pub deed: Deed,
    /// The failures that are right; one of them must come.
    pub expect: &'static [Expected],
}

impl FaultRow {
    /// The fault `name`, which does `deed` and must come to one of `expect`.
    #[must_use]
    pub const fn new(
        name: &'static str,
        sentence: &'static str,
        deed: Deed,
        expect: &'static [Expected],
    ) -> Self {
        Self { name, sentence, deed, expect }
    }
}

/// Sets a claim, there or not: what most [`Deed::Claims`] do.
pub fn set(claims: &mut Claims, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

/// An end that a fault must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The provider fails.
    Fails {
        /// What went wrong. The members of [`Fault::ClaimsNotReceived`] are not compared.
        fault: Fault,
        /// Where.
        stage: Stage,
    },
    /// The browser stays on the upstream's own error page.
    Strands,
}

impl Expected {
    /// A fault at a stage.
    #[must_use]
    pub const fn new(fault: Fault, stage: Stage) -> Self {
        Self::Fails { fault, stage }
    }

    /// A response that fails a check.
    #[must_use]
    pub const fn rejected(reason: Reason, stage: Stage) -> Self {
        Self::new(Fault::ResponseRejected(reason), stage)
    }

    /// Whether `error` is this end.
    #[must_use]
    pub fn is_met_by(&self, error: &ProviderError) -> bool {
        match self {
            Self::Fails { fault: Fault::ClaimsNotReceived(_), stage } => {
                matches!(error.fault, Fault::ClaimsNotReceived(_)) && error.stage == *stage
            }
            Self::Fails { fault, stage } => error.fault == *fault && error.stage == *stage,
            Self::Strands => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails { fault: Fault::ResponseRejected(reason), stage } => write!(f, "{reason} at {stage}"),
            Self::Fails { fault, stage } => write!(f, "{fault} at {stage}"),
            Self::Strands => f.write_str("stranded at the upstream"),
        }
    }
}

/// An endpoint, as faults name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The metadata document.
    Discovery,
    /// The JWKS document.
    Jwks,
    /// The pushed authorization request endpoint.
    Pushed,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    Userinfo,
    /// A route of the profile's own, by its path.
    Route(&'static str),
}

/// A message with claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The ID token.
    IdToken,
    /// The userinfo response.
    Userinfo,
    /// The JARM response.
    AuthorizationResponse,
}

/// What a fault does.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Spoils an endpoint's whole answer.
    Spoil(Endpoint, Spoilage),
    /// Answers with an OAuth error instead.
    Refuse(Endpoint, u16, &'static str),
    /// Changes the members of an endpoint's JSON answer.
    Alter(Endpoint, fn(&mut Map<String, Value>)),
    /// Changes the claims of a message before it is protected.
    Claims(Message, fn(&mut Claims, Timestamp)),
    /// Protects a message wrongly.
    Seal(Message, Mishap),
    /// Returns the browser with this error; `None` stands for the profile's own word for cancelling.
    Return(Option<&'static str>),
    /// Changes the parameters that the browser returns with.
    Parameters(fn(&mut Vec<(String, String)>)),
    /// Sends plain parameters where JARM is due.
    PlainCallback,
    /// Publishes keys without the one that signs.
    HideSigningKey,
}

/// How an answer is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilage {
    /// Status 500.
    ServerError,
    /// Larger than any bound.
    Huge,
    /// A redirect to elsewhere.
    Redirect,
    /// HTML with status 200.
    NotJson,
    /// A minute late.
    Slow,
    /// The connection is cut in the middle of the body.
    CutOff,
    /// A member stands twice in the JSON object.
    DoubledMember,
    /// `{}`.
    Empty,
}

/// How a message is protected wrongly. One that does not fit the message's shape does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The JWS without the JWE around it, where a nested token is due.
    NotEncrypted,
    /// A JWE, where only a JWS is due.
    Encrypted,
    /// The bare JSON object.
    Unprotected,
    /// The claims directly in the JWE, without a signature.
    UnsignedInside,
    /// `alg` is `none`, and the signature is empty.
    AlgNone,
    /// A valid signature of another algorithm.
    OtherAlgorithm,
    /// An HMAC under the public key's text (RFC 8725, section 2.1).
    Hmac,
    /// Another content encryption.
    OtherContentEncryption,
    /// The header says `RSA1_5`.
    Rsa15,
    /// Encrypted to a key that is not the client's.
    OtherRecipient,
    /// One bit of the ciphertext is flipped.
    BrokenCiphertext,
    /// Compressed, by the header's word.
    Compressed,
    /// A critical header that nobody knows.
    Critical,
    /// Signed with another key, under the right `kid`.
    OtherKey,
    /// Signed with a key that is never published.
    UnknownKey,
    /// The claims are exchanged after signing.
    BrokenSignature,
    /// Of the type of an access token, by the header's word.
    OtherType,
    /// Cut in the middle.
    Truncated,
}

/// The generic tables, in the order of a login.
const TABLES: [&[FaultRow]; 17] = [
    spoilage::DISCOVERY,
    transport::DISCOVERY,
    transport::JWKS,
    spoilage::PUSHED,
    transport::PUSHED,
    claims::RETURN,
    claims::CALLBACK,
    messages::AUTHORIZATION_RESPONSE,
    claims::AUTHORIZATION_RESPONSE,
    spoilage::TOKEN,
    transport::TOKEN,
    messages::ID_TOKEN,
    claims::ID_TOKEN,
    spoilage::USERINFO,
    transport::USERINFO,
    messages::USERINFO,
    claims::USERINFO,
];

/// Every generic fault.
pub fn generic() -> impl Iterator<Item = &'static FaultRow> {
    TABLES.into_iter().flatten()
}

/// The generic fault of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FaultRow> {
    generic().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_lower_case_words() {
        let names: Vec<_> = generic().map(|row| row.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let is_word =
            |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        assert!(names.iter().all(|name| is_word(name)), "{names:?}");
    }

    #[test]
    fn every_fault_has_a_sentence_and_an_outcome() {
        for row in generic() {
            assert!(row.sentence.ends_with('.') && row.sentence.len() > 15, "{}", row.name);
            assert!(!row.expect.is_empty(), "{}", row.name);
        }
    }
}
