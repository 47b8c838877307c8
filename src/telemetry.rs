//! The log: where it goes, in which form, and the span that ties the lines of one trace together.
//!
//! Owns the subscriber and the span. What is logged is said where it happens; personal data and
//! secrets are [`tunnus_sdk::Hidden`] and print as such.

use tracing::{Span, Subscriber, info_span};
use tracing_subscriber::{EnvFilter, Layer, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

/// The form of a log line.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

/// Why the log was not set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("the log filter is not a list of directives like `info,tunnus=debug`")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Something else has set a log up.
    #[error("the log was set up already")]
    Doubled(#[source] tracing_subscriber::util::TryInitError),
}

/// Sends the log of this process to standard error.
///
/// # Errors
/// When `filter` does not parse, or a log was set up before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    subscriber(format, filter, std::io::stderr)?.try_init().map_err(TelemetryError::Doubled)
}

/// What `init` sets up, on any writer.
fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    writer: W,
) -> Result<impl Subscriber + Send + Sync, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().parse(filter).map_err(TelemetryError::Filter)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false);
    let layer = match format {
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => layer.boxed(),
    };
    Ok(tracing_subscriber::registry().with(filter).with(layer))
}

/// The span whose lines carry a trace id.
#[must_use]
pub fn span(trace_id: &str) -> Span {
    info_span!("trace", trace_id)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tunnus_sdk::Hidden;

    use super::*;

    fn logged(format: LogFormat, filter: &str) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&lines);
        let subscriber = subscriber(format, filter, move || Lines(Arc::clone(&writer))).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            let _guard = span("4bf92f3577b34da6a3ce929d0e0e4736").entered();
            tracing::info!(name = ?Hidden::from("Onni Korhonen"), "a person");
            tracing::debug!("a detail");
        });
        let bytes = lines.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn json_lines_carry_the_trace_id_and_nothing_hidden() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["span"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((&line["message"], &line["name"]), (&"a person".into(), &"[hidden]".into()));
    }

    #[test]
    fn text_lines_carry_the_trace_id_and_nothing_hidden() {
        let text = logged(LogFormat::Text, "debug");
        assert!(
            text.contains("4bf92f3577b34da6a3ce929d0e0e4736")
                && text.contains("[hidden]")
                && text.contains("a detail")
        );
        assert!(!text.contains("Onni"));
    }

    #[test]
    fn a_filter_that_does_not_parse_is_said() {
        assert!(matches!(init(LogFormat::Json, "tunnus=loud"), Err(TelemetryError::Filter(_))));
    }
}
