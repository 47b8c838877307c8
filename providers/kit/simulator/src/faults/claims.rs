//! Faults of what a message says, and of what the browser brings back.

use serde_json::{Value, json};
use tunnus_sdk::{Claims, Fault, Reason, Stage, Timestamp};

use super::{Deed, Expected, FaultRow, Message};

/// A day, in seconds.
const DAY: i64 = 86_400;

/// Another party's name, for issuers and audiences.
const SOMEBODY: &str = "https://somebody.example";

/// Sets `name` to `value` where it stands there already.
fn replace(claims: &mut Claims, name: &str, value: Value) {
    if let Some(member) = claims.get_mut(name) {
        *member = value;
    }
}

/// Adds a second audience that nobody agreed on.
fn second_audience(claims: &mut Claims, _: Timestamp) {
    if let Some(audience) = claims.get_mut("aud") {
        *audience = json!([audience.take(), SOMEBODY]);
    }
}

/// Exchanges a parameter of the browser's return where it stands there.
fn replace_parameter(parameters: &mut [(String, String)], name: &str, value: &str) {
    for (_, parameter) in parameters.iter_mut().filter(|(other, _)| other == name) {
        value.clone_into(parameter);
    }
}

/// Doubles a parameter of the browser's return where it stands there.
fn double(parameters: &mut Vec<(String, String)>, name: &str) {
    let doubled = parameters.iter().find(|(other, _)| other == name).cloned();
    parameters.extend(doubled);
}

/// Errors that the browser returns with.
pub(super) const RETURN: &[FaultRow] = &[
    FaultRow {
        name: "cancel",
        sentence: "The person cancels.",
        deed: Deed::Return(None),
        expect: &[Expected::new(Fault::UserCancelled, Stage::Callback)],
    },
    FaultRow {
        name: "consent_denied",
        sentence: "The person denies consent, and the browser returns with consent_required.",
        deed: Deed::Return(Some("consent_required")),
        expect: &[Expected::new(Fault::ConsentDenied, Stage::Callback)],
    },
    FaultRow {
        name: "access_denied",
        sentence: "The browser returns with access_denied, which may mean either.",
        deed: Deed::Return(Some("access_denied")),
        expect: &[
            Expected::new(Fault::UserCancelled, Stage::Callback),
            Expected::new(Fault::ConsentDenied, Stage::Callback),
        ],
    },
    FaultRow {
        name: "server_error",
        sentence: "The browser returns with server_error.",
        deed: Deed::Return(Some("server_error")),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Callback)],
    },
    FaultRow {
        name: "temporarily_unavailable",
        sentence: "The browser returns with temporarily_unavailable.",
        deed: Deed::Return(Some("temporarily_unavailable")),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Callback)],
    },
    FaultRow {
        name: "unauthorized_client",
        sentence: "The browser returns with unauthorized_client.",
        deed: Deed::Return(Some("unauthorized_client")),
        expect: &[Expected::new(Fault::ConnectionMisconfigured, Stage::Callback)],
    },
    FaultRow {
        name: "invalid_scope",
        sentence: "The browser returns with invalid_scope.",
        deed: Deed::Return(Some("invalid_scope")),
        expect: &[Expected::new(Fault::ConnectionMisconfigured, Stage::Callback)],
    },
    FaultRow {
        name: "unknown_error",
        sentence: "The browser returns with an error that no standard knows.",
        deed: Deed::Return(Some("SIM-9999")),
        expect: &[Expected::new(Fault::ProviderRefused, Stage::Callback)],
    },
];

