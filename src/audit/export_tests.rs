use serde_json::Value;

use super::*;
use crate::audit::{chain::ChainFault, for_tests::World, records::COMPLETED};

async fn exported(world: &World, tenant: &str) -> String {
    let (mut text, mut after) = (String::new(), 0);
    while let Some((lines, last)) = world.records().export(tenant, after).await.unwrap() {
        text.push_str(&lines);
        after = last;
    }
    text
}

async fn keys(world: &World) -> PublicKeys {
    PublicKeys::parse(world.records().public_keys().await.unwrap().to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn an_export_is_checked_with_the_public_key_alone() {
    let world = World::new().await;
    world.chained("acme", 3).await;
    world.chained("other", 1).await;
    let (text, keys) = (exported(&world, "acme").await, keys(&world).await);
    let verified = verify(text.as_bytes(), &keys).unwrap();
    assert!(verified.is_sound(), "{:?}", verified.faults);
    assert_eq!((verified.tenant.as_str(), verified.events, verified.signed), ("acme", 6, 6));
    assert!(!text.contains("somebody") && !text.contains("order 1"));
    let public = world.records().public_keys().await.unwrap();
    assert!(public["keys"][0].get("d").is_none(), "{public}");
}

#[tokio::test]
async fn an_export_that_was_tampered_with_is_not_sound() {
    let world = World::new().await;
    world.chained("acme", 3).await;
    let (text, keys) = (exported(&world, "acme").await, keys(&world).await);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7);
    let edited = text.replacen("completed", "cancelled", 1);
    let mut removed = lines.clone();
    removed.remove(2);
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    let mut twice = lines.clone();
    twice.insert(1, lines[1]);
    let cut = [&lines[..5], &lines[6..]].concat();
    for text in [edited, removed.join("\n"), swapped.join("\n"), twice.join("\n"), cut.join("\n")] {
        let verified = verify(text.as_bytes(), &keys).unwrap();
        assert!(!verified.is_sound(), "{text}");
    }
    let stranger = PublicKeys::empty();
    let verified = verify(text.as_bytes(), &stranger).unwrap();
    let faults = [ChainFault::Checkpoint { seq: 6 }, ChainFault::Unsigned { from: 1 }];
    assert_eq!(verified.faults, faults, "another key");
}

#[tokio::test]
async fn a_chain_that_was_made_anew_without_checkpoints_is_not_sound_whatever_time_it_tells() {
    let world = World::new().await;
    world.chained("acme", 3).await;
    let (text, keys) = (exported(&world, "acme").await, keys(&world).await);
    let events: Vec<&str> = text.lines().filter(|line| line.starts_with(r#"{"event""#)).collect();
    for at in [0, i64::MAX] {
        let mut previous = String::new();
        let mut anew = |line: &&str| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            value["event"]["at"] = at.into();
            let link = Link::from(serde_json::from_value::<EventLine>(value["event"].clone()).unwrap());
            previous = crate::audit::chain::hash(&previous, link.seq, &link.entry);
            value["event"]["hash"] = previous.clone().into();
            value.to_string()
        };
        let forged: Vec<String> = events.iter().map(&mut anew).collect();
        let verified = verify(forged.join("\n").as_bytes(), &keys).unwrap();
        assert_eq!(verified.faults, [ChainFault::Unsigned { from: 1 }]);
    }
}

#[tokio::test]
async fn an_export_ends_at_the_last_checkpoint_and_a_longer_one_is_not_sound() {
    let world = World::new().await;
    world.login("acme", "early", "order", COMPLETED).await;
    assert_eq!(exported(&world, "acme").await, "", "nothing is signed");
    world.chained("acme", 2).await;
    let signed = exported(&world, "acme").await;
    world.login("acme", "late", "order", COMPLETED).await;
    let mut leader = world.leader();
    world.pass(6);
    assert_eq!(leader.look().await.unwrap().chained, 2);
    assert_eq!(exported(&world, "acme").await, signed);
    assert_eq!(world.records().behind("acme", 6).await.unwrap(), 2);
    world.pass(61);
    leader.look().await.unwrap();
    let longer = exported(&world, "acme").await;
    let keys = keys(&world).await;
    assert!(verify(longer.as_bytes(), &keys).unwrap().is_sound());
    let unsigned: Vec<&str> = longer.lines().take(longer.lines().count() - 1).collect();
    let verified = verify(unsigned.join("\n").as_bytes(), &keys).unwrap();
    assert_eq!((verified.signed, verified.faults), (6, vec![ChainFault::Unsigned { from: 7 }]));
}

#[tokio::test]
async fn an_export_of_another_tenant_under_this_ones_name_is_not_sound() {
    let world = World::new().await;
    world.chained("other", 2).await;
    let (text, keys) = (exported(&world, "other").await, keys(&world).await);
    let (mut previous, mut forged) = (String::new(), String::new());
    for line in text.lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if value.get("event").is_some() {
            value["event"]["tenant"] = "acme".into();
            let link = Link::from(serde_json::from_value::<EventLine>(value["event"].clone()).unwrap());
            previous = crate::audit::chain::hash(&previous, link.seq, &link.entry);
            value["event"]["hash"] = previous.clone().into();
        }
        forged.push_str(&value.to_string());
        forged.push('\n');
    }
    let verified = verify(forged.as_bytes(), &keys).unwrap();
    assert_eq!(verified.faults, [ChainFault::Checkpoint { seq: 4 }, ChainFault::Unsigned { from: 1 }]);
}

#[test]
fn what_is_no_export_is_refused_at_its_line() {
    let keys = PublicKeys::empty();
    assert!(matches!(verify(&b""[..], &keys), Err(ExportError::Empty)));
    assert!(matches!(verify(&b"{}\n"[..], &keys), Err(ExportError::Line(1))));
    let endless = vec![b'x'; 2 * 1024 * 1024];
    assert!(matches!(verify(endless.as_slice(), &keys), Err(ExportError::Line(1))));
    let first = r#"{"checkpoint":{"seq":1,"jws":"x"}}"#;
    assert!(matches!(verify(first.as_bytes(), &keys), Err(ExportError::Empty)));
}
