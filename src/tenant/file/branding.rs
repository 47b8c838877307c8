//! `[tenant]`: who the tenant is and how its pages look.

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{ID, ID_EXPECTED, Judge, text::Text};
use crate::{config::is_https_or_loopback, tenant::model::Branding};

/// Who the tenant is and how its pages look.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantTable {
    /// Its id: part of its issuer, never changed.
    #[schemars(regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    #[schemars(required)]
    id: Option<String>,
    /// The platform that it is of, where it is of one.
    #[serde(default)]
    #[schemars(regex(pattern = ID), extend("x-expected" = ID_EXPECTED))]
    platform: Option<String>,
    /// The organisation's name.
    #[schemars(required)]
    name: Option<Text>,
    /// Whom people ask for help: an e-mail address, a phone number or an https URL.
    #[serde(default)]
    support: Option<String>,
    /// A logo, https.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "uri"))]
    logo_url: Option<Url>,
    /// The colour of buttons, `#rrggbb`, dark enough for white text.
    #[serde(default)]
    #[schemars(regex(pattern = "^#[0-9a-fA-F]{6}$"), extend("x-expected" = "a colour, as #1a4f8b"))]
    accent_colour: Option<String>,
}

/// Who the tenant is.
pub struct Who {
    /// Its id.
    pub id: String,
    /// The platform that it is of.
    pub platform: Option<String>,
    /// Its name and looks.
    pub branding: Branding,
}

impl TenantTable {
    /// Who it is, the rules checked.
    pub fn resolve(self, judge: &mut Judge<'_>) -> Option<Who> {
        let name = self.name.map(|name| name.resolve("/tenant/name", judge));
        if self.logo_url.as_ref().is_some_and(|url| url.scheme() != "https" || !url.has_host()) {
            judge.fault("/tenant/logo_url", "expected an https URL");
        }
        if self.accent_colour.as_deref().is_some_and(|colour| !is_dark_enough(colour)) {
            judge.fault(
                "/tenant/accent_colour",
                "white text cannot be read on this colour: take a darker one",
            );
        }
        if self.support.as_deref().is_some_and(|support| !is_contact(support)) {
            judge.fault("/tenant/support", "expected an e-mail address, a phone number or an https URL");
        }
        let Self { id, platform, logo_url, accent_colour, support, .. } = self;
        let branding = Branding { name: name?, logo_url, accent_colour, support };
        Some(Who { id: id?, platform, branding })
    }
}

/// Whether people can use it to ask for help.
fn is_contact(text: &str) -> bool {
    let phone =
        text.len() >= 3 && text.chars().all(|letter| letter.is_ascii_digit() || "+-() ".contains(letter));
    let plain =
        text.is_ascii() && !text.contains(char::is_whitespace) && !text.contains(['<', '>', '"', '\\']);
    let mail = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let url = Url::parse(text).is_ok_and(|url| is_https_or_loopback(&url));
    phone || plain && (url || mail && !text.contains(['/', '?', ':']))
}

/// Whether white text on `#rrggbb` has a contrast of 4.5 or more (WCAG 2.2, section 1.4.3).
fn is_dark_enough(colour: &str) -> bool {
    let channel = |at: usize| {
        let byte = colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let value = f64::from(byte.unwrap_or(u8::MAX)) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126f64.mul_add(channel(1), 0.7152f64.mul_add(channel(3), 0.0722 * channel(5)));
    1.05 / (luminance + 0.05) >= 4.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_can_be_read() {
        for (colour, good) in
            [("#000000", true), ("#767676", true), ("#777777", false), ("#ffffff", false), ("#00FF00", false)]
        {
            assert_eq!(is_dark_enough(colour), good, "{colour}");
        }
    }

    #[test]
    fn support_can_be_reached() {
        for good in ["help@acme.example", "+358 9 123 456", "(09) 1234", "https://acme.example/help"] {
            assert!(is_contact(good), "{good}");
        }
        for bad in
            ["", "12", "help", "http://acme.example", "javascript:alert(1)@x.y", "a b@c.d", "@c.d", "<a@b.c>"]
        {
            assert!(!is_contact(bad), "{bad}");
        }
    }
}
