//! Secrets that a file names but does not show: `{ env = "…" }`, `{ file = "…" }`, `{ sealed = "…" }`.
//!
//! Owns finding the secret. What it is good for, and its form, is the caller's.

use std::{
    fs,
    io::{ErrorKind, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::Hidden;
use zeroize::Zeroize;

use super::environment::Environment;
use crate::vault::{Place, Vault, VaultError};

/// The largest secret there is, in bytes: a certificate chain with its key stays far below.
const LARGEST: u64 = 64 * 1024;

/// What every variable that holds a secret begins with, so that a tenant's file names no other.
const PREFIX: &str = "TUNNUS_SECRET_";

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(extend("x-expected" = r#"a reference: { env = "TUNNUS_SECRET_…" } or { file = "NAME" }"#))]
pub enum Reference {
    /// In an environment variable, `TUNNUS_SECRET_…`.
    Env(String),
    /// In a file below `secrets.dir`.
    File(String),
    /// Sealed for its place by `tunnus secrets seal`; only in a tenant's file.
    Sealed(String),
    /// Kept by the tenants store under this id; never in a file.
    #[schemars(skip)]
    Stored(String),
    /// Given to the tenants store, to be kept there; never in a file.
    #[schemars(skip)]
    Value(#[schemars(with = "String")] Hidden<String>),
}

/// A text, or the reference to one that is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("x-expected" = r#"a text or a reference: { env = "TUNNUS_SECRET_…" } or { file = "NAME" }"#))]
pub enum TextOrReference {
    /// The text itself.
    Text(#[schemars(with = "String")] Hidden<String>),
    /// Where it is kept.
    Reference(Reference),
}

impl TextOrReference {
    /// The text itself.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// Why a reference leads to no secret. Names stand here, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// A variable that holds no secret of ours.
    #[error("a secret's variable begins with {PREFIX} and has capitals, digits and underscores")]
    VariableName,
    /// No such variable.
    #[error("the environment variable {0} is not set")]
    VariableMissing(String),
    /// A name that leads elsewhere.
    #[error("the file must lie in {}: a name without `..` that no link leads out of", .0.display())]
    Escapes(PathBuf),
    /// No such file.
    #[error("there is no file {}", .0.display())]
    FileMissing(PathBuf),
    /// A file that cannot be read.
    #[error("the file {} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, ErrorKind),
    /// More than a secret has.
    #[error("the secret is larger than {} KiB", LARGEST / 1024)]
    TooLarge,
    /// Not UTF-8.
    #[error("the secret is not a text")]
    NotText,
    /// Nothing there.
    #[error("the secret is empty")]
    Empty,
    /// A reference that is not understood here.
    #[error("such a reference is not understood here: use {{ env = … }} or {{ file = … }}")]
    Misplaced,
    /// A sealed value that does not open.
    #[error("the secret cannot be opened: {0}")]
    Sealed(#[from] VaultError),
    /// An id that the tenants store does not know.
    #[error("there is no such secret in the store")]
    NotStored,
}

/// Where references lead to.
#[derive(Clone, Debug)]
pub struct References {
    dir: PathBuf,
    environment: Arc<Environment>,
    vault: Option<Vault>,
}

impl References {
    /// Files lie in `dir`, the working folder where it is empty; variables in `environment`.
    #[must_use]
    pub fn new(dir: PathBuf, environment: Arc<Environment>) -> Self {
        let dir = if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir };
        Self { dir, environment, vault: None }
    }

    /// The same, where sealed values open too.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault: Some(vault), ..self }
    }

    /// The folder of secrets.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file that a reference names, be it there or not.
    #[must_use]
    pub fn path(&self, reference: &Reference) -> Option<PathBuf> {
        match reference {
            Reference::File(name) => Some(self.dir.join(name)),
            Reference::Env(_) | Reference::Sealed(_) | Reference::Stored(_) | Reference::Value(_) => None,
        }
    }

    /// The secret, without line breaks at its end.
    ///
    /// # Errors
    /// Why there is none.
    pub fn resolve(&self, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        let secret = match reference {
            Reference::Env(name) => self.variable(name)?,
            Reference::File(name) => self.file(name)?,
            Reference::Sealed(_) | Reference::Stored(_) | Reference::Value(_) => {
                return Err(ReferenceError::Misplaced);
            }
        };
        given(&secret)
    }

    /// The secret of one place of a tenant: also a sealed one, where it was sealed for that place.
    ///
    /// # Errors
    /// Why there is none.
    pub fn resolve_at(&self, place: &Place, reference: &Reference) -> Result<Hidden<String>, ReferenceError> {
        match (reference, &self.vault) {
            (Reference::Sealed(sealed), Some(vault)) => Ok(vault.open(place, sealed)?),
            _ => self.resolve(reference),
        }
    }

    fn variable(&self, name: &str) -> Result<Hidden<String>, ReferenceError> {
        let rest = name.strip_prefix(PREFIX).ok_or(ReferenceError::VariableName)?;
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if rest.is_empty() || !rest.bytes().all(plain) {
            return Err(ReferenceError::VariableName);
        }
        self.environment.get(name).cloned().ok_or_else(|| ReferenceError::VariableMissing(name.to_owned()))
    }

    fn file(&self, name: &str) -> Result<Hidden<String>, ReferenceError> {
        let escapes = || ReferenceError::Escapes(self.dir.clone());
        let plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !plain {
            return Err(escapes());
        }
        let path = self.dir.join(name);
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => ReferenceError::FileMissing(path.clone()),
            kind => ReferenceError::Unreadable(path.clone(), kind),
        };
        // Links are followed as long as they stay in the folder: Kubernetes mounts secrets so.
        let real = path.canonicalize().map_err(unreadable)?;
        if !real.starts_with(self.dir.canonicalize().map_err(unreadable)?) {
            return Err(escapes());
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(real).map_err(unreadable)?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        text(bytes)
    }
}

/// A secret as it was given, without line breaks at its end.
///
/// # Errors
/// Where there is none, or more than a secret has.
pub fn given(secret: &Hidden<String>) -> Result<Hidden<String>, ReferenceError> {
    let trimmed = secret.expose_str().trim_end_matches(['\r', '\n']);
    if trimmed.is_empty() {
        return Err(ReferenceError::Empty);
    }
    if u64::try_from(trimmed.len()).is_ok_and(|length| length > LARGEST) {
        return Err(ReferenceError::TooLarge);
    }
    Ok(Hidden::from(trimmed))
}

/// `bytes` as a secret text; what is refused is wiped.
fn text(mut bytes: Vec<u8>) -> Result<Hidden<String>, ReferenceError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        bytes.zeroize();
        return Err(ReferenceError::TooLarge);
    }
    String::from_utf8(bytes).map(Hidden::new).map_err(|error| {
        error.into_bytes().zeroize();
        ReferenceError::NotText
    })
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
