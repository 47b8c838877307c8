//! Takes a browser's return: finds the attempt, lets the provider go on, answers.
//!
//! The order is the security property: the cookie first, then the connection and the store; the provider
//! only with what was taken. Nothing here costs a private-key operation unless this browser has an
//! attempt waiting on this leg of this connection. Who has a binding of our making takes without looking
//! first, which saves every login a round trip; what was taken in vain, as by a reload, goes back as it
//! was.

use std::{sync::Arc, time::Duration};

use tunnus_sdk::{BrowserRequest, Inbound, Leg, Params, Timestamp};
use url::Url;

use super::{
    attempt::{Attempt, Sent, digest},
    binding::Binding,
    find::{Found, Open},
    keep::TakenAttempt,
    knock,
    page::{Choice, Page},
    permit,
    visit::{Answer, Reply, Visit},
};
use crate::{
    error::{Code, Error},
    tenant::{connections::Ready, model::Connection},
};

/// The parameter that names the attempt which the person picked.
const PICKED: &str = "tunnus_attempt";
/// The parameter that says since when the browser waits for its answer.
const SINCE: &str = "tunnus_since";
/// Marks a form that came to us a second time, from our own page and so with our cookies.
pub const REPOSTED: &str = "tunnus_reposted";
/// Longer than a leg takes, with an upstream that is slow and a store that is away for a moment.
const LEG_MAX: Duration = Duration::from_secs(120);
/// How long a browser waits whose attempt may have been taken for nobody: the store's answer was lost.
const DOUBT_MAX: Duration = Duration::from_secs(10);

/// What a browser brings back from an upstream.
#[derive(Clone, Debug)]
pub struct Brought {
    /// The upstream's parameters.
    pub params: Params,
    /// Whether they came in a form: then they stand in no address.
    pub posted: bool,
    /// The name of the attempt that the person picked.
    pub picked: Option<String>,
    /// Since when the browser waits for its answer.
    pub since: Option<Timestamp>,
}

impl Brought {
    /// Tells the upstream's parameters from ours.
    #[must_use]
    pub fn of(params: Params, posted: bool) -> Self {
        let picked = params.one(PICKED).map(str::to_owned);
        let since = params.one(SINCE).and_then(|since| since.parse().ok()).map(Timestamp);
        Self { params: params.without(&[PICKED, SINCE, REPOSTED]), posted, picked, since }
    }
}

/// Why a return goes no further.
enum Stop {
    /// Another request is at work on its attempt.
    AtWork,
    /// There is no attempt that this browser can open.
    Unknown,
    /// The attempt does not await it; what it gets.
    Unawaited(Box<Attempt>, Box<Result<Reply, Error>>),
}

/// What is known of a return before its attempt is taken.
pub(super) struct Return<'a> {
    pub(super) visit: &'a Visit,
    pub(super) connection: &'a Arc<Connection>,
    /// This browser's attempts of the connection, the latest first.
    pub(super) own: Vec<Binding>,
    pub(super) ready: Ready,
    pub(super) inbound: Inbound,
    pub(super) brought: &'a Brought,
    pub(super) asked: String,
}

/// Takes the return of a browser on `leg` of `connection`.
///
/// # Errors
/// Page-only codes: nothing that an app waits to hear.
pub async fn take(visit: &Visit, connection: &str, leg: Leg, brought: &Brought) -> Result<Reply, Error> {
    let own = visit.browser.bindings.of(&visit.tenant.id, connection);
    if own.is_empty() {
        return Err(Code::BrowserMismatch.into());
    }
    let connection = visit.tenant.connection(connection).ok_or(Code::FlowUnknown)?;
    let ready = visit.broker.connections.ready(&visit.tenant, connection)?;
    let inbound = Inbound { leg, params: brought.params.clone() };
    let asked = digest(&inbound);
    let back = Return { visit, connection, own, ready, inbound, brought, asked };
    match back.answer().await {
        Err(error) if error.code == Code::StoreUnavailable => Ok(back.later(&error, brought.since)),
        answered => answered,
    }
}

