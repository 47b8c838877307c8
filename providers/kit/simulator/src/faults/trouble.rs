//! A fault at work on one response: does its deed where it fits, and remembers that it did.
//!
//! A response that a fault has changed says so in a header, [`FAULT_HEADER`]: whoever wonders why a
//! login failed can see it, and the conformance run can tell a fault that did nothing from one that
//! went unnoticed.

use serde_json::{Map, Value};
use tunnus_sdk::{Claims, Timestamp, sandbox::SimulatedResponse};

use super::{Deed, Endpoint, FaultRow, Message, Mishap, Spoilage};
use crate::{MessageShape, oauth_error::OAuthError};

/// Names the fault that has changed a response.
pub const FAULT_HEADER: &str = "X-Simulated-Fault";

/// Larger than any bound on a response.
const HUGE: usize = 4 << 20;

/// How late a late answer is, in milliseconds.
const LATE_MS: u64 = 60_000;

/// The fault in force, if any, while one response is made.
pub(crate) struct Trouble {
    row: Option<&'static FaultRow>,
    committed: bool,
}

impl Trouble {
    pub(crate) const fn new(row: Option<&'static FaultRow>) -> Self {
        Self { row, committed: false }
    }

    /// Whether the deed is one that `is` picks; then it counts as done.
    pub(crate) fn commits(&mut self, is: impl FnOnce(&Deed) -> bool) -> bool {
        let does = self.row.is_some_and(|row| is(&row.deed));
        self.committed |= does;
        does
    }

    /// The OAuth error that an endpoint answers with instead.
    pub(crate) fn refusal(&mut self, at: Endpoint) -> Option<SimulatedResponse> {
        let Some(Deed::Refuse(endpoint, status, error)) = self.row.map(|row| row.deed) else { return None };
        if !self.commits(|_| endpoint == at) {
            return None;
        }
        let error = OAuthError::new(status, error, "this login was told to fail so");
        Some(self.mark(error.response()))
    }

    /// Changes the members of an endpoint's JSON answer.
    pub(crate) fn alter(&mut self, at: Endpoint, answer: &mut Value) {
        if let (Some(Deed::Alter(endpoint, change)), Some(members)) = (self.deed(), answer.as_object_mut())
            && endpoint == at
        {
            let before = members.clone();
            change(members);
            self.committed |= *members != before;
        }
    }

    /// Changes the claims of a message.
    pub(crate) fn change_claims(&mut self, of: Message, claims: &mut Claims, now: Timestamp) {
        if let Some(Deed::Claims(message, change)) = self.deed()
            && message == of
        {
            let before = claims.clone();
            change(claims, now);
            self.committed |= *claims != before;
        }
    }

    /// Changes what the browser returns with.
    pub(crate) fn change_parameters(&mut self, parameters: &mut Vec<(String, String)>) {
        if let Some(Deed::Parameters(change)) = self.deed() {
            let before = parameters.clone();
            change(parameters);
            self.committed |= *parameters != before;
        }
    }

