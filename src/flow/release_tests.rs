use std::{collections::BTreeMap, sync::OnceLock};

use tunnus_sdk::{
    Assurance, Attributes, Credentials, Environment, Level, LocalizedText, Origin, UpstreamSubject,
    identity::{Name, NationalId},
};

use super::*;
use crate::{
    flow::for_tests::{app, identification},
    tenant::{limits::Limits, model::Branding},
};

const HETU: &str = "070770-905D";

fn tenant(id: &str, key: u8) -> Tenant {
    Tenant {
        id: id.to_owned(),
        platform: None,
        branding: Branding::default(),
        signing_keys: Vec::new(),
        subject_key: Hidden::new(vec![key; 32]),
        apps: Vec::new(),
        connections: Vec::new(),
        ring: Vec::new(),
        aliases: BTreeMap::new(),
        lapsed: Vec::new(),
        key_set: OnceLock::new(),
    }
}

fn connection(subject: SubjectSource) -> Connection {
    Connection {
        id: "bank".to_owned(),
        provider: "acme".to_owned(),
        environment: Environment::Production,
        enabled: true,
        display_name: LocalizedText::default(),
        paused: None,
        limits: Limits::default(),
        subject,
        settings: serde_json::Value::Null,
        credentials: Credentials::default(),
        revision: 1,
        ring: Vec::new(),
        key_set: OnceLock::new(),
    }
}

fn identity() -> Identity {
    let hetu = NationalId { country: "FI".to_owned(), kind: "hetu".to_owned(), value: HETU.into() };
    let claim = |claim: &str| Source::Claim { claim: claim.to_owned(), from: Origin::Userinfo };
    Identity {
        upstream: UpstreamSubject { issuer: "https://op.example".to_owned(), subject: "s=".into() },
        // 2026-07-06T23:59:59Z: the day before the 56th birthday.
        authenticated_at: Timestamp(1_783_382_399),
        method: None,
        assurance: Assurance { level: Level::Substantial, acr: None, amr: Vec::new() },
        attributes: Attributes {
            name: Name { full: Some("Onni Korhonen".into()), ..Name::default() },
            birth_date: Some("1970-07-07".into()),
            national_id: Some(hetu),
            ..Attributes::default()
        },
        provenance: BTreeMap::from([
            (Member::FullName, claim("name")),
            (Member::BirthDate, claim("birthdate")),
            (Member::NationalId, claim("ftn_hetu")),
        ]),
        transaction_id: None,
    }
}

fn released(identification: &Identification, identity: Identity) -> Result<IdentityRecord, Error> {
    let allowed: Vec<_> = identification.members().collect();
    released_to(&app(&allowed), identification, identity)
}

fn released_to(
    app: &App,
    identification: &Identification,
    identity: Identity,
) -> Result<IdentityRecord, Error> {
    release(&tenant("acme", 1), app, &connection(SubjectSource::NationalId), identification, identity)
}

#[test]
fn an_app_gets_what_it_asked_for_and_no_more() {
    let record = released(&identification(&[Member::FullName], &[]), identity()).unwrap();
    assert_eq!(record.attributes.members(), [Member::FullName]);
    assert_eq!(record.provenance.keys().copied().collect::<Vec<_>>(), [Member::FullName]);
    let text = serde_json::to_string(&record).unwrap();
    assert!(!text.contains(HETU) && !text.contains("1970"), "{text}");
}

#[test]
fn an_age_is_derived_and_the_birth_date_dropped() {
    let asked = [Member::AgeOver(18), Member::AgeOver(55), Member::AgeOver(56)];
    let record = released(&identification(&asked, &[]), identity()).unwrap();
    assert_eq!(record.attributes.age_over, BTreeMap::from([(18, true), (55, true), (56, false)]));
    assert_eq!(record.attributes.birth_date, None);
    let derived = Source::Derived { derived: Member::BirthDate };
    assert_eq!(record.provenance.get(&Member::AgeOver(18)), Some(&derived));
}

