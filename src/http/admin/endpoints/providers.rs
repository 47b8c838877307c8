//! The providers.

use serde_json::json;

use crate::{
    admin::AdminError,
    http::admin::{answer::Answer, asked::Asked},
};

/// All of them.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    Answer::of(json!({ "providers": asked.admin.providers(&asked.caller).await? }))
}

/// One of them.
pub async fn show(asked: Asked) -> Result<Answer, AdminError> {
    Answer::of(asked.admin.provider(&asked.caller, asked.path("provider")).await?)
}