    /// The error that the browser returns with.
    pub(crate) fn return_error(&mut self, cancel_code: &'static str) -> Option<&'static str> {
        let Some(Deed::Return(error)) = self.deed() else { return None };
        self.committed = true;
        Some(error.unwrap_or(cancel_code))
    }

    /// How a message of this shape is protected wrongly.
    pub(crate) fn mishap(&mut self, of: Message, shape: MessageShape) -> Option<Mishap> {
        let Some(Deed::Seal(message, mishap)) = self.deed() else { return None };
        self.commits(|_| message == of && mishap.fits(shape)).then_some(mishap)
    }

    /// Spoils the whole answer of an endpoint, and marks it where anything was done.
    pub(crate) fn finish(&mut self, at: Endpoint, response: SimulatedResponse) -> SimulatedResponse {
        let Some(Deed::Spoil(endpoint, spoilage)) = self.deed() else { return self.mark(response) };
        let does = self.commits(|_| endpoint == at && spoilage.fits(&response));
        self.mark(if does { spoil(spoilage, response) } else { response })
    }

    /// Names the fault in the response's header where anything was done.
    pub(crate) fn mark(&self, mut response: SimulatedResponse) -> SimulatedResponse {
        if let (true, Some(row)) = (self.committed, self.row) {
            response.headers.push((FAULT_HEADER, row.name.to_owned()));
        }
        response
    }

    fn deed(&self) -> Option<Deed> {
        self.row.map(|row| row.deed)
    }
}

impl Mishap {
    /// Whether a message of this shape can be protected so wrongly.
    const fn fits(self, shape: MessageShape) -> bool {
        match (shape, self) {
            (MessageShape::Plain, _) | (MessageShape::Nested { .. }, Self::Encrypted) => false,
            (MessageShape::Nested { .. }, _) => true,
            (MessageShape::Signed(_), mishap) => !matches!(
                mishap,
                Self::NotEncrypted
                    | Self::UnsignedInside
                    | Self::OtherContentEncryption
                    | Self::Rsa15
                    | Self::OtherRecipient
                    | Self::BrokenCiphertext
                    | Self::Compressed
            ),
        }
    }
}

impl Spoilage {
    /// Whether an answer can be spoilt so: members stand only in JSON.
    fn fits(self, response: &SimulatedResponse) -> bool {
        match self {
            Self::DoubledMember | Self::Empty => response.body.starts_with(b"{"),
            Self::ServerError | Self::Huge | Self::Redirect | Self::NotJson | Self::Slow | Self::CutOff => {
                true
            }
        }
    }
}

fn spoil(spoilage: Spoilage, mut response: SimulatedResponse) -> SimulatedResponse {
    match spoilage {
        Spoilage::ServerError => {
            response.status = 500;
            response.body = b"{\"error\":\"server_error\"}".to_vec();
        }
        Spoilage::Huge => response.body.resize(HUGE, b' '),
        Spoilage::Redirect => {
            response.status = 302;
            response.headers.push(("Location", "https://elsewhere.example/".to_owned()));
            response.body.clear();
        }
        Spoilage::NotJson => {
            response.status = 200;
            response.headers.retain(|(name, _)| *name != "Content-Type");
            response.headers.push(("Content-Type", "text/html".to_owned()));
            response.body = b"<!doctype html><title>Maintenance</title>".to_vec();
        }
        Spoilage::Slow => response.delay_ms = LATE_MS,
        Spoilage::CutOff => response.cut = true,
        Spoilage::DoubledMember => response.body = with_doubled_member(&response.body),
        Spoilage::Empty => response.body = b"{}".to_vec(),
    }
    response
}

/// The JSON object with its first member once more in front, and another value.
fn with_doubled_member(body: &[u8]) -> Vec<u8> {
    let object: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let Some(name) = object.as_ref().and_then(|object| object.keys().next()) else { return body.to_vec() };
    let mut doubled = format!("{{{}:\"doubled\",", Value::String(name.clone())).into_bytes();
    doubled.extend_from_slice(body.get(1..).unwrap_or_default());
    doubled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_member_stands_twice() {
        let doubled = String::from_utf8(with_doubled_member(b"{\"a\":1,\"b\":2}")).expect("text");
        assert_eq!(doubled, "{\"a\":\"doubled\",\"a\":1,\"b\":2}");
    }

    #[test]
    fn a_response_without_a_deed_is_not_marked() {
        let row = super::super::find("token_slow");
        let mut trouble = Trouble::new(row);
        let untouched = trouble.finish(Endpoint::Userinfo, SimulatedResponse::default());
        assert!(untouched.headers.is_empty() && untouched.delay_ms == 0);
        let spoilt = trouble.finish(Endpoint::Token, SimulatedResponse::default());
        assert_eq!(spoilt.headers, [(FAULT_HEADER, "token_slow".to_owned())]);
        assert!(spoilt.delay_ms > 0);
    }
}
