use super::*;

const PURPOSE: &str = "attempt";
const SECRETS: [&str; 2] = ["the state", "the binding"];

fn key() -> Key {
    Key::new("attempt", "0f0f")
}

fn master(id: &str, fill: u8) -> MasterKey {
    MasterKey::new(id, Hidden::new([fill; MASTER_KEY_LENGTH])).unwrap()
}

fn sealer(keys: Vec<MasterKey>) -> Sealer {
    Sealer::new(keys, Ambient::system()).unwrap()
}

fn sealed_value() -> (Sealer, Vec<u8>) {
    let sealer = sealer(vec![master("2026a", 1), master("2025b", 2)]);
    let value = sealer.seal(PURPOSE, &SECRETS, &key(), b"070770-905D").unwrap();
    (sealer, value)
}

#[test]
fn what_is_sealed_opens_again_and_only_there() {
    let (sealer, value) = sealed_value();
    assert_eq!(sealer.open(PURPOSE, &SECRETS, &key(), &value).unwrap().expose(), b"070770-905D");
}

#[test]
fn the_plaintext_does_not_show() {
    let (_, value) = sealed_value();
    assert!(!value.windows(6).any(|window| window == b"070770"));
}

#[test]
fn two_seals_of_one_value_differ() {
    let (sealer, first) = sealed_value();
    assert_ne!(first, sealer.seal(PURPOSE, &SECRETS, &key(), b"070770-905D").unwrap());
}

#[test]
fn another_purpose_is_refused() {
    let (sealer, value) = sealed_value();
    assert_eq!(sealer.open("result", &SECRETS, &key(), &value), Err(SealError::Refused));
}

#[test]
fn another_place_is_refused() {
    let (sealer, value) = sealed_value();
    assert_eq!(sealer.open(PURPOSE, &SECRETS, &Key::new("attempt", "0f10"), &value), Err(SealError::Refused));
}

#[test]
fn every_secret_counts_and_so_do_their_order_number_and_borders() {
    let (sealer, value) = sealed_value();
    let others: [&[&str]; 7] = [
        &["another state", "the binding"],
        &["the state", "another binding"],
        &["the binding", "the state"],
        &["the state"],
        &[],
        &["the statethe ", "binding"],
        &["the state", "the binding", ""],
    ];
    for secrets in others {
        assert_eq!(sealer.open(PURPOSE, secrets, &key(), &value), Err(SealError::Refused), "{secrets:?}");
    }
}

#[test]
fn another_master_key_of_the_same_name_is_refused() {
    let (_, value) = sealed_value();
    let other = sealer(vec![master("2026a", 9)]);
    assert_eq!(other.open(PURPOSE, &SECRETS, &key(), &value), Err(SealError::Refused));
}

#[test]
fn a_value_cannot_be_moved_under_another_master_keys_name() {
    let (sealer, mut value) = sealed_value();
    value[2..7].copy_from_slice(b"2025b");
    assert_eq!(sealer.open(PURPOSE, &SECRETS, &key(), &value), Err(SealError::Refused));
}

#[test]
fn an_unknown_master_key_is_said_to_be_unknown() {
    let (_, value) = sealed_value();
    let other = sealer(vec![master("2027a", 1)]);
    assert_eq!(other.open(PURPOSE, &SECRETS, &key(), &value), Err(SealError::KeyUnknown));
}

#[test]
fn an_older_master_key_still_opens() {
    let (_, value) = sealed_value();
    let rotated = sealer(vec![master("2027a", 7), master("2026a", 1)]);
    assert!(rotated.open(PURPOSE, &SECRETS, &key(), &value).is_ok());
}

#[test]
fn every_changed_bit_and_every_cut_is_refused() {
    let (sealer, value) = sealed_value();
    for place in 0..value.len() {
        let mut changed = value.clone();
        changed[place] ^= 1;
        assert!(sealer.open(PURPOSE, &SECRETS, &key(), &changed).is_err(), "bit of byte {place}");
        assert!(sealer.open(PURPOSE, &SECRETS, &key(), &value[..place]).is_err(), "cut at {place}");
    }
    let longer = [value.as_slice(), &[0]].concat();
    assert_eq!(sealer.open(PURPOSE, &SECRETS, &key(), &longer), Err(SealError::Refused));
}

#[test]
fn a_sealer_without_a_key_or_with_two_of_one_name_is_not_made() {
    assert!(matches!(Sealer::new(Vec::new(), Ambient::system()), Err(SealError::Keys)));
    let doubled = vec![master("a", 1), master("b", 2), master("a", 3)];
    assert!(matches!(Sealer::new(doubled, Ambient::system()), Err(SealError::Keys)));
    assert!(MasterKey::new("", Hidden::new([0; MASTER_KEY_LENGTH])).is_err());
    assert!(MasterKey::new("x".repeat(256), Hidden::new([0; MASTER_KEY_LENGTH])).is_err());
}

#[test]
fn json_of_another_type_is_refused() {
    let (sealer, _) = sealed_value();
    let value = sealer.seal_json(PURPOSE, &SECRETS, &key(), &vec!["a"]).unwrap();
    assert_eq!(sealer.open_json::<Vec<String>>(PURPOSE, &SECRETS, &key(), &value), Ok(vec!["a".to_owned()]));
    assert_eq!(sealer.open_json::<u8>(PURPOSE, &SECRETS, &key(), &value), Err(SealError::Value));
}

#[test]
fn nothing_of_a_key_is_printed() {
    let (sealer, _) = sealed_value();
    assert_eq!(
        format!("{sealer:?} {:?}", sealer.active),
        "Sealer { active: \"2026a\", .. } MasterKey { id: \"2026a\", key: [hidden] }"
    );
}
