//! Why a provider could not identify a person: what happened, at which stage, and who must act.
//!
//! The texts are fixed and hold no personal data; the cause hangs beneath as `source`, for the log.
//! How a fault becomes a page, a redirect or a status is the server's.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    host::{OpenError, SealError, SendError},
    member::Member,
};

/// What went wrong, by who can mend it. The server maps each to a code of the error contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The person cancelled at the upstream.
    #[error("the person cancelled")]
    UserCancelled,
    /// The person refused to hand over the data.
    #[error("the person denied consent")]
    ConsentDenied,
    /// The app's request cannot be sent to this upstream as it stands.
    #[error("the request cannot be sent to this provider")]
    RequestInvalid,
    /// The connection's settings, keys or registration are wrong.
    #[error("the connection's settings or its registration with the provider are wrong")]
    ConnectionMisconfigured,
    /// The level of assurance is below what was asked for, or cannot be told.
    #[error("the level of assurance is too low")]
    AssuranceTooLow,
    /// Members that were required did not come.
    #[error("the provider did not send the required claims")]
    ClaimsNotReceived(Vec<Member>),
    /// The upstream cannot be reached or fails.
    #[error("the provider cannot be reached")]
    ProviderUnavailable,
    /// The upstream answered that it will not.
    #[error("the provider refused")]
    ProviderRefused,
    /// The upstream's answer fails a check.
    #[error("the provider's response was rejected")]
    ResponseRejected(Reason),
    /// Too much work is queued already; waiting helps.
    #[error("too many requests at once")]
    Busy,
    /// A fault of ours.
    #[error("internal fault")]
    Internal,
}

/// Which check a response failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Plain where an encrypted token is due.
    NotEncrypted,
    /// Unsigned where a signed token is due.
    NotSigned,
    /// An algorithm that the connection does not allow, or a header that may not stand there.
    Algorithm,
    /// The token does not open with the connection's keys.
    Decryption,
    /// The signature does not verify.
    Signature,
    /// No published key has the token's `kid`.
    KeyUnknown,
    /// Another issuer than the attempt's.
    Issuer,
    /// Meant for somebody else.
    Audience,
    /// Its time has passed.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// Not the attempt's nonce.
    Nonce,
    /// Not the attempt's state.
    State,
    /// Two parts of the response speak of two persons, or of none.
    Subject,
    /// `at_hash` or `c_hash` does not fit.
    TokenHash,
    /// The person was authenticated too long ago, or it is not said when.
    AuthTime,
    /// A sandbox response for a production connection, or the reverse.
    Environment,
    /// Claims contradict each other or are not what their name promises.
    ClaimsInconsistent,
    /// A plain response where JARM is due.
    NotJarm,
    /// Not what the standard prescribes.
    Malformed,
    /// Larger than the bound.
    TooLarge,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The stage of a login at which a fault arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The upstream's metadata document.
    Discovery,
    /// The upstream's public keys.
    Jwks,
    /// The account selector.
    Selection,
    /// Building or pushing the authorization request (RFC 9126).
    Par,
    /// The browser's return.
    Callback,
    /// The token endpoint.
    Token,
    /// The ID token.
    IdToken,
    /// The userinfo endpoint and its response.
    Userinfo,
    /// The payment details endpoint and its response.
    PaymentDetails,
    /// Turning proved claims into an identity.
    Normalise,
}

impl Stage {
    /// Those at which the broker calls the upstream: each is an endpoint.
    pub const ENDPOINTS: [Self; 6] =
        [Self::Discovery, Self::Jwks, Self::Par, Self::Token, Self::Userinfo, Self::PaymentDetails];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A login that failed in the provider or at its upstream.
#[derive(Debug)]
pub struct ProviderError {
    /// What went wrong.
    pub fault: Fault,
    /// Where.
    pub stage: Stage,
    /// The upstream's own error code, bounded and printable; never shown to the browser.
    pub upstream_code: Option<String>,
    /// The cause, for the log.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// How much of an upstream's error code is kept.
const UPSTREAM_CODE_MAX: usize = 64;

impl ProviderError {
    /// A fault at a stage.
    #[must_use]
    pub const fn new(fault: Fault, stage: Stage) -> Self {
        Self { fault, stage, upstream_code: None, source: None }
    }

    /// A response that failed a check.
    #[must_use]
    pub const fn rejected(reason: Reason, stage: Stage) -> Self {
        Self::new(Fault::ResponseRejected(reason), stage)
    }

    /// A login that the upstream cannot be asked for like that: the app must ask otherwise.
    #[must_use]
    pub const fn request_invalid() -> Self {
        Self::new(Fault::RequestInvalid, Stage::Par)
    }

    /// Adds the upstream's own code: at most 64 characters of it, printable ASCII only.
    #[must_use]
    pub fn with_upstream_code(mut self, code: &str) -> Self {
        let printable = code.chars().filter(char::is_ascii_graphic).take(UPSTREAM_CODE_MAX);
        self.upstream_code = Some(printable.collect());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The failed check, where one failed.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self.fault {
            Fault::ResponseRejected(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (stage {}", self.fault, self.stage)?;
        if let Some(reason) = self.reason() {
            write!(f, ", reason {reason}")?;
        }
        f.write_str(")")
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Says at which stage an error of the host arose.
pub trait AtStage {
    /// The same failure as an error of the login.
    fn at(self, stage: Stage) -> ProviderError;
}

impl AtStage for OpenError {
    fn at(self, stage: Stage) -> ProviderError {
        let fault = match self {
            Self::Rejected(reason) => Fault::ResponseRejected(reason),
            Self::KeysUnavailable(_) => {
                return ProviderError::new(Fault::ProviderUnavailable, Stage::Jwks).because(self);
            }
            Self::Busy => Fault::Busy,
            Self::BelowFloor => Fault::Internal,
        };
        ProviderError::new(fault, stage).because(self)
    }
}

impl AtStage for SendError {
    fn at(self, stage: Stage) -> ProviderError {
        let fault = match self {
            Self::Unreachable(_) | Self::TimedOut | Self::CircuitOpen | Self::Busy => {
                Fault::ProviderUnavailable
            }
            Self::TooLarge => Fault::ResponseRejected(Reason::TooLarge),
            Self::Forbidden | Self::CredentialMissing => Fault::ConnectionMisconfigured,
        };
        ProviderError::new(fault, stage).because(self)
    }
}

impl AtStage for SealError {
    fn at(self, stage: Stage) -> ProviderError {
        let fault = match self {
            Self::KeyMissing => Fault::ConnectionMisconfigured,
            Self::KeysUnavailable(_) => {
                return ProviderError::new(Fault::ProviderUnavailable, Stage::Jwks).because(self);
            }
            Self::Busy => Fault::Busy,
            Self::Failed => Fault::Internal,
        };
        ProviderError::new(fault, stage).because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_reason_and_stage_and_nothing_else() {
        let error =
            ProviderError::rejected(Reason::NotEncrypted, Stage::IdToken).with_upstream_code("<b>\u{1b}x");
        assert_eq!(
            error.to_string(),
            "the provider's response was rejected (stage id_token, reason not_encrypted)"
        );
        assert_eq!(error.upstream_code.as_deref(), Some("<b>x"));
    }
}
