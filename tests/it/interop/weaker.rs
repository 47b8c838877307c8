//! An upstream whose registration does not say what our settings say: nothing weaker, and nothing
//! other, than was asked for is taken.

use serde_json::{Value, json};

use super::{
    broker::{Case, SECRET, Shown, Strangers},
    upstream::{bank, bank_with_keys, merged, mutual_tls, nested, registered},
};

/// What becomes of a case: code, reason and stage.
type Outcome = [&'static str; 3];

const fn rejected(reason: &'static str, stage: &'static str) -> Outcome {
    ["provider_response_rejected", reason, stage]
}

/// A client whose keys are on file.
fn keyed(id: &'static str, settings: Value, registration: Value) -> Case {
    let own = json!({ "token_endpoint_auth_method": "private_key_jwt" });
    Case::new(id, settings, merged(&[own, registration]))
}

fn sealed(kind: &str) -> Value {
    registered(kind, "RS256", "RSA-OAEP", "A128CBC-HS256")
}

/// Messages that come with less protection than the settings demand.
fn weaker() -> Vec<(Case, Outcome)> {
    let demand = nested("RS256", "RSA-OAEP", "A128CBC-HS256");
    let userinfo = json!({ "userinfo": "jwt", "userinfo_protection": demand });
    let response = json!({ "response": "jwt", "response_protection": demand });
    let id_token = json!({ "id_token": demand });
    let signed = json!({ "userinfo_signed_response_alg": "RS256" });
    vec![
        (keyed("id-token-bare", id_token, json!({})), rejected("not_encrypted", "id_token")),
        (keyed("userinfo-bare", userinfo.clone(), signed), rejected("not_encrypted", "userinfo")),
        (keyed("userinfo-json", userinfo, json!({})), rejected("not_encrypted", "userinfo")),
        (
            keyed("userinfo-unsigned", json!({ "userinfo": "jwt" }), json!({})),
            rejected("not_signed", "userinfo"),
        ),
        (keyed("response-bare", response, json!({})), rejected("not_encrypted", "callback")),
    ]
}

/// Messages that come with another protection than the settings name.
fn other() -> Vec<(Case, Outcome)> {
    let demand = |algorithm, content| json!({ "id_token": nested("RS256", algorithm, content) });
    let key = Case {
        outdated_key: true,
        ..keyed("outdated-key", demand("RSA-OAEP", "A128CBC-HS256"), sealed("id_token"))
    };
    vec![
        (
            keyed("signing", json!({ "id_token": { "signing": ["ES256", "PS256"] } }), json!({})),
            rejected("algorithm", "id_token"),
        ),
        (
            keyed("content", demand("RSA-OAEP", "A256GCM"), sealed("id_token")),
            rejected("algorithm", "id_token"),
        ),
        (
            keyed("key", demand("RSA-OAEP-256", "A128CBC-HS256"), sealed("id_token")),
            rejected("algorithm", "id_token"),
        ),
        (
            keyed("response", json!({ "response": "jwt" }), sealed("authorization")),
            rejected("not_signed", "callback"),
        ),
        (keyed("id-token", json!({}), sealed("id_token")), rejected("not_signed", "id_token")),
        (key, rejected("decryption", "id_token")),
    ]
}

/// Banks whose console says the other of the two than our settings.
fn banks() -> Vec<(Case, Outcome)> {
    let (known, unknown) = (bank_with_keys(), bank());
    let keys = |registered: bool, settings: &Value| {
        merged(&[settings.clone(), json!({ "registered_keys": registered })])
    };
    vec![
        (Case { settings: keys(true, &unknown.settings), ..bank() }, rejected("not_encrypted", "callback")),
        (
            // Requests are signed by those with keys only: the bank is told not to insist.
            Case {
                settings: keys(false, &known.settings),
                registration: merged(&[
                    known.registration,
                    json!({ "require_signed_request_object": false }),
                ]),
                ..bank_with_keys()
            },
            rejected("not_signed", "callback"),
        ),
    ]
}

/// Clients that the upstream does not take for what they say they are, and an upstream that the client
/// does not.
fn strangers() -> Vec<(Case, Outcome)> {
    let secret = json!({
        "request_delivery": "get",
        "request_protection": "plain",
        "client_authentication": "client_secret_basic",
    });
    let other =
        json!({ "token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET.repeat(2) });
    let audience = json!({ "assertion_audience": "token_endpoint" });
    let plain = json!({ "request_protection": "plain" });
    let signed = json!({ "require_signed_request_object": true });
    vec![
        (Case::new("secret", secret, other), ["connection_misconfigured", "", "token"]),
        (
            Case { shown: Shown::Foreign, ..mutual_tls("certificate") },
            ["connection_misconfigured", "", "par"],
        ),
        (Case { shown: Shown::Foreign, ..bank() }, ["connection_misconfigured", "", "par"]),
        (Case { trusting: false, ..mutual_tls("untrusted") }, ["provider_unavailable", "", "par"]),
        // FAPI 2.0, section 5.3.2.1: an assertion for anybody but the issuer could be replayed there.
        (keyed("fapi2", audience, json!({})), ["connection_misconfigured", "", "par"]),
        (keyed("plain-request", plain, signed), ["provider_refused", "", "par"]),
    ]
}

async fn all_fail(cases: Vec<(Case, Outcome)>) {
    let (cases, outcomes): (Vec<Case>, Vec<Outcome>) = cases.into_iter().unzip();
    let strangers = Strangers::start(&cases);
    let mut wrong = Vec::new();
    for (case, [code, reason, stage]) in cases.iter().zip(outcomes) {
        let error = strangers.failure(case.id, "sandbox:persona=aino").await;
        let member = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let seen = [member("code"), member("reason"), member("stage")];
        if seen != [code, reason, stage] {
            wrong.push(format!("{}: {error}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_less_protected_than_demanded_is_refused() {
    all_fail(weaker()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_protected_otherwise_than_demanded_is_refused() {
    all_fail(other()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_does_not_know_of_our_keys_as_we_say_is_refused() {
    all_fail(banks()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_client_of_the_upstream_is_told_so() {
    all_fail(strangers()).await;
}
