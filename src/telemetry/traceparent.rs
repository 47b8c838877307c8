//! `traceparent` (W3C Trace Context): how a request says to which trace it belongs.

use opentelemetry::{
    SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceState},
};

/// The header's name.
pub const NAME: &str = "traceparent";

/// Whose child a request is; none where the value is not exactly of version 00.
///
/// The sender's flags are ignored: whether a trace is recorded is ours to say.
#[must_use]
pub fn parse(value: &str) -> Option<SpanContext> {
    let mut parts = value.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |part: &str, digits: usize| {
        part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_whole = is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    if version != "00" || !is_whole || parts.next().is_some() {
        return None;
    }
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let parent = SpanContext::new(trace, span, TraceFlags::default(), true, TraceState::default());
    parent.is_valid().then_some(parent)
}

/// The value for a request whose parent is this span.
pub(super) fn format(parent: &SpanContext) -> String {
    format!("00-{}-{}-{:02x}", parent.trace_id(), parent.span_id(), parent.trace_flags())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_parent_is_taken_without_its_flags() {
        let parent = parse(GOOD).unwrap();
        assert_eq!(format(&parent), GOOD.replace("-01", "-00"));
        assert!(parent.is_remote() && !parent.is_sampled());
    }

    #[test]
    fn what_is_not_exactly_a_parent_is_none() {
        let bad = [
            String::new(),
            "-".repeat(3),
            GOOD.to_uppercase(),
            GOOD.replacen("00-", "01-", 1),
            GOOD.replacen("00-", "ff-", 1),
            GOOD.replace("4bf92f", "+bf92f"),
            GOOD.replace("00f067", "+0f067"),
            GOOD.replace("4bf92f", "4bf92"),
            GOOD.replace("4bf92f", "äf92f"),
            GOOD.replace("-01", "-1"),
            GOOD.replace("-01", "-0g"),
            format!("{GOOD}-00"),
            format!("{GOOD}-"),
            format!(" {GOOD}"),
            format!("{GOOD}\t"),
            format!("{GOOD},{GOOD}"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", "0".repeat(16)),
            "a".repeat(1 << 20),
        ];
        for value in bad {
            assert_eq!(parse(&value), None, "{}", value.get(..80).unwrap_or(&value));
        }
    }
}
