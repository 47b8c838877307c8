//! Addresses of databases.

use std::{fmt, fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::PathBuf};

use tunnus_sdk::Hidden;
use url::Url;

use super::Kind;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlUrl {
    /// `sqlite:FILE`
    Sqlite(PathBuf),
    /// `postgres://…`; it may hold a password.
    Postgres(Hidden<String>),
}

impl SqlUrl {
    /// Reads an address; none where `text` is no database's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            // A URL with a host, or one that only looks like it, is no file's name.
            let file = file.strip_prefix("///").map(|rest| format!("/{rest}")).unwrap_or(file.to_owned());
            return (!file.is_empty() && !file.starts_with("//") && !file.starts_with(':'))
                .then(|| Self::Sqlite(PathBuf::from(file)));
        }
        let url = Url::parse(text).ok()?;
        let postgres = matches!(url.scheme(), "postgres" | "postgresql") && url.has_host();
        postgres.then(|| Self::Postgres(Hidden::from(text)))
    }

    /// Which database it leads to.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// Whether both lead to one database, as far as their texts tell.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite(one), Self::Sqlite(other)) => {
                one == other
                    || std::path::absolute(one)
                        .is_ok_and(|one| std::path::absolute(other).is_ok_and(|other| one == other))
            }
            (one, other) => one == other,
        }
    }

    /// Where it is, without what may be secret.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(url) => {
                let host = Url::parse(url.expose_str()).ok().and_then(|url| Some(url.host_str()?.to_owned()));
                format!("postgres://{}", host.unwrap_or_default())
            }
        }
    }

    /// Whether a password stands in it, before the host or among the parameters.
    #[must_use]
    pub fn has_password(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(url) => Url::parse(url.expose_str()).is_ok_and(|url| {
                url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password")
            }),
        }
    }

    /// As the driver reads it.
    pub(super) fn to_url(&self) -> Hidden<String> {
        match self {
            Self::Sqlite(file) => {
                let encoded: String = file.to_string_lossy().chars().map(encoded).collect();
                Hidden::new(format!("sqlite:{encoded}?mode=rw"))
            }
            Self::Postgres(url) => url.clone(),
        }
    }

    /// Makes the file where there is none, readable by its owner alone.
    pub(super) fn make_file(&self) -> io::Result<()> {
        match self {
            Self::Sqlite(file) => {
                OpenOptions::new().append(true).create(true).mode(0o600).open(file).map(drop)
            }
            Self::Postgres(_) => Ok(()),
        }
    }
}

impl fmt::Display for SqlUrl {
    /// Without whatever may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(_) => f.write_str("postgres"),
        }
    }
}

/// A letter of a file's name that would mean something in a URL.
fn encoded(letter: char) -> String {
    match letter {
        '%' => "%25".to_owned(),
        '?' => "%3F".to_owned(),
        '#' => "%23".to_owned(),
        other => other.to_string(),
    }
}
