//! `Idempotency-Key`: the same request once more gets the same answer, for a day.

use std::time::Duration;

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::Caller;
use crate::{
    app::Broker,
    digest::sha256_base64url,
    error::{Code, Error},
    flow::binding::state_hash,
    store::Key,
};

/// How long a key is remembered.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a key may be.
const KEY_MAX: usize = 255;

/// Whether a request came before.
pub enum Remembered {
    /// No, or it has no key.
    First,
    /// Yes, and this was answered.
    Before(Value),
}

#[derive(Serialize, Deserialize)]
struct Answered {
    asked: String,
    answer: Value,
}

/// Remembers the answer to a request with a key, unless it came before.
///
/// # Errors
/// [`Code::IdempotencyConflict`] where the key came with another body; [`Code::StoreUnavailable`].
pub async fn remember(
    broker: &Broker,
    caller: &Caller,
    request: &HttpRequest,
    payload: &[u8],
    answer: &Value,
) -> Result<Remembered, Error> {
    let Some(header) = request.headers().get("Idempotency-Key") else {
        return Ok(Remembered::First);
    };
    let name = header.to_str().ok().filter(|name| (1..=KEY_MAX).contains(&name.len()));
    let name = name.ok_or_else(|| Error::request("Idempotency-Key", "1 to 255 printable characters"))?;
    let key =
        Key::new("idempotency", &state_hash(&format!("{}\n{}\n{name}", caller.tenant.id, caller.app.id)));
    let asked = sha256_base64url(payload);
    let answered = Answered { asked: asked.clone(), answer: answer.clone() };
    let sealed = broker.flows.seal("idempotency", &key, &[name], &answered)?;
    if broker.flows.store.create(&key, &sealed, KEPT).await? {
        return Ok(Remembered::First);
    }
    let before = broker.flows.store.read(&key).await?;
    let before = before.and_then(|value| broker.flows.open::<Answered>("idempotency", &key, &[name], &value));
    match before {
        Some(before) if before.asked == asked => Ok(Remembered::Before(before.answer)),
        Some(_) | None => Err(Code::IdempotencyConflict.into()),
    }
}
