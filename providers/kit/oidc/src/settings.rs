//! Settings that providers on this toolkit share, and the checks of those that every one has:
//! issuer, client id, hosts, algorithms, clock, parameters, scopes.
//!
//! Each check answers the fault with its JSON pointer, or none: for
//! [`Definition::check`](tunnus_sdk::Definition::check). What a value is worth is the provider's.

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_sdk::{Environment, SettingsError, SigningAlgorithm};
use url::Url;

use crate::{AssertionAudience, ClientAuth, RESERVED_PARAMETERS, endpoint};

/// How the client authenticates, as an admin chooses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// By a signed assertion.
    #[default]
    PrivateKeyJwt,
    /// By the client secret in the `Authorization` header.
    ClientSecretBasic,
    /// By the client secret in the body.
    ClientSecretPost,
    /// By a client certificate (mutual TLS).
    TlsClientAuth,
}

impl ClientAuthentication {
    /// The registered name of the method (RFC 7591, section 2; RFC 8705, section 2.1.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::TlsClientAuth => "tls_client_auth",
        }
    }

    /// The same for the profile, with how an assertion is signed and whom it is for.
    #[must_use]
    pub const fn to_client_auth(
        self,
        algorithm: SigningAlgorithm,
        audience: AssertionAudience,
    ) -> ClientAuth {
        match self {
            Self::PrivateKeyJwt => ClientAuth::PrivateKeyJwt { algorithm, audience },
            Self::ClientSecretBasic => ClientAuth::SecretBasic { client_id_in_body: false },
            Self::ClientSecretPost => ClientAuth::SecretPost,
            Self::TlsClientAuth => ClientAuth::MutualTls,
        }
    }
}

/// An issuer: https without query, fragment or user (OpenID Connect Discovery, section 3). In a
/// sandbox connection also http on loopback.
#[must_use]
pub fn check_issuer(pointer: &str, issuer: &str, environment: Environment) -> Option<SettingsError> {
    let fault = |text: &str| Some(SettingsError::new(pointer, text));
    let Ok(url) = Url::parse(issuer) else {
        return fault("must be the issuer's URL, as its metadata spells it");
    };
    if url.query().is_some() || url.fragment().is_some() || endpoint::has_user(&url) {
        return fault("must have no query, fragment or user");
    }
    let loopback = environment == Environment::Sandbox && endpoint::is_loopback_http(&url);
    if url.scheme() != "https" && !loopback {
        return fault("must begin with https://");
    }
    None
}

/// A client id: printable ASCII, at most 256 characters.
#[must_use]
pub fn check_client_id(pointer: &str, client_id: &str) -> Option<SettingsError> {
    let printable = client_id.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let fits = printable && (1..=256).contains(&client_id.len());
    (!fits).then(|| SettingsError::new(pointer, "must be 1 to 256 printable ASCII characters"))
}

/// A host that endpoints may be on: `host` or `host:port`, lower case, nothing else.
#[must_use]
pub fn check_host(pointer: &str, host: &str) -> Option<SettingsError> {
    let url = Url::parse(&format!("https://{host}/")).ok();
    let same = url.is_some_and(|url| endpoint::authority(&url).as_deref() == Some(host));
    (!same).then(|| SettingsError::new(pointer, "must be host or host:port, in lower case"))
}

/// Algorithms: at least one, each once.
#[must_use]
pub fn check_algorithms<T: PartialEq>(pointer: &str, algorithms: &[T]) -> Option<SettingsError> {
    let doubled = algorithms
        .iter()
        .enumerate()
        .any(|(index, one)| algorithms.iter().take(index).any(|other| other == one));
    let fits = !algorithms.is_empty() && !doubled;
    (!fits).then(|| SettingsError::new(pointer, "must list at least one, each once"))
}

/// How far the upstream's clock may be from ours: at most two minutes, since a token that has expired
/// is taken for as long.
#[must_use]
pub fn check_clock_skew(pointer: &str, seconds: u8) -> Option<SettingsError> {
    (seconds > 120).then(|| SettingsError::new(pointer, "must be at most 120 seconds"))
}

/// An extra authorization parameter's name: not one of [`RESERVED_PARAMETERS`].
#[must_use]
pub fn check_parameter(pointer: &str, name: &str) -> Option<SettingsError> {
    if RESERVED_PARAMETERS.contains(&name) {
        return Some(SettingsError::new(pointer, "names a parameter that the broker sets itself"));
    }
    let fits = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
    (!fits).then(|| SettingsError::new(pointer, "must be 1 to 64 printable ASCII characters"))
}

/// Scopes: space-separated tokens (RFC 6749, section 3.3).
#[must_use]
pub fn check_scope(pointer: &str, scope: &str) -> Option<SettingsError> {
    let token = |token: &str| !token.is_empty() && token.bytes().all(is_scope_byte);
    (!scope.split(' ').all(token)).then(|| SettingsError::new(pointer, "must be scopes parted by one space"))
}

const fn is_scope_byte(byte: u8) -> bool {
    byte == b'!' || (b'#' <= byte && byte <= b'[') || (b']' <= byte && byte <= b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_https_url_and_nothing_more() {
        let fits = |issuer, environment| check_issuer("/issuer", issuer, environment).is_none();
        for issuer in ["https://op.example", "https://op.example/auth/open", "https://op.example:8443/"] {
            assert!(fits(issuer, Environment::Production), "{issuer}");
        }
        for issuer in [
            "",
            "op.example",
            "http://op.example",
            "https://op.example?x",
            "https://op.example#x",
            "https://u@op.example",
            "http://localhost:4010/op",
        ] {
            assert!(!fits(issuer, Environment::Production), "{issuer}");
        }
        assert!(fits("http://localhost:4010/op", Environment::Sandbox));
        assert!(!fits("http://op.example", Environment::Sandbox));
    }

    #[test]
    fn each_check_names_its_place() {
        let faults = [
            check_client_id("/client_id", "ä"),
            check_client_id("/client_id", ""),
            check_host("/endpoint_hosts/0", "https://op.example"),
            check_host("/endpoint_hosts/0", "OP.example"),
            check_host("/endpoint_hosts/0", "op.example/path"),
            check_host("/endpoint_hosts/0", "u@op.example"),
            check_parameter("/extra/state", "state"),
            check_parameter("/extra/", ""),
            check_scope("/scope", "openid  email"),
            check_scope("/scope", "a\"b"),
        ];
        for fault in faults {
            assert!(fault.is_some_and(|fault| fault.pointer.starts_with('/')));
        }
    }

    #[test]
    fn what_fits_has_no_fault() {
        assert_eq!(check_client_id("", "demo client"), None);
        assert_eq!(check_host("", "op.example"), None);
        assert_eq!(check_host("", "localhost:4011"), None);
        assert_eq!(check_parameter("", "identity_provider_id"), None);
        assert_eq!(check_scope("", "openid email"), None);
    }
}
