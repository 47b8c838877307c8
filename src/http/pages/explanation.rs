//! What a code means and how it is mended, for developers and admins.
//!
//! In English, as the API is. What people read is `texts`'; both are about the same table of codes.

use tunnus_sdk::Reason;

use crate::error::Code;

/// What a developer wants to know of a code.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// Who can mend it, as the end of a sentence.
    pub menders: &'static str,
    /// What happened. Names of the API stand between backticks.
    pub meaning: &'static str,
    /// What to do about it, and who does. Names likewise.
    pub remedy: &'static str,
}

/// Every reason of a rejection, in the contract's order.
pub(super) const REASONS: [Reason; 20] = [
    Reason::NotEncrypted,
    Reason::NotSigned,
    Reason::Algorithm,
    Reason::Decryption,
    Reason::Signature,
    Reason::KeyUnknown,
    Reason::Issuer,
    Reason::Audience,
    Reason::Expired,
    Reason::NotYetValid,
    Reason::Nonce,
    Reason::State,
    Reason::Subject,
    Reason::TokenHash,
    Reason::AuthTime,
    Reason::Environment,
    Reason::ClaimsInconsistent,
    Reason::NotJarm,
    Reason::Malformed,
    Reason::TooLarge,
];

impl Code {
    /// What the code means and how it is mended.
    #[must_use]
    pub const fn explanation(self) -> Explanation {
        match self {
            Self::UserCancelled => USER_CANCELLED,
            Self::ConsentDenied => CONSENT_DENIED,
            Self::FlowExpired => FLOW_EXPIRED,
            Self::FlowUnknown => FLOW_UNKNOWN,
            Self::BrowserMismatch => BROWSER_MISMATCH,
            Self::AlreadyAnswered => ALREADY_ANSWERED,
            Self::ConnectionUnknown => CONNECTION_UNKNOWN,
            Self::ConnectionPaused => CONNECTION_PAUSED,
            Self::ConnectionMisconfigured => CONNECTION_MISCONFIGURED,
            Self::AssuranceTooLow => ASSURANCE_TOO_LOW,
            Self::ClaimsNotReceived => CLAIMS_NOT_RECEIVED,
            Self::PersonMismatch => PERSON_MISMATCH,
            Self::ProviderUnavailable => PROVIDER_UNAVAILABLE,
            Self::ProviderRefused => PROVIDER_REFUSED,
            Self::ProviderResponseRejected => PROVIDER_RESPONSE_REJECTED,
            Self::RequestInvalid => REQUEST_INVALID,
            Self::AppUnauthorised => APP_UNAUTHORISED,
            Self::IdentificationUnknown => IDENTIFICATION_UNKNOWN,
            Self::IdempotencyConflict => IDEMPOTENCY_CONFLICT,
            Self::RateLimited => RATE_LIMITED,
            Self::StoreUnavailable => STORE_UNAVAILABLE,
            Self::Internal => INTERNAL,
        }
    }
}

/// The `error` that an OpenID app gets; none where the app is not told, or only over REST.
pub(super) const fn openid_error(code: Code) -> Option<&'static str> {
    match code {
        Code::FlowUnknown
        | Code::BrowserMismatch
        | Code::AlreadyAnswered
        | Code::IdentificationUnknown
        | Code::IdempotencyConflict => None,
        Code::UserCancelled
        | Code::ConsentDenied
        | Code::FlowExpired
        | Code::ConnectionUnknown
        | Code::ConnectionPaused
        | Code::ConnectionMisconfigured
        | Code::AssuranceTooLow
        | Code::ClaimsNotReceived
        | Code::PersonMismatch
        | Code::ProviderUnavailable
        | Code::ProviderRefused
        | Code::ProviderResponseRejected
        | Code::RequestInvalid
        | Code::AppUnauthorised
        | Code::RateLimited
        | Code::StoreUnavailable
        | Code::Internal => Some(code.oauth_error()),
    }
}

