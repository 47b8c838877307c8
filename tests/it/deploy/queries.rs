//! What queries ask for, found without understanding them: selectors, and labels to group by.

use std::collections::BTreeSet;

/// A metric with the matchers that stand behind its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Selector {
    pub name: String,
    /// Label, and the values that it may have; none where a variable stands for them.
    pub matchers: Vec<(String, Vec<String>)>,
}

/// The selectors of the broker's own metrics. What a recorded series is called is none.
pub fn selectors(query: &str) -> Vec<Selector> {
    let begins = query.match_indices("tunnus_").map(|(at, _)| at);
    let whole = begins.filter(|at| !query[..*at].ends_with(':'));
    whole.map(|at| selector(&query[at..])).collect()
}

fn selector(text: &str) -> Selector {
    let end = text.find(|c: char| c != '_' && c != ':' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let matchers = rest.strip_prefix('{').map(matchers).unwrap_or_default();
    Selector { name: name.to_owned(), matchers }
}

/// `label="value", label=~"one|another"` up to the brace that closes.
fn matchers(mut text: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    while let Some((label, rest)) = text.split_once(['=', '!']) {
        let (_, rest) = rest.split_once('"').expect("a value in quotes");
        let (value, rest) = rest.split_once('"').expect("a value that ends");
        let values =
            if value.starts_with('$') { Vec::new() } else { value.split('|').map(str::to_owned).collect() };
        found.push((label.trim_matches([',', ' ']).to_owned(), values));
        text = rest;
        if text.starts_with('}') {
            break;
        }
    }
    found
}

/// The series that rules record, where a query asks for them.
pub fn recorded(query: &str) -> BTreeSet<&str> {
    let words = query.split(|c: char| c != '_' && c != ':' && !c.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with("connection:")).collect()
}

/// The labels that a query groups or joins by.
pub fn groupings(query: &str) -> BTreeSet<&str> {
    let lists = ["by (", "on ("].into_iter().flat_map(|word| query.split(word).skip(1));
    let lists = lists.filter_map(|rest| rest.split_once(')'));
    lists.flat_map(|(list, _)| list.split(',')).map(str::trim).filter(|label| !label.is_empty()).collect()
}

#[test]
fn what_a_query_asks_for_is_found() {
    let query = r#"sum by (le, route) (rate(tunnus_x_bucket{route=~"/t/{tenant}/a|b", tenant="$tenant", c!="d"}[5m]))
        / on (route) connection:tunnus_y:increase15m{step="sent"} or tunnus_z"#;
    let matchers = vec![
        ("route".to_owned(), vec!["/t/{tenant}/a".to_owned(), "b".to_owned()]),
        ("tenant".to_owned(), vec![]),
        ("c".to_owned(), vec!["d".to_owned()]),
    ];
    let x = Selector { name: "tunnus_x_bucket".to_owned(), matchers };
    assert_eq!(selectors(query), [x, Selector { name: "tunnus_z".to_owned(), matchers: vec![] }]);
    assert_eq!(groupings(query), BTreeSet::from(["le", "route"]));
    assert_eq!(recorded(query), BTreeSet::from(["connection:tunnus_y:increase15m"]));
}
