//! The downgrade matrix: whatever is weaker than what is due, and what we say to it.

use josekit::{
    jwe::{JweHeader, RSA_OAEP_256, alg::rsaes::RsaesJweAlgorithm, serialize_compact},
    jws::{HS256, JwsSigner},
};
use serde_json::{Value, json};
use tunnus_jose::{EncryptionKey, Operations, verify};
use tunnus_sdk::{Claims, KeyEncryption, Reason, SigningAlgorithm};

use crate::forge::{
    HEADER, SIGNING_KEY_P256, Token, claims, compact, encode, keys, nested, open, our_key, rsa_signer, sign,
    signed, signer, verify_signed, with,
};

/// What stands in the table: a name, the token, what is said to it, and the private-key operations
/// that it may cost.
type Row = (String, String, Reason, u64);

fn row(name: &str, token: impl Into<String>, reason: Reason, operations: u64) -> Row {
    (name.to_owned(), token.into(), reason, operations)
}

fn payload() -> String {
    Value::Object(claims()).to_string()
}

fn shapes() -> Vec<Row> {
    let token = nested().text();
    let parts: Vec<&str> = token.split('.').collect();
    let without = |index: usize| {
        let mut parts = parts.clone();
        parts[index] = "";
        parts.join(".")
    };
    let mut rows = vec![
        row("a signed token where a nested one is due", signed(), Reason::NotEncrypted, 0),
        row("an unsecured token where a nested one is due", compact(r#"{"alg":"none"}"#, &payload(), ""), Reason::NotEncrypted, 0),
        row("plain JSON where a token is due", payload(), Reason::NotEncrypted, 0),
        row("plain JSON after white space", format!(" \n{}", payload()), Reason::NotEncrypted, 0),
        row("nothing", "", Reason::Malformed, 0),
        row("dots", "....", Reason::Malformed, 0),
        row("more dots", ".".repeat(60_000), Reason::Malformed, 0),
        row("four parts", parts[..4].join("."), Reason::Malformed, 0),
        row("six parts", format!("{token}.AA"), Reason::Malformed, 0),
        row("a dot at the end", format!("{token}."), Reason::Malformed, 0),
        row("too long", format!("{token}{}", "A".repeat(65_536)), Reason::TooLarge, 0),
        row("padding", format!("{token}="), Reason::Malformed, 0),
        row("a space at the end", format!("{token} "), Reason::Malformed, 0),
        row("a line feed at the end", format!("{token}\n"), Reason::Malformed, 0),
        row("a space before", format!(" {token}"), Reason::Malformed, 0),
        row("the plain alphabet", format!("{}+", &token[..token.len() - 1]), Reason::Malformed, 0),
        row("a null byte", format!("{token}\0"), Reason::Malformed, 0),
        row("JSON serialization", json!({"protected": parts[0], "encrypted_key": parts[1], "iv": parts[2], "ciphertext": parts[3], "tag": parts[4]}).to_string(), Reason::NotEncrypted, 0),
    ];
    rows.extend(
        (0..5).map(|index| row(&format!("part {index} empty"), without(index), Reason::Malformed, 0)),
    );
    rows
}

fn swapped_parts() -> Vec<Row> {
    let (one, other) = (nested(), nested());
    let mut rows = Vec::new();
    for part in 1..5 {
        let mixed = one.clone().with_part(part, other.0[part].clone());
        rows.push(row(&format!("part {part} of another token"), mixed.text(), Reason::Decryption, 1));
    }
    for (a, b) in [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)] {
        let swapped = one.clone().with_part(a, one.0[b].clone()).with_part(b, one.0[a].clone());
        rows.push(row(&format!("parts {a} and {b} swapped"), swapped.text(), Reason::Decryption, 0));
    }
    // The header is covered by the MAC to the letter.
    let respelled = one.with_part(0, HEADER.replace(',', ", "));
    rows.push(row("the same header in another spelling", respelled.text(), Reason::Decryption, 1));
    rows
}

fn lengths() -> Vec<Row> {
    let token = nested();
    let len = token.0[3].len();
    let mut rows = vec![
        row("ciphertext of no whole block", token.clone().cut(3, len - 1).text(), Reason::Decryption, 0),
        row("ciphertext of one byte", token.clone().cut(3, 1).text(), Reason::Decryption, 0),
        row("ciphertext one byte longer", token.clone().cut(3, len + 1).text(), Reason::Decryption, 0),
        row("ciphertext one block longer", token.clone().cut(3, len + 16).text(), Reason::Decryption, 1),
    ];
    for len in (1..=64).filter(|len| *len != 32) {
        rows.push(row(
            &format!("tag of {len} bytes"),
            token.clone().cut(4, len).text(),
            Reason::Decryption,
            0,
        ));
    }
    rows
}

/// Every other registered algorithm, and spellings of the right ones, on a token that would open.
fn algorithms() -> Vec<Row> {
    let algs = [
        "RSA1_5",
        "RSA-OAEP-256",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
        "dir",
        "A128KW",
        "A256KW",
        "A256GCMKW",
        "ECDH-ES",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "none",
        "RS256",
        "HS256",
        "",
        "rsa-oaep",
        "RSA-OAEP ",
        "RSA-OAEP\0",
    ];
    let encs = [
        "A128CBC-HS256",
        "A192CBC-HS384",
        "A128GCM",
        "A192GCM",
        "A256GCM",
        "A256CBC+HS512",
        "XC20P",
        "none",
        "",
        "a256cbc-hs512",
        "A256CBC-HS512 ",
    ];
    let changed = |name: &str, value: &str| Token::new(&with(HEADER, &json!({name: value})), signed()).text();
    let algs = algs.iter().map(|alg| row(&format!("alg {alg}"), changed("alg", alg), Reason::Algorithm, 0));
    let encs = encs.iter().map(|enc| row(&format!("enc {enc}"), changed("enc", enc), Reason::Algorithm, 0));
    algs.chain(encs).collect()
}

#[expect(deprecated, reason = "the attacker may use what we may not")]
fn truly_weaker() -> Vec<Row> {
    let header = |content: &str| {
        let mut header = JweHeader::new();
        header.set_content_encryption(content);
        header.set_content_type("JWT");
        header
    };
    let pkcs1 = RsaesJweAlgorithm::Rsa1_5.encrypter_from_jwk(&our_key()).unwrap();
    let oaep_256 = RSA_OAEP_256.encrypter_from_jwk(&our_key()).unwrap();
    let sealed = |encrypter: &dyn josekit::jwe::JweEncrypter, content: &str| {
        serialize_compact(signed().as_bytes(), &header(content), encrypter).unwrap()
    };
    vec![
        row("a true RSA1_5 token", sealed(&pkcs1, "A256CBC-HS512"), Reason::Algorithm, 0),
        row("a true RSA-OAEP-256 token", sealed(&oaep_256, "A256CBC-HS512"), Reason::Algorithm, 0),
    ]
}

fn headers() -> Vec<Row> {
    let with_header = |header: &str| Token::new(header, signed()).text();
    let mut rows = Vec::new();
    for (name, header) in [
        ("an empty header", "{}"),
        ("an array", "[]"),
        ("null", "null"),
        ("no JSON", "alg"),
        ("cut off", &HEADER[..20]),
        ("a second value after", &format!("{HEADER}{{}}")),
        ("alg a number", r#"{"alg":1,"enc":"A256CBC-HS512"}"#),
        ("a byte order mark", &format!("\u{feff}{HEADER}")),
        ("without alg", r#"{"enc":"A256CBC-HS512","cty":"JWT"}"#),
        ("kid a number", &with(HEADER, &json!({"kid": 7}))),
        ("typ an object", &with(HEADER, &json!({"typ": {}}))),
        (
            "deeply nested",
            &with(
                HEADER,
                &json!({"x": serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(20), "]".repeat(20))).unwrap()}),
            ),
        ),
    ] {
        rows.push(row(name, with_header(header), Reason::Malformed, 0));
    }
    rows.push(row("without enc", with_header(&with(HEADER, &json!({"enc": null}))), Reason::Algorithm, 0));
    rows.push(row(
        "a huge header",
        with_header(&with(HEADER, &json!({"x": "x".repeat(5000)}))),
        Reason::TooLarge,
        0,
    ));
    for cty in [
        Value::Null,
        json!(""),
        json!("JSON"),
        json!("JWTX"),
        json!("application/json"),
        json!("text/JWT"),
        json!(" JWT"),
    ] {
        let header = with(HEADER, &json!({"cty": cty}));
        rows.push(row(&format!("cty {cty}"), with_header(&header), Reason::Malformed, 0));
    }
    rows
}

/// What the MAC covers is authentic as far as encryption goes; what is inside must still be signed.
fn contents() -> Vec<Row> {
    let inside =
        |name: &str, text: &str, reason: Reason| row(name, Token::new(HEADER, text).text(), reason, 1);
    let hs256_with = |secret: &[u8]| {
        let input = compact(r#"{"alg":"HS256","kid":"abc123321cba"}"#, &payload(), "");
        let input = input.trim_end_matches('.').to_owned();
        let signature = HS256.signer_from_bytes(secret).unwrap().sign(input.as_bytes()).unwrap();
        format!("{input}.{}", encode(signature))
    };
    let pem = rsa_signer().public_pem().unwrap();
    let jwk = rsa_signer().public_jwk().to_string();
    let good = signed();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let none = r#"{"alg":"none"}"#;
    vec![
        inside("plain claims", &payload(), Reason::NotSigned),
        inside("nothing", "", Reason::NotSigned),
        inside("noise", "\u{e4}\u{f6}", Reason::NotSigned),
        inside("nested twice", &nested().text(), Reason::NotSigned),
        inside("unsecured", &compact(none, &payload(), ""), Reason::NotSigned),
        inside("unsecured, with a signature", &compact(none, &payload(), "x"), Reason::NotSigned),
        inside("unsecured, None", &compact(r#"{"alg":"None"}"#, &payload(), "x"), Reason::NotSigned),
        inside("unsecured, nOnE", &compact(r#"{"alg":"nOnE"}"#, &payload(), "x"), Reason::NotSigned),
        inside("a good token without its signature", &format!("{input}."), Reason::NotSigned),
        inside("a good token without the last dot", input, Reason::NotSigned),
        inside("without alg", &compact("{}", &payload(), "x"), Reason::Malformed),
        inside("HS256 with the public key in PEM as secret", &hs256_with(pem.as_bytes()), Reason::Algorithm),
        inside("HS256 with the trimmed PEM as secret", &hs256_with(pem.trim().as_bytes()), Reason::Algorithm),
        inside("HS256 with the public JWK as secret", &hs256_with(jwk.as_bytes()), Reason::Algorithm),
        inside("PS256 where RS256 is due", &sign(&rsa_signer(), SigningAlgorithm::PS256), Reason::Algorithm),
        inside(
            "ES256 where RS256 is due",
            &sign(&signer(SIGNING_KEY_P256), SigningAlgorithm::ES256),
            Reason::Algorithm,
        ),
        inside(
            "another header",
            &format!("{}.{}", encode(r#"{"alg":"RS256"}"#), good.split_once('.').unwrap().1),
            Reason::Signature,
        ),
        inside("another payload", &replaced(&good, 1, &encode("{}")), Reason::Signature),
        inside("a signature of zeros", &replaced(&good, 2, &encode([0; 256])), Reason::Signature),
        inside("a signature of one byte", &replaced(&good, 2, "AA"), Reason::Signature),
        inside(
            "a signature one byte longer",
            &replaced(&good, 2, &encode([crate::forge::decode(signature), vec![0]].concat())),
            Reason::Signature,
        ),
        inside("with the kid of the encryption key", &rekeyed("mykey-123"), Reason::Algorithm),
        inside("with the kid of a key of another kind", &rekeyed("point"), Reason::Algorithm),
        inside("with a kid that nobody published", &rekeyed("other"), Reason::KeyUnknown),
        inside(
            "signed, with an enc",
            &compact(r#"{"alg":"RS256","enc":"A256CBC-HS512"}"#, &payload(), "x"),
            Reason::Algorithm,
        ),
        inside("signed by our own encryption key", &sign_with_our_key(), Reason::Algorithm),
    ]
}

fn replaced(token: &str, part: usize, with: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = with;
    parts.join(".")
}

fn rekeyed(kid: &str) -> String {
    sign(&rsa_signer().with_kid(kid), SigningAlgorithm::RS256)
}

/// The issuer's set lists our encryption key too. Its owner is us, but nobody may sign with it.
fn sign_with_our_key() -> String {
    let key = with(crate::forge::DECRYPTION_KEY, &json!({"alg": null, "use": "sig"}));
    sign(&signer(&key), SigningAlgorithm::RS256)
}

#[test]
fn nothing_weaker_than_what_is_due_is_accepted() {
    let tables = [shapes(), swapped_parts(), lengths(), algorithms(), truly_weaker(), headers(), contents()];
    let rows = tables.concat();
    for (name, token, reason, operations) in &rows {
        assert_eq!(open(token), (Err(*reason), *operations), "{name}");
    }
    assert!(rows.len() >= 170, "{} rows", rows.len());
}

#[test]
fn what_is_just_as_long_as_it_may_be_is_looked_at_and_one_byte_more_is_not() {
    let filled = |length: usize| {
        let token = signed();
        format!("{token}{}", "A".repeat(length - token.len()))
    };
    let refused = |token: &str| verify_signed(&Operations::new(), token).unwrap_err();
    assert_ne!(refused(&filled(65_536)), Reason::TooLarge);
    assert_eq!(refused(&filled(65_537)), Reason::TooLarge);
    let bare = with(HEADER, &json!({"x": ""})).len();
    let headed =
        |length: usize| Token::new(&with(HEADER, &json!({"x": "x".repeat(length - bare)})), signed()).text();
    assert_eq!(open(&headed(4096)), (Ok(claims()), 1));
    assert_eq!(open(&headed(4097)), (Err(Reason::TooLarge), 0));
}

#[test]
fn an_encrypted_token_is_none_where_a_signed_one_is_due() {
    let refused = |token: &str| verify_signed(&Operations::new(), token).unwrap_err();
    assert_eq!(refused(&nested().text()), Reason::NotSigned);
    assert_eq!(refused(&payload()), Reason::NotSigned);
    assert_eq!(refused(""), Reason::Malformed);
    assert_eq!(refused("..."), Reason::Malformed);
    assert_eq!(refused(&format!("{}{}", signed(), "A".repeat(65_536))), Reason::TooLarge);
    assert_eq!(refused(&format!("{}=", signed())), Reason::Malformed);
}

#[test]
fn a_signed_payload_that_is_no_object_is_no_set_of_claims() {
    use josekit::jws::RS256;
    let key = josekit::jwk::Jwk::from_bytes(crate::forge::SIGNING_KEY).unwrap();
    let signer = RS256.signer_from_jwk(&key).unwrap();
    for payload in
        ["[]", "null", "1", "x", r#"{"sub":"a","sub":"b"}"#, r#"{"a":{"b":1,"b":2}}"#, "{}{}", &signed()]
    {
        let input = compact(r#"{"alg":"RS256","kid":"abc123321cba"}"#, payload, "");
        let input = input.trim_end_matches('.');
        let token = format!("{input}.{}", encode(signer.sign(input.as_bytes()).unwrap()));
        assert_eq!(verify_signed(&Operations::new(), &token), Err(Reason::Malformed), "{payload}");
    }
}

#[test]
fn no_algorithm_allowed_means_none_accepted() {
    let answer = verify(&Operations::new(), &[], &keys(), &signed());
    assert_eq!(answer.unwrap_err(), tunnus_jose::VerifyError::Rejected(Reason::Algorithm));
    let demand = tunnus_sdk::Encryption { algorithm: KeyEncryption::RsaOaep, contents: Vec::new() };
    let answer = tunnus_jose::decrypt(&Operations::new(), &demand, &crate::forge::ring(), &nested().text());
    assert_eq!(answer.unwrap_err().0, Reason::Algorithm);
}

#[test]
fn copies_of_claims_in_the_encryption_header_are_never_read() {
    let header = with(HEADER, &json!({"iss": "https://attacker.example", "sub": "other"}));
    let (opened, _): (Result<Claims, _>, _) = open(&Token::new(&header, signed()).text());
    assert_eq!(opened, Ok(claims()));
}

#[test]
fn what_we_seal_says_what_it_is_and_nothing_more() {
    let key: EncryptionKey = keys().encryption_key(KeyEncryption::RsaOaep).unwrap();
    let token = key
        .encrypt(
            &Operations::new(),
            tunnus_sdk::ContentEncryption::A256CbcHs512,
            None,
            Some("JWT"),
            &signed(),
        )
        .unwrap();
    let header = crate::forge::decode(token.expose_str().split('.').next().unwrap());
    assert_eq!(
        String::from_utf8(header).unwrap(),
        r#"{"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"mykey-123","cty":"JWT"}"#
    );
    assert_eq!(open(token.expose_str()), (Ok(claims()), 1));
}
