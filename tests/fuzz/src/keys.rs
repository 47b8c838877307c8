//! Sample keys: those of the tests of `kit/jose`, which vendors publish for that use.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::BigNum,
    ec::{EcGroup, EcKey},
    nid::Nid,
    pkey::{PKey, Private, Public},
    rsa::{Rsa, RsaPrivateKeyBuilder},
};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionRing, PublicKeys};
use tunnus_sdk::Hidden;

/// The private key that opens.
pub const DECRYPTION: &str = include_str!("../../../providers/kit/jose/tests/vectors/decryption-key.json");
/// The issuer's private RSA key.
pub const SIGNING: &str = include_str!("../../../providers/kit/jose/tests/vectors/signing-key.json");
/// The issuer's private P-256 key.
pub const SIGNING_P256: &str =
    include_str!("../../../providers/kit/jose/tests/vectors/signing-key-p256.json");

/// Our ring, good for both key encryptions.
pub static RING: LazyLock<DecryptionRing> = LazyLock::new(|| {
    let key = without_alg(DECRYPTION).to_string();
    DecryptionRing::parse(&[Hidden::new(key)]).expect("a sample key")
});

/// The issuer's published keys: RSA for RS256 and PS256, P-256.
pub static ISSUER: LazyLock<PublicKeys> = LazyLock::new(|| {
    let keys = json!({ "keys": published() });
    PublicKeys::parse(keys.to_string().as_bytes()).expect("sample keys")
});

/// The same, as JWKs.
#[must_use]
pub fn published() -> Vec<Value> {
    [SIGNING, SIGNING_P256].into_iter().map(|key| public(&without_alg(key))).collect()
}

/// The issuer's RSA key, for the forger.
pub static RSA: LazyLock<PKey<Private>> = LazyLock::new(|| {
    let key: Value = serde_json::from_str(SIGNING).expect("JSON");
    let part = |name: &str| number(&key, name);
    let key = RsaPrivateKeyBuilder::new(part("n"), part("e"), part("d"))
        .and_then(|builder| builder.set_factors(part("p"), part("q")))
        .and_then(|builder| builder.set_crt_params(part("dp"), part("dq"), part("qi")));
    PKey::from_rsa(key.expect("a sample key").build()).expect("a sample key")
});

/// The issuer's P-256 key, for the forger.
pub static P256: LazyLock<EcKey<Private>> = LazyLock::new(|| {
    let key: Value = serde_json::from_str(SIGNING_P256).expect("JSON");
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let public = EcKey::from_public_key_affine_coordinates(&group, &number(&key, "x"), &number(&key, "y"));
    let public = public.expect("a sample key");
    EcKey::from_private_components(&group, &number(&key, "d"), public.public_key()).expect("a sample key")
});

/// Our public key, as the forger reads it.
pub static OURS: LazyLock<Rsa<Public>> = LazyLock::new(|| {
    let key: Value = serde_json::from_str(DECRYPTION).expect("JSON");
    Rsa::from_public_components(number(&key, "n"), number(&key, "e")).expect("a sample key")
});

/// The bytes of a member in base64url.
#[must_use]
pub fn bytes(key: &Value, name: &str) -> Vec<u8> {
    let text = key.get(name).and_then(Value::as_str).expect("a member");
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}

fn number(key: &Value, name: &str) -> BigNum {
    BigNum::from_slice(&bytes(key, name)).expect("a number")
}

fn without_alg(key: &str) -> Value {
    let mut key: Value = serde_json::from_str(key).expect("JSON");
    key.as_object_mut().expect("an object").remove("alg");
    key
}

fn public(key: &Value) -> Value {
    let mut key = key.clone();
    key.as_object_mut()
        .expect("an object")
        .retain(|name, _| ["kty", "use", "kid", "crv", "n", "e", "x", "y"].contains(&name.as_str()));
    key
}
