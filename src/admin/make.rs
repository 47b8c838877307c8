//! The keys that a new tenant gets where its document brings none.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tunnus_jose::{KeyUse, generate};
use tunnus_sdk::Hidden;

use super::AdminError;
use crate::ambient::Ambient;

/// Adds a signing key for each algorithm and the key of the subjects.
pub(super) async fn with_keys(mut document: Value, ambient: &Ambient) -> Result<Value, AdminError> {
    let Some(tables) = document.as_object_mut().filter(|tables| !tables.contains_key("keys")) else {
        return Ok(document);
    };
    // An RSA key takes long to find: not on a thread that serves everybody.
    let pair = || Ok([generate::rsa(2048, KeyUse::Signature)?, generate::p256(KeyUse::Signature)?]);
    let made: Result<[Hidden<String>; 2], tunnus_jose::KeyError> =
        spawn_blocking(pair).await.map_err(AdminError::internal)?;
    let signing = made.map_err(AdminError::internal)?.map(|key| json!({ "value": key }));
    let subject = Hidden::new(STANDARD.encode(Hidden::new(ambient.bytes::<32>()).expose()));
    tables.insert("keys".to_owned(), json!({ "signing": signing, "subject": { "value": subject } }));
    Ok(document)
}
