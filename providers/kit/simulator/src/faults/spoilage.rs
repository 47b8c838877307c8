//! Faults of whole answers, the same for every endpoint: it fails, stalls, breaks off, rambles.

use tunnus_sdk::{Fault, Reason, Stage};

use super::{Deed, Endpoint, Expected, FaultRow, Spoilage};

/// The rows of one endpoint: the prefix of their names, what sentences call it, itself, its stage.
macro_rules! spoilages {
    ($prefix:literal, $called:literal, $endpoint:ident, $stage:ident) => {
        &[
            FaultRow {
                name: concat!($prefix, "_server_error"),
                sentence: concat!("The ", $called, " answers with status 500."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::ServerError),
                expect: &[Expected::new(Fault::ProviderUnavailable, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_huge"),
                sentence: concat!("The ", $called, " answers with megabytes."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::Huge),
                expect: &[Expected::rejected(Reason::TooLarge, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_redirect"),
                sentence: concat!("The ", $called, " redirects to another host."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::Redirect),
                expect: &[
                    Expected::new(Fault::ProviderUnavailable, Stage::$stage),
                    Expected::new(Fault::ConnectionMisconfigured, Stage::$stage),
                    Expected::rejected(Reason::Malformed, Stage::$stage),
                ],
            },
            FaultRow {
                name: concat!($prefix, "_not_json"),
                sentence: concat!("The ", $called, " answers with an HTML page."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::NotJson),
                expect: &[Expected::rejected(Reason::Malformed, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_slow"),
                sentence: concat!("The ", $called, " answers a minute late."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::Slow),
                expect: &[Expected::new(Fault::ProviderUnavailable, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_cut_off"),
                sentence: concat!("The ", $called, " cuts the connection in the middle of its answer."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::CutOff),
                expect: &[Expected::new(Fault::ProviderUnavailable, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_doubled_member"),
                sentence: concat!("The ", $called, " answers with JSON in which a member stands twice."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::DoubledMember),
                expect: &[Expected::rejected(Reason::Malformed, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_empty"),
                sentence: concat!("The ", $called, " answers with an empty JSON object."),
                deed: Deed::Spoil(Endpoint::$endpoint, Spoilage::Empty),
                expect: &[
                    Expected::rejected(Reason::Malformed, Stage::$stage),
                    Expected::rejected(Reason::Issuer, Stage::$stage),
                    Expected::rejected(Reason::Subject, Stage::$stage),
                ],
            },
        ]
    };
}

/// Of the metadata document.
pub(super) const DISCOVERY: &[FaultRow] = spoilages!("discovery", "metadata endpoint", Discovery, Discovery);

/// Of the endpoint for pushed requests.
pub(super) const PUSHED: &[FaultRow] = spoilages!("par", "endpoint for pushed requests", Pushed, Par);

/// Of the token endpoint.
pub(super) const TOKEN: &[FaultRow] = spoilages!("token", "token endpoint", Token, Token);

/// Of the userinfo endpoint.
pub(super) const USERINFO: &[FaultRow] = spoilages!("userinfo", "userinfo endpoint", Userinfo, Userinfo);
