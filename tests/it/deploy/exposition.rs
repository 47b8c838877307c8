//! What `/metrics` of a broker shows that has seen everything.

use std::{collections::BTreeMap, net::TcpListener, time::Duration};

use tunnus::{
    error::{Code, Error},
    metrics::CallOutcome,
    sandbox::{once, tenant::TENANT},
    server,
};
use tunnus_sdk::Stage;

use crate::support::sandbox::Bench;

/// The series of one scrape.
pub struct Exposition(pub Vec<Series>);

/// One line of it.
pub struct Series {
    pub name: String,
    /// As they stand between the braces.
    pub text: String,
    pub labels: BTreeMap<String, String>,
    pub value: String,
}

impl Exposition {
    /// Logs in through every connection, lets happen what no sandbox does by itself, and scrapes.
    pub async fn of_a_broker() -> Self {
        let bench = Bench::start();
        let sandbox = &bench.sandbox;
        let mut out = Vec::new();
        assert!(once::run(&sandbox.relying, &sandbox.connections, true, &mut out).await.unwrap());
        trouble(&bench);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let management = server::management(sandbox.broker.clone(), listener).unwrap();
        let handle = management.handle();
        let serving = tokio::spawn(management);
        let text = sandbox.relying.http.get(url).send().await.unwrap().text().await.unwrap();
        handle.stop(false).await;
        serving.await.unwrap().unwrap();
        Self(text.lines().filter(|line| !line.starts_with('#')).map(Series::read).collect())
    }

    /// The series of a metric.
    pub fn of<'a>(&'a self, name: &str) -> Vec<&'a Series> {
        self.0.iter().filter(|series| series.name == name).collect()
    }
}

/// Failures of every kind, counted as the broker counts them.
fn trouble(bench: &Bench) {
    let metrics = &bench.sandbox.broker.metrics;
    for code in Code::ALL {
        metrics.failed(TENANT, "ftn", &Error::from(code));
    }
    metrics.cancelled(TENANT, "ftn");
    let second = Duration::from_secs(1);
    for outcome in
        [CallOutcome::Status(503), CallOutcome::Unreachable, CallOutcome::TimedOut, CallOutcome::TooLarge]
    {
        metrics.upstream_request("signicat-ftn", Stage::Token, outcome, second);
    }
    metrics.store_operation("take", false, second);
    metrics.connection_build_failed(TENANT, "ftn", true);
    metrics.key_conflict(TENANT, "ftn");
    metrics.tenants_store(true);
    metrics.audit_trail(true);
    metrics.tenants_reloaded(false);
    metrics.limited("address", "starts");
    for status in [429, 500] {
        metrics.http_request("/t/{tenant}/token", "POST", status, second);
    }
}

impl Series {
    fn read(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, text) = series.split_once('{').unwrap_or((series, "}"));
        let text = text.strip_suffix('}').expect("labels that end");
        let mut labels = BTreeMap::new();
        let mut rest = text;
        while let Some((label, after)) = rest.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("a value that ends");
            labels.insert(label.trim_start_matches(',').to_owned(), value.to_owned());
            rest = after;
        }
        Self { name: name.to_owned(), text: text.to_owned(), labels, value: value.to_owned() }
    }
}
