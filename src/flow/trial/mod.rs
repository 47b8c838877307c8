//! A trial: a login over one connection that an admin begins to see how it goes. It takes the way of
//! every login and issues nothing: it ends in a [`TrialReport`], and no app has any part in it.
//!
//! Owns how a trial begins, how it is found again, and how many a tenant has open. Who may is
//! `admin`'s, what a leg shows `host::observed`'s.

mod report;

use std::{collections::BTreeSet, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tunnus_sdk::{Hidden, Level, Locale, LocalizedText, Member, SigningAlgorithm};
use url::Url;

pub use self::report::{Arrived, Mapped, TrialReport};
use super::{
    identification::{Face, Identification, Outcome},
    keep::Flows,
    prepare::check_hint,
};
use crate::{
    app::Broker,
    audit::event::Actor,
    error::{Code, Error},
    store::Key,
    tenant::model::{App, AppAuthentication, Connection, Release, Tenant},
};

/// The app of a trial: no app has this id, so that a trial is no app's to read or to end.
pub const NOBODY: &str = "";

/// How many trials of a tenant may be open.
const OPEN_MAX: u8 = 4;

/// What only a trial knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// Who began it.
    pub begun_by: Actor,
    /// The app as which it is made, where one was named.
    pub app: Option<String>,
    /// Where its report is read, for the page at its end.
    pub report: Option<Url>,
    /// Its place among the tenant's open ones.
    place: u8,
}

/// What an admin wants to try.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The app as which it is made; none for all that the tenant's apps may have.
    pub app: Option<String>,
    /// The bank behind the connection.
    pub method: Option<String>,
    /// What an app would say of who logs in.
    pub login_hint: Option<Hidden<String>>,
    /// The language of the pages.
    pub locale: Option<Locale>,
}

/// How it stands with a trial.
#[derive(Debug)]
pub enum Standing {
    /// It waits for its browser.
    Open(Box<Identification>),
    /// It is over.
    Over(Box<Outcome>),
}

/// Begins a trial of `connection`; `report_below` is the address under which its report will be read.
///
/// # Errors
/// [`Code::RequestInvalid`] with the fault's place; [`Code::RateLimited`] where the tenant has too many
/// open; [`Code::StoreUnavailable`].
pub async fn begin(
    broker: &Broker,
    (tenant, connection): (&Tenant, &Connection),
    begun_by: Actor,
    wanted: Wanted,
    report_below: Option<&Url>,
) -> Result<Identification, Error> {
    check_hint(broker, wanted.login_hint.as_ref())?;
    if !connection.enabled {
        return Err(Error::request("", "the connection is switched off: switch it on to try it"));
    }
    let app = wanted.app.as_deref().map(|id| tenant.app(id).ok_or_else(unknown_app)).transpose()?;
    let ambient = &broker.flows.ambient;
    let (id, now) = (ambient.id(), ambient.now());
    let place = take_place(&broker.flows, &tenant.id, &id).await?;
    let report = report_below.and_then(|base| base.join(&id).ok());
    let identification = Identification {
        face: Face::Trial(Box::new(Trial { begun_by, app: wanted.app.clone(), report, place })),
        tenant: tenant.id.clone(),
        app: NOBODY.to_owned(),
        connection: Some(connection.id.clone()),
        method: wanted.method,
        reference: None,
        required: BTreeSet::new(),
        optional: app.map_or_else(|| all_members(broker, tenant, connection), |app| app.claims.clone()),
        minimum_assurance: app.map_or(Level::Unspecified, |app| app.minimum_assurance),
        expected_national_id: None,
        login_hint: wanted.login_hint,
        max_age: None,
        locale: wanted.locale,
        ticket: ambient.secret(),
        owner: None,
        trace_id: ambient.id(),
        created_at: now,
        expires_at: now.plus(broker.lifetimes.attempt()),
        id,
    };
    broker.flows.keep_identification(&identification).await?;
    Ok(identification)
}

fn unknown_app() -> Error {
    Error::request("/app", "the tenant has no such app")
}

