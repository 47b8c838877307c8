//! Checks what an app asks and makes an identification of it. The same for both faces.
//!
//! What an app gets is the intersection of what it asks, what the tenant allows it and what the
//! provider can give. A required claim that is not allowed or not possible is refused here, at the
//! start; an optional one is left out.

use std::collections::BTreeSet;

use tunnus_sdk::{Descriptor, Hidden, Level, Locale, Member};

use super::identification::{Face, Identification};
use crate::{
    app::Broker,
    error::{Code, Error},
    tenant::model::{App, Connection, Tenant},
};

/// What an app asks, checked as far as its own face can.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What only that face needs.
    pub face: Face,
    /// The connection, or an alias of the tenant's.
    pub connection: Option<String>,
    /// The bank behind it.
    pub method: Option<String>,
    /// The app's order id.
    pub reference: Option<Hidden<String>>,
    /// The members without which the identification fails.
    pub required: BTreeSet<Member>,
    /// The members that the app would like; none means all it may have.
    pub optional: Option<BTreeSet<Member>>,
    /// The least level of assurance.
    pub minimum_assurance: Level,
    /// Whom the app expects.
    pub expected_national_id: Option<Hidden<String>>,
    /// What the app knows of who will log in.
    pub login_hint: Option<Hidden<String>>,
    /// How long ago the person may have been authenticated.
    pub max_age: Option<u64>,
    /// The person's language.
    pub locale: Option<Locale>,
    /// What pages, logs and bodies show.
    pub trace_id: String,
}

/// Makes an identification of what `app` asks.
///
/// # Errors
/// [`Code::ConnectionUnknown`] where the app may use no such connection, [`Code::ConnectionPaused`]
/// where the one that it names is paused, [`Code::RequestInvalid`] where it asks for what it may not
/// have or the connection cannot give.
pub fn prepare(broker: &Broker, tenant: &Tenant, app: &App, asked: Asked) -> Result<Identification, Error> {
    check_hint(broker, asked.login_hint.as_ref())?;
    check_allowed(app, &asked.required)?;
    let optional = asked.optional.unwrap_or_else(|| app.claims.clone());
    let optional =
        optional.intersection(&app.claims).copied().filter(|member| !asked.required.contains(member));
    let now = broker.flows.ambient.now();
    let mut identification = Identification {
        id: broker.flows.ambient.id(),
        tenant: tenant.id.clone(),
        app: app.id.clone(),
        face: asked.face,
        connection: asked.connection,
        method: asked.method,
        reference: asked.reference,
        optional: optional.collect(),
        required: asked.required,
        minimum_assurance: asked.minimum_assurance.max(app.minimum_assurance),
        expected_national_id: asked.expected_national_id,
        login_hint: asked.login_hint,
        max_age: asked.max_age,
        locale: asked.locale,
        ticket: broker.flows.ambient.secret(),
        owner: None,
        trace_id: asked.trace_id,
        created_at: now,
        expires_at: now.plus(broker.lifetimes.identification()),
    };
    follow_alias(broker, tenant, app, &mut identification);
    let possible = possible(broker, tenant, app, &identification);
    if possible.is_empty() {
        return Err(impossible(tenant, app, &identification));
    }
    // Who chooses for himself is told on the chooser.
    if identification.connection.is_some() && possible.iter().all(|connection| connection.paused.is_some()) {
        return Err(Code::ConnectionPaused.into());
    }
    Ok(identification)
}

/// Puts a connection in the place of an alias, once and for good for this identification: where the
/// alias is split, by lot among those that can serve it now. An alias that leads where the app may not
/// go is unknown to it.
fn follow_alias(broker: &Broker, tenant: &Tenant, app: &App, identification: &mut Identification) {
    let Some(alias) = identification.connection.as_ref().and_then(|name| tenant.aliases.get(name)) else {
        return;
    };
    let find = |id: &str| tenant.connections_of(app).find(|connection| connection.id == id);
    if !alias.connections().all(|id| find(id).is_some()) {
        return;
    }
    let able = |id: &str| find(id).is_some_and(|connection| can_serve(broker, connection, identification));
    let open = |id: &str| able(id) && find(id).is_some_and(|connection| connection.paused.is_none());
    let chance = u64::from_be_bytes(broker.flows.ambient.bytes());
    let picked = alias.pick(open, chance).or_else(|| alias.pick(able, chance));
    let picked = picked.or_else(|| alias.pick(|_| true, chance)).map(str::to_owned);
    identification.connection = picked;
}

/// The connections that can serve `identification`, in the order of the chooser.
#[must_use]
pub fn possible<'a>(
    broker: &Broker,
    tenant: &'a Tenant,
    app: &'a App,
    identification: &Identification,
) -> Vec<&'a std::sync::Arc<Connection>> {
    let chosen = |connection: &Connection| {
        identification.connection.as_ref().is_none_or(|chosen| *chosen == connection.id)
    };
    let connections = tenant.connections_of(app).filter(|connection| chosen(connection));
    connections.filter(|connection| can_serve(broker, connection, identification)).collect()
}

/// Whether a connection can give what `identification` cannot do without.
fn can_serve(broker: &Broker, connection: &Connection, identification: &Identification) -> bool {
    broker.providers.find(&connection.provider).is_some_and(|provider| {
        let descriptor = provider.descriptor();
        let selects = identification.method.is_none() || descriptor.selects_method;
        selects && identification.required.iter().all(|member| can_give(&descriptor, *member))
    })
}

/// Whether a provider can give `member`, by itself or by what we derive.
#[must_use]
pub fn can_give(descriptor: &Descriptor, member: Member) -> bool {
    let derivable = matches!(member, Member::AgeOver(_)) && descriptor.claims.contains(&Member::BirthDate);
    derivable || descriptor.claims.contains(&member)
}

/// Why no connection can serve. One that the app may not use and one that does not exist are one.
fn impossible(tenant: &Tenant, app: &App, identification: &Identification) -> Error {
    let may_use = |id: &String| tenant.connections_of(app).any(|connection| connection.id == *id);
    match &identification.connection {
        Some(id) if !may_use(id) => Error::new(Code::ConnectionUnknown),
        None if tenant.connections_of(app).next().is_none() => Error::new(Code::ConnectionUnknown),
        Some(_) | None if identification.method.is_some() => Error::request(
            "/method",
            "the connection cannot preselect a method, or cannot give a required claim",
        ),
        Some(_) | None => Error::request("/claims/required", "the connection cannot give a required claim"),
    }
}

fn check_allowed(app: &App, required: &BTreeSet<Member>) -> Result<(), Error> {
    let refused: Vec<_> = required.difference(&app.claims).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let field = |member: &&Member| crate::error::Field {
        pointer: "/claims/required".to_owned(),
        message: format!("the app may not have {member}"),
    };
    Err(Error { fields: refused.iter().map(field).collect(), ..Error::new(Code::RequestInvalid) })
}

/// What only the sandbox understands is refused everywhere else: it could skip the person.
pub(super) fn check_hint(broker: &Broker, hint: Option<&Hidden<String>>) -> Result<(), Error> {
    let is_ours = hint.is_some_and(|hint| hint.expose_str().starts_with("sandbox:"));
    if is_ours && !broker.sandbox {
        return Err(Error::request("/login_hint", "hints of the sandbox are refused here"));
    }
    Ok(())
}