/// Which check failed.
pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::NotEncrypted => "Plain where an encrypted token is due.",
        Reason::NotSigned => "Unsigned where a signed token is due.",
        Reason::Algorithm => {
            "An algorithm that the connection does not allow, or a header that may not stand there."
        }
        Reason::Decryption => "The token does not open with the connection's keys.",
        Reason::Signature => "The signature does not verify.",
        Reason::KeyUnknown => "No published key of the provider has the token's key id.",
        Reason::Issuer => "Another issuer than the one the person was sent to.",
        Reason::Audience => "Meant for another client.",
        Reason::Expired => "Its time has passed.",
        Reason::NotYetValid => "Its time has not come; compare the clocks.",
        Reason::Nonce => "Not the nonce of this attempt.",
        Reason::State => "Not the state of this attempt.",
        Reason::Subject => "Two parts of the response speak of two persons, or of none.",
        Reason::TokenHash => "A hash in the ID token does not fit the code or the access token.",
        Reason::AuthTime => "The person was authenticated too long ago, or it is not said when.",
        Reason::Environment => "A test response for a production connection, or the reverse.",
        Reason::ClaimsInconsistent => "Claims contradict each other or are not what their name promises.",
        Reason::NotJarm => "A plain response where a signed one is due (JARM).",
        Reason::Malformed => "Not what the standard prescribes.",
        Reason::TooLarge => "Larger than the bound.",
    }
}

const PERSON: &str = "the person who identifies";
const APP: &str = "the app's developers";
const TENANT: &str = "the tenant's admin";
const UPSTREAM: &str = "the identity provider";
const OPERATOR: &str = "the broker's operator";
const BROKER: &str = "the broker's makers";

// The explanations, in the contract's order.

const USER_CANCELLED: Explanation = Explanation {
    menders: PERSON,
    meaning: "The person pressed cancel at the bank or in the chooser.",
    remedy: "Nothing is broken. Offer the person to try again or to choose another method.",
};

const CONSENT_DENIED: Explanation = Explanation {
    menders: PERSON,
    meaning: "The person was asked whether to hand over the data, and said no.",
    remedy: "Say in the app why the data is needed before the person is sent to identify; ask for no more \
             claims than are needed.",
};

const FLOW_EXPIRED: Explanation = Explanation {
    menders: PERSON,
    meaning: "The person came back after the lifetime of the identification or of the attempt had passed, \
              or did not come back at all.",
    remedy: "Start a new identification. If it happens often, the operator can lengthen `lifetimes`.",
};

const FLOW_UNKNOWN: Explanation = Explanation {
    menders: PERSON,
    meaning: "The browser came with a link, or back from an identity provider, for an identification that \
              is not under way: its time has long passed, it was cancelled, or the address is not \
              complete. Which app it belonged to is not known, so only a page is shown.",
    remedy: "Start again in the app. Do not store or mail the address that the browser is sent to; make a \
             new identification each time.",
};

const BROWSER_MISMATCH: Explanation = Explanation {
    menders: PERSON,
    meaning: "The browser that came back is not the one that the attempt was begun in, or it has lost its \
              cookies. An answer is never accepted from another browser: it could be stolen or planted.",
    remedy: "Start again in the app, in one browser. In a native app use the system browser, not an \
             embedded web view; on the web do not open the address in a frame.",
};

const ALREADY_ANSWERED: Explanation = Explanation {
    menders: PERSON,
    meaning: "The attempt has had its answer, and the same answer came again from elsewhere or much later. \
              A double click or a reload of the same browser is answered as the first time and does not \
              lead here.",
    remedy: "Go back to the app; if it does not know the person, start again.",
};

const CONNECTION_UNKNOWN: Explanation = Explanation {
    menders: TENANT,
    meaning: "The request names a connection that the tenant does not have, or that is not enabled for the \
              app. From outside the two look the same.",
    remedy: "List the connections of the app with `GET …/api/v1/connections` and use one of these ids, or \
             let the tenant's admin enable the connection for the app.",
};

const CONNECTION_PAUSED: Explanation = Explanation {
    menders: TENANT,
    meaning: "The tenant's admin has paused the connection.",
    remedy: "Offer another method, or try later. The admin sees the state of the connection.",
};

const CONNECTION_MISCONFIGURED: Explanation = Explanation {
    menders: TENANT,
    meaning: "The connection's settings, keys or certificate are wrong, or the identity provider does not \
              accept its client: unknown client, a redirect URI, scope or request object that it refuses.",
    remedy: "The tenant's admin runs `tunnus check --connection ID --live`: each finding comes with its \
             remedy. The app cannot mend it.",
};

const ASSURANCE_TOO_LOW: Explanation = Explanation {
    menders: "the app's developers or the person who identifies",
    meaning: "The identity provider reached a lower level of assurance than the app demands, or did not \
              say which it reached.",
    remedy: "Let the person use a stronger method, or lower `minimum_assurance` or `acr_values` if the \
             app's own rules allow it.",
};

const CLAIMS_NOT_RECEIVED: Explanation = Explanation {
    menders: TENANT,
    meaning: "A claim that the app requires did not come from the identity provider. The names of the \
              missing claims stand in `fields`.",
    remedy: "The tenant's admin checks that the connection's client is allowed these claims at the \
             provider; or the app asks for them as optional.",
};

