//! Trials of connections: a login that an admin begins and ends himself, and what it tells. They issue
//! nothing, and are no app's: `flow::trial`.

use serde::{Deserialize, Serialize};
use tunnus_sdk::{Finding, Hidden, Level, Locale, SettingsError, Timestamp};
use url::Url;

use super::{Admin, AdminError, Caller, On, Right};
use crate::{
    app::Broker,
    doctor::diagnosis,
    error::{Code, Error},
    flow::{
        identification::{Identification, Outcome, Report, Settled},
        trial::{self, Mapped, Standing, Trial, TrialReport, Wanted},
        visit::to_ticket,
    },
    host::observed::Seen,
};

/// What an admin wants to try.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTrial {
    /// The app as which it is made; none for all that the tenant's apps may have.
    #[serde(default)]
    pub app: Option<String>,
    /// The bank behind the connection.
    #[serde(default)]
    pub method: Option<String>,
    /// What an app would say of who logs in.
    #[serde(default)]
    pub login_hint: Option<Hidden<String>>,
    /// The language of the pages.
    #[serde(default)]
    pub locale: Option<Locale>,
}

/// How it stands with a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialStatus {
    /// It waits for its browser.
    Pending,
    /// The login succeeded.
    Completed,
    /// It failed.
    Failed,
    /// Nobody came in time.
    Expired,
}

/// A trial, as its tenant's admins see it.
#[derive(Clone, Debug, Serialize)]
pub struct TrialInfo {
    /// Its id.
    pub id: String,
    /// The connection.
    pub connection: String,
    /// The app as which it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Who began it.
    pub begun_by: String,
    /// When.
    pub begun_at: String,
    /// When it is too late.
    pub expires_at: String,
    /// How it stands.
    pub status: TrialStatus,
    /// What logs and the trail show of it.
    pub trace_id: String,
    /// Where a browser begins it: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// What it tells, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Told>,
}

/// What a trial tells.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What left and what came, in its order.
    pub steps: Vec<Seen>,
    /// The record's members: where each came from, and whether an app would get it.
    pub members: Vec<Mapped>,
    /// How sure the upstream is of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Level>,
    /// What the upstream said of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Who authenticated the person behind the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The upstream's own id of the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
    /// What is wrong, and what helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

impl Admin {
    /// The same, whose console is at `url`.
    #[must_use]
    pub fn reached_at(self, url: Url) -> Self {
        Self { console: Some(url), ..self }
    }

    /// Begins a trial of a connection.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`]; [`AdminError::Faulty`]; [`AdminError::TooMany`]
    /// where the tenant has too many open.
    pub async fn begin_trial(
        &self,
        broker: &Broker,
        caller: &Caller,
        (tenant, connection): (&str, &str),
        new: NewTrial,
    ) -> Result<TrialInfo, AdminError> {
        let (tenant, connection) = self.ready(broker, caller, Right::Try, (tenant, connection)).await?;
        let below = self.console.as_ref().and_then(|console| {
            console
                .join(&format!("/console/tenants/{}/connections/{}/trials/", tenant.id, connection.id))
                .ok()
        });
        let NewTrial { app, method, login_hint, locale } = new;
        let wanted = Wanted { app, method, login_hint, locale };
        let begun = trial::begin(broker, (&tenant, &connection), caller.actor(), wanted, below.as_ref());
        let identification = begun.await.map_err(refused)?;
        let url = format!("{}/identify/{}", broker.issuer(&tenant.id), to_ticket(&identification));
        let begun = of(&identification, TrialStatus::Pending).ok_or(AdminError::NotFound)?;
        Ok(TrialInfo { url: Some(url), ..begun })
    }

    /// A trial, with what it tells once it has ended. It is known for as long as a result is.
    ///
    /// # Errors
    /// As [`Self::permit`]; [`AdminError::NotFound`] also for a trial of another connection.
    pub async fn trial(
        &self,
        broker: &Broker,
        caller: &Caller,
        (tenant, connection): (&str, &str),
        id: &str,
    ) -> Result<TrialInfo, AdminError> {
        self.permit(caller, Right::Read, On::Tenant(tenant)).await?;
        let standing = trial::find(broker, (tenant, connection), id).await.map_err(refused)?;
        let info = match standing {
            Some(Standing::Over(outcome)) => over(&outcome),
            Some(Standing::Open(identification)) => {
                let late = broker.flows.ambient.now() > identification.expires_at;
                of(&identification, if late { TrialStatus::Expired } else { TrialStatus::Pending })
            }
            None => None,
        };
        info.ok_or(AdminError::NotFound)
    }
}

fn of(identification: &Identification, status: TrialStatus) -> Option<TrialInfo> {
    let Trial { begun_by, app, .. } = identification.trial()?;
    let time = |at: Timestamp| at.to_rfc3339().unwrap_or_default();
    Some(TrialInfo {
        id: identification.id.clone(),
        connection: identification.connection.clone().unwrap_or_default(),
        app: app.clone(),
        begun_by: begun_by.name.clone(),
        begun_at: time(identification.created_at),
        expires_at: time(identification.expires_at),
        status,
        trace_id: identification.trace_id.clone(),
        url: None,
        finished_at: None,
        report: None,
    })
}

fn over(outcome: &Outcome) -> Option<TrialInfo> {
    let Settled::Tried(report) = &outcome.result else { return None };
    let status = match &report.failure {
        None => TrialStatus::Completed,
        Some(failure) if failure.code == Code::FlowExpired => TrialStatus::Expired,
        Some(_) => TrialStatus::Failed,
    };
    let finished_at = outcome.finished_at.to_rfc3339();
    let report = Some(told(report));
    Some(TrialInfo { finished_at, report, ..of(&outcome.identification, status)? })
}

fn told(report: &TrialReport) -> Told {
    let TrialReport { steps, arrived, failure } = report.clone();
    let finding = failure.as_ref().map(|failure| diagnosis::of(&Error::from(failure)));
    let told = Told {
        steps,
        error: failure,
        finding,
        members: Vec::new(),
        assurance: None,
        acr: None,
        amr: Vec::new(),
        method: None,
        transaction_id: None,
    };
    match arrived {
        None => told,
        Some(arrived) => Told {
            members: arrived.members,
            assurance: Some(arrived.assurance.level),
            acr: arrived.assurance.acr,
            amr: arrived.assurance.amr,
            method: arrived.method,
            transaction_id: arrived.transaction_id,
            ..told
        },
    }
}

/// A failure of the flow, as admins are told of it.
fn refused(error: Error) -> AdminError {
    match error.code {
        Code::RequestInvalid => {
            let fault = |field: crate::error::Field| SettingsError::new(field.pointer, field.message);
            AdminError::Faulty(error.fields.into_iter().map(fault).collect())
        }
        Code::RateLimited => AdminError::TooMany,
        Code::StoreUnavailable => AdminError::Unavailable(error.into()),
        _ => AdminError::internal(error),
    }
}
