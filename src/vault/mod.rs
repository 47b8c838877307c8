//! Secrets at rest: each sealed for one place, in an envelope.
//!
//! Owns who seals what: the operator's master keys seal a random data key for each tenant, and the
//! data key seals the tenant's secrets. A new master key so costs one small row a tenant; the data
//! keys, and all that they have sealed, stay. The cipher and the format are [`Sealer`]'s; where
//! sealed values are kept is the store's.
//!
//! A value opens only at its own place: tenant, connection or app, name and id all go into its key
//! and are authenticated with it. A row that was changed, swapped or moved does not open.

mod data_keys;
mod place;

use base64::{Engine, engine::general_purpose::STANDARD};
use tunnus_sdk::Hidden;

use crate::{
    ambient::Ambient,
    store::{Key, MasterKey, SealError, Sealer, seal::sealed_by},
};

pub use data_keys::{DataKeys, DataKeysError, MissingKeys};
pub use place::{Holder, Place};

/// What a data key is called in what it seals: there is one a tenant.
const DATA: &str = "data";

/// Why something was not sealed or opened. No value stands here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No master key, or two of one id.
    #[error("the master keys are missing, doubled or badly named")]
    Keys,
    /// Sealed under a master key that is not in the settings.
    #[error("it is sealed under the master key `{0}`, which is not in secrets.master_keys")]
    KeyUnknown(String),
    /// Changed, moved, or sealed for another place or under another key.
    #[error("it does not open here: it was changed, or sealed for another place or by another key")]
    Refused,
    /// Not a sealed value.
    #[error("it is no sealed value")]
    Malformed,
}

/// Seals and opens with the operator's master keys.
#[derive(Clone, Debug)]
pub struct Vault {
    sealer: Sealer,
    ambient: Ambient,
}

/// The key of one tenant's secrets.
#[derive(Clone, Debug)]
pub struct DataKey(Sealer);

impl Vault {
    /// A vault with these master keys and their ids, the active one first.
    ///
    /// # Errors
    /// [`VaultError::Keys`]
    pub fn new(
        keys: impl IntoIterator<Item = (String, Hidden<[u8; 32]>)>,
        ambient: Ambient,
    ) -> Result<Self, VaultError> {
        let keys = keys.into_iter().map(|(id, key)| MasterKey::new(id, key)).collect::<Result<_, _>>();
        let sealer = Sealer::new(keys.map_err(|_| VaultError::Keys)?, ambient.clone());
        Ok(Self { sealer: sealer.map_err(|_| VaultError::Keys)?, ambient })
    }

    /// A new data key for `tenant`, and the same sealed under the active master key.
    ///
    /// # Errors
    /// Where the cipher refuses.
    pub fn new_data_key(&self, tenant: &str) -> Result<(DataKey, String), VaultError> {
        let key = Hidden::new(self.ambient.bytes::<32>());
        let sealed = self.seal_data_key(tenant, &key)?;
        Ok((self.data_key(key)?, sealed))
    }

    /// The data key of `tenant` from its sealed form.
    ///
    /// # Errors
    /// Where it was not sealed here, or for another tenant.
    pub fn open_data_key(&self, tenant: &str, sealed: &str) -> Result<DataKey, VaultError> {
        self.data_key(self.open_raw(tenant, sealed)?)
    }

    /// The same data key under the active master key; none where it is there already.
    ///
    /// # Errors
    /// As [`Self::open_data_key`].
    pub fn rewrap_data_key(&self, tenant: &str, sealed: &str) -> Result<Option<String>, VaultError> {
        let key = self.open_raw(tenant, sealed)?;
        if self.is_active(sealed)? { Ok(None) } else { self.seal_data_key(tenant, &key).map(Some) }
    }

    /// Seals a value of a file, `{ sealed = "…" }`: it needs no data key and no store.
    ///
    /// # Errors
    /// Where the cipher refuses.
    pub fn seal(&self, place: &Place, value: &Hidden<String>) -> Result<String, VaultError> {
        let sealed =
            self.sealer.seal("sealed in a file", &place.parts(), &alone(), value.expose().as_bytes());
        Ok(STANDARD.encode(sealed.map_err(|_| VaultError::Refused)?))
    }

    /// Opens what [`Self::seal`] sealed.
    ///
    /// # Errors
    /// Where it was not sealed here, or for another place.
    pub fn open(&self, place: &Place, sealed: &str) -> Result<Hidden<String>, VaultError> {
        let bytes = decode(sealed)?;
        let opened = self.sealer.open("sealed in a file", &place.parts(), &alone(), &bytes);
        text(&opened.map_err(|error| told(error, &bytes))?)
    }

