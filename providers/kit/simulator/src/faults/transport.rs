//! Faults of an endpoint's own: answers that lie, and refusals in the standards' words.

use serde_json::{Map, Value, json};
use tunnus_sdk::{Fault, Reason, Stage};

use super::{Deed, Endpoint, Expected, FaultRow, Spoilage};

/// A host that no connection knows; nothing may be sent to it.
const ELSEWHERE: &str = "https://elsewhere.example";

/// Sets or removes an endpoint where it stands: at the top, and among the aliases for clients with a
/// certificate.
fn set_endpoint(document: &mut Map<String, Value>, name: &str, url: Option<&str>) {
    if let Some(aliases) = document.get_mut("mtls_endpoint_aliases").and_then(Value::as_object_mut) {
        set_member(aliases, name, url);
    }
    set_member(document, name, url);
}

fn set_member(members: &mut Map<String, Value>, name: &str, url: Option<&str>) {
    let removed = members.remove(name);
    if let (Some(_), Some(url)) = (removed, url) {
        members.insert(name.to_owned(), json!(url));
    }
}

/// Of the metadata document.
pub(super) const DISCOVERY: &[FaultRow] = &[
    FaultRow {
        name: "discovery_other_issuer",
        sentence: "The metadata names another issuer.",
        deed: Deed::Alter(Endpoint::Discovery, |document| {
            drop(document.insert("issuer".into(), json!(ELSEWHERE)));
        }),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_no_token_endpoint",
        sentence: "The metadata has no token endpoint.",
        deed: Deed::Alter(Endpoint::Discovery, |document| set_endpoint(document, "token_endpoint", None)),
        expect: &[
            Expected::new(Fault::ConnectionMisconfigured, Stage::Discovery),
            Expected::rejected(Reason::Malformed, Stage::Discovery),
        ],
    },
    FaultRow {
        name: "discovery_endpoint_in_clear",
        sentence: "The metadata names a token endpoint without TLS.",
        deed: Deed::Alter(Endpoint::Discovery, |document| {
            set_endpoint(document, "token_endpoint", Some("http://elsewhere.example/token"));
        }),
        expect: &[
            Expected::new(Fault::ConnectionMisconfigured, Stage::Discovery),
            Expected::rejected(Reason::Malformed, Stage::Discovery),
        ],
    },
    FaultRow {
        name: "discovery_endpoint_elsewhere",
        sentence: "The metadata names endpoints at an address of the inner network.",
        deed: Deed::Alter(Endpoint::Discovery, |document| {
            for name in ["token_endpoint", "userinfo_endpoint", "jwks_uri"] {
                set_endpoint(document, name, Some("https://169.254.169.254/latest"));
            }
        }),
        expect: &[
            Expected::new(Fault::ConnectionMisconfigured, Stage::Discovery),
            Expected::rejected(Reason::Malformed, Stage::Discovery),
        ],
    },
];

/// Of the published keys.
pub(super) const JWKS: &[FaultRow] = &[
    FaultRow {
        name: "jwks_server_error",
        sentence: "The JWKS document answers with status 500.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_huge",
        sentence: "The JWKS document answers with megabytes.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::Huge),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_redirect",
        sentence: "The JWKS document redirects to another host.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::Redirect),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_not_json",
        sentence: "The JWKS document answers with an HTML page.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::NotJson),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_slow",
        sentence: "The JWKS document answers a minute late.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_cut_off",
        sentence: "The JWKS document cuts the connection in the middle of its answer.",
        deed: Deed::Spoil(Endpoint::Jwks, Spoilage::CutOff),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Jwks)],
    },
    FaultRow {
        name: "jwks_empty",
        sentence: "The JWKS document has no keys.",
        deed: Deed::Alter(Endpoint::Jwks, |document| drop(document.insert("keys".into(), json!([])))),
        expect: &[
            Expected::rejected(Reason::KeyUnknown, Stage::Callback),
            Expected::rejected(Reason::KeyUnknown, Stage::IdToken),
            Expected::rejected(Reason::KeyUnknown, Stage::Userinfo),
            Expected::new(Fault::ProviderUnavailable, Stage::Jwks),
        ],
    },
    FaultRow {
        name: "jwks_without_signing_key",
        sentence: "The JWKS document never lists the key that signs.",
        deed: Deed::HideSigningKey,
        expect: &[
            Expected::rejected(Reason::KeyUnknown, Stage::Callback),
            Expected::rejected(Reason::KeyUnknown, Stage::IdToken),
            Expected::rejected(Reason::KeyUnknown, Stage::Userinfo),
            Expected::new(Fault::ProviderUnavailable, Stage::Jwks),
        ],
    },
];

