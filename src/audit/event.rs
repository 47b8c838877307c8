//! What an event says: who did what to whom, when, and what came of it.
//!
//! Owns the shape. Personal references never stand in a [`Body`] in the clear: they are [`Personal`],
//! and what is kept of them is made by `seal`.

use std::fmt;

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, Level};

/// The tenant of what concerns no tenant alone: the operator's own chain.
pub const OPERATOR: &str = "";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person is about to leave for an upstream.
    IdentificationStarted,
    /// An attempt failed, and the person was left a choice of another.
    AttemptFailed,
    /// An identification ended: with a record, or with an error for its app.
    IdentificationFinished,
    /// What an attempt brought was discarded, and takes back that it ended the identification: another
    /// had ended it before, or the end could not be kept.
    IdentificationDiscarded,
    /// The app took an identification back.
    IdentificationCancelled,
    /// An admin who tries a connection is about to leave for an upstream.
    TrialStarted,
    /// A trial ended, well or badly: its upstream may bill it, and no app has got anything.
    TrialFinished,
    /// The end of a trial did not come to be: it had ended before.
    TrialDiscarded,
    /// A tenant was made.
    TenantCreated,
    /// A tenant, one of its apps or connections was changed.
    TenantChanged,
    /// A tenant was removed.
    TenantRemoved,
    /// A platform was made.
    PlatformCreated,
    /// A platform or one of its apps was changed, or who belongs to it.
    PlatformChanged,
    /// A platform was removed.
    PlatformRemoved,
    /// A key was made, imported, rotated, registered or retired.
    KeyChanged,
    /// Every data key was sealed under another master key.
    SecretsRewrapped,
    /// An admin token was made.
    TokenCreated,
    /// An admin token was revoked.
    TokenRevoked,
    /// Somebody signed in to the console.
    SignedIn,
    /// Personal references were erased on demand.
    PersonErased,
    /// Personal references were erased because their time was over.
    RetentionEnded,
}

/// What decides how long the personal references of an event are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Of identifications of persons.
    Identification,
    /// Of what admins and the broker itself did.
    Administration,
}

/// What an actor may do, and so for whom it acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator: a command, a token, a person.
    Operator,
    /// An admin of one platform.
    PlatformAdmin,
    /// An admin of one tenant.
    TenantAdmin,
    /// Who reads.
    Auditor,
    /// The broker by itself.
    Broker,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A name for the history: a command's, a token's id. Never a secret.
    pub name: String,
    /// As what.
    pub role: Role,
    /// Who it is, where a person has signed in as themselves: sealed with the event, never in its body.
    #[serde(skip)]
    pub person: Option<Hidden<String>>,
}

/// The keys that a leg used, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyIds {
    /// Ours that signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signed: Vec<String>,
    /// Ours that opened, as the tokens named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<String>,
    /// The upstream's that verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<String>,
}

/// What of an event is chained, in its canonical form: members in this order, absent where they do
/// not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// What happened.
    pub kind: Kind,
    /// Who did it; none where an app's user did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The identification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identification: Option<String>,
    /// What logs, pages and bodies show of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The upstream's own id of the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Who authenticated the person; before that, whom the app chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The least assurance that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_assurance: Option<Level>,
    /// The assurance reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achieved_assurance: Option<Level>,
    /// How far the login came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_step: Option<String>,
    /// `completed`, or the code of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Which check failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What was changed, in words; never a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
    /// The keys that were used or changed.
    #[serde(default, skip_serializing_if = "KeyIds::is_empty")]
    pub keys: KeyIds,
    /// SHA-256 of each token received, in base64url.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<String>,
    /// The personal references, sealed under a key of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// What leads to a person: never in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The app's own order id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Hidden<String>>,
    /// The person's stable id at the tenant; of an admin who has signed in by login, `ISSUER#SUB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Hidden<String>>,
}