const PERSON_MISMATCH: Explanation = Explanation {
    menders: APP,
    meaning: "The person is proved, but is not the one named in `expected_national_id`.",
    remedy: "Check that the app expects the right person. The identity of the other person is not handed \
             over.",
};

const PROVIDER_UNAVAILABLE: Explanation = Explanation {
    menders: UPSTREAM,
    meaning: "The identity provider cannot be reached, answers too late, or says that it is disturbed; or \
              it has failed so often just now that the broker spares it for some seconds.",
    remedy: "Offer another method or try again later. Look at the provider's own status page.",
};

const PROVIDER_REFUSED: Explanation = Explanation {
    menders: "the tenant's admin or the identity provider",
    meaning: "The identity provider answered with an error of its own that is neither a cancellation nor a \
              fault of the settings. Its code stands in `upstream_code` over REST and in the audit trail.",
    remedy: "Look the code up in the provider's documentation, or ask its support with the `trace_id` and \
             the time.",
};

const PROVIDER_RESPONSE_REJECTED: Explanation = Explanation {
    menders: "the identity provider, unless it is an attack",
    meaning: "The identity provider's response did not pass a check. `reason` says which, `stage` says \
              where. No identity was taken from it: what is missing or weaker than the connection demands \
              is wrong.",
    remedy: "If it happens at every login, the connection and the provider disagree on keys, encryption or \
             algorithms: the tenant's admin runs `tunnus check --connection ID --live`. If it happens \
             rarely and without a pattern, treat it as a possible attack.",
};

const REQUEST_INVALID: Explanation = Explanation {
    menders: APP,
    meaning: "A parameter or member of the app's request is missing, unknown, doubled or has a value that \
              is not allowed. Over REST `fields` points at each.",
    remedy: "Correct the request. Where the redirect URI or return URL itself is not registered, the \
             person sees a page and the app hears nothing.",
};

const APP_UNAUTHORISED: Explanation = Explanation {
    menders: APP,
    meaning: "The app has not proved who it is: its secret, its key, its assertion or its token is wrong, \
              has expired, or is presented by another method than the registered one.",
    remedy: "Check the app's credentials and its clock. A secret that was rotated is valid until the admin \
             retires it.",
};

const IDENTIFICATION_UNKNOWN: Explanation = Explanation {
    menders: APP,
    meaning: "The app has no identification of this id: it never had, it belongs to another app, its \
              result has been erased, or its code is wrong or used.",
    remedy: "Read a result within an hour and with the code that the browser brought. Start a new \
             identification.",
};

const IDEMPOTENCY_CONFLICT: Explanation = Explanation {
    menders: APP,
    meaning: "The same `Idempotency-Key` was used within 24 hours for a request with another body.",
    remedy: "Make a new key for each identification; send the very same body when a request is repeated.",
};

const RATE_LIMITED: Explanation = Explanation {
    menders: APP,
    meaning: "The app, the tenant or the broker as a whole has more requests than it takes at once.",
    remedy: "Wait as long as `Retry-After` says, then send the same request again.",
};

const STORE_UNAVAILABLE: Explanation = Explanation {
    menders: OPERATOR,
    meaning: "The broker's store does not answer.",
    remedy: "Wait as long as `Retry-After` says, then try again. The operator sees the cause on `/readyz` \
             and in the metrics.",
};

const INTERNAL: Explanation = Explanation {
    menders: BROKER,
    meaning: "A fault of the broker itself.",
    remedy: "Give the `trace_id` to the broker's operator, who finds the cause in the log by it.",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Class;

    #[test]
    fn every_code_is_explained_in_whole_sentences() {
        for code in Code::ALL {
            for text in [code.explanation().meaning, code.explanation().remedy] {
                assert!(text.ends_with('.') && !text.contains("  "), "{code}");
                assert!(text.matches('`').count().is_multiple_of(2), "{code}");
            }
        }
    }

    #[test]
    fn who_mends_it_is_of_the_codes_class() {
        for code in Code::ALL {
            let class = match code.class() {
                Class::Person => PERSON,
                Class::App => APP,
                Class::Tenant => TENANT,
                Class::Upstream => UPSTREAM,
                Class::Operator => OPERATOR,
                Class::Broker => BROKER,
            };
            assert!(code.explanation().menders.contains(class), "{code}");
        }
    }

    #[test]
    fn every_reason_is_listed_once() {
        for (index, listed) in REASONS.into_iter().enumerate() {
            assert_eq!(REASONS.iter().position(|other| *other == listed), Some(index));
            assert!(reason(listed).ends_with('.'));
        }
    }
}
