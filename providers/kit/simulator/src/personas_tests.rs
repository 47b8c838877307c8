use std::collections::BTreeSet;

use super::*;

/// The check characters of a Finnish personal identity code and of a SATU: modulo 31.
const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

fn check_character(digits: &str) -> char {
    let number: u64 = digits.parse().expect("digits");
    char::from(CHECK[usize::try_from(number % 31).expect("below 31")])
}

#[test]
fn names_are_unique_and_there_are_at_least_six() {
    let ids: BTreeSet<_> = PERSONAS.iter().map(|persona| persona.id).collect();
    assert_eq!(ids.len(), PERSONAS.len());
    assert!(PERSONAS.len() >= 6);
}

#[test]
fn every_hetu_is_artificial_and_agrees_with_birth_date_gender_and_check_character() {
    for persona in finnish() {
        let hetu = persona.hetu.expect("finnish");
        let (date, sign, number) = (&hetu[..6], &hetu[6..7], &hetu[7..10]);
        let century = if "ABCDEF".contains(sign) { "20" } else { "19" };
        assert!("-YXWVUABCDEF".contains(sign), "{}", persona.id);
        assert_eq!(
            format!("{century}{}-{}-{}", &date[4..], &date[2..4], &date[..2]),
            persona.birth_date,
            "{}",
            persona.id
        );
        let number_value: u16 = number.parse().expect("digits");
        assert!((900..=999).contains(&number_value), "{}", persona.id);
        assert_eq!(number_value % 2 == 1, persona.gender == "male", "{}", persona.id);
        assert_eq!(hetu.chars().last(), Some(check_character(&format!("{date}{number}"))), "{}", persona.id);
    }
}

#[test]
fn every_satu_has_its_check_character() {
    for persona in PERSONAS {
        let Some(satu) = persona.satu else { continue };
        assert_eq!(satu.len(), 9, "{}", persona.id);
        assert_eq!(satu.chars().last(), Some(check_character(&satu[..8])), "{}", persona.id);
    }
}

#[test]
fn the_table_has_the_hard_cases() {
    let new_sign = |hetu: &str| "YXWVUBCDEF".contains(&hetu[6..7]);
    assert!(PERSONAS.iter().any(|persona| persona.hetu.is_some_and(new_sign)));
    assert!(PERSONAS.iter().any(|persona| persona.hetu.is_some() && persona.satu.is_none()));
    assert!(PERSONAS.iter().any(|persona| persona.age_on("2026-11-21").is_some_and(|age| age < 18)));
    assert!(PERSONAS.iter().any(|persona| persona.given.split(' ').count() > 4));
    assert!(PERSONAS.iter().any(|persona| !persona.name().is_ascii()));
    assert!(PERSONAS.iter().any(|persona| persona.accounts.len() > 1));
}

#[test]
fn age_counts_the_birthday_itself() {
    let onni = find("onni").expect("onni");
    assert_eq!(onni.age_on("2026-07-06"), Some(55));
    assert_eq!(onni.age_on("2026-07-07"), Some(56));
    assert_eq!(onni.age_on("nonsense"), None);
}

#[test]
fn debug_shows_the_id_only() {
    assert_eq!(format!("{:?}", find("onni")), "Some(Persona(onni))");
}
