//! What somebody may have meant.

/// The candidate that `word` is most likely a slip for; none where nothing is close.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `; did you mean NAME?`, or nothing.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(word, candidates).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// The edit distance of Levenshtein.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (above, other) in row.iter().skip(1).zip(&to) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(letter != *other));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_slip_is_mended() {
        let keys = ["public_url", "listen", "management_listen"];
        assert_eq!(closest("publik_url", keys), Some("public_url"));
        assert_eq!(closest("lisen", keys), Some("listen"));
        assert_eq!(closest("colour", keys), None);
        assert_eq!(did_you_mean("listn", keys), "; did you mean `listen`?");
    }

    #[test]
    fn distances_are_levenshteins() {
        for (from, to, expected) in [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
