//! A tenant, its apps and its connections.

use serde_json::{Value, json};

use crate::{
    admin::AdminError,
    http::admin::{
        answer::{Answer, shown},
        asked::Asked,
    },
};

/// A part.
pub async fn show(asked: Asked) -> Result<Answer, AdminError> {
    let document = asked.admin.part(&asked.caller, asked.tenant(), &asked.part()).await?;
    Ok(Answer::document(&document, &[]))
}

/// Makes or changes a part.
pub async fn put(asked: Asked) -> Result<Answer, AdminError> {
    let given = (asked.expected()?, asked.json()?);
    let saved = asked.admin.put(&asked.caller, asked.tenant(), &asked.part(), given).await?;
    Ok(Answer::saved(&saved))
}

/// Removes a part.
pub async fn remove(asked: Asked) -> Result<Answer, AdminError> {
    let expected = asked.expected()?;
    asked.admin.remove(&asked.caller, asked.tenant(), &asked.part(), expected).await?;
    Ok(Answer::nothing())
}

/// The apps of a tenant.
pub async fn apps(asked: Asked) -> Result<Answer, AdminError> {
    let apps = asked.admin.apps(&asked.caller, asked.tenant()).await?;
    Answer::of(json!({ "apps": apps.iter().map(shown).collect::<Value>() }))
}

/// The connections of a tenant.
pub async fn connections(asked: Asked) -> Result<Answer, AdminError> {
    let connections = asked.admin.connections(&asked.caller, asked.tenant()).await?;
    Answer::of(json!({ "connections": connections.iter().map(shown).collect::<Value>() }))
}

/// Makes a secret for an app.
pub async fn add_secret(asked: Asked) -> Result<Answer, AdminError> {
    let saved = asked.admin.add_secret(&asked.caller, asked.tenant(), asked.path("app")).await?;
    Ok(Answer::saved(&saved).created(true))
}

/// Takes a secret from an app.
pub async fn remove_secret(asked: Asked) -> Result<Answer, AdminError> {
    let (app, secret) = (asked.path("app"), asked.path("secret"));
    let saved = asked.admin.remove_secret(&asked.caller, asked.tenant(), app, secret).await?;
    Ok(Answer::saved(&saved))
}
