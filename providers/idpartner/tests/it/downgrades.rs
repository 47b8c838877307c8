//! Every weakening of the two tokens, with the one reason that it fails for.
//!
//! The shared run lets a fault end in one of several ways, and pass where it does not apply; here
//! each must apply, and end in one.

use tunnus_sdk::{Fault, LoginRequest, Reason, Stage};
use tunnus_simulator::Click;

use crate::desk::{Desk, MUTUAL_TLS, SECRET, SPECIMEN, login};

/// Wherever a signature is due.
const SIGNATURE: [(&str, Reason); 7] = [
    ("alg_none", Reason::NotSigned),
    ("other_algorithm", Reason::Algorithm),
    ("hmac", Reason::Algorithm),
    ("critical", Reason::Algorithm),
    ("other_key", Reason::Signature),
    ("unknown_key", Reason::KeyUnknown),
    ("broken_signature", Reason::Signature),
];

/// Where no keys are registered.
const NOT_ENCRYPTED: [(&str, Reason); 2] =
    [("encrypted", Reason::NotSigned), ("unprotected", Reason::NotSigned)];

/// Where keys are registered.
const ENCRYPTION: [(&str, Reason); 8] = [
    ("unprotected", Reason::NotEncrypted),
    ("not_encrypted", Reason::NotEncrypted),
    ("unsigned_inside", Reason::NotSigned),
    ("other_enc", Reason::Algorithm),
    ("rsa1_5", Reason::Algorithm),
    ("other_recipient", Reason::Decryption),
    ("broken_ciphertext", Reason::Decryption),
    ("compressed", Reason::Algorithm),
];

/// What the authorization response says.
const RESPONSE: [(&str, Reason); 9] = [
    ("iss_other", Reason::Issuer),
    ("iss_missing", Reason::Issuer),
    ("aud_other", Reason::Audience),
    ("aud_missing", Reason::Audience),
    ("aud_second", Reason::Audience),
    ("exp_missing", Reason::Expired),
    ("exp_past", Reason::Expired),
    ("state_other", Reason::State),
    ("state_missing", Reason::State),
];

/// A login that the bank spoils as `fault` says.
async fn spoilt(desk: &Desk, fault: &str) -> (Option<Reason>, Stage) {
    let hint = format!("sandbox:fault={fault}");
    let login = LoginRequest { login_hint: Some(hint.as_str().into()), ..login("s1") };
    let chosen = desk.choose(&login, SPECIMEN).await;
    let error = match desk.visit(&login, chosen, Click::Cancel).await {
        Ok(returned) => desk.finish(&login, returned).await.err(),
        Err(error) => Some(error),
    };
    let error = error.unwrap_or_else(|| panic!("{fault} passed"));
    assert!(matches!(error.fault, Fault::ResponseRejected(_)), "{fault}: {error}");
    (error.reason(), error.stage)
}

async fn check(connection: &str, message: &str, stage: Stage, table: &[(&str, Reason)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (fault, reason) in table {
        let desk = Desk::new(connection);
        let found = spoilt(&desk, &format!("{message}_{fault}")).await;
        if found != (Some(*reason), stage) {
            wrong.push(format!("{connection} {message}_{fault}: {found:?}, due {reason}"));
        }
        let redeemed = desk.host.sends(Stage::Token) > 0;
        assert_eq!(redeemed, stage != Stage::Callback, "{connection} {message}_{fault}");
    }
    wrong
}

#[tokio::test]
async fn every_weakening_of_a_token_fails_for_its_own_reason() {
    let mut wrong = Vec::new();
    for (message, stage) in [("jarm", Stage::Callback), ("id_token", Stage::IdToken)] {
        for (connection, shape) in [(SECRET, &NOT_ENCRYPTED[..]), (MUTUAL_TLS, &ENCRYPTION[..])] {
            wrong.extend(check(connection, message, stage, &SIGNATURE).await);
            wrong.extend(check(connection, message, stage, shape).await);
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn every_claim_of_the_response_is_checked_before_the_code_is_redeemed() {
    let mut wrong = Vec::new();
    for connection in [SECRET, MUTUAL_TLS] {
        wrong.extend(check(connection, "jarm", Stage::Callback, &RESPONSE).await);
        wrong.extend(check(connection, "callback", Stage::Callback, &[("not_jarm", Reason::NotJarm)]).await);
    }
    assert_eq!(wrong, Vec::<String>::new());
}
