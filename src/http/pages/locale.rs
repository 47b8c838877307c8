//! Which language a person reads.

use tunnus_sdk::Locale;

/// How much of a wish is read; who sends more wishes for nothing. No browser comes near.
const WISH_MAX: usize = 1024;

/// The best weight of an `Accept-Language`, in thousandths.
const WHOLE: u16 = 1000;

/// The language of the pages: the first known one of `ui_locales` (OpenID Connect Core, section
/// 3.1.2.1: by preference, spaces between), else the heaviest of `Accept-Language` (RFC 9110,
/// section 12.5.4), else English.
#[must_use]
pub fn pick_locale(ui_locales: Option<&str>, accept_language: Option<&str>) -> Locale {
    let asked = ui_locales.filter(bounded).and_then(|tags| tags.split_ascii_whitespace().find_map(known));
    asked.or_else(|| accept_language.filter(bounded).and_then(heaviest)).unwrap_or_default()
}

/// Whether a wish is short enough to be read.
fn bounded(wish: &&str) -> bool {
    wish.len() <= WISH_MAX
}

/// The known language with the greatest weight, the first of equals.
fn heaviest(ranges: &str) -> Option<Locale> {
    let wishes = ranges.split(',').filter_map(|range| {
        let (tag, weight) =
            range.split_once(';').map_or((range, Some(WHOLE)), |(tag, rest)| (tag, weight(rest)));
        Some((known(tag.trim())?, weight.filter(|weight| *weight > 0)?))
    });
    wishes.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(locale, _)| locale)
}

/// The weight of `q=0.8` in thousandths; none of what is not written so (RFC 9110, section 12.4.2).
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if !name.trim().eq_ignore_ascii_case("q")
        || fraction.len() > 3
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(WHOLE),
        _ => None,
    }
}

/// The language of a tag such as `sv-FI`, where we speak it.
fn known(tag: &str) -> Option<Locale> {
    let language = tag.split(['-', '_']).next()?;
    let spoken = [Locale::Fi, Locale::Sv, Locale::En];
    spoken.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apps_wish_comes_before_the_browsers() {
        assert_eq!(pick_locale(Some("sv fi"), Some("fi")), Locale::Sv);
        assert_eq!(pick_locale(Some("de fi-FI"), Some("sv")), Locale::Fi);
        assert_eq!(pick_locale(Some("de"), Some("sv")), Locale::Sv);
        assert_eq!(pick_locale(Some(""), None), Locale::En);
    }

    #[test]
    fn the_heaviest_language_that_we_speak_is_taken() {
        for (header, locale) in [
            ("fi", Locale::Fi),
            ("FI-fi", Locale::Fi),
            ("fil, sv;q=0.1", Locale::Sv),
            ("de-DE,de;q=0.9,sv;q=0.5,fi;q=0.8", Locale::Fi),
            ("en;q=0.2, sv ; q=0.21", Locale::Sv),
            ("fi, sv, en", Locale::Fi),
            ("fi;q=0, sv;q=0.001", Locale::Sv),
            ("fi;q=0", Locale::En),
            ("*", Locale::En),
            ("", Locale::En),
            ("de", Locale::En),
        ] {
            assert_eq!(pick_locale(None, Some(header)), locale, "{header}");
        }
    }

    #[test]
    fn a_weight_that_is_none_makes_no_wish() {
        for header in [
            "fi;q=2",
            "fi;q=1.5",
            "fi;q=-1",
            "fi;q=0.1234",
            "fi;q=x",
            "fi;q=",
            "fi;level=1",
            "fi;",
            "fi;q=+1",
            "fi;q=0.+1",
        ] {
            assert_eq!(pick_locale(None, Some(header)), Locale::En, "{header}");
        }
        assert_eq!(pick_locale(None, Some("fi;q=1.000")), Locale::Fi);
        assert_eq!(pick_locale(None, Some("fi;q=0.")), Locale::En);
    }

    #[test]
    fn a_wish_without_bounds_is_not_read() {
        let endless = "fi,".repeat(100_000);
        assert_eq!(pick_locale(Some(&endless), Some(&endless)), Locale::En);
        assert_eq!(pick_locale(Some(&"fi ".repeat(1000)), Some("sv")), Locale::Sv);
    }
}
