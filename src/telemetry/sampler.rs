//! Which traces are recorded.
//!
//! A part of them, chosen by a keyed hash of the trace's id: brokers of one master key choose alike, and
//! who may choose an id cannot tell whether it is one of them. No sender's flag has a say.

use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, SamplingDecision, SamplingResult, ShouldSample};
use ring::hmac::{HMAC_SHA256, Key, sign};

/// Sets the key apart from any other use of the master keys.
const CONTEXT: &[u8] = b"tunnus/traces/1";

/// Chooses where a trace comes in or begins; what is below does as what is above.
pub(super) fn sampler(ratio: f64, master_key: &[u8; 32]) -> ParentBasedSampler {
    let derived = sign(&Key::new(HMAC_SHA256, master_key), CONTEXT);
    let part = Part { ratio, key: Key::new(HMAC_SHA256, derived.as_ref()) };
    Sampler::parent_based(part.clone())
        .with_remote_parent_sampled(part.clone())
        .with_remote_parent_not_sampled(part)
}

#[derive(Clone, Debug)]
struct Part {
    ratio: f64,
    key: Key,
}

impl Part {
    fn has(&self, trace: TraceId) -> bool {
        let tag = sign(&self.key, &trace.to_bytes());
        let place = tag.as_ref().first_chunk().map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes));
        f64::from(place) < self.ratio * (f64::from(u32::MAX) + 1.0)
    }
}

impl ShouldSample for Part {
    fn should_sample(
        &self,
        _: Option<&Context>,
        trace: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let is_recorded = self.has(trace);
        let decision = if is_recorded { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(ratio: f64, key: u8) -> Vec<u128> {
        let part = Part { ratio, key: Key::new(HMAC_SHA256, &[key; 32]) };
        (1..=1_000).filter(|id| part.has(TraceId::from(*id))).collect()
    }

    #[test]
    fn all_none_or_a_part_is_recorded_and_alike_wherever_the_key_is() {
        assert_eq!((recorded(1.0, 1).len(), recorded(0.0, 1).len()), (1_000, 0));
        let tenth = recorded(0.1, 1);
        assert!((60..140).contains(&tenth.len()), "{}", tenth.len());
        assert_eq!(tenth, recorded(0.1, 1));
    }

    #[test]
    fn who_lacks_the_key_cannot_tell_which_ids_are_recorded() {
        let (here, elsewhere) = (recorded(0.1, 1), recorded(0.1, 2));
        let both = here.iter().filter(|id| elsewhere.contains(*id)).count();
        assert!(both < here.len() / 2, "{both} of {}", here.len());
    }
}
