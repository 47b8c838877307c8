//! `[flow_store]`: where the state of logins under way is kept.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, SettingsError};

use crate::store::{RedisPlace, RedisUrlError};

use super::{Section, layers::Address, reference::TextOrReference};

/// Where the state of logins under way is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FlowStore {
    /// `memory:` for one process, else a Redis 6.2 or later: `redis://HOST:PORT/DB`,
    /// `redis+sentinel://HOST,HOST/PRIMARY/DB` or `redis+cluster://HOST,HOST`; with TLS `rediss`. A URL with a password is a secret: give a reference, or set it in the environment.
    #[schemars(extend("format" = "flow-store-url"))]
    pub url: TextOrReference,
}

impl Default for FlowStore {
    fn default() -> Self {
        Self { url: TextOrReference::text("memory:") }
    }
}

impl Section for FlowStore {
    const NAME: &'static str = "flow_store";

    fn check(&self) -> Vec<SettingsError> {
        Vec::new()
    }
}

/// The flow store's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowStoreUrl {
    /// In this process.
    Memory,
    /// A Redis, by its URL; it may hold a password.
    Redis(Hidden<String>),
}

impl Address for FlowStoreUrl {
    fn has_password(&self) -> bool {
        match self {
            Self::Memory => false,
            Self::Redis(url) => RedisPlace::parse(url.expose_str()).is_ok_and(|place| place.has_password()),
        }
    }
}

impl FromStr for FlowStoreUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "memory:" {
            return Ok(Self::Memory);
        }
        RedisPlace::parse(text).map_err(RedisUrlError::text)?;
        Ok(Self::Redis(Hidden::from(text)))
    }
}

impl fmt::Display for FlowStoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Redis(_) => "redis",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_redis_are_the_stores() {
        assert_eq!("memory:".parse(), Ok(FlowStoreUrl::Memory));
        for redis in [
            "redis://localhost",
            "rediss://user:secret@redis.example:6380/1",
            "redis+sentinel://a,b:26380/main/1",
            "rediss+cluster://user:secret@a,b",
        ] {
            assert_eq!(redis.parse(), Ok(FlowStoreUrl::Redis(redis.into())));
        }
        for bad in ["", "memory", "redis:", "redis://", "http://localhost", "postgres://localhost"] {
            assert!(bad.parse::<FlowStoreUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_noticed_and_not_printed() {
        let url: FlowStoreUrl = "redis://:hunter2@localhost".parse().unwrap();
        assert!(url.has_password());
        assert!(!format!("{url:?} {url}").contains("hunter2"));
    }
}
