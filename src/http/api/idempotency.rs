//! `Idempotency-Key`: the same request once more gets the same answer, for a day.
//!
//! An answer is remembered after what it promises is kept, so that no key promises what is not there.

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

/// A request that its app can tell from others.
pub struct Once {
    name: String,
    /// A digest of its body.
    asked: String,
}

/// Whether a request came before.
pub enum Remembered {
    /// No: it is remembered now.
    First,
    /// Yes, and this was answered.
    Before(Value),
    /// No, but another one came under its key.
    Conflict,
}

#[derive(Serialize, Deserialize)]
struct Answered {
    asked: String,
    answer: Value,
}

impl Once {
    /// Reads the key of a request; none where it has none.
    ///
    /// # Errors
    /// [`Code::RequestInvalid`] where it is doubled or not printable.
    pub fn read(request: &HttpRequest, payload: &[u8]) -> Result<Option<Self>, Error> {
        let mut headers = request.headers().get_all("Idempotency-Key");
        let Some(header) = headers.next() else { return Ok(None) };
        let name = header.to_str().ok().filter(|name| (1..=KEY_MAX).contains(&name.len()));
        match name.filter(|_| headers.next().is_none()) {
            Some(name) => {
                let asked = sha256_base64url(payload);
                Ok(Some(Self { name: name.to_owned(), asked }))
            }
            None => Err(Error::request("Idempotency-Key", "one, of 1 to 255 printable characters")),
        }
    }

    /// Remembers the answer, unless the request came before.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`]: then it may be remembered or not.
    pub async fn remember(
        &self,
        broker: &Broker,
        caller: &Caller,
        answer: &Value,
    ) -> Result<Remembered, Error> {
        let Self { name, asked } = self;
        let place = state_hash(&format!("{}\n{}\n{name}", caller.tenant.id, caller.app.id));
        let key = Key::new("idempotency", &place);
        let answered = Answered { asked: asked.clone(), answer: answer.clone() };
        let sealed = broker.flows.seal("idempotency", &key, &[name], &answered)?;
        if broker.flows.store.create(&key, &sealed, KEPT).await? {
            return Ok(Remembered::First);
        }
        // Gone since: its day ends now, and the next try finds the key free.
        let before = broker.flows.store.read(&key).await?.ok_or(Code::StoreUnavailable)?;
        let before = broker.flows.open::<Answered>("idempotency", &key, &[name], &before);
        Ok(match before.filter(|before| before.asked == *asked) {
            Some(before) => Remembered::Before(before.answer),
            None => Remembered::Conflict,
        })
    }
}
