//! Where the secrets that a tenant names are found: an operator's files and variables, or a store.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tunnus_sdk::Hidden;

use super::{TenantFile, platform::PlatformFile};
use crate::{
    config::{BadSchema, Reference, ReferenceError, References, Shape},
    digest::sha256,
    keyring::Key,
    tenant::platform,
    vault::{Holder, Place, VaultError},
};

/// Where secrets are found.
pub trait Secrets: Sync {
    /// The secret that `reference` leads to, where it belongs to `place`.
    ///
    /// # Errors
    /// Why there is none.
    fn secret(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError>;

    /// The form that a tenant has whose secrets are found here.
    fn form(&self) -> Form;

    /// The keys of a ring, where there is one.
    fn ring(&self, _holder: &Holder) -> Vec<RingKey> {
        Vec::new()
    }

    /// The folder where an operator puts what is missing; none where it is no operator's.
    fn dir(&self) -> Option<&Path> {
        None
    }

    /// The file that a reference names, be it there or not.
    fn path(&self, _reference: &Reference) -> Option<PathBuf> {
        None
    }
}

/// A key of a ring, about to be used.
#[derive(Debug)]
pub struct RingKey {
    /// Its id.
    pub id: String,
    /// What is public of it.
    pub key: Key,
    /// The private part of a key that is in use.
    pub private: Option<Result<Hidden<String>, VaultError>>,
}

impl Secrets for References {
    fn secret(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        self.resolve_at(place, reference)
    }

    fn form(&self) -> Form {
        Form::File
    }

    fn dir(&self) -> Option<&Path> {
        Some(self.dir())
    }

    fn path(&self, reference: &Reference) -> Option<PathBuf> {
        self.path(reference)
    }
}

/// How a tenant is written: the two differ in their references alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By an operator, in a file.
    File,
    /// In a store: secrets are given once, `{ value = "…" }`, and then named, `{ stored = "ID" }`.
    Stored,
    /// In a file that leaves some keys to the store.
    Completed,
}

impl Form {
    /// Whether keys that are missing are made by who keeps the tenant.
    #[must_use]
    pub const fn makes_keys(self) -> bool {
        !matches!(self, Self::File)
    }

    /// The shape of a whole tenant.
    ///
    /// # Errors
    /// When its schema is no JSON Schema.
    pub fn shape(self) -> Result<&'static Shape, &'static BadSchema> {
        static FILE: LazyLock<Result<Shape, BadSchema>> = LazyLock::new(Shape::of::<TenantFile>);
        static STORED: LazyLock<Result<Shape, BadSchema>> = LazyLock::new(|| Shape::new(stored_schema()));
        static COMPLETED: LazyLock<Result<Shape, BadSchema>> =
            LazyLock::new(|| Shape::new(completed_schema()));
        match self {
            Self::File => FILE.as_ref(),
            Self::Stored => STORED.as_ref(),
            Self::Completed => COMPLETED.as_ref(),
        }
    }

    /// The shape of a platform. It has no keys that could be left to the store.
    ///
    /// # Errors
    /// When its schema is no JSON Schema.
    pub fn shape_of_platforms(self) -> Result<&'static Shape, &'static BadSchema> {
        static FILE: LazyLock<Result<Shape, BadSchema>> = LazyLock::new(Shape::of::<PlatformFile>);
        static STORED: LazyLock<Result<Shape, BadSchema>> =
            LazyLock::new(|| Shape::new(stored_platform_schema()));
        match self {
            Self::File | Self::Completed => FILE.as_ref(),
            Self::Stored => STORED.as_ref(),
        }
    }
}

/// The schema of [`TenantFile`] with a store's references in the place of an operator's: who may
/// write to the store gets nothing of the operator's by naming it.
#[must_use]
pub fn stored_schema() -> Value {
    stored(schemars::schema_for!(TenantFile).to_value())
}

/// The same of [`PlatformFile`].
#[must_use]
pub fn stored_platform_schema() -> Value {
    stored(schemars::schema_for!(PlatformFile).to_value())
}

fn stored(mut schema: Value) -> Value {
    if let Some(reference) = schema.pointer_mut(REFERENCE) {
        *reference = json!({
            "oneOf": [
                one("value", "The secret itself; it is never shown again."),
                one("stored", "A secret that is set, by its id."),
            ],
            "description": "A secret.",
            "x-expected": r#"a secret's value, { value = "…" }, or one that is set already, { stored = "ID" }"#,
        });
    }
    schema
}