#[test]
fn who_was_born_on_a_leap_day_is_older_on_the_first_of_march() {
    let on = |date: &str| {
        let format = time::macros::format_description!("[year]-[month]-[day]");
        Timestamp(time::Date::parse(date, &format).unwrap().midnight().assume_utc().unix_timestamp())
    };
    assert_eq!(has_reached(18, "2008-02-29", on("2026-02-28")), Some(false));
    assert_eq!(has_reached(18, "2008-02-29", on("2026-03-01")), Some(true));
    assert_eq!(has_reached(18, "not a date", on("2026-03-01")), None);
}

#[test]
fn a_level_below_the_floor_fails() {
    let mut low = identity();
    low.assurance.level = Level::Low;
    assert_eq!(released(&identification(&[], &[]), low).unwrap_err().code, Code::AssuranceTooLow);
}

#[test]
fn a_required_member_that_did_not_come_is_named() {
    let error = released(&identification(&[Member::Email, Member::FullName], &[]), identity()).unwrap_err();
    assert_eq!(error.code, Code::ClaimsNotReceived);
    assert_eq!(error.fields.iter().map(|field| field.pointer.as_str()).collect::<Vec<_>>(), ["email"]);
}

#[test]
fn what_was_withdrawn_from_the_app_meanwhile_is_not_released() {
    let asked = identification(&[Member::FullName], &[Member::NationalId]);
    let record = released_to(&app(&[Member::FullName]), &asked, identity()).unwrap();
    assert_eq!(record.attributes.members(), [Member::FullName]);
    let error = released_to(&app(&[Member::NationalId]), &asked, identity()).unwrap_err();
    assert_eq!(error.code, Code::ClaimsNotReceived, "without what it needs the app gets nothing");
}

#[test]
fn a_floor_raised_meanwhile_holds() {
    let raised = App { minimum_assurance: Level::High, ..app(&[]) };
    let error = released_to(&raised, &identification(&[], &[]), identity()).unwrap_err();
    assert_eq!(error.code, Code::AssuranceTooLow);
}

#[test]
fn a_missing_national_id_never_falls_back_to_another_subject() {
    let mut without = identity();
    without.attributes.national_id = None;
    assert_eq!(released(&identification(&[], &[]), without).unwrap_err().code, Code::ClaimsNotReceived);
}

#[test]
fn another_person_than_expected_fails() {
    let mut expecting = identification(&[], &[]);
    expecting.expected_national_id = Some(HETU.into());
    assert!(released(&expecting, identity()).is_ok());
    for other in ["070770+905D", "070770-905d", "", "070770-905"] {
        expecting.expected_national_id = Some(other.into());
        assert_eq!(released(&expecting, identity()).unwrap_err().code, Code::PersonMismatch, "{other}");
    }
}

#[test]
fn a_subject_is_stable_for_a_person_and_another_at_each_tenant() {
    let asked = identification(&[], &[]);
    let subject = |tenant: &Tenant, source, identity| {
        release(tenant, &app(&[]), &connection(source), &asked, identity).unwrap().subject
    };
    let acme = tenant("acme", 1);
    let first = subject(&acme, SubjectSource::NationalId, identity());
    let mut at_another_bank = identity();
    at_another_bank.upstream.subject = "other".into();
    assert_eq!(first, subject(&acme, SubjectSource::NationalId, at_another_bank.clone()));
    let by_upstream = subject(&acme, SubjectSource::Upstream, identity());
    assert_ne!(by_upstream, subject(&acme, SubjectSource::Upstream, at_another_bank));
    assert_ne!(first, by_upstream);
    assert_ne!(first, subject(&tenant("acme", 2), SubjectSource::NationalId, identity()));
    // The tenant's id has no part in it: the key is the tenant's own.
    assert_eq!(first, subject(&tenant("renamed", 1), SubjectSource::NationalId, identity()));
    assert_eq!(first.expose().len(), 43);
}

#[test]
fn parts_of_a_subject_cannot_be_shifted() {
    let asked = identification(&[], &[]);
    let subject = |issuer: &str, sub: &str| {
        let mut identity = identity();
        identity.upstream = UpstreamSubject { issuer: issuer.to_owned(), subject: sub.into() };
        let connection = connection(SubjectSource::Upstream);
        release(&tenant("acme", 1), &app(&[]), &connection, &asked, identity).unwrap().subject
    };
    assert_ne!(subject("https://a", "bc"), subject("https://ab", "c"));
}
