use super::*;

fn entry(id: &str) -> Entry {
    Entry {
        id: id.to_owned(),
        tenant: "acme".to_owned(),
        at: 1_000,
        class: "identification".to_owned(),
        body: format!("{{\"identification\":\"{id}\"}}"),
    }
}

/// A sound chain of `n` events.
fn chain(n: i64) -> Vec<Link> {
    chained((1..=n).map(|seq| entry(&format!("e{seq}"))).collect())
}

/// These events, chained in this order.
fn chained(entries: Vec<Entry>) -> Vec<Link> {
    let mut previous = String::new();
    let link = |(seq, entry): (i64, Entry)| {
        previous = hash(&previous, seq, &entry);
        Link { seq, hash: previous.clone(), entry }
    };
    (1..).zip(entries).map(link).collect()
}

fn all(verifier: &mut Verifier, links: &[Link]) {
    for link in links {
        verifier.next(link);
    }
}

/// What is found, with every `signed`th event of the sound chain of `n` signed.
fn verify(links: &[Link], n: i64, signed: i64) -> Vec<ChainFault> {
    let sound = chain(n);
    let at = sound.iter().filter(|link| link.seq % signed == 0).map(|link| (link.seq, link.hash.clone()));
    let mut verifier = Verifier::new("acme");
    at.for_each(|(seq, hash)| verifier.signed(seq, &hash));
    all(&mut verifier, links);
    verifier.finish((0, 0), Some(1_000)).faults
}

#[test]
fn a_sound_chain_has_no_fault_and_says_how_far_it_is_signed() {
    let links = chain(7);
    let mut verifier = Verifier::new("acme");
    verifier.signed(3, &links[2].hash);
    all(&mut verifier, &links);
    verifier.unchained();
    let found = verifier.finish((7, 3), Some(1_000));
    assert!(found.is_sound());
    assert_eq!((found.events, found.signed, found.unchained), (7, 3, 1));
}

#[test]
fn an_event_that_was_edited_is_found_whatever_was_edited_in_it() {
    let edits: [fn(&mut Link); 5] = [
        |link| link.entry.body = link.entry.body.replace("e3", "e9"),
        |link| link.entry.at += 1,
        |link| link.entry.class = "administration".to_owned(),
        |link| link.entry.id = "x".to_owned(),
        |link| link.hash = hash("", 3, &link.entry),
    ];
    for edit in edits {
        let mut links = chain(5);
        edit(&mut links[2]);
        let faults = verify(&links, 5, 100);
        assert!(faults.iter().any(|fault| matches!(fault, ChainFault::Changed { seq: 3, .. })), "{faults:?}");
    }
}

#[test]
fn an_event_that_was_removed_is_found_also_at_the_end() {
    let mut links = chain(6);
    links.drain(2..4);
    assert_eq!(verify(&links, 6, 100), [ChainFault::Missing { from: 3, to: 4 }]);
    let mut links = chain(6);
    links.remove(0);
    assert_eq!(verify(&links, 6, 100), [ChainFault::Missing { from: 1, to: 1 }]);
    let links = &chain(6)[..5];
    assert_eq!(verify(links, 6, 6), [ChainFault::Cut { to: 6 }], "a checkpoint has signed more");
    assert_eq!(verify(&[], 6, 6), [ChainFault::Cut { to: 6 }]);
    let mut verifier = Verifier::new("acme");
    all(&mut verifier, links);
    assert_eq!(
        verifier.finish((6, 0), Some(1_000)).faults,
        [ChainFault::Cut { to: 6 }],
        "or the head tells it"
    );
}

#[test]
fn what_was_removed_and_closed_up_again_is_found() {
    let mut links = chain(6);
    links.remove(2);
    links.iter_mut().zip(1..).for_each(|(link, seq)| link.seq = seq);
    let faults = verify(&links, 6, 100);
    assert!(matches!(faults.first(), Some(ChainFault::Changed { seq: 3, .. })), "{faults:?}");
}

