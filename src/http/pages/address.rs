//! Which addresses a page may lead to.
//!
//! Everything that becomes an `href`, `src` or `action` passes here. An address of another kind
//! than its place allows is left out, so that `javascript:` runs nowhere.

use url::Url;

/// An address of the web: http or https, with a host.
pub(super) fn web(url: &Url) -> Option<String> {
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// A way back to an app: an address of the web, or a private-use scheme, which is the reversed name
/// of a domain and so holds a dot (RFC 8252, section 7.1). No scheme that runs or shows content does.
pub(super) fn home(url: &Url) -> Option<String> {
    web(url).or_else(|| url.scheme().contains('.').then(|| url.to_string()))
}

/// A logo: over https, or an image within the address itself.
pub(super) fn logo(url: &Url) -> Option<String> {
    let inline = url.scheme() == "data" && url.path().starts_with("image/");
    (inline || (url.scheme() == "https" && url.has_host())).then(|| url.to_string())
}

/// Where a support contact leads: an address of the web, an e-mail address or a phone number.
pub(super) fn support(contact: &str) -> Option<String> {
    let url = || Url::parse(contact).ok().as_ref().and_then(web);
    url().or_else(|| mail(contact)).or_else(|| phone(contact))
}

/// An e-mail address of plain characters: nothing that could add a header or a body (RFC 6068).
fn mail(contact: &str) -> Option<String> {
    let (local, domain) = contact.split_once('@')?;
    let plain = |part: &str, more: &str| {
        !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || more.contains(char))
    };
    (plain(local, ".-_+") && plain(domain, ".-")).then(|| format!("mailto:{contact}"))
}

/// A phone number, as people write it (RFC 3966).
fn phone(contact: &str) -> Option<String> {
    let written = contact.chars().all(|char| char.is_ascii_digit() || " +-()".contains(char));
    let number: String = contact.chars().filter(|char| char.is_ascii_digit() || *char == '+').collect();
    (written && number.len() >= 3 && number.rfind('+').is_none_or(|at| at == 0))
        .then(|| format!("tel:{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNING: [&str; 9] = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "blob:https://shop.example/1",
        "file:///etc/passwd",
        "about:blank",
        "view-source:https://shop.example/",
    ];

    #[test]
    fn nothing_that_runs_is_led_to() {
        for address in RUNNING {
            let url = Url::parse(address).unwrap();
            assert_eq!((web(&url), home(&url), logo(&url)), (None, None, None), "{address}");
            assert_eq!(support(address), None, "{address}");
        }
    }

    #[test]
    fn an_app_of_a_phone_is_found_again_by_its_private_scheme() {
        let app = Url::parse("com.example.shop:/back?error=flow_expired").unwrap();
        assert_eq!(home(&app).as_deref(), Some("com.example.shop:/back?error=flow_expired"));
        assert_eq!(web(&app), None);
        assert_eq!(home(&Url::parse("shop:/back").unwrap()), None);
    }

    #[test]
    fn a_logo_comes_over_https_or_with_the_page() {
        let of = |text| logo(&Url::parse(text).unwrap());
        assert_eq!(of("https://shop.example/logo.svg").as_deref(), Some("https://shop.example/logo.svg"));
        assert_eq!(of("data:image/png;base64,AAAA").as_deref(), Some("data:image/png;base64,AAAA"));
        assert_eq!(of("http://shop.example/logo.svg"), None);
    }

    #[test]
    fn a_support_contact_leads_where_it_says() {
        for (contact, href) in [
            ("tuki@shop.example", Some("mailto:tuki@shop.example")),
            ("+358 20 123 4567", Some("tel:+358201234567")),
            ("(09) 123-456", Some("tel:09123456")),
            ("https://shop.example/help", Some("https://shop.example/help")),
            ("Mon–Fri 9–16", None),
            ("tuki@shop.example?bcc=x@y.example", None),
            ("@", None),
            ("12+34", None),
            ("+", None),
        ] {
            assert_eq!(support(contact).as_deref(), href, "{contact}");
        }
    }
}
