//! What only this network can do wrong: the selector's returns, the payment details.

use serde_json::json;
use tunnus_sdk::{Fault, Reason, Stage};
use tunnus_simulator::{Deed, Endpoint, Expected, FaultRow, Message, Spoilage};

use super::bank::SPECIMEN_ACCOUNTS;

/// What the selector's faults begin with.
const SELECTOR: &str = "selector_";

/// A bank that the connections do not list.
const UNLISTED: &str = "https://bank.evil.example/oidc";

const DETAILS: Endpoint = Endpoint::Route(SPECIMEN_ACCOUNTS);

/// The selector's fault of this name.
pub(super) fn of_selector(name: &str) -> Option<&'static FaultRow> {
    FAULTS.iter().find(|row| row.name == name && name.starts_with(SELECTOR))
}

/// Every fault beside the generic ones, with what it must end in.
pub const FAULTS: &[FaultRow] = &[
    FaultRow {
        name: "selector_issuer_other",
        sentence: "The selector returns with an issuer that the connection does not list.",
        deed: Deed::Parameters(|params| replace(params, "iss", |_| UNLISTED.to_owned())),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_issuer_slash",
        sentence: "The selector returns with a slash too many at the issuer's end.",
        deed: Deed::Parameters(|params| replace(params, "iss", |issuer| format!("{issuer}/"))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_issuer_upper_case",
        sentence: "The selector returns with the issuer in capitals.",
        deed: Deed::Parameters(|params| replace(params, "iss", str::to_uppercase)),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_issuer_doubled",
        sentence: "The selector returns with two issuers.",
        deed: Deed::Parameters(|params| params.push(("iss".to_owned(), UNLISTED.to_owned()))),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_issuer_missing",
        sentence: "The selector returns without an issuer.",
        deed: Deed::Parameters(|params| params.retain(|(name, _)| name != "iss")),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_idp_id_missing",
        sentence: "The selector returns without the bank's id.",
        deed: Deed::Parameters(|params| params.retain(|(name, _)| name != "idp_id")),
        expect: &[Expected::rejected(Reason::Malformed, Stage::Selection)],
    },
    FaultRow {
        name: "selector_idp_id_other",
        sentence: "The selector returns with another bank's id.",
        deed: Deed::Parameters(|params| replace(params, "idp_id", |_| "1002".to_owned())),
        expect: &[Expected::rejected(Reason::Issuer, Stage::Selection)],
    },
    FaultRow {
        name: "selector_idp_id_huge",
        sentence: "The selector returns with a bank's id of 64 KiB.",
        deed: Deed::Parameters(|params| replace(params, "idp_id", |_| "1".repeat(65_536))),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::Selection)],
    },
    FaultRow {
        name: "selector_error",
        sentence: "The selector returns with an error.",
        deed: Deed::Parameters(|params| *params = vec![("error".to_owned(), "server_error".to_owned())]),
        expect: &[Expected::new(Fault::ProviderRefused, Stage::Selection)],
    },
    FaultRow {
        name: "payment_details_server_error",
        sentence: "The payment details endpoint answers with status 500.",
        deed: Deed::Spoil(DETAILS, Spoilage::ServerError),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_slow",
        sentence: "The payment details come a minute late.",
        deed: Deed::Spoil(DETAILS, Spoilage::Slow),
        expect: &[Expected::new(Fault::ProviderUnavailable, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_redirect",
        sentence: "The payment details endpoint sends us elsewhere.",
        deed: Deed::Spoil(DETAILS, Spoilage::Redirect),
        expect: &[Expected::rejected(Reason::Malformed, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_refused",
        sentence: "The payment details endpoint does not take the access token.",
        deed: Deed::Refuse(DETAILS, 401, "invalid_token"),
        expect: &[Expected::new(Fault::ProviderRefused, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_huge",
        sentence: "The payment details are larger than any bound.",
        deed: Deed::Spoil(DETAILS, Spoilage::Huge),
        expect: &[Expected::rejected(Reason::TooLarge, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_not_json",
        sentence: "The payment details are a page of HTML.",
        deed: Deed::Spoil(DETAILS, Spoilage::NotJson),
        expect: &[Expected::rejected(Reason::Malformed, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "payment_details_empty",
        sentence: "The payment details are an object without a member.",
        deed: Deed::Spoil(DETAILS, Spoilage::Empty),
        expect: &[Expected::rejected(Reason::ClaimsInconsistent, Stage::PaymentDetails)],
    },
    FaultRow {
        name: "userinfo_age_text",
        sentence: "Userinfo says an age as a text.",
        deed: Deed::Claims(Message::Userinfo, |told, _| {
            told.insert("age_over_18".to_owned(), json!("yes"));
        }),
        expect: &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)],
    },
    FaultRow {
        name: "userinfo_email_list",
        sentence: "Userinfo says the e-mail address as an array.",
        deed: Deed::Claims(Message::Userinfo, |told, _| {
            told.insert("email".to_owned(), json!(["a@example.com", "b@example.com"]));
        }),
        expect: &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)],
    },
];

fn replace(params: &mut [(String, String)], name: &str, by: fn(&str) -> String) {
    for (_, value) in params.iter_mut().filter(|(other, _)| other == name) {
        *value = by(value);
    }
}
