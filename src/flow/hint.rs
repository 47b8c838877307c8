//! What an app says of who will log in, before anything is known of the provider.

/// Whether a hint looks like a national id of any country we know: it is then personal data that
/// may not stand in an address. `subject-` and `nin-` prefixes of upstreams are looked behind.
#[must_use]
pub fn is_national_id_shaped(hint: &str) -> bool {
    let bare = hint.trim().rsplit_once(':').map_or(hint, |(_, rest)| rest);
    let bare = bare.strip_prefix("subject-").or_else(|| bare.strip_prefix("nin-")).unwrap_or(bare).trim();
    is_finnish(bare) || is_all_digits(bare)
}

/// Six digits, a century sign, three digits, a check character.
fn is_finnish(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let sign = bytes.get(6).is_some_and(|sign| b"+-ABCDEFUVWXY".contains(&sign.to_ascii_uppercase()));
    let check = bytes.get(10).is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() == 11 && digits(0..6) && sign && digits(7..10) && check
}

/// Nordic and other numbers: 9 to 13 digits, perhaps with one sign between.
fn is_all_digits(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let signs = text.bytes().filter(|byte| b"-+ ".contains(byte)).count();
    // A leading plus is a phone number's.
    (9..=13).contains(&digits) && signs <= 1 && digits + signs == text.len() && !text.starts_with('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_ids_are_seen_in_every_dress() {
        for hint in [
            "070770-905D",
            "070770-905d",
            "subject-010200A9618",
            "nin:070770905",
            "19121212-1212",
            "01017012345",
            " 070770-905D ",
        ] {
            assert!(is_national_id_shaped(hint), "{hint}");
        }
    }

    #[test]
    fn names_and_addresses_are_not() {
        for hint in [
            "onni",
            "onni@example.org",
            "sandbox:persona=onni",
            "12345",
            "0707701905D",
            "+358401234567",
            "fi-nordea",
            "",
        ] {
            assert!(!is_national_id_shaped(hint), "{hint}");
        }
    }
}
