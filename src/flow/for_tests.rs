//! An identification as an app asks for one.

use tunnus_sdk::{
    Leg, Level, LocalizedText, LoginRequest, Member, ProviderState, SigningAlgorithm, Timestamp,
};

use super::{
    attempt::{Attempt, Waiting},
    identification::{Face, Identification},
};
use crate::{
    host::Ledger,
    tenant::model::{App, AppAuthentication, RedirectUri, Release},
};

/// The app `shop`, which may have these members.
pub fn app(claims: &[Member]) -> App {
    App {
        id: "shop".to_owned(),
        name: LocalizedText::default(),
        authentication: AppAuthentication::Public,
        redirect_uris: Vec::new(),
        return_urls: vec![RedirectUri::Exact("https://shop.example/".to_owned())],
        home_url: None,
        origins: Vec::new(),
        pkce_optional: false,
        id_token_algorithm: SigningAlgorithm::RS256,
        claims: claims.iter().copied().collect(),
        connections: ["bank".to_owned()].into(),
        minimum_assurance: Level::Unspecified,
        service_name: LocalizedText::default(),
        release: Release::Code,
    }
}

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

/// An attempt of it over the connection `bank`, which awaits its callback.
pub fn attempt() -> Attempt {
    Attempt {
        identification: identification(&[], &[]),
        connection: "bank".to_owned(),
        login: LoginRequest::new("state".into()),
        waiting: Some(Waiting { leg: Leg::CALLBACK, state: ProviderState::keep(&()).unwrap() }),
        answered: Vec::new(),
        ledger: Ledger::default(),
        expires_at: Timestamp(600),
    }
}
