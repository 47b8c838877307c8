use serde_json::json;

use super::*;
use crate::for_tests::{NOW, object};

const SKEW: u64 = 30;

fn clock() -> Clock {
    Clock { now: Timestamp(NOW), skew: Duration::from_secs(SKEW) }
}

#[test]
fn the_issuer_is_compared_byte_for_byte() {
    assert_eq!(check_issuer(&object(json!({ "iss": "https://op.example" })), "https://op.example"), Ok(()));
    for iss in [
        json!("https://op.example/"),
        json!("https://OP.example"),
        json!(["https://op.example"]),
        json!(null),
    ] {
        let claims = object(json!({ "iss": iss }));
        assert_eq!(check_issuer(&claims, "https://op.example"), Err(Reason::Issuer), "{iss}");
    }
    assert_eq!(check_issuer(&Claims::new(), "https://op.example"), Err(Reason::Issuer));
}

#[test]
fn the_audience_is_us_and_nobody_else() {
    for aud in [json!("us"), json!(["us"]), json!(["us", "us"])] {
        assert_eq!(check_audience(&object(json!({ "aud": aud })), "us"), Ok(()), "{aud}");
    }
    for aud in [
        json!("them"),
        json!("US"),
        json!("us "),
        json!("us\u{0}"),
        json!("\u{feff}us"),
        json!(["us", "them"]),
        json!(["us", "us", "them"]),
        json!(["us", null]),
        json!(["us", ""]),
        json!([]),
        json!([["us"]]),
        json!({ "us": 1 }),
        json!(null),
    ] {
        assert_eq!(check_audience(&object(json!({ "aud": aud })), "us"), Err(Reason::Audience), "{aud}");
    }
    assert_eq!(check_audience(&Claims::new(), "us"), Err(Reason::Audience));
}

#[test]
fn an_expiry_is_there_and_has_not_passed() {
    for exp in [json!(NOW + 1), json!(NOW - 29), json!(4e9)] {
        assert_eq!(check_expiry(&object(json!({ "exp": exp })), clock()), Ok(()), "{exp}");
    }
    for (exp, reason) in [
        (json!(NOW - 30), Reason::Expired),
        (json!(0), Reason::Expired),
        (json!("4000000000"), Reason::Malformed),
        (json!(1e300), Reason::Malformed),
        (json!(i64::MAX), Reason::Malformed),
        (json!(u64::MAX), Reason::Malformed),
        (json!(-1), Reason::Malformed),
        (json!(i64::MIN), Reason::Malformed),
        (json!(-1.5), Reason::Malformed),
        (json!(true), Reason::Malformed),
        (json!([NOW + 1]), Reason::Malformed),
        (json!({ "exp": NOW + 1 }), Reason::Malformed),
        (json!(null), Reason::Malformed),
    ] {
        assert_eq!(check_expiry(&object(json!({ "exp": exp })), clock()), Err(reason), "{exp}");
    }
    assert_eq!(check_expiry(&Claims::new(), clock()), Err(Reason::Expired));
}

#[test]
fn not_before_may_be_missing_and_must_have_come() {
    assert_eq!(check_not_before(&Claims::new(), clock()), Ok(()));
    assert_eq!(check_not_before(&object(json!({ "nbf": NOW + 30 })), clock()), Ok(()));
    assert_eq!(check_not_before(&object(json!({ "nbf": NOW + 31 })), clock()), Err(Reason::NotYetValid));
    assert_eq!(check_not_before(&object(json!({ "nbf": "soon" })), clock()), Err(Reason::Malformed));
}

#[test]
fn a_time_may_have_a_fraction() {
    assert_eq!(time(&object(json!({ "iat": 12.9 })), "iat"), Ok(Some(Timestamp(12))));
    assert_eq!(time(&Claims::new(), "iat"), Ok(None));
}

#[test]
fn secrets_of_different_lengths_are_different() {
    assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
}
