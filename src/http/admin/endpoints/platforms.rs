//! Platforms.

use serde_json::json;

use crate::{
    admin::AdminError,
    http::admin::{answer::Answer, asked::Asked},
};

/// The ids of those within reach.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    Answer::of(json!({ "platforms": asked.admin.platforms(&asked.caller).await? }))
}

/// One of them.
pub async fn show(asked: Asked) -> Result<Answer, AdminError> {
    Ok(Answer::document(&asked.admin.platform(&asked.caller, asked.path("platform")).await?, &[]))
}

/// Makes or changes one.
pub async fn put(asked: Asked) -> Result<Answer, AdminError> {
    let given = (asked.expected()?, asked.json()?);
    let saved = asked.admin.put_platform(&asked.caller, asked.path("platform"), given).await?;
    Ok(Answer::saved(&saved))
}

/// Removes one.
pub async fn remove(asked: Asked) -> Result<Answer, AdminError> {
    let expected = asked.expected()?;
    asked.admin.remove_platform(&asked.caller, asked.path("platform"), expected).await?;
    Ok(Answer::nothing())
}