    /// The same value under the active master key; none where it is there already.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn rewrap(&self, place: &Place, sealed: &str) -> Result<Option<String>, VaultError> {
        let value = self.open(place, sealed)?;
        if self.is_active(sealed)? { Ok(None) } else { self.seal(place, &value).map(Some) }
    }

    /// Whether something is sealed under the active master key.
    ///
    /// # Errors
    /// [`VaultError::Malformed`]
    pub fn is_active(&self, sealed: &str) -> Result<bool, VaultError> {
        self.sealer.is_active(&decode(sealed)?).ok_or(VaultError::Malformed)
    }

    fn data_key(&self, key: Hidden<[u8; 32]>) -> Result<DataKey, VaultError> {
        let key = MasterKey::new(DATA, key).map_err(|_| VaultError::Keys)?;
        let sealer = Sealer::new(vec![key], self.ambient.clone()).map_err(|_| VaultError::Keys)?;
        Ok(DataKey(sealer))
    }

    fn seal_data_key(&self, tenant: &str, key: &Hidden<[u8; 32]>) -> Result<String, VaultError> {
        let sealed = self.sealer.seal("data key", &[tenant], &alone(), key.expose());
        Ok(STANDARD.encode(sealed.map_err(|_| VaultError::Refused)?))
    }

    fn open_raw(&self, tenant: &str, sealed: &str) -> Result<Hidden<[u8; 32]>, VaultError> {
        let bytes = decode(sealed)?;
        let opened = self.sealer.open("data key", &[tenant], &alone(), &bytes);
        let opened = opened.map_err(|error| told(error, &bytes))?;
        let key = opened.expose().as_slice().try_into().map_err(|_| VaultError::Malformed)?;
        Ok(Hidden::new(key))
    }
}

impl DataKey {
    /// Seals `value` for the place, as the secret of this id.
    ///
    /// # Errors
    /// Where the cipher refuses.
    pub fn seal(&self, place: &Place, id: &str, value: &Hidden<String>) -> Result<String, VaultError> {
        let sealed = self.0.seal("secret", &place.parts(), &secret(id), value.expose().as_bytes());
        Ok(STANDARD.encode(sealed.map_err(|_| VaultError::Refused)?))
    }

    /// Opens what [`Self::seal`] sealed for the same place and id.
    ///
    /// # Errors
    /// Anything else is refused.
    pub fn open(&self, place: &Place, id: &str, sealed: &str) -> Result<Hidden<String>, VaultError> {
        let bytes = decode(sealed)?;
        let opened = self.0.open("secret", &place.parts(), &secret(id), &bytes);
        text(&opened.map_err(|error| told(error, &bytes))?)
    }

    /// Tells whether two values for one place are equal, and nothing else: who has no data key
    /// cannot try values out on it.
    ///
    /// # Errors
    /// Where the value is beyond the derivation's range.
    pub fn fingerprint(&self, place: &Place, value: &Hidden<String>) -> Result<String, VaultError> {
        let [tenant, kind, id, name] = place.parts();
        let print = self.0.derive_secret("fingerprint", &[tenant, kind, id, name, value.expose_str()]);
        Ok(print.map_err(|_| VaultError::Refused)?.expose().clone())
    }
}

/// The id of the master key that sealed something.
#[must_use]
pub fn master_key_of(sealed: &str) -> Option<String> {
    sealed_by(&decode(sealed).ok()?).map(str::to_owned)
}

/// What is alone in its place.
fn alone() -> Key {
    Key::new("vault", "")
}

/// What shares its place with others.
fn secret(id: &str) -> Key {
    Key::new("secret", id)
}

fn decode(sealed: &str) -> Result<Vec<u8>, VaultError> {
    STANDARD.decode(sealed).map_err(|_| VaultError::Malformed)
}

fn text(opened: &Hidden<Vec<u8>>) -> Result<Hidden<String>, VaultError> {
    let text = std::str::from_utf8(opened.expose()).map_err(|_| VaultError::Malformed)?;
    Ok(Hidden::from(text))
}

fn told(error: SealError, sealed: &[u8]) -> VaultError {
    match error {
        SealError::KeyUnknown => VaultError::KeyUnknown(sealed_by(sealed).unwrap_or_default().to_owned()),
        SealError::Malformed => VaultError::Malformed,
        SealError::Keys | SealError::Refused | SealError::Value => VaultError::Refused,
    }
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