/// Of the parameters that the browser returns with.
pub(super) const CALLBACK: &[FaultRow] = &[
    FaultRow {
        name: "callback_not_jarm",
        sentence: "The browser returns with plain parameters where JARM is due.",
        deed: Deed::PlainCallback,
        expect: &[Expected::rejected(Reason::NotJarm, Stage::Callback)],
    },
    FaultRow {
        name: "callback_iss_other",
        sentence: "The browser returns with another issuer's name.",
        deed: Deed::Parameters(|parameters| replace_parameter(parameters, "iss", SOMEBODY)),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Callback)],
    },
    FaultRow {
        name: "callback_iss_missing",
        sentence: "The browser returns without the issuer's name.",
        deed: Deed::Parameters(|parameters| parameters.retain(|(name, _)| name != "iss")),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Callback)],
    },
    FaultRow {
        name: "callback_state_other",
        sentence: "The browser returns with another state.",
        deed: Deed::Parameters(|parameters| replace_parameter(parameters, "state", "another-state")),
        expect: &[Expected::rejected(Reason::State, Stage::Callback)],
    },
    FaultRow {
        name: "callback_state_missing",
        sentence: "The browser returns without a state.",
        deed: Deed::Parameters(|parameters| parameters.retain(|(name, _)| name != "state")),
        expect: &[Expected::rejected(Reason::State, Stage::Callback)],
    },
    FaultRow {
        name: "callback_code_missing",
        sentence: "The browser returns without a code.",
        deed: Deed::Parameters(|parameters| parameters.retain(|(name, _)| name != "code")),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Callback)],
    },
    FaultRow {
        name: "callback_code_doubled",
        sentence: "The browser returns with the code twice.",
        deed: Deed::Parameters(|parameters| double(parameters, "code")),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Callback)],
    },
    FaultRow {
        name: "callback_state_doubled",
        sentence: "The browser returns with the state twice.",
        deed: Deed::Parameters(|parameters| double(parameters, "state")),
        expect: &[
            Expected::rejected(Reason::State, Stage::Callback),
            Expected::rejected(Reason::Malformed, Stage::Callback),
        ],
    },
    FaultRow {
        name: "callback_response_doubled",
        sentence: "The browser returns with the JARM response twice.",
        deed: Deed::Parameters(|parameters| double(parameters, "response")),
        expect: &[
            Expected::rejected(Reason::NotJarm, Stage::Callback),
            Expected::rejected(Reason::Malformed, Stage::Callback),
        ],
    },
    FaultRow {
        name: "callback_code_beside_jarm",
        sentence: "The browser returns with a code beside the JARM response.",
        deed: Deed::Parameters(|parameters| {
            if parameters.iter().any(|(name, _)| name == "response") {
                parameters.push(("code".into(), "injected".into()));
            }
        }),
        expect: &[
            Expected::rejected(Reason::NotJarm, Stage::Callback),
            Expected::rejected(Reason::Malformed, Stage::Callback),
        ],
    },
];

