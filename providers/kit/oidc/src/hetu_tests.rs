//! The form of the code, by published samples and by what must not pass.

use super::*;

fn real(text: &str) -> Result<String, HetuError> {
    Hetu::parse(text, Environment::Production).map(|hetu| hetu.value().expose().clone())
}

fn tested(text: &str) -> Result<String, HetuError> {
    Hetu::parse(text, Environment::Sandbox).map(|hetu| hetu.value().expose().clone())
}

#[test]
fn a_real_person_passes_in_both_environments_and_is_born_on_the_day_it_says() {
    let samples =
        [("131052-308X", "1952-10-13"), ("010150Y109X", "1950-01-01"), ("290200A123X", "2000-02-29")];
    for (text, born) in samples {
        let text = with_check(text);
        let hetu = Hetu::parse(&text, Environment::Production).unwrap();
        assert_eq!((hetu.value().expose_str(), hetu.birth_date().expose_str()), (text.as_str(), born));
        assert_eq!(tested(&text), Ok(text));
    }
}

#[test]
fn published_codes_have_the_check_character_that_we_compute() {
    for text in ["131052-308T", "070770-905D", "010200A9618", "030516D9026", "010170-999R"] {
        assert_eq!(with_check(text), text);
    }
}

/// `text` with its check character computed anew.
fn with_check(text: &str) -> String {
    let remainder = format!("{}{}", &text[..6], &text[7..10]).parse::<usize>().unwrap() % 31;
    format!("{}{}", &text[..10], char::from(CHECK[remainder]))
}

#[test]
fn every_sign_tells_its_century() {
    let signs = "+-YXWVUABCDEF".chars().zip([18, 19, 19, 19, 19, 19, 19, 20, 20, 20, 20, 20, 20]);
    for (sign, century) in signs {
        let hetu = Hetu::parse(&with_check(&format!("010181{sign}123X")), Environment::Production).unwrap();
        assert_eq!(hetu.birth_date().expose_str(), format!("{century}81-01-01"), "{sign}");
        let lower = Hetu::parse(&hetu.value().expose().to_ascii_lowercase(), Environment::Production);
        assert_eq!(lower, Ok(hetu), "{sign}");
    }
    for sign in "GTZ/0*".chars() {
        assert_eq!(tested(&format!("010181{sign}123X")), Err(HetuError::Malformed), "{sign}");
    }
}

#[test]
fn a_reform_sign_is_kept_as_it_is() {
    assert_eq!(real(&with_check("010150Y109X")).map(|value| value.as_bytes()[6]), Ok(b'Y'));
}

#[test]
fn lower_case_becomes_canonical() {
    assert_eq!(real("131052-308t"), Ok("131052-308T".to_owned()));
    assert_eq!(tested("030516d9026"), Ok("030516D9026".to_owned()));
}

#[test]
fn a_wrong_check_character_passes_in_the_sandbox_only() {
    assert_eq!(real("131052-308U"), Err(HetuError::CheckCharacter));
    for text in ["131052-308U", "010100A001N", "280453-111A", "010101-000Z"] {
        assert!(real(text).is_err(), "{text}");
        assert_eq!(tested(text), Ok(text.to_owned()));
    }
}

#[test]
fn a_test_person_passes_in_the_sandbox_only() {
    for text in ["070770-905D", "010200A9618", "030516D9026", "010170-999R"] {
        assert_eq!(real(text), Err(HetuError::Artificial), "{text}");
        assert_eq!(tested(text), Ok(text.to_owned()));
    }
}

#[test]
fn individual_numbers_start_at_two() {
    for (text, expected) in
        [("010181-000X", Err(HetuError::Malformed)), ("010181-001X", Err(HetuError::Malformed))]
    {
        assert_eq!(real(&with_check(text)), expected);
    }
    for text in ["010181-002X", "010181-899X"] {
        assert!(real(&with_check(text)).is_ok());
    }
    assert_eq!(real(&with_check("010181-900X")), Err(HetuError::Artificial));
}

#[test]
fn a_day_that_does_not_exist_passes_nowhere() {
    for text in [
        "310252-308Y",
        "300200A1234",
        "000152-3081",
        "010052-3081",
        "011352-3081",
        "290201-1231",
        "290200-1231",
    ] {
        assert_eq!(tested(text), Err(HetuError::NoSuchDate), "{text}");
        assert_eq!(real(text), Err(HetuError::NoSuchDate), "{text}");
    }
}

#[test]
fn whatever_else_is_malformed() {
    for text in [
        "131052\u{2212}308T",
        "\u{feff}131052-308T",
        "131052-308\u{212a}",
        "131052-308T\u{0}",
        "131052-30\u{0668}T",
        "131052-3O8T",
        "+31052-308T",
        "131052--08T",
        "",
        "131052",
        "131052-",
        "131052-308",
        "131052-308TT",
        " 131052-308T",
        "131052-30äT",
        "13105é-308T",
        "131052308T",
    ] {
        assert_eq!(tested(text), Err(HetuError::Malformed), "{text}");
    }
}

fn claimed(
    value: &serde_json::Value,
    environment: Environment,
) -> Result<Option<Found<Hetu>>, ProviderError> {
    let evidence = tunnus_sdk::Evidence {
        issuer: "https://op.example".to_owned(),
        id_token: tunnus_sdk::Claims::from_iter([("hetu".to_owned(), value.clone())]),
        userinfo: None,
        payment_details: None,
        received_at: tunnus_sdk::Timestamp(0),
    };
    Hetu::read(&ClaimReader::new(&evidence), "hetu", environment)
}

#[test]
fn a_claim_is_a_code_or_fails() {
    use serde_json::json;
    let found = claimed(&json!("131052-308t"), Environment::Production).unwrap().unwrap();
    assert_eq!(found.value.to_national_id().value.expose_str(), "131052-308T");
    assert_eq!(claimed(&json!(""), Environment::Production).unwrap(), None);
    let reason = |value| claimed(&value, Environment::Production).unwrap_err().reason();
    assert_eq!(reason(json!("070770-905D")), Some(Reason::Environment));
    for value in [json!("131052-308U"), json!("310252-308Y"), json!("x"), json!(1), json!(["131052-308T"])] {
        assert_eq!(reason(value), Some(Reason::ClaimsInconsistent));
    }
}

#[test]
fn a_birth_date_beside_it_is_the_same_day() {
    let hetu = Hetu::parse("131052-308T", Environment::Production).unwrap();
    assert!(hetu.check_birth_date(None).is_ok());
    assert!(hetu.check_birth_date(Some(&"1952-10-13".into())).is_ok());
    let error = hetu.check_birth_date(Some(&"1852-10-13".into())).unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::ClaimsInconsistent), Stage::Normalise));
}

#[test]
fn debug_shows_nothing() {
    let hetu = Hetu::parse("131052-308T", Environment::Production).unwrap();
    let printed = format!("{hetu:?}");
    assert!(!printed.contains("308T") && !printed.contains("1952"));
}
