//! The demo app's memory: the logins that browsers have begun, and what came of them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::login::Pending;

/// How many logins are remembered; one more, and all are forgotten.
const LOGINS_MAX: usize = 1_000;

/// What came of a login: the identity record, or why there is none.
pub type Ended = Result<Value, String>;

/// The logins by their public name: OpenID's `state`, REST's identification id.
#[derive(Default)]
pub struct Visits(Mutex<HashMap<String, Login>>);

/// One login of one browser.
struct Login {
    browser: String,
    stage: Stage,
}

/// How far a login is.
enum Stage {
    /// At the broker; with what OpenID Connect needs afterwards.
    Pending(Option<Box<Pending>>),
    /// Back, and being redeemed.
    AtWork,
    /// Over.
    Ended(Ended),
}

/// What a browser's login was found to be.
pub enum Found {
    /// Taken: it is the caller's to redeem.
    Pending(Option<Box<Pending>>),
    /// Being redeemed.
    AtWork,
    /// Over.
    Ended(Ended),
    /// Not this browser's, or none at all.
    Stranger,
}

impl Visits {
    /// Remembers that `browser` was sent away.
    pub fn begin(&self, login: String, browser: &str, pending: Option<Pending>) {
        let mut logins = self.logins();
        if logins.len() >= LOGINS_MAX {
            logins.clear();
        }
        let stage = Stage::Pending(pending.map(Box::new));
        logins.insert(login, Login { browser: browser.to_owned(), stage });
    }

    /// Takes a login to redeem it: the first to come gets it.
    pub fn take(&self, login: &str, browser: &str) -> Found {
        match self.logins().get_mut(login).filter(|login| login.browser == browser) {
            Some(Login { stage: stage @ Stage::Pending(_), .. }) => {
                match std::mem::replace(stage, Stage::AtWork) {
                    Stage::Pending(pending) => Found::Pending(pending),
                    Stage::AtWork | Stage::Ended(_) => Found::AtWork,
                }
            }
            Some(Login { stage: Stage::AtWork, .. }) => Found::AtWork,
            Some(Login { stage: Stage::Ended(ended), .. }) => Found::Ended(ended.clone()),
            None => Found::Stranger,
        }
    }

    /// Looks at a login; one that is pending is not this caller's.
    pub fn find(&self, login: &str, browser: &str) -> Found {
        match self.logins().get(login).filter(|login| login.browser == browser).map(|login| &login.stage) {
            Some(Stage::AtWork) => Found::AtWork,
            Some(Stage::Ended(ended)) => Found::Ended(ended.clone()),
            Some(Stage::Pending(_)) | None => Found::Stranger,
        }
    }

    /// Remembers what came of a login.
    pub fn end(&self, login: &str, ended: Ended) {
        if let Some(login) = self.logins().get_mut(login) {
            login.stage = Stage::Ended(ended);
        }
    }

    fn logins(&self) -> MutexGuard<'_, HashMap<String, Login>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_redeemed_once_and_shown_to_its_own_browser_only() {
        let visits = Visits::default();
        visits.begin("a".to_owned(), "mine", None);
        assert!(matches!(visits.take("a", "yours"), Found::Stranger));
        assert!(matches!(visits.find("a", "mine"), Found::Stranger), "nothing to show yet");
        assert!(matches!(visits.take("a", "mine"), Found::Pending(None)));
        assert!(matches!(visits.take("a", "mine"), Found::AtWork));
        visits.end("a", Ok(Value::Null));
        for found in [visits.take("a", "mine"), visits.find("a", "mine")] {
            assert!(matches!(found, Found::Ended(Ok(Value::Null))));
        }
        assert!(matches!(visits.find("a", "yours"), Found::Stranger));
    }
}
