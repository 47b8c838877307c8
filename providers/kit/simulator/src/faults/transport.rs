//! Faults of whole answers: endpoints that fail, stall, lie or ramble.

use serde_json::json;
use tunnus_sdk::{Fault, Reason, Stage};

use super::{Deed, Endpoint, Expected, FaultRow, Spoilage};

/// A host that no connection knows; nothing may be sent to it.
const ELSEWHERE: &str = "https://elsewhere.example";

/// Of the metadata document.
pub(super) const DISCOVERY: &[FaultRow] = &[
    FaultRow {
        name: "discovery_server_error",
        sentence: "The metadata endpoint answers with status 500.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_huge",
        sentence: "The metadata endpoint answers with megabytes.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::Huge),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_redirect",
        sentence: "The metadata endpoint redirects to another host.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::Redirect),
        expect: &[
            Expected::new(Fault::ProviderUnavailable, Stage::Discovery),
            Expected::new(Fault::ProviderRefused, Stage::Discovery),
            Expected::rejected(Reason::Malformed, Stage::Discovery),
        ],
    },
    FaultRow {
        name: "discovery_not_json",
        sentence: "The metadata endpoint answers with an HTML page.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::NotJson),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_slow",
        sentence: "The metadata endpoint answers a minute late.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_cut_off",
        sentence: "The metadata endpoint cuts the connection in the middle of its answer.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::CutOff),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_doubled_member",
        sentence: "The metadata endpoint answers with JSON in which a member stands twice.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::DoubledMember),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_empty",
        sentence: "The metadata endpoint answers with an empty JSON object.",
        deed: Deed::Spoil(Endpoint::Discovery, Spoilage::Empty),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Discovery)],
    },
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
        deed: Deed::Alter(Endpoint::Discovery, |document| drop(document.remove("token_endpoint"))),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_endpoint_in_clear",
        sentence: "The metadata names a token endpoint without TLS.",
        deed: Deed::Alter(Endpoint::Discovery, |document| {
            document.insert("token_endpoint".into(), json!("http://elsewhere.example/token"));
        }),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Discovery)],
    },
    FaultRow {
        name: "discovery_endpoint_elsewhere",
        sentence: "The metadata names endpoints at an address of the inner network.",
        deed: Deed::Alter(Endpoint::Discovery, |document| {
            for endpoint in
                ["token_endpoint", "userinfo_endpoint", "jwks_uri", "pushed_authorization_request_endpoint"]
            {
                document.insert(endpoint.into(), json!("https://169.254.169.254/latest"));
            }
            document.remove("mtls_endpoint_aliases");
        }),
        expect: &[
            Expected::rejected(Reason::Malformed, Stage::Discovery),
            Expected::new(Fault::ConnectionMisconfigured, Stage::Discovery),
            Expected::new(Fault::ConnectionMisconfigured, Stage::Jwks),
            Expected::new(Fault::ConnectionMisconfigured, Stage::Par),
            Expected::new(Fault::ConnectionMisconfigured, Stage::Token),
            Expected::new(Fault::ProviderUnavailable, Stage::Jwks),
            Expected::new(Fault::ProviderUnavailable, Stage::Par),
            Expected::new(Fault::ProviderUnavailable, Stage::Token),
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
        name: "par_server_error",
        sentence: "The endpoint for pushed requests answers with status 500.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Par)],
    },
    FaultRow {
        name: "par_huge",
        sentence: "The endpoint for pushed requests answers with megabytes.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::Huge),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::Par)],
    },
    FaultRow {
        name: "par_redirect",
        sentence: "The endpoint for pushed requests redirects to another host.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::Redirect),
        expect: &[
            Expected::new(Fault::ProviderUnavailable, Stage::Par),
            Expected::new(Fault::ProviderRefused, Stage::Par),
            Expected::rejected(Reason::Malformed, Stage::Par),
        ],
    },
    FaultRow {
        name: "par_not_json",
        sentence: "The endpoint for pushed requests answers with an HTML page.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::NotJson),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Par)],
    },
    FaultRow {
        name: "par_slow",
        sentence: "The endpoint for pushed requests answers a minute late.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Par)],
    },
    FaultRow {
        name: "par_cut_off",
        sentence: "The endpoint for pushed requests cuts the connection in the middle of its answer.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::CutOff),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Par)],
    },
    FaultRow {
        name: "par_doubled_member",
        sentence: "The endpoint for pushed requests answers with JSON in which a member stands twice.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::DoubledMember),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Par)],
    },
    FaultRow {
        name: "par_empty",
        sentence: "The endpoint for pushed requests answers with an empty JSON object.",
        deed: Deed::Spoil(Endpoint::Pushed, Spoilage::Empty),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Par)],
    },
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
        expect: &[Expected::rejected(Reason::Malformed, Stage::Par)],
    },
];

/// Of the token endpoint.
pub(super) const TOKEN: &[FaultRow] = &[
    FaultRow {
        name: "token_server_error",
        sentence: "The token endpoint answers with status 500.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Token)],
    },
    FaultRow {
        name: "token_huge",
        sentence: "The token endpoint answers with megabytes.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::Huge),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::Token)],
    },
    FaultRow {
        name: "token_redirect",
        sentence: "The token endpoint redirects to another host.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::Redirect),
        expect: &[
            Expected::new(Fault::ProviderUnavailable, Stage::Token),
            Expected::new(Fault::ProviderRefused, Stage::Token),
            Expected::rejected(Reason::Malformed, Stage::Token),
        ],
    },
    FaultRow {
        name: "token_not_json",
        sentence: "The token endpoint answers with an HTML page.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::NotJson),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Token)],
    },
    FaultRow {
        name: "token_slow",
        sentence: "The token endpoint answers a minute late.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Token)],
    },
    FaultRow {
        name: "token_cut_off",
        sentence: "The token endpoint cuts the connection in the middle of its answer.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::CutOff),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Token)],
    },
    FaultRow {
        name: "token_doubled_member",
        sentence: "The token endpoint answers with JSON in which a member stands twice.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::DoubledMember),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Token)],
    },
    FaultRow {
        name: "token_empty",
        sentence: "The token endpoint answers with an empty JSON object.",
        deed: Deed::Spoil(Endpoint::Token, Spoilage::Empty),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Token)],
    },
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
pub(super) const USERINFO: &[FaultRow] = &[
    FaultRow {
        name: "userinfo_server_error",
        sentence: "The userinfo endpoint answers with status 500.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_huge",
        sentence: "The userinfo endpoint answers with megabytes.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::Huge),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_redirect",
        sentence: "The userinfo endpoint redirects to another host.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::Redirect),
        expect: &[
            Expected::new(Fault::ProviderUnavailable, Stage::Userinfo),
            Expected::new(Fault::ProviderRefused, Stage::Userinfo),
            Expected::rejected(Reason::Malformed, Stage::Userinfo),
        ],
    },
    FaultRow {
        name: "userinfo_not_json",
        sentence: "The userinfo endpoint answers with an HTML page.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::NotJson),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_slow",
        sentence: "The userinfo endpoint answers a minute late.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_cut_off",
        sentence: "The userinfo endpoint cuts the connection in the middle of its answer.",
        deed: Deed::Spoil(Endpoint::Userinfo, Spoilage::CutOff),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::Userinfo)],
    },
    FaultRow {
        name: "userinfo_invalid_token",
        sentence: "The userinfo endpoint refuses the access token.",
        deed: Deed::Refuse(Endpoint::Userinfo, 401, "invalid_token"),
        expect: &[Expected::new(Fault::ProviderRefused, Stage::Userinfo)],
    },
];
