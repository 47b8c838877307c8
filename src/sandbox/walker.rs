//! A browser without a window: keeps cookies, follows redirects, submits forms that post themselves.
//!
//! It runs no script and knows no site: what leads on is what a person without a choice would click.

use std::collections::BTreeMap;

use reqwest::{
    Client, RequestBuilder,
    header::{self, HeaderMap},
};
use url::Url;

/// How many hops a walk may take.
const HOPS_MAX: usize = 20;

/// The walk did not end where it should.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A request failed.
    #[error("a request failed")]
    Request(#[from] reqwest::Error),
    /// A page stood in the way.
    #[error("a page stood in the way: {}, {}", .0.status, .0.title())]
    Page(Box<Shown>),
    /// Too many hops.
    #[error("the way does not end")]
    Astray,
}

/// One browser.
#[derive(Clone)]
pub struct Walker {
    client: Client,
    /// Its cookies by host and port.
    pub cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a request brought.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The address that was asked.
    pub url: Url,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The page.
    pub body: String,
}

/// The fields of a form.
pub type Fields = Vec<(String, String)>;

impl Walker {
    /// A browser without cookies. `client` must follow no redirects.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client, cookies: BTreeMap::new() }
    }

    /// Opens an address, with `headers` beside the browser's own.
    ///
    /// # Errors
    /// Where the request fails.
    pub async fn get(&mut self, url: &Url, headers: HeaderMap) -> Result<Shown, reqwest::Error> {
        let request = self.with_cookies(url, self.client.get(url.clone()).headers(headers));
        self.send(url, request).await
    }

    /// Posts a form from a page of the same site.
    ///
    /// # Errors
    /// Where the request fails.
    pub async fn post(&mut self, url: &Url, fields: &[(String, String)]) -> Result<Shown, reqwest::Error> {
        let request = self.with_cookies(url, self.form(url, fields));
        self.send(url, request).await
    }

    /// Posts a form from a page of another site: `SameSite=Lax` cookies stay at home.
    ///
    /// # Errors
    /// Where the request fails.
    pub async fn post_across_sites(
        &mut self,
        url: &Url,
        fields: &[(String, String)],
    ) -> Result<Shown, reqwest::Error> {
        self.send(url, self.form(url, fields)).await
    }

    /// Walks from `start` until an address begins with `end`; answers that address, unopened.
    ///
    /// # Errors
    /// Where a request fails or a page stands in the way.
    pub async fn walk(&mut self, start: &Url, end: &str) -> Result<Url, WalkError> {
        self.go(start, end, false).await
    }

    /// The same for a person who presses the first button of whatever page asks something.
    ///
    /// # Errors
    /// As [`Self::walk`].
    pub async fn walk_pressing(&mut self, start: &Url, end: &str) -> Result<Url, WalkError> {
        self.go(start, end, true).await
    }

    async fn go(&mut self, start: &Url, end: &str, presses: bool) -> Result<Url, WalkError> {
        let mut next = start.clone();
        let mut form: Option<Fields> = None;
        for _ in 0..HOPS_MAX {
            let shown = match form.take() {
                Some(fields) => self.post(&next, &fields).await?,
                None if next.as_str().starts_with(end) => return Ok(next),
                None => self.get(&next, HeaderMap::new()).await?,
            };
            if let Some(location) = shown.location() {
                next = location;
            } else if let Some((action, fields)) = shown.form() {
                next = action;
                form = Some(fields);
            } else if let Some((action, fields)) = shown.first_button().filter(|_| presses) {
                next = action;
                form = fields;
            } else {
                return Err(WalkError::Page(Box::new(shown)));
            }
        }
        Err(WalkError::Astray)
    }

    fn form(&self, url: &Url, fields: &[(String, String)]) -> RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(url.clone());
        request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
    }

    fn with_cookies(&self, url: &Url, request: RequestBuilder) -> RequestBuilder {
        let cookies = self.cookies.get(&site(url)).into_iter().flatten();
        let pairs: Vec<_> = cookies.map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) }
    }

    async fn send(&mut self, url: &Url, request: RequestBuilder) -> Result<Shown, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep_cookies(url, &headers);
        Ok(Shown { url: url.clone(), status, headers, body: response.text().await? })
    }

    fn keep_cookies(&mut self, url: &Url, headers: &HeaderMap) {
        let jar = self.cookies.entry(site(url)).or_default();
        for set in headers.get_all(header::SET_COOKIE) {
            let Some((name, rest)) = set.to_str().ok().and_then(|set| set.split_once('=')) else { continue };
            let (value, attributes) = rest.split_once(';').unwrap_or((rest, ""));
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Shown {
    /// Where a redirect leads.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(header::LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }

    /// The page's title.
    #[must_use]
    pub fn title(&self) -> &str {
        between(&self.body, "<title>", "</title>").unwrap_or("no title").trim()
    }

    /// The addresses of the page's links.
    #[must_use]
    pub fn links(&self) -> Vec<Url> {
        let hrefs = self.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        hrefs.filter_map(|href| self.url.join(&unescape(href)).ok()).collect()
    }

    /// Where a page that refreshes itself leads.
    #[must_use]
    pub fn refresh(&self) -> Option<Url> {
        let content = between(&self.body, "http-equiv=\"refresh\" content=\"", "\"")?;
        self.url.join(&unescape(content.split_once("url=")?.1)).ok()
    }

    /// Where the link of this name leads.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<Url> {
        let (before, _) = self.body.split_once(&format!(">{name}</a>"))?;
        let (_, address) = before.rsplit_once("href=\"")?;
        self.url.join(&unescape(address.split('"').next()?)).ok()
    }

    /// The first button that says something, pressed: where it leads, and the fields of a form that is
    /// posted.
    fn first_button(&self) -> Option<(Url, Option<Fields>)> {
        let form = between(&self.body, "<form", "</form>")?;
        let mut action = self.url.join(&unescape(attribute(form, "action")?)).ok()?;
        let field = |tag: &str| Some((unescape(attribute(tag, "name")?), unescape(attribute(tag, "value")?)));
        let inputs = form.split("<input").skip(1).map(|input| input.split('>').next().unwrap_or(input));
        let mut fields: Fields = inputs.map(field).collect::<Option<_>>()?;
        fields.push(field(between(form, "<button ", ">")?)?);
        if attribute(form, "method") == Some("post") {
            return Some((action, Some(fields)));
        }
        action.query_pairs_mut().clear().extend_pairs(fields);
        Some((action, None))
    }

    /// The form that posts itself or only waits for a click: one form with one nameless button.
    #[must_use]
    pub fn form(&self) -> Option<(Url, Fields)> {
        let form = between(&self.body, "<form", "</form>")?;
        let (_, button) = form.split_once("<button")?;
        let one = self.body.matches("<form").count() == 1 && self.body.matches("<button").count() == 1;
        if !one || button.split('>').next()?.contains("name=") {
            return None;
        }
        let action = self.url.join(&unescape(attribute(form, "action")?)).ok()?;
        let field = |input| Some((unescape(attribute(input, "name")?), unescape(attribute(input, "value")?)));
        Some((action, form.split("<input").skip(1).map(field).collect::<Option<_>>()?))
    }
}

fn site(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    Some(rest.split_once(to)?.0)
}

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    between(text, &format!("{name}=\""), "\"")
}

