//! npm's `oidc-provider` as an upstream: a person is identified over both faces, whatever protects
//! the way.

use serde_json::{Value, json};

use super::broker::{Case, SECRET, SUBJECT, Shown, Strangers};

const AINO: &str = "sandbox:persona=aino";
const ACR: &str = "http://eidas.europa.eu/LoA/substantial";

/// A token that is signed and encrypted.
pub fn nested(signing: &str, algorithm: &str, content: &str) -> Value {
    json!({ "signing": [signing], "encryption": { "algorithm": algorithm, "contents": [content] } })
}

/// The same as a registration has it for one kind of token.
pub fn registered(kind: &str, signing: &str, algorithm: &str, content: &str) -> Value {
    json!({
        format!("{kind}_signed_response_alg"): signing,
        format!("{kind}_encrypted_response_alg"): algorithm,
        format!("{kind}_encrypted_response_enc"): content,
    })
}

/// Several parts of a registration.
pub fn merged(parts: &[Value]) -> Value {
    let members = parts.iter().flat_map(|part| part.as_object().unwrap().clone());
    Value::Object(members.collect())
}

fn private_key_jwt() -> Value {
    json!({ "token_endpoint_auth_method": "private_key_jwt" })
}

/// Parameters in the browser's address, and a client secret.
fn open() -> Case {
    let settings = json!({
        "request_delivery": "get",
        "request_protection": "plain",
        "client_authentication": "client_secret_basic",
    });
    let registration =
        json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET });
    Case::new("open", settings, registration)
}

/// A signed request that the browser posts, a form that comes back, and all claims in the ID token.
fn posted() -> Case {
    let settings = json!({
        "request_delivery": "post",
        "request_repeats_outside": true,
        "response": "form_post",
        "signing_algorithm": "ES256",
        "id_token": { "signing": ["ES256"] },
        "userinfo": "not_fetched",
        "claims_parameter": "id_token",
    });
    let registration = json!({
        "token_endpoint_auth_signing_alg": "ES256",
        "request_object_signing_alg": "ES256",
        "require_signed_request_object": true,
        "id_token_signed_response_alg": "ES256",
    });
    Case::new("posted", settings, merged(&[private_key_jwt(), registration]))
}

/// Every default: a pushed, signed request, and `private_key_jwt`.
fn pushed() -> Case {
    let registration = json!({
        "token_endpoint_auth_signing_alg": "RS256",
        "request_object_signing_alg": "RS256",
        "require_pushed_authorization_requests": true,
        "require_signed_request_object": true,
    });
    Case::new("pushed", json!({}), merged(&[private_key_jwt(), registration]))
}

/// ID token and userinfo signed and encrypted, and a request that is.
fn sealed() -> Case {
    let token = nested("PS256", "RSA-OAEP", "A128CBC-HS256");
    let settings = json!({
        "request_protection": "signed_then_encrypted",
        "signing_algorithm": "PS256",
        "id_token": token,
        "userinfo": "jwt",
        "userinfo_protection": token,
        "acr_values": { "any": ACR },
        "claims": [
            { "claim": "name", "member": "name.full", "scope": "profile" },
            { "claim": "birthdate", "member": "birth_date", "scope": "profile" },
            { "claim": "ssn", "member": "national_id", "country": "SE", "kind": "personnummer", "scope": "ssn" },
        ],
    });
    let registration =
        json!({ "request_object_signing_alg": "PS256", "require_signed_request_object": true });
    let tokens = ["id_token", "userinfo"].map(|kind| registered(kind, "PS256", "RSA-OAEP", "A128CBC-HS256"));
    let registration = merged(&[private_key_jwt(), registration, merged(&tokens)]);
    Case::new("sealed", settings, registration)
}

/// A signed response.
fn jarm() -> Case {
    let es256 = json!({ "signing": ["ES256"] });
    let settings = json!({
        "response": "jwt",
        "response_protection": es256,
        "userinfo": "jwt",
        "userinfo_protection": es256,
    });
    let registration =
        json!({ "authorization_signed_response_alg": "ES256", "userinfo_signed_response_alg": "ES256" });
    Case::new("jarm", settings, merged(&[private_key_jwt(), registration]))
}

/// A response that is signed and encrypted, the other algorithms, and a request in the address.
fn jarm_sealed() -> Case {
    let settings = json!({
        "request_delivery": "get",
        "request_protection": "signed_then_encrypted",
        "request_encryption": { "algorithm": "RSA-OAEP-256", "content": "A256GCM" },
        "request_repeats_outside": true,
        "response": "jwt",
        "response_protection": nested("PS256", "RSA-OAEP-256", "A192CBC-HS384"),
        "id_token": nested("ES256", "RSA-OAEP-256", "A128GCM"),
        "userinfo": "jwt",
        "userinfo_protection": nested("RS256", "RSA-OAEP", "A256CBC-HS512"),
    });
    let registration = merged(&[
        private_key_jwt(),
        registered("authorization", "PS256", "RSA-OAEP-256", "A192CBC-HS384"),
        registered("id_token", "ES256", "RSA-OAEP-256", "A128GCM"),
        registered("userinfo", "RS256", "RSA-OAEP", "A256CBC-HS512"),
    ]);
    Case::new("jarm-sealed", settings, registration)
}