impl Return<'_> {
    async fn answer(&self) -> Result<Reply, Error> {
        match self.find().await? {
            Found::One(binding) => self.go_on(&binding).await,
            Found::Several(attempts) => self.ask_the_person(&attempts),
            Found::AtWork(binding) => self.working(&binding).await,
        }
    }

    fn ask_the_person(&self, open: &[Open]) -> Result<Reply, Error> {
        let locale = self.visit.browser.locale;
        let choice = |(binding, attempt): &Open| {
            let app = self.visit.app(&attempt.identification).ok()?;
            let app_name = app.name.in_locale(locale).unwrap_or(&app.id).to_owned();
            // Named by a hash that only this browser's cookie spells out, not by its state.
            let to = self.once_more(Some(&binding.name()), None)?;
            Some(Choice { name: app_name, to: Some(to), notice: None, disturbed: false })
        };
        let choices: Vec<_> = open.iter().filter_map(choice).collect();
        if choices.is_empty() {
            return Err(Code::FlowUnknown.into());
        }
        Ok(Reply::new(Answer::Page(Page::Waiting { choices }), locale))
    }

    /// This return as it came, with what is ours in it. What came in a form goes in a form again.
    fn once_more(&self, picked: Option<&str>, since: Option<Timestamp>) -> Option<BrowserRequest> {
        let issuer = self.visit.broker.issuer(&self.visit.tenant.id);
        let path = format!("{issuer}/return/{}/{}", self.connection.id, self.inbound.leg);
        let since = since.map(|since| since.0.to_string());
        let picked = picked.map(|picked| (PICKED, picked));
        let ours = picked.into_iter().chain(since.as_deref().map(|since| (SINCE, since)));
        let params = self.inbound.params.iter().chain(ours);
        if !self.brought.posted {
            return Url::parse_with_params(&path, params).ok().map(BrowserRequest::Get);
        }
        let fields = params.chain([(REPOSTED, "1")]);
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(BrowserRequest::Post { action: Url::parse(&path).ok()?, fields })
    }

    /// The store is away: the same return will do. Who waits already goes on waiting `since` then.
    fn later(&self, error: &Error, since: Option<Timestamp>) -> Reply {
        self.visit.later(error, self.once_more(self.brought.picked.as_deref(), since))
    }

    /// The same where the attempt may be taken and nobody have it: then the next try is not kept waiting
    /// for a worker that is not there.
    fn in_doubt(&self, error: &Error) -> Reply {
        let now = self.visit.broker.flows.ambient.now();
        let known = LEG_MAX.saturating_sub(DOUBT_MAX).as_secs();
        let since = Timestamp(now.0.saturating_sub_unsigned(known));
        self.later(error, Some(self.brought.since.map_or(since, |earlier| earlier.min(since))))
    }

    /// Whether an attempt was begun over this connection of this tenant.
    pub(super) fn concerns(&self, attempt: &Attempt) -> bool {
        attempt.is_of(&self.visit.tenant.id, &self.connection.id)
    }

    /// Takes the attempt and lets the provider go on.
    async fn go_on(&self, binding: &Binding) -> Result<Reply, Error> {
        let flows = &self.visit.broker.flows;
        // What is made up opens nothing, and shall take nothing away either.
        if !binding.is_proved(&flows.sealer)
            && let Err(stop) = self.judge(flows.attempt(binding).await?)
        {
            return self.stopped(binding, stop).await;
        }
        match self.taken(binding).await {
            Err(error) if error.code == Code::StoreUnavailable => Ok(self.in_doubt(&error)),
            done => done,
        }
    }

    async fn taken(&self, binding: &Binding) -> Result<Reply, Error> {
        let flows = &self.visit.broker.flows;
        match self.judge(flows.take_attempt(binding).await?) {
            Ok(attempt) => self.resume(binding, *attempt).await,
            Err(stop) => {
                if let Stop::Unawaited(attempt, _) = &stop {
                    flows.keep_attempt(binding, attempt).await?;
                }
                self.stopped(binding, stop).await
            }
        }
    }

    /// The attempt that was found, if it awaits this return.
    fn judge(&self, found: TakenAttempt) -> Result<Box<Attempt>, Stop> {
        let attempt = match found {
            TakenAttempt::Ours(attempt) => attempt,
            TakenAttempt::AtWork => return Err(Stop::AtWork),
            TakenAttempt::Unknown => return Err(Stop::Unknown),
        };
        // The cookie says whose it is, and is the browser's to write: the attempt itself says it again.
        let answer = if !self.concerns(&attempt) {
            Err(Code::BrowserMismatch.into())
        } else if let Some(sent) = attempt.answered(&self.asked, self.visit.broker.flows.ambient.now()) {
            Ok(self.again(&attempt, sent))
        } else if attempt.awaits(&self.inbound.leg) {
            return Ok(attempt);
        } else {
            Ok(self.visit.failure_page(&attempt.identification, Code::AlreadyAnswered))
        };
        Err(Stop::Unawaited(attempt, Box::new(answer)))
    }

    async fn stopped(&self, binding: &Binding, stop: Stop) -> Result<Reply, Error> {
        match stop {
            Stop::AtWork => self.working(binding).await,
            Stop::Unknown => Err(Code::FlowUnknown.into()),
            Stop::Unawaited(_, answer) => *answer,
        }
    }

    /// The page that asks for the answer again, for as long as somebody can be at work on it.
    async fn working(&self, binding: &Binding) -> Result<Reply, Error> {
        let now = self.visit.broker.flows.ambient.now();
        let since = self.brought.since.filter(|since| *since <= now).unwrap_or(now);
        if now > since.plus(LEG_MAX) {
            return self.abandoned(binding).await;
        }
        let again = self.once_more(self.brought.picked.as_deref(), Some(since)).ok_or(Code::Internal)?;
        Ok(Reply::new(Answer::Page(Page::Working { again }), self.visit.browser.locale))
    }

    /// Whoever was at work has ended in the middle of it: the door leads to another attempt.
    async fn abandoned(&self, binding: &Binding) -> Result<Reply, Error> {
        let identification = knock::owned(self.visit, &binding.identification).await?;
        let identification = identification.ok_or(Code::FlowUnknown)?;
        Ok(self.visit.try_again(&identification, &Code::Internal.into(), &[]))
    }

    /// The same answer once more, for a double click or a reload; unless its app is gone meanwhile.
    fn again(&self, attempt: &Attempt, sent: &Sent) -> Reply {
        if let Err(error) = permit::app(&self.visit.tenant, &attempt.identification) {
            return self.visit.failure_page(&attempt.identification, error.code);
        }
        let answer = match sent.clone() {
            Sent::Upstream(to) => Answer::Upstream(to),
            Sent::App(way) => Answer::App(way),
            Sent::Failure(failure) => Answer::Page(Page::Failure(failure)),
        };
        Reply::new(answer, self.visit.locale(&attempt.identification))
    }
}
