//! The three operations that a login does most of its work with: `cargo bench --bench operations`.

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use serde_json::{Value, json};
use tunnus::{
    ambient::Ambient,
    store::{Key, MasterKey, Sealer},
};
use tunnus_jose::{DecryptionRing, KeyUse, Operations, PublicKeys, SigningKey, decrypt, generate, verify};
use tunnus_sdk::{Claims, ContentEncryption, Encryption, Hidden, KeyEncryption, SigningAlgorithm};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default().measurement_time(Duration::from_secs(3)).configure_from_args();
    let signing = [
        (SigningAlgorithm::RS256, SigningKey::parse(&generate::rsa(2048, KeyUse::Signature)?)?),
        (SigningAlgorithm::ES256, SigningKey::parse(&generate::p256(KeyUse::Signature)?)?),
    ];
    for (algorithm, key) in &signing {
        open_nested(&mut criterion, *algorithm, key)?;
        sign_request(&mut criterion, *algorithm, key);
    }
    seal_flow(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}

/// As many members as an ID token or a request object has.
fn claims() -> Claims {
    let text = "a value of some forty characters, or more";
    (0..16).map(|number| (format!("claim-{number}"), json!(text))).collect()
}

/// Decrypts a token, and verifies the one inside.
fn open_nested(
    criterion: &mut Criterion,
    algorithm: SigningAlgorithm,
    key: &SigningKey,
) -> Result<(), Failure> {
    let operations = Operations::new();
    let ring = DecryptionRing::parse(&[generate::rsa(2048, KeyUse::Encryption)?])?;
    let published = |keys: Vec<Value>| PublicKeys::parse(json!({ "keys": keys }).to_string().as_bytes());
    let (ours, theirs) = (published(ring.public_jwks())?, published(vec![key.public_jwk()])?);
    let demand =
        Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256CbcHs512] };
    let to = ours.encryption_key(demand.algorithm).ok_or("a key to encrypt to")?;
    let inner = key.sign(&operations, algorithm, None, &claims())?;
    let content = ContentEncryption::A256CbcHs512;
    let token = to.encrypt(&operations, content, None, Some("JWT"), inner.expose_str())?;
    let open = || -> Result<_, Failure> {
        let inner = decrypt(&operations, &demand, &ring, token.expose_str())?;
        Ok(verify(&operations, &[algorithm], &theirs, inner.expose_str())?)
    };
    open()?;
    criterion.bench_function(&format!("open a nested token, {}", algorithm.name()), |b| {
        b.iter(|| black_box(open()).is_ok());
    });
    Ok(())
}

/// Signs a request object.
fn sign_request(criterion: &mut Criterion, algorithm: SigningAlgorithm, key: &SigningKey) {
    let (operations, claims) = (Operations::new(), claims());
    criterion.bench_function(&format!("sign a request, {}", algorithm.name()), |b| {
        b.iter(|| key.sign(&operations, algorithm, None, black_box(&claims)));
    });
}

/// Seals what is kept of a flow, and opens it again.
fn seal_flow(criterion: &mut Criterion) -> Result<(), Failure> {
    let sealer = Sealer::new(vec![MasterKey::new("1", Hidden::new([7; 32]))?], Ambient::system())?;
    let (key, secrets, flow) = (Key::new("attempt", "a"), ["a state", "a browser's secret"], claims());
    let kept = sealer.seal_json("attempt", &secrets, &key, &flow)?;
    criterion.bench_function("seal a flow", |b| {
        b.iter(|| sealer.seal_json("attempt", &secrets, &key, black_box(&flow)));
    });
    criterion.bench_function("open a flow", |b| {
        b.iter(|| sealer.open_json::<Claims>("attempt", &secrets, &key, black_box(&kept)));
    });
    Ok(())
}
