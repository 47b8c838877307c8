//! `sandbox --once`: logs in through every connection over both faces and prints what came.

use std::io::Write;

use serde_json::{Value, json};
use tunnus_sdk::Params;
use url::Url;

use super::{
    login::{LoginError, Relying, hint},
    running::Offered,
    walker::Walker,
};
use crate::http::browser::params;

/// Where the app would be: nobody listens there, the walk ends before.
const RETURN: &str = "http://127.0.0.1:1/return";

/// The two faces.
const FACES: [&str; 2] = ["openid", "rest"];

/// Logs in through each of `connections` over both faces, as the first persona that its upstream
/// knows. True where all succeeded.
///
/// # Errors
/// Where `out` cannot be written to.
pub async fn run(
    relying: &Relying,
    connections: &[Offered],
    as_lines: bool,
    out: &mut (dyn Write + Send),
) -> std::io::Result<bool> {
    let mut all = true;
    for connection in connections {
        for face in FACES {
            let persona = connection.personas.first().copied().unwrap_or_default();
            let result = login(relying, &connection.id, face, persona).await;
            all &= result.is_ok();
            print(out, &connection.id, face, &result, as_lines)?;
        }
    }
    Ok(all)
}

async fn login(relying: &Relying, connection: &str, face: &str, persona: &str) -> Result<Value, LoginError> {
    let hint = hint(persona);
    if face == "openid" {
        let more = [("connection", connection), ("login_hint", hint.expose_str())];
        let pending = relying.begin(RETURN, &more).await?;
        let returned = walk(relying, pending.url.clone()).await?;
        return relying.end(pending, &returned).await;
    }
    let more = json!({ "connection": connection, "login_hint": hint });
    let door = relying.create(RETURN, more).await?;
    let returned = walk(relying, door.url).await?;
    relying.result(&returned).await
}

async fn walk(relying: &Relying, start: Url) -> Result<Params, LoginError> {
    let end = Walker::new(relying.http.clone()).walk(&start, RETURN).await;
    let end = end.map_err(|error| LoginError::Refused(error.to_string()))?;
    Ok(params(end.query().unwrap_or_default().as_bytes()))
}

fn print(
    out: &mut (dyn Write + Send),
    connection: &str,
    face: &str,
    result: &Result<Value, LoginError>,
    as_lines: bool,
) -> std::io::Result<()> {
    let mut line = json!({ "connection": connection, "face": face });
    let (name, value) = match result {
        Ok(identity) => ("identity", identity.clone()),
        Err(error) => ("error", json!(error.to_string())),
    };
    if as_lines {
        if let Some(members) = line.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
        return writeln!(out, "{line}");
    }
    let shown = serde_json::to_string_pretty(&value).unwrap_or_default();
    writeln!(out, "\n{connection} over {face}: {name}\n{shown}")
}
