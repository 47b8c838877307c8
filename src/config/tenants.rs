//! `[tenants]`: where the tenants come from.

use std::{path::PathBuf, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::SettingsError;

use super::{Section, layers::Address, reference::TextOrReference};
use crate::sql::SqlUrl;

/// Where the tenants come from.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenants {
    /// `files:DIR`: every `*.toml` in the folder is one tenant; read only, and read again when a file
    /// changes. `sqlite:FILE`: a database of this server. `postgres://USER@HOST/DATABASE`: one that
    /// several brokers share. A URL with a password is a secret: give a reference, or set it in the
    /// environment.
    #[schemars(extend("format" = "tenants-url"))]
    pub url: TextOrReference,
    /// How many tenants of a database are held in memory; the least recently used go first.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub cache: u32,
}

impl Default for Tenants {
    fn default() -> Self {
        Self { url: TextOrReference::text("files:config/tenants"), cache: 10_000 }
    }
}

impl Section for Tenants {
    const NAME: &'static str = "tenants";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}

/// The address of the tenants store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantsUrl {
    /// A folder of tenant files.
    Files(PathBuf),
    /// A database.
    Sql(SqlUrl),
}

impl Address for TenantsUrl {
    fn has_password(&self) -> bool {
        match self {
            Self::Files(_) => false,
            Self::Sql(url) => url.has_password(),
        }
    }
}

impl FromStr for TenantsUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected files:DIR, sqlite:FILE or postgres://USER@HOST/DATABASE";
        match text.strip_prefix("files:") {
            Some(dir) if !dir.is_empty() && !dir.starts_with("//") => Ok(Self::Files(PathBuf::from(dir))),
            Some(_) => Err(EXPECTED),
            None => SqlUrl::parse(text).map(Self::Sql).ok_or(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_come_from_a_folder_or_a_database() {
        let sqlite = |file: &str| Ok(TenantsUrl::Sql(SqlUrl::Sqlite(PathBuf::from(file))));
        assert_eq!("files:/etc/tunnus".parse(), Ok(TenantsUrl::Files(PathBuf::from("/etc/tunnus"))));
        assert_eq!("sqlite:tunnus.db".parse(), sqlite("tunnus.db"));
        assert_eq!("sqlite:///var/lib/tunnus.db".parse(), sqlite("/var/lib/tunnus.db"));
        let postgres = "postgres://tunnus@db.example/tunnus?sslmode=verify-full";
        assert_eq!(postgres.parse(), Ok(TenantsUrl::Sql(SqlUrl::Postgres(postgres.into()))));
        for bad in [
            "files:",
            "files://host/dir",
            "config/tenants",
            "sqlite:",
            "sqlite://host/x",
            "sqlite::memory:",
            "postgres:x",
            "mysql://db/x",
        ] {
            assert!(bad.parse::<TenantsUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_noticed_and_not_printed() {
        for url in ["postgres://tunnus:hunter2@db/tunnus", "postgres://db/tunnus?user=a&password=hunter2"] {
            let parsed: TenantsUrl = url.parse().unwrap();
            assert!(parsed.has_password() && !format!("{parsed:?}").contains("hunter2"), "{url}");
        }
    }
}
