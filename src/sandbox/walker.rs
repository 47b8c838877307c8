//! A browser without a window: follows redirects, keeps cookies, submits forms that post themselves.

use std::collections::BTreeMap;

use reqwest::{Client, Response, header};
use url::Url;

/// How many hops a login may take.
const HOPS_MAX: usize = 20;

/// The walk did not end where it should.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A request failed.
    #[error("a request failed")]
    Request(#[from] reqwest::Error),
    /// A page stood in the way.
    #[error("a page stood in the way: {status}, {title}")]
    Page {
        /// Its status.
        status: u16,
        /// Its title.
        title: String,
    },
    /// Too many hops, or one that leads nowhere.
    #[error("the way does not end")]
    Astray,
}

/// One browser: its cookies, by host and port.
#[derive(Default)]
pub struct Walker {
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Walker {
    /// Walks from `start` until an address begins with `end`; answers that address.
    ///
    /// # Errors
    /// Where a request fails or a page stands in the way.
    pub async fn walk(&mut self, client: &Client, start: Url, end: &str) -> Result<Url, WalkError> {
        let mut next = Hop::Get(start);
        for _ in 0..HOPS_MAX {
            if let Hop::Get(url) = &next
                && url.as_str().starts_with(end)
            {
                return Ok(url.clone());
            }
            next = self.step(client, next).await?;
        }
        Err(WalkError::Astray)
    }

    async fn step(&mut self, client: &Client, hop: Hop) -> Result<Hop, WalkError> {
        let (url, request) = match hop {
            Hop::Get(url) => (url.clone(), client.get(url)),
            Hop::Post(url, body) => {
                let request = client.post(url.clone());
                (url, request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body))
            }
        };
        let site = site(&url);
        let cookies = self.cookies.entry(site.clone()).or_default();
        let header =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let response = request.header(header::COOKIE, header).send().await?;
        self.keep_cookies(&site, &response);
        if let Some(location) = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok())
        {
            return url.join(location).map(Hop::Get).map_err(|_| WalkError::Astray);
        }
        let status = response.status().as_u16();
        let page = response.text().await?;
        self_posting_form(&url, &page).ok_or_else(|| WalkError::Page { status, title: title(&page) })
    }

    fn keep_cookies(&mut self, site: &str, response: &Response) {
        let jar = self.cookies.entry(site.to_owned()).or_default();
        for set in response.headers().get_all(header::SET_COOKIE) {
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

enum Hop {
    Get(Url),
    Post(Url, String),
}

fn site(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn title(page: &str) -> String {
    between(page, "<title>", "</title>").unwrap_or("no title").trim().to_owned()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    Some(rest.split_once(to)?.0)
}

/// The form of a page that posts itself or only waits for a click: one form with one nameless button.
fn self_posting_form(base: &Url, page: &str) -> Option<Hop> {
    let form = between(page, "<form", "</form>")?;
    let (_, buttons) = form.split_once("<button")?;
    let one = page.matches("<form").count() == 1 && page.matches("<button").count() == 1;
    if !one || buttons.split('>').next()?.contains("name=") {
        return None;
    }
    let action = base.join(&unescape(between(form, "action=\"", "\"")?)).ok()?;
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input").skip(1) {
        let (name, value) = (between(input, "name=\"", "\"")?, between(input, "value=\"", "\"")?);
        body.append_pair(&unescape(name), &unescape(value));
    }
    Some(Hop::Post(action, body.finish()))
}

fn unescape(text: &str) -> String {
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

    #[test]
    fn a_self_posting_form_is_submitted_as_it_stands() {
        let page = r#"<form method="post" action="/x?a=1&amp;b=2"><input type="hidden" name="c" value="d&#34;&amp;"><button>Go</button></form>"#;
        let base = Url::parse("http://127.0.0.1:1/y").unwrap();
        let Some(Hop::Post(action, body)) = self_posting_form(&base, page) else { panic!("a form") };
        assert_eq!(action.as_str(), "http://127.0.0.1:1/x?a=1&b=2");
        assert_eq!(body, "c=d%22%26");
        for page in
            ["<form action=\"/\"></form>", "<form action=\"/\"><button name=\"persona\">A</button></form>"]
        {
            assert!(self_posting_form(&base, page).is_none(), "{page}");
        }
    }
}
