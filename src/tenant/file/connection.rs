//! `[[connections]]`: one use of a provider by a tenant.

use std::sync::OnceLock;

use ring::hmac;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tunnus_sdk::{Credentials, Environment, ErasedDefinition, Hidden, Member, SubjectSource};

use super::{ID, ID_EXPECTED, Judge, credentials::CredentialsTable, judge::to_faults, text::Text};
use crate::{
    config::{Shape, did_you_mean},
    tenant::{limits::Limits, model::Connection},
};

/// One use of a provider by a tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionEntry {
    /// Its id: part of its return URLs, never changed.
    #[schemars(required, regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    id: Option<String>,
    /// The provider.
    #[schemars(required)]
    provider: Option<String>,
    /// Whether its persons are real.
    #[schemars(required)]
    environment: Option<Environment>,
    /// Whether it may be used.
    #[serde(default = "enabled")]
    enabled: bool,
    /// Its name on the chooser.
    #[schemars(required)]
    display_name: Option<Text>,
    /// Pauses it, with a notice to people of at most 200 characters: `{ fi = "…", sv = "…", en = "…" }`.
    /// The chooser shows the notice in its place, nobody starts over it, and who is on the way
    /// already arrives.
    #[serde(default)]
    paused: Option<Text>,
    /// What the subject that apps see is made from: `national_id`, the same person at every bank, or
    /// `upstream`. The provider's default where the key is missing. Never changed once persons are
    /// known by it.
    #[serde(default)]
    subject: Option<SubjectSource>,
    /// Bounds on its calls to its upstream, where they shall be tighter than the operator's.
    #[serde(default)]
    limits: Limits,
    /// What the provider needs to know; each has its own keys.
    #[serde(default, rename = "settings")]
    _settings: Map<String, Value>,
    /// Its keys and secrets.
    #[serde(default)]
    credentials: CredentialsTable,
}

const fn enabled() -> bool {
    true
}

/// Every connection of the file that can be made out.
pub fn resolve_all(file: &Value, subject_key: &Hidden<Vec<u8>>, judge: &mut Judge<'_>) -> Vec<Connection> {
    let count = file.get("connections").and_then(Value::as_array).map_or(0, Vec::len);
    let pointers = (0..count).map(|index| format!("/connections/{index}"));
    pointers.filter_map(|pointer| resolve(file, &pointer, subject_key, judge)).collect()
}

fn resolve(
    file: &Value,
    pointer: &str,
    subject_key: &Hidden<Vec<u8>>,
    judge: &mut Judge<'_>,
) -> Option<Connection> {
    let raw = file.pointer(pointer)?;
    let definition = definition(raw, pointer, judge);
    let settings = definition.and_then(|definition| check_settings(definition, raw, pointer, judge));
    let entry: ConnectionEntry = judge.part(file, pointer)?;
    let needs =
        definition.zip(settings.as_ref()).and_then(|(definition, settings)| definition.needs(settings));
    let id = entry.id.as_deref().unwrap_or("CONNECTION");
    let (credentials, ring) = entry.credentials.resolve(&format!("{pointer}/credentials"), id, needs, judge);
    let display_name = entry.display_name.map(|name| name.resolve(&format!("{pointer}/display_name"), judge));
    let paused = entry.paused.map(|notice| notice.resolve_notice(&format!("{pointer}/paused"), judge));
    let subject = definition.map(|definition| subject(entry.subject, definition, pointer, judge));
    let mut connection = Connection {
        id: entry.id?,
        provider: entry.provider?,
        environment: entry.environment?,
        enabled: entry.enabled,
        display_name: display_name?,
        paused,
        subject: subject?,
        limits: entry.limits,
        settings: settings?,
        credentials,
        ring,
        revision: 0,
        key_set: OnceLock::new(),
    };
    connection.revision = revision(&connection, subject_key);
    Some(connection)
}

/// The provider that the connection names.
fn definition<'a>(raw: &Value, pointer: &str, judge: &mut Judge<'a>) -> Option<&'a dyn ErasedDefinition> {
    let name = raw.get("provider")?.as_str()?;
    let found = judge.providers.find(name);
    if found.is_none() {
        let known: Vec<_> = judge.providers.iter().map(|provider| provider.descriptor().id).collect();
        let meant = did_you_mean(name, known.iter().copied());
        let message = format!("there is no provider `{name}` among {}{meant}", known.join(", "));
        judge.fault(format!("{pointer}/provider"), message);
    }
    found.map(AsRef::as_ref)
}

/// Judges the settings: their form first, then the provider's own rules. Unknown keys are left out
/// and misspelt ones put right; none where another fault of form leaves open what is needed.
fn check_settings(
    definition: &dyn ErasedDefinition,
    raw: &Value,
    pointer: &str,
    judge: &mut Judge<'_>,
) -> Option<Value> {
    let pointer = format!("{pointer}/settings");
    let none = json!({});
    // What is no table at all is told by the connection's own form.
    let settings = raw.get("settings").or(Some(&none)).filter(|settings| settings.is_object())?;
    let shape = match Shape::new(definition.schema().to_value()) {
        Ok(shape) => shape,
        Err(error) => {
            judge.fault(pointer, error.to_string());
            return None;
        }
    };
    let misfits = shape.misfits(settings);
    judge.faults_below(&pointer, to_faults(&misfits));
    let settings = misfits.mend(settings);
    if shape.misfits(&settings).iter().next().is_some() {
        return None;
    }
    if let Ok(environment) = Environment::deserialize(raw.get("environment")?) {
        judge.faults_below(&pointer, definition.check(&settings, environment));
    }
    Some(settings)
}

fn subject(
    set: Option<SubjectSource>,
    definition: &dyn ErasedDefinition,
    pointer: &str,
    judge: &mut Judge<'_>,
) -> SubjectSource {
    let descriptor = definition.descriptor();
    if set == Some(SubjectSource::NationalId) && !descriptor.claims.contains(&Member::NationalId) {
        judge.fault(format!("{pointer}/subject"), format!("{} gives no national id", descriptor.title));
    }
    set.unwrap_or(descriptor.subject)
}

/// A number that changes whenever anything of the connection does. It is an HMAC under the tenant's
/// key, not a plain hash: the secrets are in it, and it may be shown.
fn revision(connection: &Connection, subject_key: &Hidden<Vec<u8>>) -> u64 {
    let Connection {
        id,
        provider,
        environment,
        enabled,
        display_name,
        paused: _,
        subject,
        limits,
        settings,
        credentials,
        // What is in use of it stands in the credentials.
        ring: _,
        revision: _,
        key_set: _,
    } = connection;
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, subject_key.expose()));
    let open =
        json!([id, provider, environment, enabled, display_name, subject, limits, settings]).to_string();
    for part in std::iter::once(open.as_str()).chain(secrets(credentials)) {
        // Lengths first, so that no two lists of parts are one text.
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    let tag = context.sign();
    let bytes = tag.as_ref().first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(bytes)
}

/// Every secret; a part that no secret is ends each list.
fn secrets(credentials: &Credentials) -> Vec<&str> {
    let Credentials { client_secret, signing, decryption, certificate, trust_anchor } = credentials;
    let lists: [Vec<&str>; 5] = [
        client_secret.iter().map(Hidden::expose_str).collect(),
        signing.iter().map(Hidden::expose_str).collect(),
        decryption.iter().map(Hidden::expose_str).collect(),
        certificate.iter().map(Hidden::expose_str).collect(),
        trust_anchor.iter().map(String::as_str).collect(),
    ];
    lists.into_iter().flat_map(|list| list.into_iter().chain(std::iter::once("\0"))).collect()
}
