//! The other side of an encrypted request object, for simulators.

use serde_json::json;
use tunnus_jose::{Operations, decrypt_unsigned};
use tunnus_sdk::{ContentEncryption, Reason};

use crate::forge::{HEADER, Token, demand, nested, ring, signed, with};

fn read(token: &str) -> (Result<String, Reason>, u64) {
    let operations = Operations::new();
    let demand = demand(ContentEncryption::A256CbcHs512);
    let text = decrypt_unsigned(&operations, &demand, &ring(), token);
    (text.map(|text| text.expose().clone()).map_err(|rejected| rejected.0), operations.counts().decrypt)
}

fn unsigned() -> Token {
    Token::new(&with(HEADER, &json!({"cty": null})), r#"{"a":"\u00e4"}"#)
}

#[test]
fn a_text_that_nobody_signed_is_read() {
    assert_eq!(read(&unsigned().text()), (Ok(r#"{"a":"\u00e4"}"#.to_owned()), 1));
}

#[test]
fn a_nested_token_is_not_read_without_its_signature_being_due() {
    assert_eq!(read(&nested().text()), (Err(Reason::Malformed), 0));
}

#[test]
fn whatever_else_is_refused_in_a_nested_token_is_refused_here() {
    let token = unsigned();
    let header = with(HEADER, &json!({"cty": null}));
    for (token, answer) in [
        (signed(), (Err(Reason::NotEncrypted), 0)),
        (token.clone().flip(4, 0, 1).text(), (Err(Reason::Decryption), 1)),
        (token.clone().flip(1, 0, 1).text(), (Err(Reason::Decryption), 1)),
        (token.clone().cut(4, 16).text(), (Err(Reason::Decryption), 0)),
        (token.with_part(2, []).text(), (Err(Reason::Malformed), 0)),
        (Token::new(&with(&header, &json!({"zip": "DEF"})), "{}").text(), (Err(Reason::Algorithm), 0)),
        (Token::new(&with(&header, &json!({"enc": "A256GCM"})), "{}").text(), (Err(Reason::Algorithm), 0)),
        (Token::new(&with(&header, &json!({"alg": "RSA1_5"})), "{}").text(), (Err(Reason::Algorithm), 0)),
        (Token::new(&header, [0xff, 0xfe]).text(), (Err(Reason::Malformed), 1)),
    ] {
        assert_eq!(read(&token), answer);
    }
}
