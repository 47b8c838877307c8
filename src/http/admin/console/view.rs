//! From a page to its markup.

use askama::Template;
use tunnus_sdk::Locale;

use super::{
    form::{Item, Shape},
    page::{Block, Link, Page, Tone},
    texts::Texts,
};

/// What stands in place of a page that cannot be made.
const FALLBACK: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <title>Something went wrong</title><main><h1>Something went wrong</h1></main></html>";

/// The languages of the console, each by its own name.
const LANGUAGES: [(&str, &str); 3] = [("fi", "Suomi"), ("sv", "Svenska"), ("en", "English")];

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Who {
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: String,
    /// What their forms carry.
    pub csrf: String,
    /// Where they can go.
    pub areas: Vec<Link>,
}

#[derive(Template)]
#[template(path = "console.html")]
struct ConsoleTemplate<'a> {
    lang: &'static str,
    texts: &'static Texts,
    page: &'a Page,
    who: Option<&'a Who>,
    csrf: &'a str,
    languages: [(&'static str, &'static str); 3],
}

/// The document.
#[must_use]
pub fn render(page: &Page, locale: Locale, who: Option<&Who>) -> String {
    let template = ConsoleTemplate {
        lang: locale.tag(),
        texts: Texts::of(locale),
        page,
        csrf: who.map_or("", |who| &who.csrf),
        who,
        languages: LANGUAGES,
    };
    // Writing to a string does not fail; should it, the person still gets a page.
    template.render().unwrap_or_else(|_| FALLBACK.to_owned())
}
