//! The upstream's metadata (OpenID Connect Discovery, section 3): judged, never believed.
//!
//! Owns which documents are taken and what is kept of them. Endpoints are pinned to hosts; the
//! algorithms that a document advertises are kept for the doctor and decide nothing. Fetching and
//! keeping are [`crate::metadata_cache`]'s.

use std::collections::BTreeMap;

use serde_json::Value;
use tunnus_sdk::{Claims, Fault, ProviderError, Reason, Stage, json::parse_object};
use url::Url;

use crate::{
    ClientAuth, Delivery, Profile, RequestRoute, UserinfoDemand,
    endpoint::{EndpointError, Pinned},
};

/// What of an upstream's metadata is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) jwks_uri: Url,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) par_endpoint: Option<Url>,
    pub(crate) documents: BTreeMap<String, Url>,
    /// Whether it says that its responses name their issuer (RFC 9207, section 3).
    pub(crate) names_issuer: bool,
    advertised: BTreeMap<&'static str, Vec<String>>,
}

/// What says that responses name their issuer.
pub(crate) const ISSUER_PARAMETER: &str = "authorization_response_iss_parameter_supported";

/// The lists that are kept: for [`Metadata::supports`] and the doctor.
const LISTS: [&str; 17] = [
    "scopes_supported",
    "claims_supported",
    "acr_values_supported",
    "prompt_values_supported",
    "ui_locales_supported",
    "response_modes_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "authorization_signing_alg_values_supported",
    "authorization_encryption_alg_values_supported",
];

/// Why a metadata document is not taken. The member at fault is named, its value is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MetadataError {
    /// Something else than a success.
    #[error("the metadata's address answers with status {0}")]
    Status(u16),
    /// Another media type than JSON's.
    #[error("the metadata's address answers with something else than JSON")]
    MediaType,
    /// Not one JSON object, or one that can be read in two ways.
    #[error("the metadata is not one JSON object, or has a member twice")]
    Malformed,
    /// `issuer` is missing.
    #[error("the metadata names no issuer")]
    NoIssuer,
    /// `issuer` is not the connection's, byte for byte.
    #[error("the metadata's issuer is not the connection's")]
    Issuer,
    /// A member that this connection needs is missing.
    #[error("the metadata lacks {0}")]
    Missing(&'static str),
    /// A member is not of its type.
    #[error("the metadata's {0} is not what the standard prescribes")]
    Type(String),
    /// An endpoint may not be used.
    #[error("the metadata's {0} is {1}")]
    Endpoint(String, #[source] EndpointError),
    /// The code flow is not offered.
    #[error("the metadata does not offer response_type code")]
    CodeFlow,
}

impl From<MetadataError> for ProviderError {
    fn from(error: MetadataError) -> Self {
        let fault = match error {
            MetadataError::Status(429 | 500..=599) => Fault::ProviderUnavailable,
            MetadataError::MediaType | MetadataError::Malformed | MetadataError::Type(_) => {
                Fault::ResponseRejected(Reason::Malformed)
            }
            MetadataError::NoIssuer | MetadataError::Issuer => Fault::ResponseRejected(Reason::Issuer),
            MetadataError::Status(_)
            | MetadataError::Missing(_)
            | MetadataError::Endpoint(..)
            | MetadataError::CodeFlow => Fault::ConnectionMisconfigured,
        };
        Self::new(fault, Stage::Discovery).because(error)
    }
}

impl Metadata {
    /// Whether the upstream says that it supports `value` by the list `list`, for instance a scope
    /// by `scopes_supported`. None when it does not publish the list.
    ///
    /// For asking no more than there is to be had. It decides nothing about what is accepted.
    #[must_use]
    pub fn supports(&self, list: &str, value: &str) -> Option<bool> {
        self.advertised.get(list).map(|values| values.iter().any(|advertised| advertised == value))
    }

    /// How a request travels to this upstream: as the profile says, or where it names no PAR
    /// endpoint, as the profile says for that.
    pub(crate) fn route<'a>(&self, profile: &'a Profile) -> &'a RequestRoute {
        match &profile.without_par {
            Some(route) if self.par_endpoint.is_none() => route,
            _ => &profile.request,
        }
    }

    /// Judges a document. Pure.
    pub(crate) fn judge(profile: &Profile, body: &[u8]) -> Result<Self, MetadataError> {
        let document = parse_object(body).map_err(|_| MetadataError::Malformed)?;
        // OpenID Connect Discovery, section 4.3: exactly the issuer that the document was asked of.
        let issuer = document.get("issuer").ok_or(MetadataError::NoIssuer)?;
        if issuer.as_str() != Some(&profile.issuer) {
            return Err(MetadataError::Issuer);
        }
        check_code_flow(&document)?;
        let reader = Reader::new(profile, &document)?;
        let metadata = Self {
            authorization_endpoint: reader.front("authorization_endpoint")?,
            token_endpoint: required("token_endpoint", reader.back("token_endpoint")?)?,
            jwks_uri: reader.front("jwks_uri")?,
            userinfo_endpoint: reader.back("userinfo_endpoint")?,
            par_endpoint: reader.back("pushed_authorization_request_endpoint")?,
            documents: reader.documents(profile.document_endpoints)?,
            names_issuer: document.get(ISSUER_PARAMETER) == Some(&Value::Bool(true)),
            advertised: advertised(&document)?,
        };
        metadata.check_capabilities(profile)?;
        Ok(metadata)
    }

    fn check_capabilities(&self, profile: &Profile) -> Result<(), MetadataError> {
        if self.route(profile).delivery == Delivery::Pushed && self.par_endpoint.is_none() {
            return Err(MetadataError::Missing("pushed_authorization_request_endpoint"));
        }
        if profile.userinfo != UserinfoDemand::NotFetched && self.userinfo_endpoint.is_none() {
            return Err(MetadataError::Missing("userinfo_endpoint"));
        }
        Ok(())
    }
}