/// Of what the JARM response says.
pub(super) const AUTHORIZATION_RESPONSE: &[FaultRow] = &[
    FaultRow {
        name: "jarm_iss_other",
        sentence: "The authorization response names another issuer.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| {
            replace(claims, "iss", json!(SOMEBODY));
        }),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_iss_missing",
        sentence: "The authorization response names no issuer.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| drop(claims.remove("iss"))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_aud_other",
        sentence: "The authorization response is for somebody else.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| {
            replace(claims, "aud", json!(SOMEBODY));
        }),
        expect: &[Expected::rejected(Reason::Audience, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_aud_missing",
        sentence: "The authorization response is for nobody.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| drop(claims.remove("aud"))),
        expect: &[Expected::rejected(Reason::Audience, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_aud_second",
        sentence: "The authorization response is for somebody else too.",
        deed: Deed::Claims(Message::AuthorizationResponse, second_audience),
        expect: &[Expected::rejected(Reason::Audience, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_exp_missing",
        sentence: "The authorization response does not say when it expires.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| drop(claims.remove("exp"))),
        expect: &[Expected::rejected(Reason::Expired, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_exp_past",
        sentence: "The authorization response has expired.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, now| {
            replace(claims, "exp", json!(now.0 - DAY));
        }),
        expect: &[Expected::rejected(Reason::Expired, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_state_other",
        sentence: "The authorization response has another state.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| {
            replace(claims, "state", json!("another-state"));
        }),
        expect: &[Expected::rejected(Reason::State, Stage::Callback)],
    },
    FaultRow {
        name: "jarm_state_missing",
        sentence: "The authorization response has no state.",
        deed: Deed::Claims(Message::AuthorizationResponse, |claims, _| drop(claims.remove("state"))),
        expect: &[Expected::rejected(Reason::State, Stage::Callback)],
    },
];

/// Of what the ID token says.
pub(super) const ID_TOKEN: &[FaultRow] = &[
    FaultRow {
        name: "id_token_iss_other",
        sentence: "The ID token names another issuer.",
        deed: Deed::Claims(Message::IdToken, |claims, _| replace(claims, "iss", json!(SOMEBODY))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_iss_missing",
        sentence: "The ID token names no issuer.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("iss"))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_aud_other",
        sentence: "The ID token is for somebody else.",
        deed: Deed::Claims(Message::IdToken, |claims, _| replace(claims, "aud", json!(SOMEBODY))),
        expect: &[Expected::rejected(Reason::Audience, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_aud_missing",
        sentence: "The ID token is for nobody.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("aud"))),
        expect: &[Expected::rejected(Reason::Audience, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_aud_second",
        sentence: "The ID token is for somebody else too.",
        deed: Deed::Claims(Message::IdToken, second_audience),
        expect: &[Expected::rejected(Reason::Audience, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_exp_missing",
        sentence: "The ID token does not say when it expires.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("exp"))),
        expect: &[Expected::rejected(Reason::Expired, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_exp_past",
        sentence: "The ID token has expired.",
        deed: Deed::Claims(Message::IdToken, |claims, now| replace(claims, "exp", json!(now.0 - DAY))),
        expect: &[Expected::rejected(Reason::Expired, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_azp_other",
        sentence: "The ID token names somebody else as the authorized party.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.insert("azp".into(), json!(SOMEBODY)))),
        expect: &[Expected::rejected(Reason::Audience, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_nbf_future",
        sentence: "The ID token is not valid yet.",
        deed: Deed::Claims(Message::IdToken, |claims, now| {
            drop(claims.insert("nbf".into(), json!(now.0 + DAY)));
        }),
        expect: &[Expected::rejected(Reason::NotYetValid, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_iat_missing",
        sentence: "The ID token does not say when it was made.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("iat"))),
        expect: &[Expected::rejected(Reason::Malformed, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_iat_week_old",
        sentence: "The ID token was made a week ago.",
        deed: Deed::Claims(Message::IdToken, |claims, now| replace(claims, "iat", json!(now.0 - 7 * DAY))),
        expect: &[Expected::rejected(Reason::Expired, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_iat_future",
        sentence: "The ID token was made tomorrow.",
        deed: Deed::Claims(Message::IdToken, |claims, now| replace(claims, "iat", json!(now.0 + DAY))),
        expect: &[Expected::rejected(Reason::NotYetValid, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_nonce_other",
        sentence: "The ID token has another nonce.",
        deed: Deed::Claims(Message::IdToken, |claims, _| replace(claims, "nonce", json!("another-nonce"))),
        expect: &[Expected::rejected(Reason::Nonce, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_nonce_missing",
        sentence: "The ID token has no nonce.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("nonce"))),
        expect: &[Expected::rejected(Reason::Nonce, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_at_hash_other",
        sentence: "The ID token belongs to another access token.",
        deed: Deed::Claims(Message::IdToken, |claims, _| {
            replace(claims, "at_hash", json!("MTIzNDU2Nzg5MDEyMzQ1Ng"));
        }),
        expect: &[Expected::rejected(Reason::TokenHash, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_auth_time_old",
        sentence: "The person was authenticated yesterday.",
        deed: Deed::Claims(Message::IdToken, |claims, now| replace(claims, "auth_time", json!(now.0 - DAY))),
        expect: &[Expected::rejected(Reason::AuthTime, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_auth_time_missing",
        sentence: "The ID token does not say when the person was authenticated.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("auth_time"))),
        expect: &[Expected::rejected(Reason::AuthTime, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_sub_missing",
        sentence: "The ID token names nobody.",
        deed: Deed::Claims(Message::IdToken, |claims, _| drop(claims.remove("sub"))),
        expect: &[Expected::rejected(Reason::Subject, Stage::IdToken)],
    },
    FaultRow {
        name: "id_token_sub_empty",
        sentence: "The ID token names the empty subject.",
        deed: Deed::Claims(Message::IdToken, |claims, _| replace(claims, "sub", json!(""))),
        expect: &[Expected::rejected(Reason::Subject, Stage::IdToken)],
    },
];

/// Of what the userinfo response says.
pub(super) const USERINFO: &[FaultRow] = &[
    FaultRow {
        name: "userinfo_iss_other",
        sentence: "The userinfo response names another issuer.",
        deed: Deed::Claims(Message::Userinfo, |claims, _| replace(claims, "iss", json!(SOMEBODY))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_aud_other",
        sentence: "The userinfo response is for somebody else.",
        deed: Deed::Claims(Message::Userinfo, |claims, _| replace(claims, "aud", json!(SOMEBODY))),
        expect: &[Expected::rejected(Reason::Audience, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_sub_other",
        sentence: "The userinfo response speaks of somebody else.",
        deed: Deed::Claims(Message::Userinfo, |claims, _| replace(claims, "sub", json!("somebody-else"))),
        expect: &[Expected::rejected(Reason::Subject, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_sub_missing",
        sentence: "The userinfo response does not say of whom it speaks.",
        deed: Deed::Claims(Message::Userinfo, |claims, _| drop(claims.remove("sub"))),
        expect: &[Expected::rejected(Reason::Subject, Stage::Userinfo)],
    },
];
