//! The soak itself.

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::interval,
};

use super::{arguments::Arguments, memory::Memory};
use crate::support::{
    crowd::Crowd,
    house::{CONNECTIONS, House},
    program::Release,
    redis::{servers::Servers, trouble::Trouble},
};

/// How long the load is measured that the house bears.
const MEASURED: Duration = Duration::from_secs(15);
/// How many persons that takes.
const PERSONS: usize = 8;
/// How long all is well between two faults.
const WELL: Duration = Duration::from_secs(5);
/// How many persons must have met a fault before it ends.
const NOTICED: u64 = 3;
/// The broker that comes and goes; the other one lives through all of it.
const MORTAL: usize = 1;

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Ill {
    Redis(Trouble),
    Upstreams(&'static str),
    BrokerKilled,
    BrokerReplaced,
}

impl Ill {
    fn all(servers: &Servers) -> Vec<Self> {
        let redis = Trouble::of(servers).iter().copied().map(Self::Redis);
        let others = [
            Self::BrokerKilled,
            Self::Upstreams("token_server_error"),
            Self::BrokerReplaced,
            Self::Upstreams("userinfo_not_json"),
        ];
        // One of each kind in turn.
        let mut all = Vec::new();
        let mut others = others.into_iter().cycle();
        for trouble in redis {
            all.extend([trouble].into_iter().chain(others.next()));
        }
        all
    }
}

pub fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(soak(&arguments))
}

async fn soak(arguments: &Arguments) -> ExitCode {
    let Some(servers) = Servers::named(&arguments.servers).await else {
        eprintln!("--on wants alone, sentinel or cluster");
        return ExitCode::from(2);
    };
    let mut house = House::on(servers, Release::This, 2, &CONNECTIONS).await;
    let rate = match arguments.rate {
        Some(rate) => rate,
        None => borne(&house).await / 2.0,
    };
    eprintln!("{rate:.1} logins a second");
    let crowd = Crowd::at(&house).await;
    let memory = Memory::watched();
    for (broker, program) in house.brokers.iter().enumerate() {
        memory.lives(broker, program.process.id());
    }
    let stopped = Arc::new(AtomicBool::default());
    let load = paced(&crowd, rate, &stopped);
    let begun = Instant::now();
    let suffered = suffer(&mut house, &crowd, &memory, arguments.time).await;
    memory.end();
    // At last every broker is replaced, and nobody notices.
    replace(&mut house, 0);
    replace(&mut house, MORTAL);
    stopped.store(true, Ordering::Relaxed);
    load.await.unwrap();
    let took = begun.elapsed();
    memory.table();
    for (ill, times) in &suffered {
        println!("{times:>6} times {ill}");
    }
    let wrongs = [crowd.tally.wrongs(), memory.grown()].concat();
    for wrong in &wrongs {
        eprintln!("WRONG: {wrong}");
    }
    let line = json!({
        "soak": arguments.servers, "seconds": took.as_secs(), "logins_per_second": rate,
        "logins": crowd.tally.to_json(), "faults": suffered, "memory": memory.to_json(),
        "passed": wrongs.is_empty(),
    });
    println!("{line}");
    ExitCode::from(u8::from(!wrongs.is_empty()))
}

/// How many logins a second the house bears, persons and upstreams included.
async fn borne(house: &House) -> f64 {
    let crowd = Crowd::at(house).await;
    let logged_in = || crowd.tally.to_json()["identified"].as_u64().unwrap();
    let before = logged_in();
    let begun = Instant::now();
    let persons = crowd.begin(PERSONS);
    let mut ticks = interval(MEASURED);
    ticks.tick().await;
    ticks.tick().await;
    crowd.stop();
    persons.join_all().await;
    let logins = u32::try_from(logged_in() - before).unwrap();
    f64::from(logins) / begun.elapsed().as_secs_f64()
}

/// So many persons a second begin a login, however long each takes.
fn paced(crowd: &Arc<Crowd>, rate: f64, stopped: &Arc<AtomicBool>) -> JoinHandle<()> {
    let (crowd, stopped) = (Arc::clone(crowd), Arc::clone(stopped));
    tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
        let mut persons = JoinSet::new();
        while !stopped.load(Ordering::Relaxed) {
            ticks.tick().await;
            let crowd = Arc::clone(&crowd);
            persons.spawn(async move { crowd.one().await });
            while persons.try_join_next().is_some() {}
        }
        persons.join_all().await;
    })
}

/// One ill after the other for this time; how often each.
async fn suffer(
    house: &mut House,
    crowd: &Arc<Crowd>,
    memory: &Memory,
    time: Duration,
) -> BTreeMap<String, u32> {
    let ills = Ill::all(&house.redis);
    let mut suffered = BTreeMap::new();
    let mut between = interval(WELL);
    let begun = Instant::now();
    for ill in ills.iter().cycle() {
        between.reset();
        between.tick().await;
        if begun.elapsed() >= time {
            break;
        }
        let since = Instant::now();
        befall(house, crowd, *ill).await;
        if matches!(ill, Ill::BrokerKilled | Ill::BrokerReplaced) {
            memory.lives(MORTAL, house.brokers[MORTAL].process.id());
        }
        *suffered.entry(format!("{ill:?}")).or_default() += 1;
        eprintln!(
            "{:>6.1} s: {ill:?} took {:.1} s; {}",
            begun.elapsed().as_secs_f64(),
            since.elapsed().as_secs_f64(),
            crowd.tally.to_json()
        );
    }
    suffered
}

/// From its beginning until all is well again.
async fn befall(house: &mut House, crowd: &Arc<Crowd>, ill: Ill) {
    if let Ill::BrokerReplaced = ill {
        // That is no fault: nobody may be refused.
        return replace(house, MORTAL);
    }
    crowd.storm();
    match ill {
        Ill::Redis(trouble) => house.redis.suffer(trouble, async || crowd.notices(NOTICED).await).await,
        Ill::Upstreams(fault) => {
            house.upstreams_fail(Some(fault));
            crowd.is_refused(NOTICED).await;
            house.upstreams_fail(None);
        }
        Ill::BrokerKilled | Ill::BrokerReplaced => {
            house.brokers[MORTAL].kill();
            house.brokers[MORTAL].restart();
        }
    }
    crowd.calm().await;
}

/// Lets a broker end as an upgrade does, and the next one begin.
fn replace(house: &mut House, broker: usize) {
    house.brokers[broker].terminate();
    house.brokers[broker].restart();
}