/// Where an issuer's metadata stands (OpenID Connect Discovery, section 4): a slash at the issuer's
/// end is dropped first.
pub(crate) fn location(issuer: &str) -> Option<Url> {
    Url::parse(&format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer)))
        .ok()
}

/// Reads the endpoints of one document.
struct Reader<'a> {
    document: &'a Claims,
    /// `mtls_endpoint_aliases`, for a client that authenticates by certificate (RFC 8705, section 5).
    aliases: Option<&'a Claims>,
    pinned: Pinned<'a>,
}

impl<'a> Reader<'a> {
    fn new(profile: &'a Profile, document: &'a Claims) -> Result<Self, MetadataError> {
        let pinned = Pinned::new(&profile.issuer, &profile.endpoint_hosts)
            .map_err(|error| MetadataError::Endpoint("issuer".to_owned(), error))?;
        let aliases = match (&profile.client_auth, document.get("mtls_endpoint_aliases")) {
            (ClientAuth::MutualTls, Some(Value::Object(aliases))) => Some(aliases),
            (ClientAuth::MutualTls, Some(_)) => {
                return Err(MetadataError::Type("mtls_endpoint_aliases".to_owned()));
            }
            _ => None,
        };
        Ok(Self { document, aliases, pinned })
    }

    /// A required endpoint that is called without a certificate, or by the browser.
    fn front(&self, name: &'static str) -> Result<Url, MetadataError> {
        required(name, self.endpoint(self.document, name, name)?)
    }

    /// An endpoint that we call with our certificate, where we have one. An alias that is there and
    /// cannot be used is an error, never a reason to take the other endpoint.
    fn back(&self, name: &str) -> Result<Option<Url>, MetadataError> {
        if let Some(aliases) = self.aliases.filter(|aliases| aliases.contains_key(name)) {
            return self.endpoint(aliases, name, &format!("mtls_endpoint_aliases.{name}"));
        }
        self.endpoint(self.document, name, name)
    }

    fn documents(&self, names: &[&str]) -> Result<BTreeMap<String, Url>, MetadataError> {
        let mut documents = BTreeMap::new();
        for name in names {
            if let Some(url) = self.back(name)? {
                documents.insert((*name).to_owned(), url);
            }
        }
        Ok(documents)
    }

    fn endpoint(&self, within: &Claims, name: &str, place: &str) -> Result<Option<Url>, MetadataError> {
        let Some(value) = within.get(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| MetadataError::Type(place.to_owned()))?;
        let url = self.pinned.endpoint(text);
        url.map(Some).map_err(|error| MetadataError::Endpoint(place.to_owned(), error))
    }
}

fn required(name: &'static str, url: Option<Url>) -> Result<Url, MetadataError> {
    url.ok_or(MetadataError::Missing(name))
}

fn check_code_flow(document: &Claims) -> Result<(), MetadataError> {
    let types = list(document, "response_types_supported")?;
    let types = types.ok_or(MetadataError::Missing("response_types_supported"))?;
    types.iter().any(|one| one == "code").then_some(()).ok_or(MetadataError::CodeFlow)
}

fn advertised(document: &Claims) -> Result<BTreeMap<&'static str, Vec<String>>, MetadataError> {
    let mut advertised = BTreeMap::new();
    for name in LISTS {
        if let Some(values) = list(document, name)? {
            advertised.insert(name, values);
        }
    }
    Ok(advertised)
}

fn list(document: &Claims, name: &str) -> Result<Option<Vec<String>>, MetadataError> {
    let Some(value) = document.get(name) else { return Ok(None) };
    let texts = |values: &Vec<Value>| values.iter().map(|text| text.as_str().map(str::to_owned)).collect();
    let texts: Option<Vec<String>> = value.as_array().and_then(texts);
    texts.map(Some).ok_or_else(|| MetadataError::Type(name.to_owned()))
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
