//! Tokens, and who shows one.

use serde::Deserialize;
use serde_json::json;

use crate::{
    admin::{AdminError, NewToken},
    http::admin::{answer::Answer, asked::Asked, routes::Parameter},
};

/// Who asks.
pub async fn me(asked: Asked) -> Result<Answer, AdminError> {
    let caller = &asked.caller;
    Answer::of(json!({
        "id": caller.id,
        "name": caller.name,
        "role": caller.role,
        "platform": caller.scope.platform(),
        "tenant": caller.scope.tenant(),
    }))
}

/// What a listing takes.
pub const LISTING: &[Parameter] = &[Parameter {
    name: "after",
    about: "Where the page begins: `next` of the page before",
    schema: r#"{"type":"string"}"#,
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<String>,
}

/// Those within reach.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    let Query { after } = asked.query()?;
    Answer::of(asked.admin.tokens(&asked.caller, after.as_deref()).await?)
}

/// Makes one.
pub async fn create(asked: Asked) -> Result<Answer, AdminError> {
    let wanted: NewToken = asked.read()?;
    Ok(Answer::of(asked.admin.create_token(&asked.caller, &wanted).await?)?.created(true))
}

/// Revokes one.
pub async fn revoke(asked: Asked) -> Result<Answer, AdminError> {
    asked.admin.revoke_token(&asked.caller, asked.path("token")).await?;
    Ok(Answer::nothing())
}
