//! The error contract: one stable code for each failure, on every face, and what is logged of it.
//!
//! The codes are in `code`. Knows no HTTP: statuses and responses are `http::error`'s, sentences for
//! people `http::pages`'.

mod code;

use std::{error::Error as StdError, fmt, iter::successors};

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Fault, Member, ProviderError, Reason, Stage};

pub use code::{Class, Code};

/// A fault at one place of an app's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong, without the value.
    pub message: String,
}

/// A failure, as every face reports it.
#[derive(Debug)]
pub struct Error {
    /// The code.
    pub code: Code,
    /// Which check of a response failed.
    pub reason: Option<Reason>,
    /// At which stage of the upstream's part.
    pub stage: Option<Stage>,
    /// The upstream's own code.
    pub upstream_code: Option<String>,
    /// Where in the app's request.
    pub fields: Vec<Field>,
    /// The cause, for the log.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of this code.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self { code, reason: None, stage: None, upstream_code: None, fields: Vec::new(), source: None }
    }

    /// A fault of the app's request at `pointer`.
    pub fn request(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let field = Field { pointer: pointer.into(), message: message.into() };
        Self { fields: vec![field], ..Self::new(Code::RequestInvalid) }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Logs a failure, once, where it is handled: code, reason, stage, the chain of causes.
    pub fn log(&self, trace_id: &str) {
        tracing::warn!(
            trace_id,
            code = self.code.name(),
            reason = self.reason.map(tracing::field::display),
            stage = self.stage.map(tracing::field::display),
            upstream_code = self.upstream_code.as_deref(),
            causes = self.causes(),
            "identification failed"
        );
    }

    /// What it came from, the nearest cause first, for a log.
    #[must_use]
    pub fn causes(&self) -> String {
        let causes = successors(StdError::source(self), |cause| StdError::source(*cause));
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        let code = match &error.fault {
            Fault::UserCancelled => Code::UserCancelled,
            Fault::ConsentDenied => Code::ConsentDenied,
            Fault::RequestInvalid => Code::RequestInvalid,
            Fault::ConnectionMisconfigured => Code::ConnectionMisconfigured,
            Fault::AssuranceTooLow => Code::AssuranceTooLow,
            Fault::ClaimsNotReceived(_) => Code::ClaimsNotReceived,
            Fault::ProviderUnavailable => Code::ProviderUnavailable,
            Fault::ProviderRefused => Code::ProviderRefused,
            Fault::ResponseRejected(_) => Code::ProviderResponseRejected,
            Fault::Busy => Code::RateLimited,
            Fault::Internal => Code::Internal,
        };
        let fields = match &error.fault {
            Fault::ClaimsNotReceived(members) => missing(members),
            _ => Vec::new(),
        };
        Self {
            code,
            reason: error.reason(),
            stage: Some(error.stage),
            upstream_code: error.upstream_code.clone(),
            fields,
            source: Some(error.into()),
        }
    }
}

/// Required members that did not come, as fields of an error.
#[must_use]
pub fn missing(members: &[Member]) -> Vec<Field> {
    members
        .iter()
        .map(|member| Field { pointer: member.to_string(), message: "not received".to_owned() })
        .collect()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.sentence())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_keeps_reason_and_stage() {
        let error = Error::from(ProviderError::rejected(Reason::NotEncrypted, Stage::IdToken));
        assert_eq!(
            (error.code, error.reason, error.stage),
            (Code::ProviderResponseRejected, Some(Reason::NotEncrypted), Some(Stage::IdToken),)
        );
    }
}