/// Of pushed authorization requests.
pub(super) const PUSHED: &[FaultRow] = &[
    FaultRow {
        name: "par_invalid_request_object",
        sentence: "The pushed request is refused as invalid_request_object.",
        deed: Deed::Refuse(Endpoint::Pushed, 400, "invalid_request_object"),
        expect: &[Expected::new(Fault::ConnectionMisconfigured, Stage::Par)],
    },
    FaultRow {
        name: "par_invalid_client",
        sentence: "The pushed request is refused as invalid_client.",
        deed: Deed::Refuse(Endpoint::Pushed, 401, "invalid_client"),
        expect: &[Expected::new(Fault::ConnectionMisconfigured, Stage::Par)],
    },
    FaultRow {
        name: "par_invalid_request",
        sentence: "The pushed request is refused as invalid_request.",
        deed: Deed::Refuse(Endpoint::Pushed, 400, "invalid_request"),
        expect: &[
            Expected::new(Fault::ProviderRefused, Stage::Par),
            Expected::new(Fault::ConnectionMisconfigured, Stage::Par),
        ],
    },
    FaultRow {
        name: "par_request_uri_http",
        sentence: "The pushed request gets a request_uri that is a web address.",
        deed: Deed::Alter(Endpoint::Pushed, |answer| {
            answer.insert("request_uri".into(), json!("http://elsewhere.example/request"));
        }),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Par), Expected::Strands],
    },
];

/// Of the token endpoint.
pub(super) const TOKEN: &[FaultRow] = &[
    FaultRow {
        name: "token_invalid_client",
        sentence: "The token endpoint says invalid_client.",
        deed: Deed::Refuse(Endpoint::Token, 401, "invalid_client"),
        expect: &[Expected::new(Fault::ConnectionMisconfigured, Stage::Token)],
    },
    FaultRow {
        name: "token_invalid_grant",
        sentence: "The token endpoint says invalid_grant.",
        deed: Deed::Refuse(Endpoint::Token, 400, "invalid_grant"),
        expect: &[Expected::new(Fault::ProviderRefused, Stage::Token)],
    },
    FaultRow {
        name: "token_no_id_token",
        sentence: "The token response has no ID token.",
        deed: Deed::Alter(Endpoint::Token, |answer| drop(answer.remove("id_token"))),
        expect: &[
            Expected::rejected(Reason::Malformed, Stage::Token),
            Expected::rejected(Reason::Malformed, Stage::IdToken),
        ],
    },
    FaultRow {
        name: "token_no_access_token",
        sentence: "The token response has no access token.",
        deed: Deed::Alter(Endpoint::Token, |answer| drop(answer.remove("access_token"))),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Token)],
    },
    FaultRow {
        name: "token_type_other",
        sentence: "The token response names a token type that is not Bearer.",
        deed: Deed::Alter(Endpoint::Token, |answer| drop(answer.insert("token_type".into(), json!("mac")))),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Token)],
    },
];

/// Of the userinfo endpoint.
pub(super) const USERINFO: &[FaultRow] = &[FaultRow {
    name: "userinfo_invalid_token",
    sentence: "The userinfo endpoint refuses the access token.",
    deed: Deed::Refuse(Endpoint::Userinfo, 401, "invalid_token"),
    expect: &[Expected::new(Fault::ProviderRefused, Stage::Userinfo)],
}];