/// The schema of [`TenantFile`] where references may also name what is stored.
fn completed_schema() -> Value {
    let mut schema = schemars::schema_for!(TenantFile).to_value();
    let references = schema.pointer_mut(REFERENCE).and_then(|reference| reference.get_mut("oneOf"));
    if let Some(references) = references.and_then(Value::as_array_mut) {
        references.push(one("stored", "A secret that the store has, by its id."));
    }
    schema
}

/// Where the schema of a file says what a reference is.
const REFERENCE: &str = "/$defs/Reference";

/// An object of one text.
fn one(name: &str, text: &str) -> Value {
    json!({
        "type": "object",
        "properties": { name: { "type": "string" } },
        "required": [name],
        "additionalProperties": false,
        "description": text,
    })
}

/// What is kept of a secret of which only a hash is kept.
#[must_use]
pub fn hash_of(secret: &Hidden<String>) -> Hidden<String> {
    Hidden::new(STANDARD.encode(sha256(secret.expose_str())))
}

/// The hash that [`hash_of`] has written.
#[must_use]
pub fn read_hash(hash: &Hidden<String>) -> Option<[u8; 32]> {
    STANDARD.decode(hash.expose_str()).ok()?.try_into().ok()
}

/// The ids of a tenant's, or a platform's, apps and connections, in their order: they make places of
/// pointers.
#[derive(Debug, Default)]
pub struct Ids {
    tenant: String,
    apps: Vec<String>,
    connections: Vec<String>,
}

impl Ids {
    /// Those of `file`.
    #[must_use]
    pub fn of(file: &Value) -> Self {
        let id = |entry: &Value| entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let all =
            |list: &str| file.get(list).and_then(Value::as_array).into_iter().flatten().map(id).collect();
        let holder = |entry: &Value| platform::holder(&id(entry));
        let tenant = file.get("tenant").map(id).or_else(|| file.get("platform").map(holder));
        let tenant = tenant.unwrap_or_default();
        Self { tenant, apps: all("apps"), connections: all("connections") }
    }

    /// The place of a secret that stands at `pointer`: without its number where it is one of a list.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place {
        let path = pointer.trim_start_matches('/');
        let Some((list @ ("apps" | "connections"), rest)) = path.split_once('/') else {
            return self.place_of(Holder::Tenant, path);
        };
        let (index, name) = rest.split_once('/').unwrap_or((rest, ""));
        let of = |ids: &[String]| index.parse().ok().and_then(|index: usize| ids.get(index).cloned());
        let holder = match list {
            "apps" => Holder::App(of(&self.apps).unwrap_or_default()),
            _ => Holder::Connection(of(&self.connections).unwrap_or_default()),
        };
        self.place_of(holder, name)
    }

    fn place_of(&self, holder: Holder, name: &str) -> Place {
        let number = |last: &str| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        let name = name.rsplit_once('/').filter(|(_, last)| number(last)).map_or(name, |(name, _)| name);
        Place { tenant: self.tenant.clone(), holder, name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_a_place() {
        let file = json!({
            "tenant": { "id": "acme" },
            "apps": [{ "id": "shop" }, { "id": "desk" }],
            "connections": [{ "id": "bank" }],
        });
        let ids = Ids::of(&file);
        for (pointer, place) in [
            ("/keys/signing/0", "keys/signing"),
            ("/keys/subject", "keys/subject"),
            ("/apps/1/secrets/3", "apps/desk/secrets"),
            ("/apps/0/jwks", "apps/shop/jwks"),
            ("/connections/0/credentials/client_secret", "connections/bank/credentials/client_secret"),
            ("/connections/0/credentials/signing/1", "connections/bank/credentials/signing"),
        ] {
            assert_eq!(ids.place(pointer), Place::parse("acme", place).unwrap(), "{pointer}");
        }
    }

    #[test]
    fn a_store_understands_its_own_references_alone() {
        let file = |reference: Value| json!({ "tenant": { "id": "acme", "name": "Acme" }, "keys": { "subject": reference } });
        let fits = |form: Form, reference: Value| {
            form.shape().unwrap().misfits(&file(reference)).iter().next().is_none()
        };
        for of_an_operator in
            [json!({ "env": "TUNNUS_SECRET_X" }), json!({ "file": "x" }), json!({ "sealed": "x" })]
        {
            assert!(fits(Form::File, of_an_operator.clone()) && !fits(Form::Stored, of_an_operator));
        }
        for of_a_store in [json!({ "value": "x" }), json!({ "stored": "x" })] {
            assert!(fits(Form::Stored, of_a_store.clone()) && !fits(Form::File, of_a_store));
        }
    }
}
