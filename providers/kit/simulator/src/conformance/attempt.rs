//! One attempt, step by step, as the server drives it: what is kept between the legs goes through
//! JSON, as through a store.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use tunnus_sdk::{Evidence, Identity, LoginRequest, Navigate, ProviderError, Step};

use crate::{Arrival, Click, Setup, Waiting};

/// How many legs an attempt may have.
const LEGS_MAX: usize = 5;

/// How an attempt ends.
pub(super) enum Ending {
    /// With a person.
    Identified(Box<Evidence>, Box<Identity>),
    /// With an error.
    Failed(ProviderError),
    /// At the upstream: the browser did not come back.
    Stranded(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identified(..) => f.write_str("the person was identified"),
            Self::Failed(error) => {
                let code = error.upstream_code.as_deref().unwrap_or_default();
                let cause = error.source.as_deref().map(|error| super::causes(error)).unwrap_or_default();
                write!(f, "{error} {code} {cause}")
            }
            Self::Stranded(place) => write!(f, "the browser was stranded: {place}"),
        }
    }
}

/// What a step leads to.
pub(super) enum Next {
    Back(Box<Waiting>),
    End(Ending),
}

/// A login request for everything that the provider can give, with a hint.
pub(super) fn hinted(setup: &Setup, hint: Option<&str>) -> LoginRequest {
    LoginRequest { login_hint: hint.map(Into::into), ..setup.login_for_all() }
}

/// Starts an attempt and walks until the browser is back for the first time.
pub(super) async fn start(setup: &Setup, login: LoginRequest, click: Click<'_>) -> Next {
    let step = setup.provider.start(&login).await;
    go(setup, login, step, click).await
}

/// Resumes an attempt and walks on.
pub(super) async fn resume(setup: &Setup, waiting: Waiting, click: Click<'_>) -> Next {
    let Waiting { login, state, inbound } = waiting;
    let step = setup.provider.resume(&login, state, inbound).await;
    go(setup, login, step, click).await
}

/// Runs an attempt to its end.
pub(super) async fn run(setup: &Setup, login: LoginRequest, click: Click<'_>) -> Ending {
    let mut next = start(setup, login, click).await;
    for _ in 0..LEGS_MAX {
        match next {
            Next::Back(waiting) => next = resume(setup, *waiting, click).await,
            Next::End(ending) => return ending,
        }
    }
    Ending::Stranded("on more legs than there may be".to_owned())
}

/// Runs an attempt until the browser is back for the last time: what comes next would end it.
pub(super) async fn run_to_last_leg(
    setup: &Setup,
    login: LoginRequest,
    click: Click<'_>,
    legs: usize,
) -> Result<Waiting, Ending> {
    let mut next = start(setup, login, click).await;
    for _ in 1..legs {
        match next {
            Next::Back(waiting) => next = resume(setup, *waiting, click).await,
            Next::End(ending) => return Err(ending),
        }
    }
    match next {
        Next::Back(waiting) => Ok(*waiting),
        Next::End(ending) => Err(ending),
    }
}

/// How often the browser comes back in an honest login.
pub(super) async fn count_legs(
    setup: &Setup,
    login: LoginRequest,
    click: Click<'_>,
) -> Result<usize, Ending> {
    let mut next = start(setup, login, click).await;
    for legs in 1..=LEGS_MAX {
        match next {
            Next::Back(waiting) => next = resume(setup, *waiting, click).await,
            Next::End(ending) => return Err(ending),
        }
        if let Next::End(Ending::Identified(..)) = next {
            return Ok(legs);
        }
    }
    Err(Ending::Stranded("on more legs than there may be".to_owned()))
}

async fn go(setup: &Setup, login: LoginRequest, step: Result<Step, ProviderError>, click: Click<'_>) -> Next {
    match step {
        Err(error) => Next::End(Ending::Failed(error)),
        Ok(Step::Authenticated(evidence)) => Next::End(normalise(setup, evidence)),
        Ok(Step::Navigate(Navigate { to, expect, state, .. })) => {
            let (Some(login), Some(state)) = (through_json(&login), through_json(&state)) else {
                return Next::End(Ending::Stranded("what is kept does not survive a store".to_owned()));
            };
            match setup.browser.walk(&to, &expect, click).await {
                Arrival::Returned(inbound) => Next::Back(Box::new(Waiting { login, state, inbound })),
                Arrival::Stranded { status, text } => {
                    Next::End(Ending::Stranded(format!("status {status}, {text}")))
                }
                Arrival::Elsewhere => Next::End(Ending::Stranded("at a foreign address".to_owned())),
            }
        }
    }
}

fn normalise(setup: &Setup, evidence: Box<Evidence>) -> Ending {
    match setup.provider.normalise(&evidence) {
        Ok(identity) => Ending::Identified(evidence, Box::new(identity)),
        Err(error) => Ending::Failed(error),
    }
}

fn through_json<T: Serialize + DeserializeOwned>(value: &T) -> Option<T> {
    serde_json::from_str(&serde_json::to_string(value).ok()?).ok()
}

/// Runs a future to its end on this thread.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    Ok(runtime.map_err(|error| error.to_string())?.block_on(future))
}
