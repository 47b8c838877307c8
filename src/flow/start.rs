//! Begins an attempt: asks the provider where the browser shall go, and binds it to this browser.

use std::{collections::BTreeSet, sync::Arc};

use tunnus_sdk::{BrowserRequest, Descriptor, Hidden, LoginRequest, Member, Navigate, Step, SubjectSource};

use super::{
    attempt::{Attempt, Waiting},
    identification::Identification,
    keep::GRACE,
    prepare::can_give,
    progress::Progress,
    visit::{Answer, Reply, Visit},
};
use crate::{
    audit::event::Kind,
    digest::sha256_base64url,
    error::{Code, Error},
    host::{Ledger, noted},
    metrics::FlowStep,
    telemetry,
    tenant::model::{App, Connection},
};

/// Begins an attempt of `identification` over `connection`.
///
/// # Errors
/// What the provider fails with, and [`Code::StoreUnavailable`], also of the audit trail; nothing is
/// kept then, and nobody leaves.
pub async fn start(
    visit: &Visit,
    app: &App,
    connection: &Arc<Connection>,
    identification: &Identification,
    progress: &mut Progress,
) -> Result<Reply, Error> {
    let broker = &visit.broker;
    count(visit, identification, &connection.id, FlowStep::Started);
    let ready = broker.connections.ready(&visit.tenant, connection)?;
    let binding = broker.flows.new_binding(identification, &connection.id)?;
    let visitor = visitor(visit, &ready.descriptor);
    let mut login = login_request(visit, app, connection, identification, &ready.descriptor);
    login.state = binding.state.clone();
    login.visitor_id = visitor.as_ref().map(|visitor| visitor_id(visitor, visit, connection));
    let watched = identification.trial().is_some();
    let asked = async { Ok(ready.provider.start(&login).await?) };
    let step = telemetry::leg(&identification.trace_id, ready.descriptor.id, "start", asked);
    let (step, ledger) = noted(watched, step).await;
    progress.ledger.extend(ledger);
    let Step::Navigate(navigate) = step? else {
        // No provider can prove a person before the browser has left.
        return Err(Code::Internal.into());
    };
    progress.ledger.left(&navigate.to);
    let (to, mut attempt) = attempt(visit, connection, identification, login, navigate);
    attempt.ledger.clone_from(&progress.ledger);
    // What cannot be audited is refused before the person leaves.
    broker.audit.record(progress.to_event(Kind::IdentificationStarted, identification)).await?;
    broker.flows.keep_attempt(&binding, &attempt).await?;
    broker.flows.goes_over(identification, &connection.id);
    count(visit, identification, &connection.id, FlowStep::Sent);
    // Who comes too late still needs the cookie to find the way home.
    let cookies = visit.browser.bindings.with(&binding, broker.lifetimes.attempt() + GRACE);
    let locale = visit.locale(identification);
    Ok(Reply { cookies, visitor, ..Reply::new(Answer::Upstream(to), locale) })
}

fn count(visit: &Visit, identification: &Identification, connection: &str, step: FlowStep) {
    if let Some(metrics) = visit.metrics(identification) {
        metrics.step(&visit.tenant.id, connection, step);
    }
}

fn attempt(
    visit: &Visit,
    connection: &Connection,
    identification: &Identification,
    login: LoginRequest,
    navigate: Navigate,
) -> (BrowserRequest, Attempt) {
    let lifetime = visit.broker.lifetimes.attempt();
    let expires_in = navigate.expires_in.unwrap_or(lifetime).min(lifetime);
    let attempt = Attempt {
        identification: identification.clone(),
        connection: connection.id.clone(),
        login,
        waiting: Some(Waiting { leg: navigate.expect, state: navigate.state }),
        answered: Vec::new(),
        ledger: Ledger::default(),
        expires_at: visit.broker.flows.ambient.now().plus(expires_in),
    };
    (navigate.to, attempt)
}

fn login_request(
    visit: &Visit,
    app: &App,
    connection: &Connection,
    identification: &Identification,
    descriptor: &Descriptor,
) -> LoginRequest {
    let locale = visit.locale(identification);
    LoginRequest {
        state: Hidden::default(),
        claims: claims(app, connection, identification, descriptor),
        required: identification.required.clone(),
        minimum_assurance: identification.minimum_assurance,
        method: identification.method.clone(),
        login_hint: identification.login_hint.clone(),
        max_age: identification.max_age,
        locale,
        service_name: app.service_name.in_locale(locale).map(str::to_owned),
        visitor_id: None,
    }
}

/// What is asked of the upstream: what the app wants and the provider can give, and what the
/// subject is made from. No more.
fn claims(
    app: &App,
    connection: &Connection,
    identification: &Identification,
    descriptor: &Descriptor,
) -> BTreeSet<Member> {
    let given = |member: Member| if descriptor.claims.contains(&member) { member } else { Member::BirthDate };
    let wanted = identification.wanted(app).filter(|member| can_give(descriptor, *member)).map(given);
    let by_national_id =
        connection.subject == SubjectSource::NationalId || identification.expected_national_id.is_some();
    wanted.chain(by_national_id.then_some(Member::NationalId)).collect()
}

/// The browser's lasting secret, where the provider wants to know the browser again.
fn visitor(visit: &Visit, descriptor: &Descriptor) -> Option<Hidden<String>> {
    let fresh = || visit.broker.flows.ambient.secret();
    descriptor.remembers_visitor.then(|| visit.browser.visitor.clone().unwrap_or_else(fresh))
}

/// What the upstream sees of it: another value for each connection, so that none can be compared.
fn visitor_id(visitor: &Hidden<String>, visit: &Visit, connection: &Connection) -> Hidden<String> {
    let text = format!("{}\n{}\n{}", visitor.expose(), visit.tenant.id, connection.id);
    Hidden::new(sha256_base64url(text))
}
