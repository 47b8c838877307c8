//! Several brokers, each a process of its own, on one PostgreSQL and one Redis behind a balancer.

//! Several brokers on one Redis: whichever is asked, whichever is killed or replaced.

use serde_json::json;
use tunnus::sandbox::tenant::TENANT;

use crate::support::{
    house::{CONNECTIONS, House},
    person::Person,
    program::{Release, apply},
    sandbox::RETURN,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_on_at_whichever_broker_the_balancer_chooses() {
    let house = House::start(3, &CONNECTIONS).await;
    for connection in CONNECTIONS {
        for first in 0..3 {
            house.balancer.next(first);
            let body = house.login(connection).await;
            assert_eq!(body["identity"]["connection"], connection, "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_takes_no_login_with_it() {
    let mut house = House::start(2, &CONNECTIONS).await;
    for connection in CONNECTIONS {
        house.balancer.next(0);
        let door = house.door(connection).await;
        house.balancer.next(0);
        let (mut person, shown) = house.at_upstream(&door).await;
        house.brokers[0].kill();
        let returned = person.answer(shown, RETURN).await;
        assert!(house.result(&returned).await["identity"].is_object());
        house.brokers[0].restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_nothing() {
    let mut house = House::start(2, &CONNECTIONS).await;
    let mut waiting = Vec::new();
    for connection in CONNECTIONS {
        let door = house.door(connection).await;
        waiting.push(house.at_upstream(&door).await);
    }
    for broker in 0..2 {
        house.brokers[broker].terminate();
        // Without `server.drain` a balancer that has not noticed yet is cut off.
        house.brokers[broker].process.wait().unwrap();
        assert!(house.login("idpartner").await["identity"].is_object(), "the other one goes on");
        house.brokers[broker].restart();
    }
    for (mut person, shown) in waiting {
        let returned = person.answer(shown, RETURN).await;
        assert!(house.result(&returned).await["identity"].is_object());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_of_one_broker_after_another_loses_nothing() {
    let mut house = House::start_as(Release::Former, 2, &CONNECTIONS).await;
    for upgraded in 0..2 {
        let mut waiting = Vec::new();
        for connection in CONNECTIONS {
            let door = house.door(connection).await;
            waiting.push(house.at_upstream(&door).await);
        }
        house.brokers[upgraded].release = Release::This;
        house.brokers[upgraded].terminate();
        house.brokers[upgraded].restart();
        // Each step of a login is at the other broker, so at the other release where they differ.
        for (connection, first) in
            CONNECTIONS.into_iter().flat_map(|connection| [(connection, 0), (connection, 1)])
        {
            house.balancer.next(first);
            assert!(house.login(connection).await["identity"].is_object(), "{connection} from {first} on");
        }
        for (mut person, shown) in waiting {
            let returned = person.answer(shown, RETURN).await;
            assert!(house.result(&returned).await["identity"].is_object());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_beside_one_broker_is_used_by_all_within_a_moment() {
    let house = House::start(2, &CONNECTIONS).await;
    house.login("idpartner").await;
    let file = house.folder.path().join(format!("tunnus/tenants/{TENANT}.toml"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("id = \"idpartner\"", "id = \"idpartner\"\nenabled = false")).unwrap();
    apply(Release::This, &house.folder.path().join("tunnus"), &house.settings);
    let asked = json!({ "return_url": RETURN, "connection": "idpartner" });
    let begun = std::time::Instant::now();
    for broker in 0..2 {
        loop {
            house.balancer.next(broker);
            let (status, body) = house.rest("POST", "identifications", asked.clone()).await;
            if status == 404 {
                assert_eq!(body["error"]["code"], "connection_unknown", "{body}");
                break;
            }
            assert!(begun.elapsed().as_secs() < 10, "{body}");
        }
    }
    assert!(house.login("ftn").await["identity"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nobody_is_ready_and_afterwards_everybody_is() {
    let mut house = House::start(2, &CONNECTIONS).await;
    house.redis.first().kill();
    let asked = json!({ "return_url": RETURN, "connection": "idpartner" });
    let (status, body) = house.rest("POST", "identifications", asked).await;
    assert_eq!((status, &body["error"]["code"]), (503, &json!("store_unavailable")), "{body}");
    for broker in &house.brokers {
        assert_eq!(broker.readiness().await.0, 503);
    }
    house.redis.first().restart();
    for broker in &house.brokers {
        assert_eq!(broker.readiness().await.0, 200);
    }
    assert!(house.login("idpartner").await["identity"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_audit_trail_is_away_nobody_leaves_for_an_upstream() {
    let mut house = House::start(2, &CONNECTIONS).await;
    house.login("ftn").await;
    house.login("ftn").await;
    let door = house.door("ftn").await;
    house.postgres.stop();
    let mut person = Person::new(house.http.clone());
    let page = person.try_walk(&door, RETURN).await;
    let stayed = match &page {
        Ok(returned) => returned.query().is_some_and(|query| query.contains("store_unavailable")),
        Err(page) => page.url.as_str().starts_with(&house.balancer.url) && page.status == 503,
    };
    assert!(stayed, "{page:?}");
    house.postgres.restart();
    assert!(house.login("ftn").await["identity"].is_object());
}
