//! The style sheet of a page: one for all, and the tenant's accent colour.
//!
//! The sheet stands in the page itself, so that a page is whole without a second request; the policy
//! names its hash.

use super::colour::{Colour, EDGE_CONTRAST};

/// What all pages share. Its palette is checked for contrast by the tests.
const SHEET: &str = concat!(include_str!("templates/palette.css"), include_str!("templates/page.css"));

/// The accent of a tenant that has set none, or one that cannot be read.
const ACCENT: &str = "#1d4f91";

/// The cards' colours, light and dark, as in the sheet: what a button stands on.
const CARDS: [&str; 2] = ["#ffffff", "#171d25"];

/// The sheet with `accent` (`#rrggbb`) as the colour of buttons.
pub(super) fn sheet(accent: Option<&str>) -> String {
    let accent = accent.and_then(Colour::parse).or_else(|| Colour::parse(ACCENT)).unwrap_or(Colour::BLACK);
    let [light, dark] = CARDS.map(|card| edge(accent, card));
    let ink = accent.ink();
    format!(
        "{SHEET}:root{{--accent:{accent};--on-accent:{ink};--edge:{light}}}\
         @media(prefers-color-scheme:dark){{:root{{--edge:{dark}}}}}"
    )
}

/// The edge of a button: drawn only where its colour is lost on the card.
fn edge(accent: Colour, card: &str) -> &'static str {
    let lost = Colour::parse(card).is_none_or(|card| accent.contrast(card) < EDGE_CONTRAST);
    if lost { "var(--line)" } else { "transparent" }
}

#[cfg(test)]
#[path = "style_tests.rs"]
mod tests;
