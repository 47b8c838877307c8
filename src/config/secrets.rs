//! `[secrets]`: where secrets lie, and the master keys that the server's own keys come from.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, SettingsError};
use zeroize::{Zeroize, Zeroizing};

use super::{Section, reference::Reference};

/// Where secrets lie, and the master keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// The folder that `{ file = "NAME" }` looks in.
    pub dir: PathBuf,
    /// The master keys, the active one first; older ones open what they have sealed. Each is 32
    /// random bytes in base64, made by `tunnus keys generate --kind master`. In the environment:
    /// `2026a:BASE64,2025b:BASE64`.
    #[schemars(length(max = 8))]
    pub master_keys: Vec<MasterKeyEntry>,
}

/// One master key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MasterKeyEntry {
    /// Its id, kept beside everything that it seals.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,62}$"), extend("x-expected" = MASTER_KEY_ID))]
    pub id: String,
    /// Where the key is kept.
    pub key: Reference,
}

const MASTER_KEY_ID: &str = "an id of lower case letters, digits and hyphens, at most 63";

impl Default for Secrets {
    fn default() -> Self {
        Self { dir: PathBuf::from("config/secrets"), master_keys: Vec::new() }
    }
}

impl Section for Secrets {
    const NAME: &'static str = "secrets";

    fn check(&self) -> Vec<SettingsError> {
        let ids = || self.master_keys.iter().map(|entry| entry.id.as_str());
        let doubled =
            ids().enumerate().filter(|(index, id)| ids().take(*index).any(|earlier| earlier == *id));
        doubled
            .map(|(index, _)| {
                SettingsError::new(format!("/master_keys/{index}/id"), "another master key has this id")
            })
            .collect()
    }
}

/// A master key: 32 bytes that the server's own keys are derived from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKey {
    /// Its id.
    pub id: String,
    /// The key.
    pub key: Hidden<[u8; 32]>,
}

impl MasterKey {
    /// Reads a key in base64.
    ///
    /// # Errors
    /// When it is not 32 bytes in base64.
    pub fn parse(id: &str, base64: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str =
            "a master key is 32 bytes in base64: `tunnus keys generate --kind master --out FILE`";
        let bytes = Zeroizing::new(STANDARD.decode(base64.trim()).map_err(|_| EXPECTED)?);
        let mut key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| EXPECTED)?;
        let read = Self { id: id.to_owned(), key: Hidden::new(key) };
        key.zeroize();
        Ok(read)
    }

    /// Reads the environment's form, `2026a:BASE64,2025b:BASE64`, the active one first.
    ///
    /// # Errors
    /// What is wrong with each key, by its place in the list.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, Vec<(usize, &'static str)>> {
        let mut keys: Vec<Self> = Vec::new();
        let mut faults = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            match Self::parse_entry(entry) {
                Ok(key) if keys.iter().any(|earlier| earlier.id == key.id) => {
                    faults.push((index, "another master key has this id"));
                }
                Ok(key) => keys.push(key),
                Err(fault) => faults.push((index, fault)),
            }
        }
        if faults.is_empty() { Ok(keys) } else { Err(faults) }
    }

    fn parse_entry(entry: &str) -> Result<Self, &'static str> {
        let (id, key) = entry.trim().split_once(':').ok_or("expected ID:BASE64,ID:BASE64")?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (1..=63).contains(&id.len()) && id.bytes().all(plain) && !id.starts_with('-');
        if good {
            Self::parse(id, key)
        } else {
            Err("an id has lower case letters, digits and hyphens, at most 63")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    #[test]
    fn the_environments_form_gives_the_active_key_first() {
        let b = STANDARD.encode([1; 32]);
        let keys = MasterKey::parse_list(&format!("2026a:{A},2025b:{b}")).unwrap();
        assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["2026a", "2025b"]);
        assert_eq!(*keys[1].key.expose(), [1; 32]);
    }

    #[test]
    fn every_wrong_key_is_named_by_its_place() {
        let text = format!("a:{A},{A},B:{A},a:{A},c:short,");
        let faults = MasterKey::parse_list(&text).unwrap_err();
        assert_eq!(faults.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn two_keys_never_share_an_id() {
        let entry = |id: &str| MasterKeyEntry { id: id.to_owned(), key: Reference::File("k".to_owned()) };
        let secrets = Secrets { master_keys: vec![entry("a"), entry("b"), entry("a")], ..Secrets::default() };
        assert_eq!(secrets.check().first().map(|fault| fault.pointer.as_str()), Some("/master_keys/2/id"));
    }
}
