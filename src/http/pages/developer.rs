//! The pages for developers: what each code means, who mends it, what to tell a customer.
//!
//! Generated from the table of codes; nothing here depends on a tenant or a request.

use askama::Template;
use tunnus_sdk::Locale;

use super::{
    Rendered,
    explanation::{self, Explanation},
    policy::Policy,
    style,
    texts::sentence,
    view::finish,
};
use crate::error::Code;

/// The languages of the sentences for customers, by their own names.
const LANGUAGES: [(Locale, &str); 3] =
    [(Locale::En, "English"), (Locale::Fi, "Suomi"), (Locale::Sv, "Svenska")];

/// What the page of a code shows.
#[derive(Debug)]
struct Entry {
    name: &'static str,
    sentence: &'static str,
    menders: &'static str,
    openid_error: Option<&'static str>,
    retryable: bool,
    meaning: Vec<Piece>,
    remedy: Vec<Piece>,
    customer: Vec<Sentence>,
    reasons: Vec<(String, &'static str)>,
}

/// A sentence for customers.
#[derive(Debug)]
struct Sentence {
    lang: &'static str,
    language: &'static str,
    text: String,
}

/// A piece of a text.
#[derive(Debug)]
struct Piece {
    text: &'static str,
    /// Whether it is a name of the API.
    code: bool,
}

/// The page of one code.
#[derive(Template)]
#[template(path = "code.html")]
struct CodeTemplate<'a> {
    lang: &'static str,
    style: &'a str,
    entry: Entry,
}

/// The index of the codes.
#[derive(Template)]
#[template(path = "codes.html")]
struct CodesTemplate<'a> {
    lang: &'static str,
    style: &'a str,
    entries: Vec<Entry>,
}

/// What a code means, who mends it, what to tell a customer.
#[must_use]
pub fn error_page(code: Code) -> Rendered {
    let style = style::sheet(None);
    let template = CodeTemplate { lang: Locale::En.tag(), style: &style, entry: entry(code) };
    finish(template.render(), policy(&style))
}

/// All codes, each with a link to its page.
#[must_use]
pub fn error_index() -> Rendered {
    let style = style::sheet(None);
    let entries = Code::ALL.into_iter().map(entry).collect();
    let template = CodesTemplate { lang: Locale::En.tag(), style: &style, entries };
    finish(template.render(), policy(&style))
}

/// Neither logo, form nor script.
fn policy(style: &str) -> String {
    Policy { style, script: None, logo: false, form: false, framable: false }.header()
}

/// All that is known of a code.
fn entry(code: Code) -> Entry {
    let customer = LANGUAGES.map(|(locale, language)| Sentence {
        lang: locale.tag(),
        language,
        text: sentence(code, locale),
    });
    let Explanation { menders, meaning, remedy } = code.explanation();
    let rejection = code == Code::ProviderResponseRejected;
    let reasons = explanation::REASONS.iter().filter(|_| rejection);
    Entry {
        name: code.name(),
        sentence: code.sentence(),
        menders,
        openid_error: explanation::openid_error(code),
        retryable: code.retryable(),
        meaning: pieces(meaning),
        remedy: pieces(remedy),
        customer: customer.into(),
        reasons: reasons.map(|reason| (reason.to_string(), explanation::reason(*reason))).collect(),
    }
}

/// A text cut at its backticks.
fn pieces(text: &'static str) -> Vec<Piece> {
    text.split('`').zip([false, true].into_iter().cycle()).map(|(text, code)| Piece { text, code }).collect()
}