fn unescape(text: &str) -> String {
    // The ampersand last: what it sets free is not unescaped a second time.
    let pairs = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str) -> Shown {
        let url = Url::parse("http://127.0.0.1:1/y").unwrap();
        Shown { url, status: 200, headers: HeaderMap::new(), body: body.to_owned() }
    }

    #[test]
    fn the_first_button_of_a_page_is_pressed_with_the_fields_around_it() {
        let page = |method| {
            format!(
                r#"<form method="{method}" action="/x?old=1"><input type="hidden" name="a" value="1"><button name="b" value="2">B</button><button name="c" value="3">C</button></form>"#
            )
        };
        let pairs = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
        let (action, fields) = shown(&page("post")).first_button().unwrap();
        assert_eq!((action.as_str(), fields.unwrap()), ("http://127.0.0.1:1/x?old=1", pairs.to_vec()));
        let (action, fields) = shown(&page("get")).first_button().unwrap();
        assert_eq!((action.as_str(), fields), ("http://127.0.0.1:1/x?a=1&b=2", None));
        assert!(shown("<form action=\"/\"><button>Go</button></form>").first_button().is_none());
    }

    #[test]
    fn a_self_posting_form_is_submitted_as_it_stands() {
        let page = r#"<form method="post" action="/x?a=1&amp;b=2"><input type="hidden" name="c" value="d&#34;&amp;"><button>Go</button></form>"#;
        let (action, fields) = shown(page).form().unwrap();
        assert_eq!(action.as_str(), "http://127.0.0.1:1/x?a=1&b=2");
        assert_eq!(fields, [("c".to_owned(), "d\"&".to_owned())]);
        for page in
            ["<form action=\"/\"></form>", "<form action=\"/\"><button name=\"persona\">A</button></form>"]
        {
            assert!(shown(page).form().is_none(), "{page}");
        }
    }
}
