//! `[[apps]]`: an application of a tenant.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_sdk::{Level, Member, SigningAlgorithm};

use super::{
    ID, ID_EXPECTED, Judge,
    app_credentials::{AppCredentials, Authentication, JwksSource},
    no_such,
    text::Text,
    uri::{check_origin, redirect_uri, web_url},
};
use crate::{
    config::Reference,
    tenant::model::{App, RedirectUri, Release},
};

/// An application of a tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppEntry {
    /// Its id: the `client_id` of the OpenID face. Never changed.
    #[schemars(required, regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    pub id: Option<String>,
    /// Its name on pages.
    #[schemars(required)]
    name: Option<Text>,
    /// How it proves who it is, at the token endpoint and in REST.
    #[schemars(required)]
    authentication: Option<Authentication>,
    /// Its secrets, at least 16 characters each; two while one replaces the other.
    #[serde(default)]
    #[schemars(length(max = 4))]
    secrets: Vec<Reference>,
    /// Its public keys, for `private_key_jwt`: a JWK set, here or in a file below `secrets.dir`.
    #[serde(default)]
    jwks: Option<JwksSource>,
    /// Redirect URIs of the OpenID face, compared exactly. `http://127.0.0.1/PATH` and
    /// `http://[::1]/PATH` without a port stand for every port; `com.example.app:/PATH` is for apps
    /// of a phone.
    #[serde(default)]
    redirect_uris: Vec<String>,
    /// Return URLs of the REST face, compared exactly.
    #[serde(default)]
    return_urls: Vec<String>,
    /// Where a person finds the app again when a login goes nowhere.
    #[serde(default)]
    home_url: Option<String>,
    /// Origins of browser apps that may call the token and userinfo endpoints.
    #[serde(default)]
    origins: Vec<String>,
    /// Whether PKCE may be left out. Only an app with a secret or a key may do so.
    #[serde(default)]
    pkce: Pkce,
    /// How its ID tokens are signed.
    #[serde(default)]
    id_token_signed_response_alg: IdTokenAlgorithm,
    /// The members of the identity record that it may get, by their paths.
    #[serde(default)]
    #[schemars(with = "Vec<Member>")]
    claims: Vec<String>,
    /// The connections that it may use; all of them where the key is missing.
    #[serde(default)]
    connections: Option<Vec<String>>,
    /// The least level of assurance of all its identifications.
    #[serde(default)]
    minimum_assurance: Level,
    /// Its name as the bank shall show it; its own name where the key is missing.
    #[serde(default)]
    service_name: Option<Text>,
    /// How a REST result is released: to who brings the browser's `code`, or to who polls
    /// (`poll`: call centre, link by SMS).
    #[serde(default)]
    release: ReleaseEntry,
}

/// Whether PKCE may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Pkce {
    #[default]
    Required,
    Optional,
}

/// How ID tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
enum IdTokenAlgorithm {
    #[default]
    RS256,
    ES256,
}

/// How a REST result is released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ReleaseEntry {
    #[default]
    Code,
    Poll,
}

impl AppEntry {
    /// The algorithm of its ID tokens.
    pub const fn signing_algorithm(&self) -> SigningAlgorithm {
        match self.id_token_signed_response_alg {
            IdTokenAlgorithm::RS256 => SigningAlgorithm::RS256,
            IdTokenAlgorithm::ES256 => SigningAlgorithm::ES256,
        }
    }

    /// Whether it says which connections it may use.
    pub const fn names_connections(&self) -> bool {
        self.connections.is_some()
    }

    /// The connections that it names.
    pub fn named_connections(&self) -> &[String] {
        self.connections.as_deref().unwrap_or_default()
    }

    /// The app, its rules checked. `connections` are the ids of the tenant's.
    pub fn resolve(
        &self,
        pointer: &str,
        connections: &BTreeSet<String>,
        judge: &mut Judge<'_>,
    ) -> Option<App> {
        let credentials = AppCredentials { pointer, secrets: &self.secrets, jwks: self.jwks.as_ref() };
        let authentication = self.authentication.and_then(|method| credentials.resolve(method, judge));
        let name = self.name.as_ref().map(|name| name.resolve(&format!("{pointer}/name"), judge));
        let service_name = self.service_name.as_ref();
        let service_name = service_name.map(|text| text.resolve(&format!("{pointer}/service_name"), judge));
        self.check(pointer, judge);
        let redirect_uris = each(pointer, "redirect_uris", &self.redirect_uris, redirect_uri, judge);
        let return_urls = each(pointer, "return_urls", &self.return_urls, return_url, judge);
        let claims = each(pointer, "claims", &self.claims, member, judge);
        let home_url = self.home_url(pointer, judge);
        let connections = connections_of(self.connections.as_deref(), pointer, connections, judge);
        let name = name?;
        Some(App {
            id: self.id.clone()?,
            service_name: service_name.unwrap_or_else(|| name.clone()),
            name,
            authentication: authentication?,
            redirect_uris,
            return_urls,
            home_url,
            origins: self.origins.clone(),
            pkce_optional: self.pkce == Pkce::Optional,
            id_token_algorithm: self.signing_algorithm(),
            claims: claims.into_iter().collect(),
            connections,
            minimum_assurance: self.minimum_assurance,
            release: match self.release {
                ReleaseEntry::Code => Release::Code,
                ReleaseEntry::Poll => Release::Poll,
            },
        })
    }

    /// The rules between keys.
    fn check(&self, pointer: &str, judge: &mut Judge<'_>) {
        if self.authentication == Some(Authentication::None) && self.pkce == Pkce::Optional {
            let message = "an app without authentication has nothing but PKCE: it is required";
            judge.fault(format!("{pointer}/pkce"), message);
        }
        if self.redirect_uris.is_empty() && self.return_urls.is_empty() && self.release == ReleaseEntry::Code
        {
            judge.fault(
                format!("{pointer}/redirect_uris"),
                "the app has neither redirect_uris nor return_urls: nobody could come back to it",
            );
        }
        each(pointer, "origins", &self.origins, check_origin, judge);
    }

    fn home_url(&self, pointer: &str, judge: &mut Judge<'_>) -> Option<url::Url> {
        let url = web_url(self.home_url.as_deref()?);
        url.map_err(|message| judge.fault(format!("{pointer}/home_url"), message)).ok()
    }
}

/// The connections that an app may use: those that are named, all that are known where none are.
pub(super) fn connections_of(
    named: Option<&[String]>,
    pointer: &str,
    known: &BTreeSet<String>,
    judge: &mut Judge<'_>,
) -> BTreeSet<String> {
    let Some(named) = named else {
        return known.clone();
    };
    for (index, id) in named.iter().enumerate().filter(|(_, id)| !known.contains(*id)) {
        judge.fault(format!("{pointer}/connections/{index}"), no_such("connection", id, known));
    }
    named.iter().cloned().collect()
}

/// Reads every text of a list; what is wrong with one is a fault at its place.
pub(super) fn each<T>(
    pointer: &str,
    list: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, &'static str>,
    judge: &mut Judge<'_>,
) -> Vec<T> {
    let mut good = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match read(text) {
            Ok(value) => good.push(value),
            Err(message) => judge.fault(format!("{pointer}/{list}/{index}"), message),
        }
    }
    good
}

fn return_url(text: &str) -> Result<RedirectUri, &'static str> {
    web_url(text).map(|_| RedirectUri::Exact(text.to_owned()))
}

pub(super) fn member(path: &str) -> Result<Member, &'static str> {
    path.parse().map_err(|_| "not a member of the identity record")
}
