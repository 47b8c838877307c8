//! A person with a browser, step by step: the sandbox's walker, for whom a failed request is a failed
//! test.

use std::sync::Arc;

use reqwest::{
    Client, ClientBuilder,
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
    builder().build().unwrap()
}

/// The same with a connection for each request, so that a balancer may send each elsewhere.
pub fn client_of_single_connections() -> Client {
    builder().pool_max_idle_per_host(0).build().unwrap()
}

fn builder() -> ClientBuilder {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().tls_backend_preconfigured(tls)
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

    /// Presses the first button of an upstream's page, and of each that follows, until an address begins
    /// with `until`.
    pub async fn answer(&mut self, mut page: Shown, until: &str) -> Url {
        loop {
            let by_get = page.body.contains("<form method=\"get\"");
            let (mut action, fields) = with_first_button(&page).form().expect("a form of buttons");
            let next = if by_get {
                action.query_pairs_mut().clear().extend_pairs(fields);
                action
            } else {
                let mut shown = self.post(&action, &fields).await;
                while let Some((action, fields)) = shown.form() {
                    shown = self.post(&action, &fields).await;
                }
                shown.location().unwrap_or_else(|| panic!("a way on from {}\n{}", shown.url, shown.body))
            };
            match self.try_walk(&next, until).await {
                Ok(url) => return url,
                Err(shown) => page = *shown,
            }
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

/// The page with its first button alone, pressed.
fn with_first_button(page: &Shown) -> Shown {
    let (head, rest) = page.body.split_once("<button ").expect("a named button");
    let (button, _) = rest.split_once('>').expect("the button ends");
    let body = format!("{head}<input {button}><button></button></form>");
    Shown { url: page.url.clone(), status: page.status, headers: page.headers.clone(), body }
}