/// All that the tenant's apps may have; where it has none yet, all that the provider can give.
fn all_members(broker: &Broker, tenant: &Tenant, connection: &Connection) -> BTreeSet<Member> {
    if tenant.apps.is_empty() {
        let provider = broker.providers.find(&connection.provider);
        return provider
            .map(|provider| provider.descriptor().claims.iter().copied().collect())
            .unwrap_or_default();
    }
    tenant.apps.iter().flat_map(|app| app.claims.iter().copied()).collect()
}

/// Who stands where an app would: one that is offered this connection alone. None where the app as
/// which the trial is made is gone.
#[must_use]
pub fn stand_in(tenant: &Tenant, identification: &Identification, trial: &Trial) -> Option<Arc<App>> {
    let like = match &trial.app {
        Some(id) => App::clone(tenant.app(id)?),
        None => nobody(tenant, identification),
    };
    let connections = identification.connection.iter().cloned().collect();
    Some(Arc::new(App { id: NOBODY.to_owned(), connections, home_url: None, ..like }))
}

fn nobody(tenant: &Tenant, identification: &Identification) -> App {
    let connection = identification.connection.as_ref().and_then(|id| tenant.connection(id));
    App {
        id: NOBODY.to_owned(),
        name: connection.map(|connection| connection.display_name.clone()).unwrap_or_default(),
        authentication: AppAuthentication::Public,
        redirect_uris: Vec::new(),
        return_urls: Vec::new(),
        home_url: None,
        origins: Vec::new(),
        pkce_optional: false,
        id_token_algorithm: SigningAlgorithm::RS256,
        claims: identification.optional.clone(),
        connections: BTreeSet::new(),
        minimum_assurance: Level::Unspecified,
        service_name: LocalizedText::default(),
        release: Release::Code,
    }
}

/// The trial of this id over this connection of this tenant, while anything is known of it.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn find(broker: &Broker, place: (&str, &str), id: &str) -> Result<Option<Standing>, Error> {
    if !URL_SAFE_NO_PAD.decode(id).is_ok_and(|bytes| bytes.len() == 16) {
        return Ok(None);
    }
    let is_it = |identification: &Identification| is_of(identification, place);
    if let Some(outcome) = broker.flows.outcome(id).await?.filter(|outcome| is_it(&outcome.identification)) {
        let readable = broker.flows.check_readable(&outcome).is_ok();
        return Ok(readable.then(|| Standing::Over(Box::new(outcome))));
    }
    let identification = broker.flows.identification(id).await?.filter(is_it);
    Ok(identification.map(|identification| Standing::Open(Box::new(identification))))
}

fn is_of(identification: &Identification, (tenant, connection): (&str, &str)) -> bool {
    let over_it = identification.connection.as_deref() == Some(connection);
    identification.trial().is_some() && over_it && identification.tenant == tenant
}

/// A place among the open trials of a tenant, for as long as one lives.
async fn take_place(flows: &Flows, tenant: &str, id: &str) -> Result<u8, Error> {
    for place in 0..OPEN_MAX {
        let key = place_key(tenant, place);
        let value = flows.seal("trial", &key, &[tenant], &id)?;
        if flows.store.create(&key, &value, flows.lifetimes.attempt()).await? {
            return Ok(place);
        }
    }
    Err(Code::RateLimited.into())
}

/// Gives the place of a trial back that is over; one that cannot be given back is free when its time
/// is over.
pub(super) async fn leave_place(flows: &Flows, identification: &Identification) {
    let Some(trial) = identification.trial() else { return };
    if let Err(error) = left_place(flows, identification, trial).await {
        error.log(&identification.trace_id);
    }
}

/// A trial that came too late has none any more: its place may be another's by now.
async fn left_place(flows: &Flows, identification: &Identification, trial: &Trial) -> Result<(), Error> {
    let key = place_key(&identification.tenant, trial.place);
    let Some(value) = flows.store.read(&key).await? else { return Ok(()) };
    let held_by: Option<String> = flows.open("trial", &key, &[&identification.tenant], &value);
    if held_by.is_some_and(|id| id == identification.id) {
        flows.store.delete(&key).await?;
    }
    Ok(())
}

fn place_key(tenant: &str, place: u8) -> Key {
    Key::new("trial", &format!("{tenant}/{place}"))
}
