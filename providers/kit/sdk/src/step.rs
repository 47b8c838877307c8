//! One attempt as a chain of legs: what goes out with the browser, what comes back.

use std::{borrow::Cow, collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    Claims, Hidden, Timestamp,
    error::{Fault, ProviderError, Stage},
};

/// One trip of the browser to an upstream and back, by the name in its return URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Leg(Cow<'static, str>);

impl Leg {
    /// The return of an ordinary OpenID Connect login.
    pub const CALLBACK: Self = Self::new("callback");

    /// A leg of this name: lower case letters, as it stands in the URL.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a provider answers: send the browser away, or the person is authenticated.
#[derive(Debug)]
pub enum Step {
    /// Send the browser to the upstream and expect it back.
    Navigate(Navigate),
    /// The upstream's claims are proved.
    Authenticated(Box<Evidence>),
}

/// A trip of the browser.
#[derive(Debug)]
pub struct Navigate {
    /// Where to, and how.
    pub to: BrowserRequest,
    /// The leg on which it comes back.
    pub expect: Leg,
    /// What the provider wants to find again then.
    pub state: ProviderState,
    /// How long the trip may take, where the upstream sets a shorter time than the broker.
    pub expires_in: Option<Duration>,
}

/// How the browser is sent to the upstream.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BrowserRequest {
    /// By redirect.
    Get(Url),
    /// By a form that posts itself.
    Post {
        /// Where to.
        action: Url,
        /// The form's fields.
        fields: Vec<(String, String)>,
    },
}

impl fmt::Debug for BrowserRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(url) => write!(f, "Get({}{})", url.origin().ascii_serialization(), url.path()),
            Self::Post { action, .. } => {
                write!(f, "Post({}{})", action.origin().ascii_serialization(), action.path())
            }
        }
    }
}

/// A provider's own data between two legs. The broker seals it; only the provider reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderState(Hidden<String>);

impl ProviderState {
    /// Keeps `state`.
    ///
    /// # Errors
    /// [`Fault::Internal`] when it does not serialise.
    pub fn keep<T: Serialize>(state: &T) -> Result<Self, ProviderError> {
        let json = serde_json::to_string(state)
            .map_err(|source| ProviderError::new(Fault::Internal, Stage::Callback).because(source))?;
        Ok(Self(Hidden::new(json)))
    }

    /// What was kept.
    ///
    /// # Errors
    /// [`Fault::Internal`] when another type was kept.
    pub fn restore<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        serde_json::from_str(self.0.expose())
            .map_err(|source| ProviderError::new(Fault::Internal, Stage::Callback).because(source))
    }
}

/// Parameters from outside. One that stands twice counts as missing (RFC 6749, section 3.1).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params(BTreeMap<String, Option<Hidden<String>>>);

impl Params {
    /// The value of `name`; none when it is missing, doubled or empty.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.as_ref()?.expose_str();
        (!value.is_empty()).then_some(value)
    }

    /// Whether `name` stands there at all, be it twice or empty.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether any parameter stands there twice.
    #[must_use]
    pub fn has_doubled(&self) -> bool {
        self.0.values().any(Option::is_none)
    }

    /// The same parameters without those of `names`.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// Every name with its value, the doubled ones left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_ref()?.expose_str())))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut params = BTreeMap::new();
        for (name, value) in pairs {
            params
                .entry(name.into())
                .and_modify(|doubled| *doubled = None)
                .or_insert_with(|| Some(Hidden::new(value.into())));
        }
        Self(params)
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The browser's return on one leg.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// The leg it returned on.
    pub leg: Leg,
    /// What it brought.
    pub params: Params,
}

/// How the attempt behind a return is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correlation {
    /// By the `state` in the return.
    State(Hidden<String>),
    /// The return shows no state: by this browser's cookies, and by what is sealed inside it
    /// ([`crate::Provider::choose`]).
    FromBrowser,
    /// Nothing in the return tells attempts apart, and two of them may be equal: by this browser's
    /// cookies, and where several are open by the person.
    Anonymous,
}

/// Claims whose origin is proved, not yet normalised.
#[derive(Clone)]
pub struct Evidence {
    /// The issuer whose claims they are.
    pub issuer: String,
    /// The claims of the ID token, opened and checked.
    pub id_token: Claims,
    /// The claims of the userinfo response; its `sub` equals the ID token's.
    pub userinfo: Option<Claims>,
    /// The payment details, from an endpoint of their own.
    pub payment_details: Option<serde_json::Value>,
    /// When the proof was complete: the latest that the person was authenticated.
    pub received_at: Timestamp,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_parameter_counts_as_missing() {
        let params: Params = [("state", "a"), ("code", "c"), ("state", "a"), ("state", "a"), ("empty", "")]
            .into_iter()
            .collect();
        assert_eq!(params.one("state"), None);
        assert!(params.has("state") && params.has_doubled());
        assert_eq!(params.one("code"), Some("c"));
        assert_eq!(params.one("empty"), None);
        assert_eq!(params.one("missing"), None);
    }

    #[test]
    fn debug_shows_names_only() {
        let params: Params = [("code", "secret")].into_iter().collect();
        assert!(!format!("{params:?}").contains("secret"));
        let to = BrowserRequest::Get(Url::parse("https://op.example/authorize?request=secret").unwrap());
        assert_eq!(format!("{to:?}"), "Get(https://op.example/authorize)");
    }
}
