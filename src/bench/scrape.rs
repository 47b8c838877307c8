//! What a broker says of itself at `/metrics`.

use super::BenchError;

/// The operations with keys, by name.
pub const OPERATIONS: [&str; 4] = ["decrypt", "sign", "verify", "encrypt"];

/// One look at the metrics.
pub struct Scrape(String);

/// Observations at or below a bound, by bound in seconds.
type Buckets = Vec<(f64, f64)>;

impl Scrape {
    /// The text of one answer.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The samples of one series: labels and value.
    fn samples<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?.strip_prefix('{')?;
            let (labels, value) = rest.rsplit_once("} ")?;
            Some((labels, value.parse().ok()?))
        })
    }

    /// How often the operation was done since `before`.
    #[must_use]
    pub fn operations_since(&self, before: &Self, operation: &str) -> u64 {
        let label = format!("operation=\"{operation}\"");
        let count = |scrape: &Self| {
            let samples = scrape.samples("tunnus_jose_operations_total");
            samples.filter(|(labels, _)| *labels == label).map(|(_, value)| whole(value)).sum::<u64>()
        };
        count(self).saturating_sub(count(before))
    }

    /// How often logins asked the flow store since `before`: each time one round trip. Looking whether it
    /// is there does not count, nor what brokers tell each other now and then of all they have admitted.
    #[must_use]
    pub fn round_trips_since(&self, before: &Self) -> u64 {
        let count = |scrape: &Self| {
            let samples = scrape.samples("tunnus_flow_store_operation_duration_seconds_count");
            samples
                .filter(|(labels, _)| !["\"ping\"", "\"add\""].iter().any(|other| labels.contains(other)))
                .map(|(_, value)| whole(value))
                .sum::<u64>()
        };
        count(self).saturating_sub(count(before))
    }

    /// The broker's own part of the returns since `before`, at these quantiles, in seconds.
    ///
    /// # Errors
    /// Where there was no return.
    pub fn own_part_since<const N: usize>(
        &self,
        before: &Self,
        quantiles: [f64; N],
    ) -> Result<[f64; N], BenchError> {
        let (now, then) = (self.own_part(), before.own_part());
        let since: Buckets = now
            .iter()
            .map(|(bound, count)| {
                let earlier = then.iter().find(|(other, _)| other.total_cmp(bound).is_eq());
                (*bound, count - earlier.map_or(0.0, |(_, count)| *count))
            })
            .collect();
        let all = since.last().map_or(0.0, |(_, count)| *count);
        if all < 1.0 {
            return Err(BenchError::Login("no return was counted"));
        }
        Ok(quantiles.map(|quantile| at(&since, quantile * all)))
    }

    /// All providers and legs together, by rising bounds.
    fn own_part(&self) -> Buckets {
        let mut buckets = Buckets::new();
        for (labels, count) in self.samples("tunnus_return_own_duration_seconds_bucket") {
            let bound = labels.split("le=\"").nth(1).and_then(|rest| rest.split('"').next());
            let Some(bound) = bound.and_then(|bound| bound.parse::<f64>().ok()) else { continue };
            match buckets.iter_mut().find(|(known, _)| known.total_cmp(&bound).is_eq()) {
                Some((_, sum)) => *sum += count,
                None => buckets.push((bound, count)),
            }
        }
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        buckets
    }
}

/// Where the `rank`th observation lies, between the bounds of its bucket in proportion; of those above
/// the last bound, that bound.
fn at(buckets: &[(f64, f64)], rank: f64) -> f64 {
    let (mut below, mut before) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= rank && bound.is_finite() {
            let within = (count - before).max(1.0);
            return below + (bound - below) * (rank - before) / within;
        }
        if bound.is_finite() {
            (below, before) = (*bound, *count);
        }
    }
    below
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counters are whole and not negative"
)]
const fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(decrypts: u32, puts: u32, [fast, all]: [u32; 2]) -> Scrape {
        let own = "tunnus_return_own_duration_seconds_bucket{leg=\"callback\",provider=\"p\",le=";
        Scrape::new(format!(
            "# HELP tunnus_jose_operations_total …\n\
             tunnus_jose_operations_total{{operation=\"decrypt\"}} {decrypts}\n\
             tunnus_flow_store_operation_duration_seconds_count{{operation=\"ping\",outcome=\"ok\"}} 99\n\
             tunnus_flow_store_operation_duration_seconds_count{{operation=\"put\",outcome=\"ok\"}} {puts}\n\
             {own}\"0.001\"}} {fast}\n{own}\"0.002\"}} {all}\n{own}\"+Inf\"}} {all}\n"
        ))
    }

    #[test]
    fn what_was_counted_between_two_looks_is_told() {
        let (before, after) = (scrape(2, 10, [10, 10]), scrape(8, 34, [60, 110]));
        assert_eq!(after.operations_since(&before, "decrypt"), 6);
        assert_eq!(after.operations_since(&before, "sign"), 0);
        assert_eq!(after.round_trips_since(&before), 24);
        let [median, worst] = after.own_part_since(&before, [0.5, 0.99]).unwrap();
        assert!((median - 0.001).abs() < 1e-9, "{median}");
        assert!((worst - 0.00198).abs() < 1e-9, "{worst}");
        assert!(after.own_part_since(&after, [0.5]).is_err());
    }
}
