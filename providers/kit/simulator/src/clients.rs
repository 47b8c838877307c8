//! The clients of a simulated provider, ready for use, and how they are told apart.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use tunnus_jose::PublicKeys;
use tunnus_sdk::{Claims, Params};

use crate::{Client, SimulatorError};

/// A client with its keys parsed.
pub(crate) struct Registered {
    pub client: Client,
    pub keys: PublicKeys,
}

/// Every client of one provider.
pub(crate) struct Clients(Vec<Arc<Registered>>);

impl Clients {
    pub(crate) fn register(clients: &[Client]) -> Result<Self, SimulatorError> {
        let register = |client: &Client| {
            let keys = PublicKeys::parse(&client.jwks)?;
            Ok(Arc::new(Registered { client: client.clone(), keys }))
        };
        clients.iter().map(register).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Arc<Registered>> {
        self.0.iter().find(|registered| registered.client.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Registered>> {
        self.0.iter()
    }
}

/// The claims of a token as it says them, unverified: good for choosing whose keys to try, for
/// nothing else.
pub(crate) fn unverified_claims(token: &str) -> Option<Claims> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Claims as the parameters they stand for (RFC 9101, section 4): what is no text becomes JSON.
pub(crate) fn to_parameters(claims: &Claims) -> Params {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    claims.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// Whether `aud` is `wanted` or has it among its members.
pub(crate) fn audience_has(claims: &Claims, wanted: &[&str]) -> bool {
    let is_wanted = |value: &Value| value.as_str().is_some_and(|one| wanted.contains(&one));
    match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(is_wanted),
        Some(one) => is_wanted(one),
        None => false,
    }
}

/// A claim that is a text.
pub(crate) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// A claim that is a point in time, in whole seconds.
pub(crate) fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}
