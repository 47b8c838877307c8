//! Where spans go: an OpenTelemetry collector, by OTLP over HTTP.
//!
//! A thread of its own sends them in batches. Nothing waits for it: what the bounded queue does not hold
//! is dropped.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider},
};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::{
    sampler::sampler,
    spans::{Ids, TARGET},
};
use crate::{
    ambient::Ambient,
    config::{Config, Telemetry},
    host,
};

/// How long the collector may take over a batch.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last batch may take when the process ends.
const END: Duration = Duration::from_secs(5);
/// How many spans wait at most, and go in one batch.
const QUEUE: (usize, usize) = (4_096, 512);
/// The largest answer of a collector that is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Why spans cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The exporter.
    #[error("the exporter of traces cannot be set up")]
    Exporter(#[from] ExporterBuildError),
    /// What calls the collector.
    #[error("the client of the trace collector cannot be set up")]
    Client(#[from] host::CollectorError),
}

/// Sends spans to a collector until it is ended.
pub struct Export(SdkTracerProvider);

impl Export {
    /// Begins as the settings say; none where they name no collector.
    ///
    /// # Errors
    /// Where a client cannot be built.
    pub fn begin(config: &Config, ambient: Ambient, runtime: Handle) -> Result<Option<Self>, ExportError> {
        let settings = &config.telemetry;
        let Some(endpoint) = &settings.otlp_endpoint else { return Ok(None) };
        let key = config.master_keys.first().map_or_else(|| ambient.bytes(), |first| *first.key.expose());
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor(endpoint, runtime)?)
            .with_sampler(sampler(settings.sample_ratio, &key))
            .with_id_generator(Ids(ambient))
            .with_resource(resource(settings));
        Ok(Some(Self(provider.build())))
    }

    /// What takes the spans of a subscriber, and nothing of its events.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("tunnus"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET))
    }

    /// Sends what waits, and ends. The runtime must still be there; no thread of it may call this.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown_with_timeout(END) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Export")
    }
}

/// What sends spans in batches.
fn processor(endpoint: &str, runtime: Handle) -> Result<BatchSpanProcessor, ExportError> {
    let collector = Collector { http: host::collector(TIMEOUT)?, runtime, is_away: AtomicBool::default() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(collector)
        .with_endpoint(endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TIMEOUT)
        .build()?;
    let (queue, batch) = QUEUE;
    let config = BatchConfigBuilder::default().with_max_queue_size(queue).with_max_export_batch_size(batch);
    Ok(BatchSpanProcessor::builder(exporter).with_batch_config(config.build()).build())
}

/// What every span says of this broker.
fn resource(settings: &Telemetry) -> Resource {
    let own = settings.attributes.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    Resource::builder_empty().with_service_name("tunnus").with_attribute(version).with_attributes(own).build()
}

/// The collector. The exporter's thread has no reactor: calls run on the broker's runtime.
struct Collector {
    http: reqwest::Client,
    runtime: Handle,
    is_away: AtomicBool,
}

impl Collector {
    /// Says once that the collector is away, and once that it is back.
    fn note(&self, is_away: bool) {
        if self.is_away.swap(is_away, Ordering::Relaxed) != is_away {
            let what = if is_away { "no traces: they are dropped" } else { "traces again" };
            tracing::warn!("the collector takes {what}");
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let answer = self.runtime.spawn(send(self.http.clone(), request)).await;
        let answer = answer.map_err(HttpError::from).and_then(|answer| answer);
        self.note(!answer.as_ref().is_ok_and(|answer| answer.status().is_success()));
        answer
    }
}

async fn send(http: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request).await.map_err(reqwest::Error::without_url)?;
    let body = host::body(&mut answer, ANSWER_MAX).await?;
    let mut response = Response::new(body.into());
    *response.status_mut() = answer.status();
    response.headers_mut().clone_from(answer.headers());
    Ok(response)
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}
