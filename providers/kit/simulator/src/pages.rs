//! What a simulated upstream shows: the bank's page, its own error page, a form that posts back.
//!
//! Server-rendered HTML without script. Every page says that it is a simulator.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};

use crate::personas::Persona;

/// The style of every page.
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f3f2ee;color:#1c1b19}\
main{max-width:34rem;margin:0 auto;padding:1.5rem}\
.notice{background:#ffdf7e;padding:.75rem 1.5rem;text-align:center;font-weight:600}\
h1{font-size:1.5rem;margin:.5rem 0}\
button{display:block;width:100%;margin:.5rem 0;padding:.75rem 1rem;font:inherit;text-align:left;\
background:#fff;color:inherit;border:1px solid #6b675e;border-radius:.4rem;cursor:pointer}\
button:hover{background:#e8f0fb}button:focus-visible{outline:3px solid #1a5fb4;outline-offset:2px}\
small{display:block;color:#55524b}fieldset{border:0;margin:0;padding:0}legend{padding:0}";

/// A form of buttons.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    /// The name of the upstream.
    pub title: &'a str,
    /// What the person is asked.
    pub question: &'a str,
    /// `get` or `post`.
    pub method: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// Fields that go with any button.
    pub hidden: &'a [(&'a str, &'a str)],
    /// The buttons, in order.
    pub buttons: &'a [Button<'a>],
}

/// A button of a [`Choice`].
#[derive(Clone, Debug)]
pub struct Button<'a> {
    /// The field that it sets.
    pub name: &'a str,
    /// The field's value.
    pub value: &'a str,
    /// What stands on it.
    pub label: String,
    /// A second, smaller line; may be empty.
    pub note: String,
}

/// A page with a form of buttons: an account selector, for example.
#[must_use]
pub fn choice(choice: &Choice<'_>) -> String {
    let hidden: String = choice.hidden.iter().map(|(name, value)| hidden_field(name, value)).collect();
    let buttons: String = choice.buttons.iter().map(button).collect();
    let body = format!(
        "<h1>{}</h1><form method=\"{}\" action=\"{}\">{hidden}<fieldset><legend>{}</legend>{buttons}</fieldset></form>",
        escaped(choice.title),
        escaped(choice.method),
        escaped(choice.action),
        escaped(choice.question),
    );
    page(choice.title, &body)
}

/// The bank's page: who logs in, or cancel.
pub(crate) fn bank(title: &str, action: &str, ticket: &str, personas: &[&Persona]) -> String {
    let persona_button = |persona: &&Persona| Button {
        name: "persona",
        value: persona.id,
        label: persona.name(),
        note: format!("born {} · {}", persona.birth_date, persona.method),
    };
    let cancel = Button {
        name: "cancel",
        value: "1",
        label: "Cancel".into(),
        note: "Go back without logging in".into(),
    };
    let buttons: Vec<_> = personas.iter().map(persona_button).chain([cancel]).collect();
    choice(&Choice {
        title,
        question: "Who logs in? All of these people are invented.",
        method: "post",
        action,
        hidden: &[("ticket", ticket)],
        buttons: &buttons,
    })
}

/// The upstream's own error page: the browser stays here.
pub(crate) fn error(title: &str, code: &str, sentence: &str) -> String {
    let body = format!(
        "<h1>{}</h1><p>The request cannot be served: {} (<code>{}</code>).</p>\
         <p>As at the real service, the browser does not return from here.</p>",
        escaped(title),
        escaped(sentence),
        escaped(code),
    );
    page(title, &body)
}

/// A form that brings the response back (OAuth 2.0 Form Post Response Mode), at a click.
pub(crate) fn form_post(title: &str, action: &str, parameters: &[(String, String)]) -> String {
    let hidden: String = parameters.iter().map(|(name, value)| hidden_field(name, value)).collect();
    let body = format!(
        "<h1>{}</h1><form method=\"post\" action=\"{}\">{hidden}<button>Continue</button></form>",
        escaped(title),
        escaped(action),
    );
    page(title, &body)
}

/// The value of a `Content-Security-Policy` under which these pages work.
pub(crate) fn content_security_policy() -> String {
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'")
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} (simulator)</title><style>{STYLE}</style></head>\
         <body><header class=\"notice\">This is a simulator. No bank is involved, nobody is real.</header>\
         <main>{body}</main></body></html>",
        title = escaped(title),
    )
}

fn button(button: &Button<'_>) -> String {
    let note = if button.note.is_empty() {
        String::new()
    } else {
        format!("<small>{}</small>", escaped(&button.note))
    };
    format!(
        "<button name=\"{}\" value=\"{}\">{}{note}</button>",
        escaped(button.name),
        escaped(button.value),
        escaped(&button.label),
    )
}

fn hidden_field(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
}

/// Text that is safe between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_that_it_is_a_simulator_and_escapes_what_it_shows() {
        let pages = [
            bank("<b>", "/login\"", "t&t", &crate::personas::everyone()),
            error("<b>", "<i>", "<script>"),
            form_post("<b>", "/return", &[("state".into(), "\"><script>".into())]),
        ];
        for page in pages {
            assert!(page.contains("This is a simulator."));
            assert!(!page.contains("<script") && !page.contains("<b>") && !page.contains("<i>"));
        }
    }

    #[test]
    fn the_bank_page_has_a_button_for_each_persona_and_one_to_cancel() {
        let page = bank("Bank", "/login", "ticket", &crate::personas::everyone());
        for persona in crate::personas::PERSONAS {
            assert!(page.contains(&format!("name=\"persona\" value=\"{}\"", persona.id)));
        }
        assert!(page.contains("name=\"cancel\""));
    }
}
