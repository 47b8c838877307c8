//! The log: where it goes, in which form, and the span that ties the lines of one trace together.
//!
//! Owns the subscriber and the log's span; `spans` are those that are exported, `export` sends them to a
//! collector, `sampler` chooses which, `traceparent` is how requests tell of theirs. What is logged is
//! said where it happens; personal data and secrets are [`tunnus_sdk::Hidden`] and print as such.

mod export;
#[cfg(test)]
pub(crate) mod for_tests;
mod sampler;
pub mod spans;
pub mod traceparent;

use opentelemetry::context::FutureExt;
use tracing::{Instrument, Metadata, Span, Subscriber, error_span};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::MakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

pub use export::{Export, ExportError};

use crate::error::Error;

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

/// Sends the log of this process to standard error, and its spans where `export` sends them.
///
/// # Errors
/// When `filter` does not parse, or a log was set up before.
pub fn init(format: LogFormat, filter: &str, export: Option<&Export>) -> Result<(), TelemetryError> {
    subscriber(format, filter, std::io::stderr, export)?.try_init().map_err(TelemetryError::Doubled)
}

/// What `init` sets up, on any writer.
fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    writer: W,
    export: Option<&Export>,
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
    let is_for_log = |metadata: &Metadata<'_>| metadata.target() != spans::TARGET;
    // The log has a span of its own, which says the trace's id and no more.
    let layer = layer.with_filter(filter.and(filter_fn(is_for_log)));
    // Without an exporter nobody wants the others: they are not made at all.
    let only_log = export.is_none().then(|| filter_fn(is_for_log));
    Ok(tracing_subscriber::registry().with(only_log).with(export.map(Export::layer)).with(layer))
}

/// The span whose lines carry a trace id; its level lets no filter have lines without it.
#[must_use]
pub fn span(trace_id: &str) -> Span {
    error_span!("trace", trace_id)
}

/// Work for somewhere else that stays in the trace of what happens here.
pub fn within<F: Future>(work: F) -> impl Future<Output = F::Output> + use<F> {
    work.with_current_context().in_current_span()
}

/// Does a provider's part in a login: what it logs and its spans belong to the login's trace.
///
/// # Errors
/// What `work` fails with.
pub async fn leg<T>(
    trace_id: &str,
    provider: &str,
    leg: &str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let exported = spans::leg(trace_id, provider, leg);
    let done = work.instrument(span(trace_id)).instrument(exported.clone()).await;
    if let Err(error) = &done {
        exported.record("error.type", error.code.name());
        spans::failed(&exported);
    }
    done
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tunnus_sdk::Hidden;

    use super::*;
    use crate::error::Code;

    fn logged(format: LogFormat, filter: &str) -> String {
        logged_by(format, filter, || {
            let _guard = span("4bf92f3577b34da6a3ce929d0e0e4736").entered();
            tracing::info!(name = ?Hidden::from("Onni Korhonen"), "a person");
            tracing::debug!("a detail");
        })
    }

    fn logged_by(format: LogFormat, filter: &str, work: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&lines);
        let subscriber = subscriber(format, filter, move || Lines(Arc::clone(&writer)), None).unwrap();
        let during = for_tests::subscribed(subscriber);
        work();
        drop(during);
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
    fn what_a_leg_logs_carries_the_logins_trace_id_and_not_the_browsers() {
        let text = logged_by(LogFormat::Json, "warn", || {
            let _browser = span("0af7651916cd43dd8448eb211c80319c").entered();
            let work = async {
                tracing::warn!("the upstream is slow");
                Err::<(), _>(Code::ProviderUnavailable.into())
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let left = leg("4bf92f3577b34da6a3ce929d0e0e4736", "generic-oidc", "callback", work);
            assert!(runtime.block_on(left).is_err());
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["span"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn a_filter_that_does_not_parse_is_said() {
        assert!(matches!(init(LogFormat::Json, "tunnus=loud", None), Err(TelemetryError::Filter(_))));
    }
}