/// What FAPI 2.0 asks of a client, with its message signing.
fn fapi2() -> Case {
    let ps256 = json!({ "signing": ["PS256"] });
    let settings = json!({
        "signing_algorithm": "PS256",
        "response": "jwt",
        "response_protection": ps256,
        "id_token": ps256,
    });
    let registration = json!({
        "token_endpoint_auth_signing_alg": "PS256",
        "request_object_signing_alg": "PS256",
        "require_pushed_authorization_requests": true,
        "require_signed_request_object": true,
        "authorization_signed_response_alg": "PS256",
        "id_token_signed_response_alg": "PS256",
    });
    Case::new("fapi2", settings, merged(&[private_key_jwt(), registration]))
}

/// A client certificate that an authority vouches for, and tokens bound to it.
pub fn mutual_tls(id: &'static str) -> Case {
    let settings = json!({ "client_authentication": "tls_client_auth", "response": "jwt" });
    let registration = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": SUBJECT,
        "tls_client_certificate_bound_access_tokens": true,
        "authorization_signed_response_alg": "RS256",
    });
    Case::new(id, settings, registration)
}

/// One that the upstream knows by itself.
fn self_signed() -> Case {
    let settings = json!({ "client_authentication": "tls_client_auth" });
    let registration = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "tls_client_certificate_bound_access_tokens": true,
    });
    Case { shown: Shown::SelfSigned, ..Case::new("self-signed", settings, registration) }
}

/// A bank that knows the connection by its certificate, and no keys of it.
pub fn bank() -> Case {
    let settings = json!({ "client_authentication": "mutual_tls", "registered_keys": false });
    let registration = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": SUBJECT,
        "tls_client_certificate_bound_access_tokens": true,
        "id_token_signed_response_alg": "PS256",
        "authorization_signed_response_alg": "PS256",
    });
    Case::bank("bank", settings, registration)
}

/// A bank that knows its keys.
pub fn bank_with_keys() -> Case {
    let settings = json!({ "client_authentication": "client_secret", "registered_keys": true });
    let registration = merged(&[
        json!({
            "token_endpoint_auth_method": "client_secret_basic",
            "client_secret": SECRET,
            "request_object_signing_alg": "PS256",
            "require_signed_request_object": true,
        }),
        registered("id_token", "PS256", "RSA-OAEP", "A256CBC-HS512"),
        registered("authorization", "PS256", "RSA-OAEP", "A256CBC-HS512"),
    ]);
    Case::bank("bank-with-keys", settings, registration)
}

/// The record without what differs from login to login.
fn stable(mut record: Value) -> Value {
    let members = record.as_object_mut().unwrap();
    members.retain(|name, _| !["authenticated_at", "transaction_id"].contains(&name.as_str()));
    record
}

/// Logs in over both faces, and gives the one record with the number of messages decrypted for each.
async fn record(strangers: &Strangers, connection: &str) -> (Value, u64) {
    let before = strangers.broker.operations.counts().decrypt;
    let rest = strangers.over_rest(connection, AINO).await;
    let Ok(rest) = rest else { panic!("{connection}: {}", strangers.failure(connection, AINO).await) };
    let decrypted = strangers.broker.operations.counts().decrypt - before;
    let openid = strangers.over_openid(connection, AINO).await;
    let openid = openid.unwrap_or_else(|error| panic!("{connection}: {error}"));
    assert_eq!(stable(rest.clone()), stable(openid), "{connection}");
    (rest, decrypted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_identified_whatever_protects_the_way() {
    let cases = [
        open(),
        posted(),
        pushed(),
        sealed(),
        jarm(),
        jarm_sealed(),
        fapi2(),
        mutual_tls("mtls"),
        self_signed(),
    ];
    let strangers = Strangers::start(&cases);
    for case in cases {
        let (record, decrypted) = record(&strangers, case.id).await;
        assert_eq!(record["name"]["full"], "Aino Maria Specimen", "{record}");
        assert_eq!(record["birth_date"], "1984-02-29", "{record}");
        let id = record.pointer("/national_id/value").and_then(Value::as_str);
        let expected = match case.id {
            "sealed" => (Some("19840229-2383"), "substantial", 2),
            "jarm-sealed" => (None, "unspecified", 3),
            _ => (None, "unspecified", 0),
        };
        let level = record["assurance"]["level"].as_str().unwrap();
        assert_eq!((id, level, decrypted), expected, "{record}");
        if case.id != "sealed" {
            assert_eq!(record["email"], json!({ "value": "aino@example.org", "verified": true }));
            assert_eq!(record["phone"], json!({ "value": "+358401234567", "verified": false }));
            assert_eq!(record["address"]["postal_code"], "00100");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_identified_by_a_bank_behind_its_selector() {
    let cases = [bank(), bank_with_keys()];
    let strangers = Strangers::start(&cases);
    for (case, encrypted) in cases.iter().zip([0, 2]) {
        let (record, decrypted) = record(&strangers, case.id).await;
        assert_eq!(decrypted, encrypted, "{}", case.id);
        assert_eq!(record["method"], json!({ "id": "17", "name": "Specimen Bank" }));
        assert_eq!(record["name"]["family"], "Specimen");
        assert_eq!(record["provenance"]["age_over.25"]["claim"], "age_over_25", "{record}");
        assert_eq!(record["provenance"]["age_over.65"], json!({ "derived": "birth_date" }), "{record}");
        assert_eq!(record["payment_details"][0]["identifier"], "000123456789", "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_turns_back_at_the_upstream_comes_back_to_the_app() {
    let cases = [open(), jarm(), jarm_sealed(), bank_with_keys()];
    let strangers = Strangers::start(&cases);
    for case in cases {
        let error = strangers.failure(case.id, "sandbox:fault=cancel").await;
        assert_eq!(error["code"], "user_cancelled", "{}: {error}", case.id);
        assert_eq!(error["upstream_code"], "access_denied", "{}: {error}", case.id);
    }
}
