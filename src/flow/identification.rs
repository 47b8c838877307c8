//! What an app asked for, and what became of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, Level, Locale, Member, Reason, Stage, Timestamp};
use url::Url;

use super::trial::{Trial, TrialReport};
use crate::{
    error::{Code, Error, Field},
    tenant::model::App,
};

/// One request of an app to identify a person. Kept until its result expires.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identification {
    /// Public: what logs, audit and support use.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// The app that asks.
    pub app: String,
    /// What only the face that asked needs.
    pub face: Face,
    /// The connection, where the app has chosen one.
    pub connection: Option<String>,
    /// The bank behind it, where the app has chosen one.
    pub method: Option<String>,
    /// The app's order id.
    pub reference: Option<Hidden<String>>,
    /// The members without which the identification fails.
    pub required: BTreeSet<Member>,
    /// The members that the app would like.
    pub optional: BTreeSet<Member>,
    /// The least level of assurance.
    pub minimum_assurance: Level,
    /// Whom the app expects.
    pub expected_national_id: Option<Hidden<String>>,
    /// What the app knows of who will log in.
    pub login_hint: Option<Hidden<String>>,
    /// How long ago the person may have been authenticated, in seconds.
    pub max_age: Option<u64>,
    /// The person's language, where the app says it.
    pub locale: Option<Locale>,
    /// Finds the browser's door, and nothing else.
    pub ticket: Hidden<String>,
    /// The hash of the owner's key, where the browser came with the request; else the first through
    /// the door claims it.
    pub owner: Option<String>,
    /// What pages, logs and bodies show.
    pub trace_id: String,
    /// When the app asked.
    pub created_at: Timestamp,
    /// When it is too late.
    pub expires_at: Timestamp,
}

impl Identification {
    /// Every member asked for.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.required.union(&self.optional).copied()
    }

    /// Every member asked for that the app may have by now.
    pub fn wanted(&self, app: &App) -> impl Iterator<Item = Member> {
        self.members().filter(|member| app.claims.contains(member))
    }

    /// Whether the result is released to whoever polls, not to who holds the browser's code.
    #[must_use]
    pub const fn is_polled(&self) -> bool {
        matches!(self.face, Face::Rest { return_url: None, .. })
    }

    /// What only a trial knows, where it is one.
    #[must_use]
    pub const fn trial(&self) -> Option<&Trial> {
        match &self.face {
            Face::Trial(trial) => Some(trial),
            Face::OpenId(_) | Face::Rest { .. } => None,
        }
    }

    /// Whether its link may reach somebody who does not expect it: only a click goes on.
    #[must_use]
    pub const fn comes_by_link(&self) -> bool {
        self.is_polled() || self.trial().is_some()
    }
}

/// What only the face that asked needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Face {
    /// OpenID Connect.
    OpenId(Box<OpenIdRequest>),
    /// REST.
    Rest {
        /// Where the browser goes afterwards; none where the result is polled.
        return_url: Option<Url>,
    },
    /// None: an admin tries a connection.
    Trial(Box<Trial>),
}

/// What the authorization request of an OpenID app said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenIdRequest {
    /// Where the answer goes, as registered.
    pub redirect_uri: String,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// The app's own state.
    pub state: Option<Hidden<String>>,
    /// The app's nonce.
    pub nonce: Option<Hidden<String>>,
    /// PKCE, S256.
    pub code_challenge: Option<String>,
    /// The scopes granted.
    pub scopes: BTreeSet<String>,
    /// Members that the `claims` parameter wants in the ID token.
    pub in_id_token: BTreeSet<Member>,
}

/// How the answer travels to an OpenID app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a redirect.
    Query,
    /// In a form that posts itself.
    FormPost,
}

/// What became of an identification: written once, by whoever comes first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The identification, as it was asked.
    pub identification: Identification,
    /// When it was settled.
    pub finished_at: Timestamp,
    /// How.
    pub result: Settled,
}

/// How an identification ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Settled {
    /// With a record, sealed under the browser's code, or under nothing more where it is polled.
    Completed(Vec<u8>),
    /// With a failure.
    Failed(Report),
    /// As a trial does, well or badly: with a report for its admin.
    Tried(Box<TrialReport>),
}

/// A failure as it is kept for the app's server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The code.
    pub code: Code,
    /// Which check failed.
    pub reason: Option<Reason>,
    /// Where.
    pub stage: Option<Stage>,
    /// The upstream's own code.
    pub upstream_code: Option<String>,
    /// What was missing.
    pub fields: Vec<Field>,
}

impl From<&Error> for Report {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code,
            reason: error.reason,
            stage: error.stage,
            upstream_code: error.upstream_code.clone(),
            fields: error.fields.clone(),
        }
    }
}

impl From<&Report> for Error {
    fn from(report: &Report) -> Self {
        Self {
            reason: report.reason,
            stage: report.stage,
            upstream_code: report.upstream_code.clone(),
            fields: report.fields.clone(),
            ..Self::new(report.code)
        }
    }
}
