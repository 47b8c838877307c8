//! From the parts of a page to its markup and its policy.

use askama::Template;

use super::{
    Look, Rendered, address,
    content::{Content, Sign, Way},
    plain,
    policy::Policy,
    style,
    texts::Texts,
};

/// What stands in place of a page that cannot be made.
const FALLBACK: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <title>Something went wrong</title><main><h1>Something went wrong</h1>\
    <p>Please try again in a moment.</p></main></html>";

/// Who shows the page.
#[derive(Debug)]
struct Brand {
    /// The organisation's name.
    name: String,
    /// The first letter of the name: a sign where there is no logo.
    initial: String,
    /// The address of the logo.
    logo: Option<String>,
}

/// Whom to ask for help.
#[derive(Debug)]
struct Support {
    /// As the tenant wrote it.
    label: String,
    /// Where it leads, if anywhere.
    href: Option<String>,
}

/// A page for people.
#[derive(Template)]
#[template(path = "person.html")]
struct PersonTemplate<'a> {
    lang: &'static str,
    style: &'a str,
    texts: &'static Texts,
    content: &'a Content,
    brand: Brand,
    support: Option<Support>,
}

/// The page of `content` in the tenant's look.
pub(super) fn person(content: &Content, look: &Look<'_>) -> Rendered {
    let texts = Texts::of(look.locale);
    let style = style::sheet(look.branding.accent_colour.as_deref());
    let brand = brand(look, texts);
    let policy = Policy {
        style: &style,
        script: content.form.as_ref().map(|form| form.script),
        logo: brand.logo.is_some(),
        form: content.has_form(),
        framable: content.framable,
    };
    let content_security_policy = policy.header();
    let support = look.branding.support.as_deref().and_then(support);
    let template = PersonTemplate { lang: look.locale.tag(), style: &style, texts, content, brand, support };
    Rendered { framable: content.framable, ..finish(template.render(), content_security_policy) }
}

/// The page, or a fixed one in its place.
pub(super) fn finish(html: askama::Result<String>, content_security_policy: String) -> Rendered {
    // Writing to a string does not fail; should it, the person still gets a page.
    let html = html.unwrap_or_else(|_| FALLBACK.to_owned());
    Rendered { html, content_security_policy, framable: false }
}

/// The tenant's name and logo; a general name where it has none.
fn brand(look: &Look<'_>, texts: &Texts) -> Brand {
    let own = look.branding.name.in_locale(look.locale).map(plain::name).filter(|name| !name.is_empty());
    let name = own.unwrap_or_else(|| texts.service.to_owned());
    let initial = name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    Brand { name, initial, logo: look.branding.logo_url.as_ref().and_then(address::logo) }
}

/// The support contact.
fn support(contact: &str) -> Option<Support> {
    let label = plain::name(contact);
    (!label.is_empty()).then(|| Support { href: address::support(contact.trim()), label })
}
