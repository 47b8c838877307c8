use super::*;

fn read(text: &str) -> Result<Requested, String> {
    requested(Some(text)).map_err(|refused| {
        assert_eq!(refused.oauth_error, "invalid_request");
        refused.error.fields[0].message.clone()
    })
}

#[test]
fn the_standard_s_example_is_understood() {
    // OpenID Connect Core, section 5.5, with a level that we know.
    let example = r#"{
        "userinfo": {
            "given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
            "email_verified": {"essential": true}, "picture": null, "http://example.info/claims/groups": null
        },
        "id_token": {
            "auth_time": {"essential": true}, "acr": {"values": ["substantial"]}
        }
    }"#;
    let requested = read(example).unwrap();
    assert_eq!(requested.required, [Member::GivenName, Member::Email].into());
    assert!(requested.optional.is_empty() && requested.in_id_token.is_empty());
    assert_eq!(requested.minimum_assurance, Level::Substantial);
}

#[test]
fn what_is_essential_anywhere_is_required() {
    let requested = read(
        r#"{"id_token":{"email":null},"userinfo":{"email":{"essential":true},"name":{"essential":false}}}"#,
    )
    .unwrap();
    assert_eq!(requested.required, [Member::Email].into());
    assert_eq!(requested.optional, [Member::FullName].into());
    assert_eq!(requested.in_id_token, [Member::Email].into());
}

#[test]
fn what_is_not_understood_is_ignored() {
    for text in [
        "{}",
        r#"{"userinfo":{}}"#,
        r#"{"userinfo":{"unknown":null,"name#fi":null,"age_over_0":null,"age_over_018":null}}"#,
        r#"{"elsewhere":{"name":{"essential":true}}}"#,
        r#"{"elsewhere":["anything",1]}"#,
        r#"{"userinfo":{"unknown":{"value":[{"a":1}],"essential":true}}}"#,
    ] {
        assert_eq!(read(text), Ok(Requested::default()), "{text}");
    }
    let more = read(r#"{"userinfo":{"name":{"essential":false,"purpose":"to greet","x":[1]}}}"#).unwrap();
    assert_eq!(more.optional, [Member::FullName].into());
}

#[test]
fn what_is_malformed_is_refused() {
    let deep = format!(r#"{{"userinfo":{{"x":{{"y":{}1{}}}}}}}"#, "[".repeat(1000), "]".repeat(1000));
    let long = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "x".repeat(LENGTH_MAX));
    for text in [
        "",
        "null",
        "[]",
        "\"userinfo\"",
        "{\"userinfo\":{}",
        "{} {}",
        r#"{"userinfo":null}"#,
        r#"{"userinfo":[]}"#,
        r#"{"userinfo":"name"}"#,
        r#"{"id_token":true}"#,
        r#"{"userinfo":{"name":true}}"#,
        r#"{"userinfo":{"name":"essential"}}"#,
        r#"{"userinfo":{"name":[]}}"#,
        r#"{"userinfo":{"unknown":1}}"#,
        r#"{"userinfo":{"name":{"essential":"true"}}}"#,
        r#"{"userinfo":{"name":{"essential":1}}}"#,
        r#"{"userinfo":{"name":{"essential":null}}}"#,
        r#"{"userinfo":{"unknown":{"essential":"false"}}}"#,
        r#"{"userinfo":{"unknown":{"values":"a"}}}"#,
        r#"{"userinfo":{"unknown":{"values":[]}}}"#,
        r#"{"userinfo":{"unknown":{"value":"a","values":["a"]}}}"#,
        r#"{"userinfo":{"name":null,"name":{"essential":true}}}"#,
        r#"{"userinfo":{},"userinfo":{}}"#,
        &deep,
        &long,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_certain_value_is_not_to_be_had() {
    for text in [
        r#"{"id_token":{"sub":{"value":"somebody"}}}"#,
        r#"{"userinfo":{"sub":{"values":["somebody"]}}}"#,
        r#"{"userinfo":{"national_id":{"essential":true,"value":"070770-905D"}}}"#,
        r#"{"userinfo":{"name":{"value":null}}}"#,
    ] {
        let message = read(text).unwrap_err();
        assert!(message.contains("certain value") && !message.contains("070770"), "{message}");
    }
    assert!(read(r#"{"id_token":{"sub":{"essential":true}}}"#).is_ok());
}

#[test]
fn the_values_of_acr_are_a_floor() {
    let level = |text: &str| read(text).map(|requested| requested.minimum_assurance);
    for (text, expected) in [
        (r#"{"id_token":{"acr":null}}"#, Level::Unspecified),
        (r#"{"id_token":{"acr":{"essential":true}}}"#, Level::Unspecified),
        (r#"{"id_token":{"acr":{"essential":true,"value":"high"}}}"#, Level::High),
        (r#"{"id_token":{"acr":{"values":["high","http://eidas.europa.eu/LoA/low"]}}}"#, Level::Low),
        (r#"{"id_token":{"acr":{"value":"low"}},"userinfo":{"acr":{"value":"high"}}}"#, Level::High),
    ] {
        assert_eq!(level(text), Ok(expected), "{text}");
    }
    for text in [
        r#"{"id_token":{"acr":{"essential":true,"values":["high","urn:mace:incommon:iap:silver"]}}}"#,
        r#"{"id_token":{"acr":{"values":[3]}}}"#,
        r#"{"id_token":{"acr":{"value":null}}}"#,
    ] {
        assert!(level(text).is_err(), "{text}");
    }
}
