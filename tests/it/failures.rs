//! Redis fails while logins run at real brokers: no identification goes astray or has two results, who
//! is not in flight goes on, nothing hangs, and service is back by itself.
//!
//! The short form: one or two faults for each kind of servers. The soak (`tests/bench/soak`) suffers all.

use crate::support::{
    crowd::Crowd,
    house::{CONNECTIONS, House},
    program::Release,
    redis::{servers::Servers, trouble::Trouble},
};

/// How many persons log in again and again meanwhile.
const PERSONS: usize = 6;
/// How many wait at an upstream when a fault begins.
const WAITING: usize = 8;

/// Lets Redis fail so, one after the other, while logins run at two brokers.
async fn logins_live_through(servers: Servers, troubles: &[Trouble]) {
    let mut house = House::on(servers, Release::This, 2, &CONNECTIONS).await;
    let crowd = Crowd::at(&house).await;
    let persons = crowd.begin(PERSONS);
    for trouble in troubles {
        let mut waiting = Vec::new();
        for _ in 0..WAITING {
            let mut journey = crowd.journey();
            let page = journey.leave().await.expect("all is well");
            waiting.push((journey, page));
        }
        house.redis.settle().await;
        crowd.storm();
        house.redis.suffer(*trouble, async || crowd.notices(3).await).await;
        crowd.calm().await;
        // Who was not in flight has lost nothing.
        for (journey, page) in waiting {
            let came_back = crowd.judged(journey, async |journey| journey.come_back(page).await).await;
            assert!(came_back, "{trouble:?}: {:?}", crowd.tally.wrongs());
        }
    }
    crowd.stop();
    persons.join_all().await;
    assert!(crowd.tally.wrongs().is_empty(), "{:?}: {}", crowd.tally.wrongs(), crowd.tally.to_json());
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_live_through_whatever_befalls_one_redis() {
    let servers = Servers::alone();
    let troubles = Trouble::of(&servers);
    logins_live_through(servers, troubles).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_live_through_a_replica_that_had_lost_contact_and_is_promoted() {
    let servers = Servers::named("sentinel").await.unwrap();
    logins_live_through(servers, &[Trouble::Parted]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_live_through_a_cluster_that_moves_slots_and_loses_a_primary() {
    let servers = Servers::named("cluster").await.unwrap();
    logins_live_through(servers, &[Trouble::Moved, Trouble::Killed]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_live_through_upstreams_that_fail() {
    let house = House::start(2, &CONNECTIONS).await;
    let crowd = Crowd::at(&house).await;
    let persons = crowd.begin(PERSONS);
    crowd.storm();
    house.upstreams_fail(Some("token_server_error"));
    crowd.is_refused(3).await;
    house.upstreams_fail(None);
    crowd.calm().await;
    crowd.stop();
    persons.join_all().await;
    assert!(crowd.tally.wrongs().is_empty(), "{:?}: {}", crowd.tally.wrongs(), crowd.tally.to_json());
}
