//! Foreign text made fit to stand on a page: short, on one line, in the order it is written.
//!
//! Escaping is the templates'.

/// How long a name may be, in characters.
const NAME_MAX: usize = 80;

/// How long a notice may be, in characters.
const NOTICE_MAX: usize = 200;

/// How long a trace id may be, in characters.
const TRACE_MAX: usize = 64;

/// A name: at most 80 characters, without control characters and without those that turn the
/// direction of text, which can make one name look like another.
pub(super) fn name(text: &str) -> String {
    one_line(text, NAME_MAX)
}

/// A notice: the same with at most 200 characters.
pub(super) fn notice(text: &str) -> String {
    one_line(text, NOTICE_MAX)
}

fn one_line(text: &str, longest: usize) -> String {
    let mut chars = text.trim().chars().filter(|char| !char.is_control() && !turns(*char));
    let mut line: String = chars.by_ref().take(longest).collect();
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

/// A trace id: at most 64 characters, printable ASCII only.
pub(super) fn trace(id: &str) -> String {
    id.chars().filter(char::is_ascii_graphic).take(TRACE_MAX).collect()
}

/// Whether a character steers the direction of text (UAX #9, section 2) or is not seen at all.
const fn turns(char: char) -> bool {
    matches!(char, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_what_it_is() {
        assert_eq!(name(" Åbo Kauppa & Söner "), "Åbo Kauppa & Söner");
    }

    #[test]
    fn a_name_cannot_turn_the_text_around_or_flood_the_page() {
        assert_eq!(name("Nor\u{202e}aed\u{2066}\r\n\0!"), "Noraed!");
        let long = name(&"ö".repeat(10_000));
        assert_eq!((long.chars().count(), long.ends_with('…')), (81, true));
    }

    #[test]
    fn a_trace_id_is_printable_and_bounded() {
        assert_eq!(trace("ab c\u{202e}\n1"), "abc1");
        assert_eq!(trace(&"a".repeat(1000)).len(), 64);
    }
}