#[test]
fn an_event_that_was_inserted_is_found() {
    let mut links = chain(4);
    let stranger = Link { seq: 3, hash: hash(&links[1].hash, 3, &entry("x")), entry: entry("x") };
    links.insert(2, stranger.clone());
    assert_eq!(verify(&links, 4, 100)[..1], [ChainFault::Twice { seq: 3, id: "e3".to_owned() }]);
    let mut links = chain(4);
    links.push(Link { seq: 5, ..stranger });
    assert_eq!(verify(&links, 4, 100), [ChainFault::Changed { seq: 5, id: "x".to_owned() }]);
}

#[test]
fn events_that_changed_places_are_found() {
    let mut links = chain(5);
    (links[1].entry, links[3].entry) = (links[3].entry.clone(), links[1].entry.clone());
    let changed = |seq, id: &str| ChainFault::Changed { seq, id: id.to_owned() };
    assert_eq!(verify(&links, 5, 100), [changed(2, "e4"), changed(4, "e2")]);
}

#[test]
fn a_chain_that_was_made_anew_is_not_the_one_that_was_signed() {
    let mut entries: Vec<_> = chain(6).into_iter().map(|link| link.entry).collect();
    entries.remove(1);
    let faults = verify(&chained(entries), 6, 3);
    assert_eq!(faults, [ChainFault::Resigned { seq: 3 }, ChainFault::Cut { to: 6 }]);
}

#[test]
fn another_tenants_chain_is_not_this_ones() {
    let theirs: Vec<_> =
        chain(3).into_iter().map(|link| Entry { tenant: "other".into(), ..link.entry }).collect();
    let faults = verify(&chained(theirs), 0, 100);
    assert_eq!(faults.len(), 3);
    assert!(faults.iter().all(|fault| matches!(fault, ChainFault::Foreign { .. })));
}

#[test]
fn no_two_events_hash_alike_where_their_texts_join_alike() {
    let one = Entry { id: "ab".to_owned(), class: String::new(), body: "c".to_owned(), ..entry("") };
    let other = Entry { id: "a".to_owned(), class: String::new(), body: "c".to_owned(), ..entry("") };
    let shifted = Entry { tenant: "bacme".to_owned(), ..other.clone() };
    assert_ne!(hash("", 1, &one), hash("", 1, &shifted));
    assert_ne!(hash("", 1, &one), hash("", 11, &one));
    assert_ne!(hash("", 1, &one), hash("a", 1, &one));
}

#[test]
fn an_end_that_nothing_signs_is_told_and_once_it_is_old_is_a_fault() {
    let links = chain(5);
    let verify = |now| {
        let mut verifier = Verifier::new("acme");
        all(&mut verifier, &links[..3]);
        verifier.signed(3, &links[2].hash);
        all(&mut verifier, &links[3..]);
        verifier.finish((5, 3), Some(now))
    };
    let young = verify(1_600);
    assert_eq!((young.is_sound(), young.signed, young.unsigned_since), (true, 3, Some(1_000)));
    assert_eq!(verify(1_601).faults, [ChainFault::Unsigned { from: 4 }]);
    assert_eq!(verify(399).faults, [ChainFault::Unsigned { from: 4 }], "its time is to come");
}

#[test]
fn a_checkpoint_that_is_gone_or_comes_too_late_is_a_fault() {
    let links = chain(5);
    let mut verifier = Verifier::new("acme");
    all(&mut verifier, &links);
    assert_eq!(verifier.finish((5, 4), Some(1_000)).faults, [ChainFault::Checkpoint { seq: 4 }]);
    let mut verifier = Verifier::new("acme");
    all(&mut verifier, &links);
    verifier.signed(4, &links[3].hash);
    assert_eq!(verifier.finish((5, 0), Some(1_000)).faults, [ChainFault::Checkpoint { seq: 4 }]);
}
