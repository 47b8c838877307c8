//! The codes: names, who can mend what, the OAuth error each becomes, a sentence for developers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The person cancelled.
    UserCancelled,
    /// The person refused to hand over the data.
    ConsentDenied,
    /// Too much time has passed.
    FlowExpired,
    /// No such login is under way.
    FlowUnknown,
    /// The login belongs to another browser.
    BrowserMismatch,
    /// The login has its answer already.
    AlreadyAnswered,
    /// No such connection, or not for this app: outside the two are one.
    ConnectionUnknown,
    /// The connection is paused.
    ConnectionPaused,
    /// The connection's settings, keys or registration are wrong.
    ConnectionMisconfigured,
    /// The level of assurance is too low.
    AssuranceTooLow,
    /// Required members did not come.
    ClaimsNotReceived,
    /// Another person than expected.
    PersonMismatch,
    /// The upstream cannot be reached or fails.
    ProviderUnavailable,
    /// The upstream will not.
    ProviderRefused,
    /// The upstream's answer fails a check.
    ProviderResponseRejected,
    /// The app's request is wrong.
    RequestInvalid,
    /// The app has not proved who it is.
    AppUnauthorised,
    /// No such identification of this app.
    IdentificationUnknown,
    /// The same idempotency key with another body.
    IdempotencyConflict,
    /// Too many requests.
    RateLimited,
    /// The store does not answer.
    StoreUnavailable,
    /// A fault of ours.
    Internal,
}

/// Who can mend a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The person who logs in.
    Person,
    /// The app's developer.
    App,
    /// The tenant's admin.
    Tenant,
    /// The upstream.
    Upstream,
    /// The broker's operator.
    Operator,
    /// The broker's makers.
    Broker,
}

impl Code {
    /// Every code, in the contract's order.
    pub const ALL: [Self; 22] = [
        Self::UserCancelled,
        Self::ConsentDenied,
        Self::FlowExpired,
        Self::FlowUnknown,
        Self::BrowserMismatch,
        Self::AlreadyAnswered,
        Self::ConnectionUnknown,
        Self::ConnectionPaused,
        Self::ConnectionMisconfigured,
        Self::AssuranceTooLow,
        Self::ClaimsNotReceived,
        Self::PersonMismatch,
        Self::ProviderUnavailable,
        Self::ProviderRefused,
        Self::ProviderResponseRejected,
        Self::RequestInvalid,
        Self::AppUnauthorised,
        Self::IdentificationUnknown,
        Self::IdempotencyConflict,
        Self::RateLimited,
        Self::StoreUnavailable,
        Self::Internal,
    ];

    /// The stable name: `user_cancelled`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserCancelled => "user_cancelled",
            Self::ConsentDenied => "consent_denied",
            Self::FlowExpired => "flow_expired",
            Self::FlowUnknown => "flow_unknown",
            Self::BrowserMismatch => "browser_mismatch",
            Self::AlreadyAnswered => "already_answered",
            Self::ConnectionUnknown => "connection_unknown",
            Self::ConnectionPaused => "connection_paused",
            Self::ConnectionMisconfigured => "connection_misconfigured",
            Self::AssuranceTooLow => "assurance_too_low",
            Self::ClaimsNotReceived => "claims_not_received",
            Self::PersonMismatch => "person_mismatch",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::ProviderRefused => "provider_refused",
            Self::ProviderResponseRejected => "provider_response_rejected",
            Self::RequestInvalid => "request_invalid",
            Self::AppUnauthorised => "app_unauthorised",
            Self::IdentificationUnknown => "identification_unknown",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::RateLimited => "rate_limited",
            Self::StoreUnavailable => "store_unavailable",
            Self::Internal => "internal",
        }
    }

    /// Who can mend it.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::UserCancelled
            | Self::ConsentDenied
            | Self::FlowExpired
            | Self::FlowUnknown
            | Self::BrowserMismatch
            | Self::AlreadyAnswered => Class::Person,
            Self::ConnectionUnknown
            | Self::ConnectionPaused
            | Self::ConnectionMisconfigured
            | Self::ClaimsNotReceived => Class::Tenant,
            Self::ProviderUnavailable | Self::ProviderRefused | Self::ProviderResponseRejected => {
                Class::Upstream
            }
            Self::AssuranceTooLow
            | Self::PersonMismatch
            | Self::RequestInvalid
            | Self::AppUnauthorised
            | Self::IdentificationUnknown
            | Self::IdempotencyConflict
            | Self::RateLimited => Class::App,
            Self::StoreUnavailable => Class::Operator,
            Self::Internal => Class::Broker,
        }
    }

    /// The `error` that an OpenID app gets (RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect
    /// Unmet Authentication Requirements).
    #[must_use]
    pub const fn oauth_error(self) -> &'static str {
        match self {
            Self::UserCancelled | Self::ConsentDenied | Self::FlowExpired | Self::PersonMismatch => {
                "access_denied"
            }
            Self::ConnectionUnknown
            | Self::RequestInvalid
            | Self::FlowUnknown
            | Self::BrowserMismatch
            | Self::AlreadyAnswered
            | Self::IdentificationUnknown
            | Self::IdempotencyConflict => "invalid_request",
            Self::AppUnauthorised => "invalid_client",
            Self::AssuranceTooLow => "unmet_authentication_requirements",
            Self::ConnectionPaused
            | Self::ProviderUnavailable
            | Self::RateLimited
            | Self::StoreUnavailable => "temporarily_unavailable",
            Self::ConnectionMisconfigured
            | Self::ClaimsNotReceived
            | Self::ProviderRefused
            | Self::ProviderResponseRejected
            | Self::Internal => "server_error",
        }
    }

    /// Whether the same request may succeed later, unchanged.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::ConnectionPaused | Self::ProviderUnavailable | Self::RateLimited | Self::StoreUnavailable
        )
    }

    /// A fixed sentence for developers.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::UserCancelled => "The person cancelled the identification.",
            Self::ConsentDenied => "The person did not consent to hand over the data.",
            Self::FlowExpired => "The identification was not finished in time.",
            Self::FlowUnknown => "No such identification is under way.",
            Self::BrowserMismatch => "The identification was begun in another browser.",
            Self::AlreadyAnswered => "The identification has been answered already.",
            Self::ConnectionUnknown => "The app has no such connection.",
            Self::ConnectionPaused => "The connection is paused by its owner.",
            Self::ConnectionMisconfigured => {
                "The connection's settings or its registration with the provider are wrong."
            }
            Self::AssuranceTooLow => "The level of assurance reached is below what was asked for.",
            Self::ClaimsNotReceived => "The provider did not send claims that were required.",
            Self::PersonMismatch => "The person identified is not the one expected.",
            Self::ProviderUnavailable => "The identity provider cannot be reached or is disturbed.",
            Self::ProviderRefused => "The identity provider refused the identification.",
            Self::ProviderResponseRejected => "The identity provider's response failed a security check.",
            Self::RequestInvalid => "The request is invalid.",
            Self::AppUnauthorised => "The app's authentication failed.",
            Self::IdentificationUnknown => "The app has no such identification.",
            Self::IdempotencyConflict => "The idempotency key was used with another request.",
            Self::RateLimited => "Too many requests; wait before the next one.",
            Self::StoreUnavailable => "The broker's store is not available; wait before the next try.",
            Self::Internal => "The broker failed; its operator finds the cause by the trace id.",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_spelled_as_it_serialises() {
        for (index, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert_eq!(Code::ALL.iter().position(|other| *other == code), Some(index));
        }
    }
}
