//! An identification as an app asks for one.

use tunnus_sdk::{Level, Member, Timestamp};

use super::identification::{Face, Identification};

/// One of the app `shop` of the tenant `acme`, over REST.
pub fn identification(required: &[Member], optional: &[Member]) -> Identification {
    Identification {
        id: "id".to_owned(),
        tenant: "acme".to_owned(),
        app: "shop".to_owned(),
        face: Face::Rest { return_url: Some("https://shop.example/".parse().unwrap()) },
        connection: None,
        method: None,
        reference: None,
        required: required.iter().copied().collect(),
        optional: optional.iter().copied().collect(),
        minimum_assurance: Level::Substantial,
        expected_national_id: None,
        login_hint: None,
        max_age: None,
        locale: None,
        ticket: "ticket".into(),
        owner: None,
        trace_id: "trace".to_owned(),
        created_at: Timestamp(0),
        expires_at: Timestamp(900),
    }
}