/// An event, about to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose chain it belongs to; [`OPERATOR`] for what concerns no tenant alone.
    pub tenant: String,
    /// What is chained of it. `sealed` is filled in when it is recorded.
    pub body: Body,
    /// What is sealed.
    pub personal: Personal,
}

impl Kind {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentificationStarted => "identification_started",
            Self::AttemptFailed => "attempt_failed",
            Self::IdentificationFinished => "identification_finished",
            Self::IdentificationDiscarded => "identification_discarded",
            Self::IdentificationCancelled => "identification_cancelled",
            Self::TrialStarted => "trial_started",
            Self::TrialFinished => "trial_finished",
            Self::TrialDiscarded => "trial_discarded",
            Self::TenantCreated => "tenant_created",
            Self::TenantChanged => "tenant_changed",
            Self::TenantRemoved => "tenant_removed",
            Self::PlatformCreated => "platform_created",
            Self::PlatformChanged => "platform_changed",
            Self::PlatformRemoved => "platform_removed",
            Self::KeyChanged => "key_changed",
            Self::SecretsRewrapped => "secrets_rewrapped",
            Self::TokenCreated => "token_created",
            Self::TokenRevoked => "token_revoked",
            Self::SignedIn => "signed_in",
            Self::PersonErased => "person_erased",
            Self::RetentionEnded => "retention_ended",
        }
    }

    /// How long its personal references are kept.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::IdentificationStarted
            | Self::AttemptFailed
            | Self::IdentificationFinished
            | Self::IdentificationDiscarded
            | Self::IdentificationCancelled
            | Self::TrialStarted
            | Self::TrialFinished
            | Self::TrialDiscarded => Class::Identification,
            Self::TenantCreated
            | Self::TenantChanged
            | Self::TenantRemoved
            | Self::PlatformCreated
            | Self::PlatformChanged
            | Self::PlatformRemoved
            | Self::KeyChanged
            | Self::SecretsRewrapped
            | Self::TokenCreated
            | Self::TokenRevoked
            | Self::SignedIn
            | Self::PersonErased
            | Self::RetentionEnded => Class::Administration,
        }
    }
}

impl Class {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identification => "identification",
            Self::Administration => "administration",
        }
    }
}

impl Actor {
    /// The operator, by the command or the token `name`.
    #[must_use]
    pub fn operator(name: impl Into<String>) -> Self {
        Self { name: name.into(), role: Role::Operator, person: None }
    }

    /// The broker by itself, in its part `name`.
    #[must_use]
    pub fn broker(name: impl Into<String>) -> Self {
        Self { name: name.into(), role: Role::Broker, person: None }
    }
}

impl KeyIds {
    fn is_empty(&self) -> bool {
        self.signed.is_empty() && self.opened.is_empty() && self.verified.is_empty()
    }
}

impl Personal {
    /// Whether there is nothing to seal.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reference.is_none() && self.subject.is_none()
    }
}

impl Event {
    /// An event that says no more yet than what happened to whom.
    #[must_use]
    pub fn new(tenant: &str, kind: Kind) -> Self {
        let body = Body {
            kind,
            actor: None,
            app: None,
            connection: None,
            identification: None,
            trace_id: None,
            transaction_id: None,
            method: None,
            requested_assurance: None,
            achieved_assurance: None,
            last_step: None,
            outcome: None,
            reason: None,
            stage: None,
            changes: Vec::new(),
            keys: KeyIds::default(),
            tokens: Vec::new(),
            sealed: None,
        };
        Self { tenant: tenant.to_owned(), body, personal: Personal::default() }
    }

    /// What `actor` did to `tenant`, in words: never a value, a secret or a person's name.
    #[must_use]
    pub fn by(actor: &Actor, tenant: &str, kind: Kind, changes: Vec<String>) -> Self {
        let mut event = Self::new(tenant, kind);
        event.body.actor = Some(Actor { person: None, ..actor.clone() });
        event.body.changes = changes;
        event.personal.subject.clone_from(&actor.person);
        event
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
