//! npm's `jose` beside `tunnus-jose`: what one makes the other opens, in every combination of
//! algorithms, and what nobody may open stays shut.

use serde_json::{Value, json};
use tunnus_jose::{
    DecryptionKey, DecryptionRing, KeyUse, Operations, PublicKeys, SigningKey, VerifyError, decrypt,
    decrypt_unsigned, generate, verify,
};
use tunnus_sdk::{Claims, ContentEncryption, Encryption, Hidden, KeyEncryption, Reason, SigningAlgorithm};

use crate::support::peer::ask;

const SIGNING: [SigningAlgorithm; 3] =
    [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
const KEYS: [KeyEncryption; 2] = [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256];
const CONTENTS: [ContentEncryption; 5] = [
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

/// What libraries write in ways of their own: other letters, numbers, depth, an empty text.
fn claims() -> Claims {
    let claims = json!({
        "iss": "https://op.example",
        "name": "Åke \"Ö\" Żółć 漢字 🎉\u{2028}</script>",
        "exp": 1_795_255_200_u64,
        "large": 9_007_199_254_740_991_u64,
        "negative": -1,
        "claims": { "userinfo": { "given_name": null, "list": [1, "2", [true]] } },
        "empty": "",
    });
    claims.as_object().unwrap().clone()
}

fn key(usage: KeyUse) -> Hidden<String> {
    generate::rsa(2048, usage).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// The algorithm of `all` that has this name.
fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, wanted: &str) -> T {
    *all.iter().find(|one| name(**one) == wanted).unwrap()
}

fn demand(token: &Value) -> Encryption {
    Encryption {
        algorithm: named(&KEYS, KeyEncryption::name, text(token, "algorithm")),
        contents: vec![named(&CONTENTS, ContentEncryption::name, text(token, "content"))],
    }
}

/// A question to the library, with the key that opens its answer.
async fn make() -> (DecryptionRing, Value) {
    let key = DecryptionKey::parse(&key(KeyUse::Encryption)).unwrap();
    let question = json!({ "what": "make", "claims": claims(), "recipient": key.public_jwk() });
    (DecryptionRing::of(vec![key]).unwrap(), ask("jose.mjs", question).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_library_makes_is_opened() {
    let (ring, made) = make().await;
    let operations = Operations::new();
    let keys = PublicKeys::parse(made["jwks"].to_string().as_bytes()).unwrap();
    let tokens = made["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), KEYS.len() * CONTENTS.len() * (SIGNING.len() + 1));
    for token in tokens {
        let Some(signing) = token["signing"].as_str() else {
            let opened = decrypt_unsigned(&operations, &demand(token), &ring, text(token, "token")).unwrap();
            let opened: Value = serde_json::from_str(opened.expose()).unwrap();
            assert_eq!(opened, Value::Object(claims()));
            continue;
        };
        let signing = [named(&SIGNING, SigningAlgorithm::name, signing)];
        let inner = decrypt(&operations, &demand(token), &ring, text(token, "token")).unwrap();
        let verified = verify(&operations, &signing, &keys, inner.expose()).unwrap();
        assert_eq!(verified.claims, claims(), "{token}");
        assert_eq!(verified.typ.as_deref(), Some("oauth-authz-req+jwt"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_other_library_makes_are_read_in_every_form() {
    let (_, made) = make().await;
    for pair in made["signing"].as_array().unwrap() {
        for form in pair["forms"].as_array().unwrap() {
            let key = SigningKey::parse(&form.as_str().unwrap().into()).unwrap();
            assert_eq!(key.kid(), text(pair, "kid"), "the thumbprint of RFC 7638");
        }
    }
    for form in made["decryption"]["forms"].as_array().unwrap() {
        let key = DecryptionKey::parse(&form.as_str().unwrap().into()).unwrap();
        assert_eq!(key.kid(), text(&made["decryption"], "kid"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_setting_can_allow_stays_shut() {
    let (ring, made) = make().await;
    let operations = Operations::new();
    let keys = PublicKeys::parse(made["jwks"].to_string().as_bytes()).unwrap();
    for (what, token) in made["refused"]["signed"].as_object().unwrap() {
        let Err(VerifyError::Rejected(reason)) =
            verify(&operations, &SIGNING, &keys, token.as_str().unwrap())
        else {
            panic!("{what} was believed");
        };
        let expected = match what.as_str() {
            "none" => Reason::NotSigned,
            "a detached payload" => Reason::Malformed,
            _ => Reason::Algorithm,
        };
        assert_eq!(reason, expected, "{what}");
    }
    for (what, token) in made["refused"]["encrypted"].as_object().unwrap() {
        let demand =
            Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256Gcm] };
        let opened = decrypt(&operations, &demand, &ring, token.as_str().unwrap());
        let expected = match what.as_str() {
            // Without a wrapped key one of the five parts is empty.
            "no cty" | "dir" | "ECDH-ES" => Reason::Malformed,
            "one in another" | "plain claims" => Reason::NotSigned,
            _ => Reason::Algorithm,
        };
        assert_eq!(opened.map(drop).map_err(|rejected| rejected.0), Err(expected), "{what}");
    }
    assert_eq!(operations.counts().verify, 0, "no key was touched");
}

/// A token of ours, as the other library is asked to open it.
fn token(
    token: &Hidden<String>,
    signing: Option<SigningAlgorithm>,
    encryption: Option<(KeyEncryption, ContentEncryption)>,
) -> Value {
    json!({
        "token": token.expose(),
        "signing": signing.map(SigningAlgorithm::name),
        "algorithm": encryption.map(|(algorithm, _)| algorithm.name()),
        "content": encryption.map(|(_, content)| content.name()),
    })
}

/// Every token that we can make: signed, nested, and encrypted without a signature.
fn tokens(signing: &[SigningKey], recipient: &PublicKeys) -> Vec<Value> {
    let operations = Operations::new();
    let sign = |algorithm| {
        let key = signing.iter().find(|key| key.supports(algorithm)).unwrap();
        key.sign(&operations, algorithm, Some("oauth-authz-req+jwt"), &claims()).unwrap()
    };
    let signed = SIGNING.map(|algorithm| (algorithm, sign(algorithm)));
    let mut tokens: Vec<_> =
        signed.iter().map(|(algorithm, signed)| token(signed, Some(*algorithm), None)).collect();
    for algorithm in KEYS {
        let key = recipient.encryption_key(algorithm).unwrap();
        for content in CONTENTS {
            for (signing, signed) in &signed {
                let nested = key.encrypt(&operations, content, None, Some("JWT"), signed.expose()).unwrap();
                tokens.push(token(&nested, Some(*signing), Some((algorithm, content))));
            }
            let plain = Value::Object(claims()).to_string();
            let unsigned = key.encrypt(&operations, content, Some("JWE"), None, &plain).unwrap();
            tokens.push(token(&unsigned, None, Some((algorithm, content))));
        }
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_make_the_other_library_opens() {
    let private = key(KeyUse::Encryption);
    let decryption = DecryptionKey::parse(&private).unwrap();
    let keys = [key(KeyUse::Signature), generate::p256(KeyUse::Signature).unwrap()];
    let signing = keys.map(|key| SigningKey::parse(&key).unwrap());
    let public: Vec<_> = signing.iter().map(SigningKey::public_jwk).collect();
    let recipient = json!({ "keys": [decryption.public_jwk()] }).to_string();
    let tokens = tokens(&signing, &PublicKeys::parse(recipient.as_bytes()).unwrap());
    assert_eq!(tokens.len(), 3 + KEYS.len() * CONTENTS.len() * (SIGNING.len() + 1));
    let question = json!({
        "what": "open",
        "jwks": { "keys": public },
        "keys": [serde_json::from_str::<Value>(private.expose()).unwrap()],
        "pems": signing.iter().map(|key| key.public_pem().unwrap()).collect::<Vec<_>>(),
        "tokens": tokens,
    });
    let answer = ask("jose.mjs", question).await;
    let kids: Vec<_> = signing.iter().map(SigningKey::kid).collect();
    assert_eq!(answer["thumbprints"], json!(kids));
    assert_eq!(answer["pems"], json!(kids));
    let opened = answer["opened"].as_array().unwrap();
    assert_eq!(opened.len(), tokens.len());
    for (token, opened) in tokens.iter().zip(opened) {
        assert_eq!(opened["claims"], Value::Object(claims()), "{token}");
        if token["signing"].is_string() {
            assert_eq!(opened["header"]["typ"], "oauth-authz-req+jwt", "{token}");
            assert_eq!(opened["outer"].get("cty").is_some(), token["algorithm"].is_string(), "{token}");
        }
    }
}
