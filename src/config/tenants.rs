//! `[tenants]`: where the tenants come from.

use std::{path::PathBuf, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::Section;

/// Where the tenants come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenants {
    /// `files:DIR`: every `*.toml` in the folder is one tenant. Read only; read again when a file
    /// changes.
    #[schemars(with = "String", extend("format" = "tenants-url"))]
    pub url: TenantsUrl,
}

impl Section for Tenants {
    const NAME: &'static str = "tenants";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}

/// The address of the tenants store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TenantsUrl {
    /// A folder of tenant files.
    Files(PathBuf),
}

impl Default for TenantsUrl {
    fn default() -> Self {
        Self::Files(PathBuf::from("config/tenants"))
    }
}

impl FromStr for TenantsUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix("files:") {
            Some(dir) if !dir.is_empty() && !dir.starts_with("//") => Ok(Self::Files(PathBuf::from(dir))),
            _ => Err("expected files:DIR"),
        }
    }
}

impl TryFrom<String> for TenantsUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<TenantsUrl> for String {
    fn from(TenantsUrl::Files(dir): TenantsUrl) -> Self {
        format!("files:{}", dir.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_come_from_a_folder() {
        assert_eq!("files:/etc/tunnus".parse(), Ok(TenantsUrl::Files(PathBuf::from("/etc/tunnus"))));
        for bad in ["files:", "files://host/dir", "config/tenants", "postgres://localhost"] {
            assert!(bad.parse::<TenantsUrl>().is_err(), "{bad}");
        }
        assert_eq!(String::from(TenantsUrl::default()), "files:config/tenants");
    }
}
