//! Personal references at rest: sealed in the event, under a random key of its own that is not in the
//! chain.
//!
//! The key is sealed under the tenant's data key. Without it nobody reads the references any more,
//! and the event still hashes to what was chained. An index finds them without clear text: an HMAC
//! under the tenant's data key, erased with the key.

use base64::{Engine, engine::general_purpose::STANDARD};
use tunnus_sdk::Hidden;

use super::event::Personal;
use crate::{
    ambient::Ambient,
    store::{Key, MasterKey, SealError, Sealer},
    vault::{DataKey, Holder, Place, VaultError},
};

/// What is kept of personal references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedPersonal {
    /// The references, sealed under the key.
    pub sealed: Option<String>,
    /// The key, sealed under the tenant's data key.
    pub key: String,
    /// What finds the app's reference.
    pub reference: String,
    /// What finds the subject.
    pub subject: String,
}

/// Seals the references of the event `id`.
///
/// # Errors
/// Where the cipher refuses.
pub fn seal(
    data_key: &DataKey,
    ambient: &Ambient,
    tenant: &str,
    id: &str,
    personal: &Personal,
) -> Result<SealedPersonal, VaultError> {
    let raw = Hidden::new(ambient.bytes::<32>());
    let text = Hidden::new(STANDARD.encode(raw.expose()));
    let sealed = sealer(raw, ambient)?.seal_json("personal", &[tenant], &of(id), personal);
    let index = |name, value: &Option<Hidden<String>>| {
        value.as_ref().map_or(Ok(String::new()), |value| index(data_key, tenant, name, value))
    };
    Ok(SealedPersonal {
        sealed: Some(STANDARD.encode(sealed.map_err(refused)?)),
        key: data_key.seal(&place(tenant, "key"), id, &text)?,
        reference: index("reference", &personal.reference)?,
        subject: index("subject", &personal.subject)?,
    })
}

/// Opens the references of the event `id`.
///
/// # Errors
/// Where they were not sealed so.
pub fn open(
    data_key: &DataKey,
    ambient: &Ambient,
    tenant: &str,
    id: &str,
    kept: (&str, &str),
) -> Result<Personal, VaultError> {
    let (key, sealed) = kept;
    let text = data_key.open(&place(tenant, "key"), id, key)?;
    let raw = Hidden::new(STANDARD.decode(text.expose_str()).map_err(|_| VaultError::Malformed)?);
    let raw = <[u8; 32]>::try_from(raw.expose().as_slice()).map_err(|_| VaultError::Malformed)?;
    let sealed = STANDARD.decode(sealed).map_err(|_| VaultError::Malformed)?;
    sealer(Hidden::new(raw), ambient)?.open_json("personal", &[tenant], &of(id), &sealed).map_err(refused)
}

/// What finds `value`, as the reference or the subject of `tenant`.
///
/// # Errors
/// Where the value is beyond the derivation's range.
pub fn index(
    data_key: &DataKey,
    tenant: &str,
    name: &str,
    value: &Hidden<String>,
) -> Result<String, VaultError> {
    data_key.fingerprint(&place(tenant, name), value)
}

/// A place of the trail; no tenant's file has it.
#[must_use]
pub fn place(tenant: &str, name: &str) -> Place {
    Place { tenant: tenant.to_owned(), holder: Holder::Tenant, name: format!("audit/{name}") }
}

fn of(id: &str) -> Key {
    Key::new("audit", id)
}

fn sealer(key: Hidden<[u8; 32]>, ambient: &Ambient) -> Result<Sealer, VaultError> {
    let key = MasterKey::new("event", key).map_err(refused)?;
    Sealer::new(vec![key], ambient.clone()).map_err(refused)
}

fn refused(error: SealError) -> VaultError {
    match error {
        SealError::Keys => VaultError::Keys,
        SealError::Malformed => VaultError::Malformed,
        SealError::KeyUnknown | SealError::Refused | SealError::Value => VaultError::Refused,
    }
}
