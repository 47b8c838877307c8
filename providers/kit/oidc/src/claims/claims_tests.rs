use serde_json::{Value, json};
use tunnus_sdk::{
    Claims, Evidence, Origin, Reason, Source, Stage, Timestamp,
    identity::{Address, Contact},
};

use super::*;

fn object(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

fn evidence(id_token: Value, userinfo: Option<Value>) -> Evidence {
    Evidence {
        issuer: "https://op.example".to_owned(),
        id_token: object(id_token),
        userinfo: userinfo.map(object),
        payment_details: None,
        received_at: Timestamp(1_795_256_803),
    }
}

fn mapped(claims: Value) -> Result<Mapped, Reason> {
    let evidence = evidence(json!({ "sub": "s" }), Some(claims));
    map(&ClaimReader::new(&evidence), STANDARD).map_err(|error| {
        assert_eq!(error.stage, Stage::Normalise);
        error.reason().unwrap()
    })
}

#[test]
fn the_standard_claims_become_their_members() {
    let mapped = mapped(json!({
        "sub": "s", "name": "Onni Juhani Korhonen", "given_name": "Onni Juhani", "family_name": "Korhonen",
        "birthdate": "1970-07-07", "gender": "Male",
        "email": "onni@example.org", "email_verified": true,
        "phone_number": "+358 40 1234567", "phone_number_verified": false,
        "address": { "street_address": "Katu 1", "locality": "Helsinki", "postal_code": "00100", "country": "FI" },
    }))
    .unwrap();
    let record = serde_json::to_value(&mapped.attributes).unwrap();
    let expected = json!({
        "name": { "full": "Onni Juhani Korhonen", "given": "Onni Juhani", "family": "Korhonen" },
        "birth_date": "1970-07-07", "gender": "male",
        "email": { "value": "onni@example.org", "verified": true },
        "phone": { "value": "+358 40 1234567", "verified": false },
        "address": { "street": "Katu 1", "locality": "Helsinki", "postal_code": "00100", "country": "FI" },
    });
    assert_eq!(record, expected);
    let source = Source::Claim { claim: "birthdate".to_owned(), from: Origin::Userinfo };
    assert_eq!(mapped.provenance[&Member::BirthDate], source);
    assert_eq!(mapped.provenance.len(), mapped.attributes.members().len());
}

#[test]
fn what_did_not_come_is_absent() {
    let empty =
        json!({ "name": "", "email": null, "email_verified": true, "address": {}, "birthdate": "1970" });
    assert_eq!(mapped(empty), Ok(Mapped::default()));
    assert_eq!(mapped(json!({ "birthdate": "0000-07-07" })), Ok(Mapped::default()));
    assert_eq!(mapped(json!({ "name": " \u{a0}\t", "email": "  " })), Ok(Mapped::default()));
}

#[test]
fn what_is_not_what_its_name_promises_is_refused() {
    for claims in [
        json!({ "name": 7 }),
        json!({ "name": ["Onni"] }),
        json!({ "name": "Onni\u{0}" }),
        json!({ "name": "Onni\nKorhonen" }),
        json!({ "name": "Onni\u{2028}Korhonen" }),
        json!({ "name": "Onni \u{202e}nenohroK" }),
        json!({ "name": "\u{2066}Onni\u{2069}" }),
        json!({ "name": "\u{feff}Onni" }),
        json!({ "name": "x".repeat(1 << 20) }),
        json!({ "name": { "full": "Onni" } }),
        json!({ "name": -0.0 }),
        json!({ "name": true }),
        json!({ "name": "x".repeat(513) }),
        json!({ "birthdate": "7.7.1970" }),
        json!({ "birthdate": "1970-02-29" }),
        json!({ "birthdate": "1900-02-29" }),
        json!({ "birthdate": "1970-13-01" }),
        json!({ "birthdate": "1970-00-01" }),
        json!({ "birthdate": "1970-07-00" }),
        json!({ "birthdate": "1970-7-07" }),
        json!({ "birthdate": "1970-07-07T00:00:00Z" }),
        json!({ "birthdate": "+970-07-07" }),
        json!({ "birthdate": "2999-01-01" }),
        json!({ "email": "x", "email_verified": "true" }),
        json!({ "email": "x", "email_verified": 1 }),
        json!({ "address": 7 }),
        json!({ "address": { "country": ["FI"] } }),
    ] {
        assert_eq!(mapped(claims.clone()), Err(Reason::ClaimsInconsistent), "{claims:.60}");
    }
}

#[test]
fn a_name_may_be_of_any_script_and_as_long_as_names_are() {
    for name in ["Väinö Ääkkönen", "محمد", "שרה\u{200f} כהן", "क्\u{200d}ष", "Ο'Νιλ-Ⅻ", &"ä".repeat(512)]
    {
        let full = mapped(json!({ "name": name })).unwrap().attributes.name.full;
        assert_eq!(full.unwrap().expose_str(), name);
    }
}

#[test]
fn leap_days_exist_in_leap_years_only() {
    for birthdate in ["2000-02-29", "1996-02-29", "1970-12-31"] {
        assert!(mapped(json!({ "birthdate": birthdate })).unwrap().attributes.birth_date.is_some());
    }
}

#[test]
fn the_two_messages_may_not_contradict_each_other() {
    let both = |one: &str, other: &str| {
        let evidence = evidence(json!({ "name": one }), Some(json!({ "name": other })));
        ClaimReader::new(&evidence).text("name").map(|found| found.unwrap().source)
    };
    let source = Source::Claim { claim: "name".to_owned(), from: Origin::Userinfo };
    assert_eq!(both("Onni", "Onni").unwrap(), source);
    assert_eq!(both("Onni", "Aino").unwrap_err().reason(), Some(Reason::ClaimsInconsistent));
}

#[test]
fn the_id_token_alone_is_a_source_too() {
    let evidence = evidence(json!({ "nin.x": "1" }), None);
    let found = ClaimReader::new(&evidence).text("nin.x").unwrap().unwrap();
    assert_eq!(found.source, Source::Claim { claim: "nin.x".to_owned(), from: Origin::IdToken });
}

#[test]
fn text_booleans_are_read_only_where_the_upstream_writes_them() {
    let evidence = evidence(json!({ "a": "true", "b": "false", "c": true, "d": "True" }), None);
    let strict = ClaimReader::new(&evidence);
    let lenient = strict.with_text_booleans();
    assert!(strict.boolean("a").is_err());
    for (claim, value) in [("a", true), ("b", false), ("c", true)] {
        assert_eq!(lenient.boolean(claim).unwrap().unwrap().value, value);
    }
    assert!(lenient.boolean("d").is_err());
    assert!(lenient.boolean("e").unwrap().is_none());
}

#[test]
fn a_table_of_ones_own_names_ids_ages_and_fallbacks() {
    let fi = || ("FI".into(), "hetu".into());
    let (country, kind) = fi();
    let table = [
        Mapping::new("nin", Target::NationalId { country, kind }),
        Mapping { claim: "satu".into(), to: Target::OtherId { country: "FI".into(), kind: "satu".into() } },
        Mapping { claim: "other".into(), to: Target::OtherId { country: "FI".into(), kind: "other".into() } },
        Mapping::new("age_over_18", Target::AgeOver(18)),
        Mapping::new("missing", Target::FullName),
        Mapping::new("display", Target::FullName),
        Mapping::new("name", Target::FullName),
        Mapping::new("countries", Target::Nationality),
        Mapping::new("mail", Target::Email { verified: None }),
        Mapping::new("home", Target::Address),
    ];
    let evidence = evidence(
        json!({
            "nin": "070770-905D", "satu": "100000001N", "other": "1", "age_over_18": true, "display": "Onni K",
            "name": "Onni Korhonen", "countries": ["FI", "SE"], "mail": "x@example.org", "home": "Katu 1\nHelsinki",
        }),
        None,
    );
    let mapped = map(&ClaimReader::new(&evidence), &table).unwrap();
    let attributes = &mapped.attributes;
    let id = attributes.national_id.as_ref().unwrap();
    assert_eq!((id.country.as_str(), id.kind.as_str(), id.value.expose_str()), ("FI", "hetu", "070770-905D"));
    assert_eq!(attributes.other_ids.len(), 2);
    assert_eq!(attributes.age_over.get(&18), Some(&true));
    assert_eq!(attributes.name.full, Some("Onni K".into()));
    assert_eq!(attributes.nationality, ["FI".into(), "SE".into()]);
    assert_eq!(attributes.email, Some(Contact { value: "x@example.org".into(), verified: false }));
    let address = Address { formatted: Some("Katu 1\nHelsinki".into()), ..Address::default() };
    assert_eq!(attributes.address, Some(address));
    let display = Source::Claim { claim: "display".to_owned(), from: Origin::IdToken };
    assert_eq!(mapped.provenance[&Member::FullName], display);
}

#[test]
fn the_methods_references_come_as_text_or_array() {
    let amr = |amr: Value| {
        let evidence = evidence(json!({ "amr": amr }), None);
        ClaimReader::new(&evidence).amr().map_err(|error| error.reason().unwrap())
    };
    assert_eq!(amr(json!(["external", "x"])), Ok(vec!["external".to_owned(), "x".to_owned()]));
    assert_eq!(amr(json!("urn:x")), Ok(vec!["urn:x".to_owned()]));
    assert_eq!(amr(json!(null)), Ok(vec![]));
    for bad in [
        json!([1]),
        json!({}),
        json!({ "0": "pwd" }),
        json!([["pwd"]]),
        json!(["pwd", null]),
        json!(7),
        json!(true),
        json!("pwd\u{0}"),
        json!(["x".repeat(513)]),
        json!(vec!["x"; 33]),
    ] {
        assert_eq!(amr(bad), Err(Reason::ClaimsInconsistent));
    }
}

#[test]
fn acr_subject_and_time_come_from_the_id_token_alone() {
    let userinfo = json!({ "sub": "other", "acr": "high", "auth_time": 1 });
    let from = evidence(json!({ "sub": "s=", "acr": "substantial", "auth_time": 7 }), Some(userinfo.clone()));
    let reader = ClaimReader::new(&from);
    assert_eq!(reader.acr().unwrap().as_deref(), Some("substantial"));
    assert_eq!(reader.subject().unwrap().subject.expose(), "s=");
    assert_eq!(reader.authenticated_at().unwrap(), Timestamp(7));
    let without = evidence(json!({}), Some(userinfo));
    let reader = ClaimReader::new(&without);
    assert_eq!(reader.acr().unwrap(), None);
    assert_eq!(reader.subject().unwrap_err().reason(), Some(Reason::Subject));
    assert_eq!(reader.authenticated_at().unwrap(), without.received_at);
}

#[test]
fn an_authentication_time_that_cannot_be_read_never_counts_as_missing() {
    let at = |auth_time: Value| {
        let evidence = evidence(json!({ "auth_time": auth_time }), None);
        ClaimReader::new(&evidence).authenticated_at().map_err(|error| error.reason().unwrap())
    };
    assert_eq!(at(json!(7.9)), Ok(Timestamp(7)));
    for bad in [json!("7"), json!(-7), json!(-7.5), json!(1e300), json!(u64::MAX), json!([7]), json!(null)] {
        assert_eq!(at(bad.clone()), Err(Reason::AuthTime), "{bad}");
    }
}

#[test]
fn nobody_was_authenticated_after_the_proof_was_complete() {
    let evidence = evidence(json!({ "auth_time": 253_402_300_799_i64 }), None);
    assert_eq!(ClaimReader::new(&evidence).authenticated_at().unwrap(), evidence.received_at);
}

#[test]
fn only_the_scopes_that_are_needed_are_asked_for() {
    let wanted = |members: &[Member]| scopes(&members.iter().copied().collect(), STANDARD_SCOPES);
    assert_eq!(wanted(&[]), "openid");
    assert_eq!(wanted(&[Member::FullName, Member::FamilyName, Member::Email]), "openid profile email");
    assert_eq!(wanted(&[Member::AgeOver(18)]), "openid profile");
    assert_eq!(wanted(&[Member::NationalId]), "openid");
    let table = [(Member::AgeOver(18), "age_over_18"), (Member::BirthDate, "profile")];
    assert_eq!(scopes(&[Member::AgeOver(18)].into(), &table), "openid age_over_18");
}
