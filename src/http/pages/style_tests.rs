use super::{super::colour::TEXT_CONTRAST, *};

/// The value of `name` in the light (first) or the dark (second) palette of the sheet.
fn colour(name: &str, palette: usize) -> Colour {
    let found = SHEET.split(&format!("--{name}: ")).nth(palette + 1).and_then(|rest| rest.get(..7));
    found.and_then(Colour::parse).unwrap_or_else(|| panic!("{name} in palette {palette}"))
}

#[test]
fn every_text_can_be_read_in_light_and_dark() {
    for palette in 0..2 {
        for text in ["text", "muted", "link", "alert", "good"] {
            for ground in ["page", "card", "soft"] {
                let contrast = colour(text, palette).contrast(colour(ground, palette));
                assert!(contrast >= TEXT_CONTRAST, "{text} on {ground}, palette {palette}: {contrast}");
            }
        }
    }
}

#[test]
fn every_edge_and_the_focus_can_be_seen_in_light_and_dark() {
    for palette in 0..2 {
        for edge in ["line", "focus"] {
            for ground in ["page", "card", "soft"] {
                let contrast = colour(edge, palette).contrast(colour(ground, palette));
                assert!(contrast >= EDGE_CONTRAST, "{edge} on {ground}, palette {palette}: {contrast}");
            }
        }
    }
}

#[test]
fn the_cards_are_those_of_the_sheet() {
    for (palette, card) in CARDS.into_iter().enumerate() {
        assert_eq!(colour("card", palette).to_string(), card);
    }
}

#[test]
fn the_text_on_the_accent_is_chosen_for_it() {
    assert!(sheet(Some("#ffd400")).contains("--accent:#ffd400;--on-accent:#000000"));
    assert!(sheet(Some("#003580")).contains("--accent:#003580;--on-accent:#ffffff"));
}

#[test]
fn an_accent_that_is_no_colour_is_replaced() {
    for accent in [None, Some("red"), Some("#fff;}*{display:none"), Some("</style>")] {
        assert_eq!(sheet(accent), sheet(Some(ACCENT)));
    }
}

#[test]
fn a_button_that_is_lost_on_its_card_has_an_edge() {
    assert!(
        sheet(Some("#ffffff"))
            .contains("--edge:var(--line)}@media(prefers-color-scheme:dark){:root{--edge:transparent}}")
    );
    assert!(
        sheet(Some("#101010"))
            .contains("--edge:transparent}@media(prefers-color-scheme:dark){:root{--edge:var(--line)}}")
    );
}

#[test]
fn the_sheet_is_plain_and_asks_for_nothing() {
    // A carriage return would be turned into a line feed by the browser, and the hash not fit.
    for forbidden in ["\r", "url(", "@import", "</", "<!--"] {
        assert!(!SHEET.contains(forbidden), "{forbidden:?}");
    }
}
