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

/// How many letters must be added, dropped, exchanged, or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut before: (Vec<usize>, Option<char>) = (Vec::new(), None);
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut row = vec![index + 1];
        for (column, other) in to.iter().enumerate() {
            let exchanged = at(&above, column) + usize::from(letter != *other);
            let mut least = exchanged.min(at(&above, column + 1) + 1).min(at(&row, column) + 1);
            let left = column.checked_sub(1);
            // Two letters in the wrong order are one slip, not two.
            if let Some(left) = left.filter(|left| before.1 == Some(*other) && to.get(*left) == Some(&letter))
            {
                least = least.min(at(&before.0, left) + 1);
            }
            row.push(least);
        }
        before = (std::mem::replace(&mut above, row), Some(letter));
    }
    above.last().copied().unwrap_or_default()
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
    fn distances_count_slips() {
        for (from, to, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("nmae", "name", 1),
            ("abcd", "badc", 2),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
