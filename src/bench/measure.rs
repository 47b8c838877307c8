//! One scenario from a fresh broker to its figures.

use std::{path::Path, sync::Arc, time::Duration};

use serde::Serialize;
use tunnus_jose::bare::Bare;
use tunnus_sdk::sandbox::KeyWork;

use super::{
    BenchError,
    bare::Samples,
    broker::{Addresses, Broker},
    cores::Cores,
    folder::{AUTHORITY, write_settings},
    load::{self, Done},
    redis::Redis,
    scenario::{Scenario, Store},
    scrape::{OPERATIONS, Scrape},
    shop::{Shop, client},
    upstream::Upstreams,
};

/// How many logins go before, so that connections are open and caches are filled.
const WARM_UP: u32 = 20;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// How long each of the two loads lasts.
    pub time: Duration,
    /// How many flows are in flight when memory is looked at.
    pub flows: u32,
}

/// The figures of a scenario; as JSON, one line of the output.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Its name.
    pub scenario: String,
    /// Whole logins, as many as the broker bears.
    pub logins_per_second: f64,
    /// CPU time of the broker.
    pub cpu_ms_per_login: f64,
    /// CPU time of the bare cryptography of the same login.
    pub crypto_ms_per_login: f64,
    /// The one by the other.
    pub ratio: f64,
    /// Content keys unwrapped in one login.
    pub decrypt: u64,
    /// Signatures made.
    pub sign: u64,
    /// Signatures examined.
    pub verify: u64,
    /// Content keys wrapped.
    pub encrypt: u64,
    /// The broker's own part of a return at half load, beside upstream and cryptography: half are faster.
    pub p50_ms: f64,
    /// Of a hundred, ninety-nine are faster.
    pub p99_ms: f64,
    /// Round trips of one login; none without Redis.
    pub redis_round_trips: Option<f64>,
    /// Memory at rest.
    pub rss_mib: f64,
    /// What a thousand flows in flight add.
    pub rss_mib_per_thousand_flows: f64,
    /// From the start of the process until it is ready.
    pub ready_ms: f64,
}

/// The things that scenarios share.
pub struct Bench<'a> {
    /// The folder of the run.
    pub dir: &'a Path,
    /// The upstreams.
    pub upstreams: &'a Upstreams,
    /// Where its brokers listen, one after the other.
    pub at: Addresses,
    /// Who runs where.
    pub cores: Cores,
    /// How much is measured.
    pub extent: Extent,
}

impl Bench<'_> {
    /// Measures `scenario`.
    ///
    /// # Errors
    /// Where a login fails, or the counts are not those that are stated.
    pub async fn measure(&self, scenario: &Scenario) -> Result<Figures, BenchError> {
        let own = self.dir.join(scenario.name().replace('/', "-"));
        std::fs::create_dir_all(&own).map_err(|error| BenchError::Machine("no folder can be made", error))?;
        let redis = (scenario.store == Store::Redis).then(|| Redis::start(&own)).transpose()?;
        let store = redis.as_ref().map_or_else(|| "memory:".to_owned(), Redis::url);
        let upstreams = &self.upstreams.ready.origin;
        write_settings(&own, self.dir, self.at, &store, upstreams)?;
        let authority = std::fs::read_to_string(self.dir.join(AUTHORITY));
        let authority = authority.map_err(|error| BenchError::Machine("the authority is gone", error))?;
        let http = client(&authority)?;
        let broker = Broker::start(&own, self.at, self.cores, http.clone()).await?;
        let shop = Arc::new(Shop::new(http, scenario, self.at, upstreams));
        self.run(scenario, &broker, &shop).await
    }

    async fn run(
        &self,
        scenario: &Scenario,
        broker: &Broker,
        shop: &Arc<Shop>,
    ) -> Result<Figures, BenchError> {
        shop.verified_login().await?;
        for _ in 0..WARM_UP {
            shop.login().await?;
        }
        let rest = broker.resident_kib()?;
        load::leave(shop, self.extent.flows).await?;
        let in_flight = broker.resident_kib()?.saturating_sub(rest);
        let full = self.full_load(scenario, broker, shop).await?;
        let [p50, p99] = self.half_load(scenario, broker, shop, full.logins_per_second / 2.0).await?;
        let [decrypt, sign, verify, encrypt] = stated(scenario.login.keys);
        Ok(Figures {
            scenario: scenario.name(),
            logins_per_second: full.logins_per_second,
            cpu_ms_per_login: full.cpu_ms,
            crypto_ms_per_login: full.crypto_ms,
            ratio: full.cpu_ms / full.crypto_ms,
            decrypt,
            sign,
            verify,
            encrypt,
            p50_ms: p50 * 1000.0,
            p99_ms: p99 * 1000.0,
            redis_round_trips: (scenario.store == Store::Redis).then_some(full.round_trips),
            rss_mib: f64::from(rest) / 1024.0,
            rss_mib_per_thousand_flows: f64::from(in_flight) / 1.024 / f64::from(self.extent.flows.max(1)),
            ready_ms: broker.ready_in.as_secs_f64() * 1000.0,
        })
    }

    async fn full_load(
        &self,
        scenario: &Scenario,
        broker: &Broker,
        shop: &Arc<Shop>,
    ) -> Result<FullLoad, BenchError> {
        let bare = Bare::new(scenario.login.keys, scenario.app)?;
        let (before, cpu) = (broker.scrape().await?, broker.cpu()?);
        let samples = Samples::begin(bare, self.cores);
        let done = load::saturate(shop, self.extent.time).await?;
        let cpu = broker.cpu()?.saturating_sub(cpu);
        let crypto = samples.end()?;
        let after = broker.scrape().await?;
        check(scenario, &before, &after, done)?;
        let logins = number(done.logins);
        Ok(FullLoad {
            logins_per_second: logins / done.took.as_secs_f64(),
            cpu_ms: cpu.as_secs_f64() * 1000.0 / logins,
            crypto_ms: crypto.as_secs_f64() * 1000.0,
            round_trips: number(after.round_trips_since(&before)) / logins,
        })
    }

    /// The broker's own part of a return, in seconds.
    async fn half_load(
        &self,
        scenario: &Scenario,
        broker: &Broker,
        shop: &Arc<Shop>,
        rate: f64,
    ) -> Result<[f64; 2], BenchError> {
        let before = broker.scrape().await?;
        let done = load::pace(shop, rate, self.extent.time).await?;
        let after = broker.scrape().await?;
        check(scenario, &before, &after, done)?;
        after.own_part_since(&before, [0.5, 0.99])
    }
}

struct FullLoad {
    logins_per_second: f64,
    cpu_ms: f64,
    crypto_ms: f64,
    round_trips: f64,
}

/// What one login does, in the order of [`OPERATIONS`]: the provider's part and the ID token.
fn stated(keys: KeyWork) -> [u64; OPERATIONS.len()] {
    [keys.decrypt, keys.sign + 1, keys.verify, keys.encrypt].map(u64::from)
}

/// Whether the broker has counted just what is stated of so many logins.
fn check(scenario: &Scenario, before: &Scrape, after: &Scrape, done: Done) -> Result<(), BenchError> {
    for (operation, each) in OPERATIONS.into_iter().zip(stated(scenario.login.keys)) {
        let (stated, counted) = (each * done.logins, after.operations_since(before, operation));
        if counted != stated {
            return Err(BenchError::Count { operation, logins: done.logins, stated, counted });
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no run has so many logins")]
const fn number(count: u64) -> f64 {
    count as f64
}
