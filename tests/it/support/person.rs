//! A person with a browser, step by step: the sandbox's walker, for whom a failed request is a failed
//! test.

use std::sync::Arc;

use reqwest::{
    Client,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tunnus::sandbox::walker::{WalkError, Walker};
use url::Url;

pub use tunnus::sandbox::walker::Shown;

/// A browser.
#[derive(Clone)]
pub struct Person(Walker);

/// An HTTP client for persons and apps: it follows nothing and trusts no certificate.
pub fn client() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .build()
        .unwrap()
}

impl Person {
    pub const fn new(client: Client) -> Self {
        Self(Walker::new(client))
    }

    /// The same browser with other values in its cookies.
    pub fn forged(&self, forge: impl Fn(&str) -> String) -> Self {
        let mut forger = self.clone();
        for value in forger.0.cookies.values_mut().flat_map(|jar| jar.values_mut()) {
            *value = forge(value);
        }
        forger
    }

    /// Opens an address.
    pub async fn get(&mut self, url: &Url) -> Shown {
        self.get_with(url, &[]).await
    }

    /// Opens a door, which gives a key and sends the browser to itself once more.
    pub async fn open(&mut self, door: &Url) -> Shown {
        let shown = self.get(door).await;
        match shown.location().filter(|again| again.path() == door.path()) {
            Some(again) => self.get(&again).await,
            None => shown,
        }
    }

    /// Opens an address with headers of its own.
    pub async fn get_with(&mut self, url: &Url, headers: &[(&'static str, &str)]) -> Shown {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let headers: HeaderMap = headers.iter().map(header).collect();
        self.0.get(url, headers).await.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// Posts a form from a page of the same site.
    pub async fn post(&mut self, url: &Url, fields: &[(String, String)]) -> Shown {
        self.0.post(url, fields).await.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// Posts a form from a page of another site: `SameSite=Lax` cookies stay at home.
    pub async fn post_across_sites(&mut self, url: &Url, fields: &[(String, String)]) -> Shown {
        let shown = self.0.post_across_sites(url, fields).await;
        shown.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }

    /// Follows redirects and self-posting forms until an address begins with `until`; answers that
    /// address, unopened.
    pub async fn walk(&mut self, start: &Url, until: &str) -> Url {
        match self.try_walk(start, until).await {
            Ok(url) => url,
            Err(shown) => panic!("a page on the way: {} {}\n{}", shown.status, shown.url, shown.body),
        }
    }

    /// The same; the page where the walk ends is no failure.
    pub async fn try_walk(&mut self, start: &Url, until: &str) -> Result<Url, Box<Shown>> {
        match self.0.walk(start, until).await {
            Ok(url) => Ok(url),
            Err(WalkError::Page(shown)) => Err(shown),
            Err(error) => panic!("the way from {start}: {error:?}"),
        }
    }
}
