//! Subscribers in tests, which others run beside.

use std::sync::LazyLock;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{
    Dispatch, Subscriber,
    dispatcher::{self, DefaultGuard},
    subscriber::NoSubscriber,
};
use tracing_subscriber::layer::SubscriberExt;

use super::{sampler::sampler, spans::Ids};
use crate::ambient::Ambient;

/// While there is but one subscriber the library asks the thread that meets a span first, be it one
/// without, and keeps the answer. Beside a second one it asks all.
static BESIDE: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// Makes it the subscriber of this thread till the value is dropped.
pub(crate) fn subscribed(subscriber: impl Subscriber + Send + Sync) -> DefaultGuard {
    LazyLock::force(&BESIDE);
    dispatcher::set_default(&Dispatch::new(subscriber))
}

/// Records this part of the traces of this thread till the value is dropped.
pub(crate) fn recorded(ratio: f64) -> DefaultGuard {
    let provider = SdkTracerProvider::builder()
        .with_id_generator(Ids(Ambient::system()))
        .with_sampler(sampler(ratio, &[1; 32]))
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("tests"));
    subscribed(tracing_subscriber::registry().with(layer))
}
