//! The content security policy of a page: everything is forbidden but what the page holds itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::digest::sha256;

/// What a page holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy<'a> {
    /// The content of its `style` element.
    pub style: &'a str,
    /// The content of its `script` element.
    pub script: Option<&'a str>,
    /// Whether it shows a logo.
    pub logo: bool,
    /// Whether it holds a form.
    pub form: bool,
    /// Whether it may be shown in a frame.
    pub framable: bool,
}

impl Policy<'_> {
    /// The value of the `Content-Security-Policy` header.
    pub(super) fn header(&self) -> String {
        let mut header = format!("default-src 'none'; style-src {}", hash(self.style));
        if let Some(script) = self.script {
            header.push_str("; script-src ");
            header.push_str(&hash(script));
        }
        if self.logo {
            header.push_str("; img-src https: data:");
        }
        header.push_str("; base-uri 'none'");
        // Chromium applies `form-action` to every redirect that follows a submit, and an upstream's
        // are not ours to list: a page with a form goes without.
        if !self.form {
            header.push_str("; form-action 'none'");
        }
        // Nobody lays our buttons beneath theirs. The exception is said aloud: the directive takes the
        // place of `X-Frame-Options` (CSP 3, section 6.4.2.2), whatever that header says.
        header.push_str(if self.framable { "; frame-ancestors *" } else { "; frame-ancestors 'none'" });
        header
    }
}

/// A source expression that allows exactly this content (CSP 3, section 2.3.1).
fn hash(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(sha256(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Policy<'_> = Policy { style: "", script: None, logo: false, form: false, framable: false };

    #[test]
    fn a_page_that_holds_nothing_may_do_nothing() {
        assert_eq!(
            BARE.header(),
            "default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        );
    }

    #[test]
    fn a_form_may_go_anywhere_and_only_the_one_script_runs() {
        let header = Policy { script: Some("x()"), form: true, ..BARE }.header();
        assert!(header.contains("; script-src 'sha256-"), "{header}");
        assert!(!header.contains("form-action"), "{header}");
        assert!(!header.contains("unsafe"), "{header}");
    }

    #[test]
    fn images_only_with_a_logo_and_frames_only_where_meant() {
        assert!(!BARE.header().contains("img-src"));
        assert!(Policy { logo: true, ..BARE }.header().contains("; img-src https: data:;"));
        assert!(Policy { framable: true, ..BARE }.header().ends_with("; frame-ancestors *"));
    }
}
