//! Logins in number: as many as the broker bears, or so many a second.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{BenchError, shop::Shop};

/// How many customers log in at a time where as many are wanted as the broker bears.
const AT_ONCE: usize = 16;

/// Customers on their way, each with the number of their logins.
type Customers = JoinSet<Result<u64, BenchError>>;

/// What was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// So many logins, all of which have ended well.
    pub logins: u64,
    /// In this time.
    pub took: Duration,
}

/// Logs in as often as the broker bears for this `time`; what has begun then ends.
///
/// # Errors
/// The first login that fails.
pub async fn saturate(shop: &Arc<Shop>, time: Duration) -> Result<Done, BenchError> {
    let begun = Instant::now();
    let mut customers = Customers::new();
    for _ in 0..AT_ONCE {
        let shop = Arc::clone(shop);
        customers.spawn(async move {
            let mut logins = 0;
            while begun.elapsed() < time {
                shop.login().await?;
                logins += 1;
            }
            Ok(logins)
        });
    }
    let logins = all(customers).await?.into_iter().sum();
    Ok(Done { logins, took: begun.elapsed() })
}

/// Begins a login at even intervals, `rate` a second, for this `time`, however long each takes.
///
/// # Errors
/// The first login that fails.
pub async fn pace(shop: &Arc<Shop>, rate: f64, time: Duration) -> Result<Done, BenchError> {
    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate.max(1.0)));
    let mut customers = Customers::new();
    while begun.elapsed() < time {
        ticks.tick().await;
        let shop = Arc::clone(shop);
        customers.spawn(async move { shop.login().await.map(|()| 1) });
    }
    let logins = all(customers).await?.into_iter().sum();
    Ok(Done { logins, took: begun.elapsed() })
}

/// Sends so many customers to the upstream, who stay there.
///
/// # Errors
/// The first that does not get there.
pub async fn leave(shop: &Arc<Shop>, customers: u32) -> Result<(), BenchError> {
    let mut leaving = Customers::new();
    let lines = u32::try_from(AT_ONCE).unwrap_or(1);
    for line in 0..lines {
        let shop = Arc::clone(shop);
        let own = customers / lines + u32::from(line < customers % lines);
        leaving.spawn(async move {
            for _ in 0..own {
                shop.leave().await?;
            }
            Ok(u64::from(own))
        });
    }
    all(leaving).await.map(drop)
}

async fn all(mut tasks: Customers) -> Result<Vec<u64>, BenchError> {
    let mut done = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        done.push(ended.map_err(|_| BenchError::Login("it ended abnormally"))??);
    }
    Ok(done)
}
