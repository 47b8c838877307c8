//! One start of one connection for an identification, bound to one browser.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tunnus_sdk::{BrowserRequest, Inbound, Leg, LoginRequest, ProviderState, Timestamp};

use super::{finish::AppReturn, identification::Identification, page::Failure};
use crate::{digest::sha256_base64url, host::Ledger};

/// How long the same browser with the same parameters gets the same answer.
pub const ANSWERED_KEPT: Duration = Duration::from_secs(60);

/// An attempt under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// What the app asked.
    pub identification: Identification,
    /// The connection that was started.
    pub connection: String,
    /// What the provider was asked.
    pub login: LoginRequest,
    /// What is awaited.
    pub waiting: Option<Waiting>,
    /// What this browser was answered already.
    pub answered: Vec<Answered>,
    /// What its legs so far used and received.
    #[serde(default)]
    pub ledger: Ledger,
    /// When it is too late.
    pub expires_at: Timestamp,
}

/// The return that an attempt awaits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// On which leg.
    pub leg: Leg,
    /// What the provider kept.
    pub state: ProviderState,
}

/// An answer that was given, for the same request once more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked: a digest of leg and parameters.
    pub asked: String,
    /// What was answered.
    pub answer: Sent,
    /// When.
    pub at: Timestamp,
}

/// Where the browser was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Sent {
    /// To the upstream.
    Upstream(BrowserRequest),
    /// Back to the app.
    App(AppReturn),
    /// Nowhere: a page, perhaps with another way to try.
    Failure(Box<Failure>),
}

impl Attempt {
    /// What was answered to this very request not long ago.
    #[must_use]
    pub fn answered(&self, asked: &str, now: Timestamp) -> Option<&Sent> {
        let recent = |answered: &&Answered| answered.asked == asked && now <= answered.at.plus(ANSWERED_KEPT);
        self.answered.iter().find(recent).map(|answered| &answered.answer)
    }

    /// Whether the attempt was begun over this connection of this tenant.
    #[must_use]
    pub fn is_of(&self, tenant: &str, connection: &str) -> bool {
        self.identification.tenant == tenant && self.connection == connection
    }

    /// Whether the attempt awaits a return on `leg`.
    #[must_use]
    pub fn awaits(&self, leg: &Leg) -> bool {
        self.waiting.as_ref().is_some_and(|waiting| waiting.leg == *leg)
    }
}

/// A digest of what came back: equal for the same leg with the same parameters.
#[must_use]
pub fn digest(inbound: &Inbound) -> String {
    let mut bytes = Vec::new();
    let pairs = inbound.params.iter().flat_map(|(name, value)| [name, value]);
    for part in std::iter::once(inbound.leg.name()).chain(pairs) {
        bytes.extend_from_slice(&part.len().to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    sha256_base64url(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::for_tests::attempt;

    #[test]
    fn an_attempt_is_of_one_connection_and_awaits_one_leg() {
        let attempt = attempt();
        assert!(attempt.is_of("acme", "bank"));
        assert!(!attempt.is_of("other", "bank") && !attempt.is_of("acme", "other"));
        assert!(attempt.awaits(&Leg::CALLBACK) && !attempt.awaits(&Leg::new("selected")));
        assert!(!Attempt { waiting: None, ..attempt }.awaits(&Leg::CALLBACK));
    }

    #[test]
    fn only_the_same_request_gets_its_answer_again_and_not_for_long() {
        let answer = Sent::App(AppReturn::Redirect("https://shop.example/".into()));
        let answered = vec![Answered { asked: "asked".to_owned(), answer, at: Timestamp(100) }];
        let attempt = Attempt { answered, ..attempt() };
        assert!(attempt.answered("asked", Timestamp(160)).is_some());
        assert!(attempt.answered("asked", Timestamp(161)).is_none());
        assert!(attempt.answered("another", Timestamp(100)).is_none());
    }

    fn inbound(leg: &'static str, params: &[(&str, &str)]) -> String {
        digest(&Inbound { leg: Leg::new(leg), params: params.iter().copied().collect() })
    }

    #[test]
    fn the_digest_tells_legs_names_and_values_apart() {
        let same = inbound("callback", &[("a", "b"), ("c", "d")]);
        assert_eq!(same, inbound("callback", &[("c", "d"), ("a", "b")]));
        for other in [
            inbound("selected", &[("a", "b"), ("c", "d")]),
            inbound("callback", &[("a", "bc"), ("", "d")]),
            inbound("callback", &[("a", "b")]),
        ] {
            assert_ne!(same, other);
        }
    }
}
