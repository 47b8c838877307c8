//! Trials of connections.

use crate::admin::AdminError;
use crate::http::admin::{answer::Answer, asked::Asked};

/// Begins one.
pub async fn begin(asked: Asked) -> Result<Answer, AdminError> {
    let new = asked.read()?;
    let place = (asked.tenant(), asked.path("connection"));
    let begun = asked.admin.begin_trial(&asked.broker, &asked.caller, place, new).await?;
    Ok(Answer::of(begun)?.created(true))
}

/// One, with what it tells once it has ended.
pub async fn show(asked: Asked) -> Result<Answer, AdminError> {
    let place = (asked.tenant(), asked.path("connection"));
    Answer::of(asked.admin.trial(&asked.broker, &asked.caller, place, asked.path("trial")).await?)
}
