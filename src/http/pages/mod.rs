//! The pages that a person sees: rendered here, without script, in the person's language.
//!
//! Owns how it is shown, and the policy that allows no more. What is shown is `flow`'s; the other
//! headers it travels with are the handlers'.
//!
//! A `Page` says what; `content` puts it into words (`texts`), `view` into markup (`templates/`).
//! Besides, the pages for developers that explain the codes.

mod address;
pub mod colour;
mod content;
mod developer;
mod explanation;
mod locale;
mod plain;
mod policy;
mod style;
mod texts;
mod view;

pub use developer::{error_index, error_page};
pub use explanation::Explanation;
pub use locale::pick_locale;
pub use texts::sentence;
use tunnus_sdk::Locale;

use crate::{
    flow::page::{Choice, Failure, Page},
    tenant::model::Branding,
};

/// A page ready to be sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The document, UTF-8.
    pub html: String,
    /// The value of its `Content-Security-Policy` header.
    pub content_security_policy: String,
    /// Whether a frame may show it.
    pub framable: bool,
}

/// Renders a page. Always gives one: what cannot be shown as asked becomes a page that says so.
#[must_use]
pub fn render(page: &Page, look: &Look<'_>) -> Rendered {
    view::person(&content::content(page, texts::Texts::of(look.locale)), look)
}

/// How a page looks, whatever it says.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    /// The person's language.
    pub locale: Locale,
    /// The tenant's name, logo and colour.
    pub branding: &'a Branding,
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
