//! A person with a browser, step by step: cookies are kept by site, nothing is followed unasked.

use std::{collections::BTreeMap, sync::Arc};

use reqwest::{Client, header};
use url::Url;

/// How many hops a walk may take.
const HOPS: usize = 12;

/// A browser.
#[derive(Clone)]
pub struct Person {
    client: Client,
    /// Cookies by host and port.
    pub cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a request brought.
#[derive(Clone, Debug)]
pub struct Shown {
    pub url: Url,
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: String,
}

impl Shown {
    /// Where a redirect leads.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    /// The addresses of the page's links.
    pub fn links(&self) -> Vec<Url> {
        let hrefs = self.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        hrefs.filter_map(|href| self.url.join(&unescape(href)).ok()).collect()
    }

    /// The one form, where nothing is left to choose: it posts itself or waits for a click.
    pub fn form(&self) -> Option<(Url, Vec<(String, String)>)> {
        let one = self.body.matches("<form").count() == 1 && self.body.matches("<button").count() == 1;
        if !one || self.body.split_once("<button")?.1.split('>').next()?.contains("name=") {
            return None;
        }
        let form = self.body.split_once("<form")?.1.split_once("</form>")?.0;
        let action = self.url.join(&unescape(attribute(form, "action")?)).ok()?;
        let fields = form.split("<input").skip(1);
        let fields = fields.filter_map(|input| {
            Some((unescape(attribute(input, "name")?), unescape(attribute(input, "value")?)))
        });
        Some((action, fields.collect()))
    }
}

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

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let from = format!("{name}=\"");
    Some(text.split_once(from.as_str())?.1.split_once('"')?.0)
}

fn unescape(text: &str) -> String {
    let pairs = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

fn site(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())
}

impl Person {
    pub fn new(client: Client) -> Self {
        Self { client, cookies: BTreeMap::new() }
    }

    /// Opens an address.
    pub async fn get(&mut self, url: &Url) -> Shown {
        self.send(url, self.client.get(url.clone()), true).await
    }

    /// Opens an address with headers of its own.
    pub async fn get_with(&mut self, url: &Url, headers: &[(&'static str, &str)]) -> Shown {
        let mut request = self.client.get(url.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(url, request, true).await
    }

    /// Posts a form from a page of the same site.
    pub async fn post(&mut self, url: &Url, fields: &[(String, String)]) -> Shown {
        self.send(url, self.form_request(url, fields), true).await
    }

    /// Posts a form from a page of another site: `SameSite=Lax` cookies stay at home.
    pub async fn post_across_sites(&mut self, url: &Url, fields: &[(String, String)]) -> Shown {
        self.send(url, self.form_request(url, fields), false).await
    }

    fn form_request(&self, url: &Url, fields: &[(String, String)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.client
            .post(url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
    }

    async fn send(&mut self, url: &Url, request: reqwest::RequestBuilder, with_cookies: bool) -> Shown {
        let jar = self.cookies.entry(site(url)).or_default();
        let cookies =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = if with_cookies { request.header(header::COOKIE, cookies) } else { request };
        let response = request.send().await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        for set in response.headers().get_all(header::SET_COOKIE) {
            let (pair, attributes) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Shown { url: url.clone(), status, headers, body: response.text().await.unwrap() }
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
        let mut next = start.clone();
        let mut form: Option<Vec<(String, String)>> = None;
        for _ in 0..HOPS {
            if form.is_none() && next.as_str().starts_with(until) {
                return Ok(next);
            }
            let shown = match form.take() {
                Some(fields) => self.post(&next, &fields).await,
                None => self.get(&next).await,
            };
            if let Some(location) = shown.location() {
                next = location;
            } else if let Some((action, fields)) = shown.form() {
                next = action;
                form = Some(fields);
            } else {
                return Err(Box::new(shown));
            }
        }
        panic!("the way from {start} does not end");
    }
}
