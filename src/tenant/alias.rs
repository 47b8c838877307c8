//! A name that apps use in the place of a connection's id, and where it leads.
//!
//! The tenant points it at one connection, or splits it by share among several and back: moving from
//! one upstream to another so changes no app.

/// Where an alias leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias(Vec<(String, u8)>);

impl Alias {
    /// Leads to these connections, each with its share in percent.
    #[must_use]
    pub const fn new(shares: Vec<(String, u8)>) -> Self {
        Self(shares)
    }

    /// The connections that it leads to.
    pub fn connections(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// The connection that `chance`, any number, falls on. The shares of those that are not `able`
    /// fall to the others, in proportion; none where nothing is left.
    pub fn pick(&self, able: impl Fn(&str) -> bool, chance: u64) -> Option<&str> {
        let able: Vec<_> = self.0.iter().filter(|(id, _)| able(id)).collect();
        let whole: u64 = able.iter().map(|(_, share)| u64::from(*share)).sum();
        let mut at = chance.checked_rem(whole)?;
        able.into_iter().find_map(|(id, share)| match at.checked_sub(u64::from(*share)) {
            Some(rest) => {
                at = rest;
                None
            }
            None => Some(id.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split() -> Alias {
        Alias::new(vec![("ftn".to_owned(), 10), ("mle".to_owned(), 90), ("old".to_owned(), 0)])
    }

    fn count(alias: &Alias, able: impl Fn(&str) -> bool, id: &str) -> usize {
        (0..900).filter(|chance| alias.pick(&able, *chance) == Some(id)).count()
    }

    #[test]
    fn each_connection_gets_its_share() {
        for (id, share) in [("ftn", 90), ("mle", 810), ("old", 0)] {
            assert_eq!(count(&split(), |_| true, id), share, "{id}");
        }
    }

    #[test]
    fn what_one_cannot_take_falls_to_the_others() {
        assert_eq!(count(&split(), |id| id != "mle", "ftn"), 900);
        assert_eq!(split().pick(|id| id == "old", 7), None, "a share of nothing gets nothing");
        assert_eq!(split().pick(|_| false, 7), None);
    }
}
