//! What looks like a national id, before anything is known of who wrote it.
//!
//! Owns the one notion of it: apps' requests and those to upstreams are judged by the same. Whether a
//! text *is* a national id, and whose, is a provider's to say.

/// Whether `text` holds something shaped like a national id, so that it may travel encrypted only.
///
/// The shape is `DDMMYY`, at most one sign, three digits and a digit or letter, anywhere in the
/// text, blanks and invisible characters ignored: a HETU with or without a prefix, with whatever dash
/// an editor made of its sign, and the Swedish, Norwegian and Danish numbers too. It takes some phone
/// numbers for national ids, which only protects them better.
#[must_use]
pub fn resembles_national_id(text: &str) -> bool {
    let dense: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && !is_invisible(*c)).collect();
    (0..dense.len()).any(|start| dense.get(start..).is_some_and(begins_like_national_id))
}

/// Control characters, and those of Unicode's format characters that texts are found to hold: soft
/// hyphen, joiners, marks of direction, byte order mark.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn begins_like_national_id(text: &[char]) -> bool {
    let Some((date, rest)) = text.split_at_checked(6) else { return false };
    let unsigned = match rest {
        [sign, rest @ ..] if !sign.is_ascii_digit() => rest,
        rest => rest,
    };
    let [number @ .., check] = unsigned.get(..4).unwrap_or_default() else { return false };
    date.iter().chain(number).all(char::is_ascii_digit) && check.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_ids_are_recognised_wherever_they_stand() {
        for text in [
            "070770-905D",
            "subject-070770-905d",
            "0 7 0 7 7 0-9 0 5 D",
            "hetu:030516D9026!",
            "19770707-2395",
            "197707072395",
            "770707-2395",
            "01015000232",
            "070761-4285",
            "sandbox:070770905D",
            "070770\u{2010}905D",
            "070770\u{2013}905D",
            "070770\u{2212}905D",
            "070770\u{ad}-905D",
            "070\u{200b}770-\u{a0}905D",
            "\u{feff}070770-905D",
            "070770-9\u{0}05D",
        ] {
            assert!(resembles_national_id(text), "{text}");
        }
        for text in [
            "",
            "onni@example.org",
            "sandbox:persona=onni",
            "customer-123456",
            "070770",
            "070770-90",
            "order 12345-678",
        ] {
            assert!(!resembles_national_id(text), "{text}");
        }
    }
}
