//! What the pages say, in every language.
//!
//! One constant of one struct per language: a text that is missing does not compile. Names are put
//! in by functions, because languages put them in different places.

mod en;
mod fi;
mod sv;

use tunnus_sdk::Locale;

use crate::error::Code;

/// A sentence with the name of an app in it.
pub(super) type WithApp = fn(&str) -> String;

/// A heading and what stands beneath it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// What this is, or what happened.
    pub title: &'static str,
    /// What to do next.
    pub next: &'static str,
}

/// A heading and what stands beneath it, with the name of an app in one of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct AppWords {
    /// What this is, or what happened.
    pub title: &'static str,
    /// What to do next.
    pub next: WithApp,
}

/// All texts of one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts {
    /// What we are called where the tenant has no name.
    pub service: &'static str,
    /// What an app is called that is not known: "the service", inside a sentence.
    pub some_app: &'static str,
    /// Goes on.
    pub proceed: &'static str,
    /// Goes back to an app that is not known.
    pub back: &'static str,
    /// Goes back to the app.
    pub back_to: WithApp,
    /// Goes back to the app without identifying.
    pub cancel_to: WithApp,
    /// Does the same once more.
    pub retry: &'static str,
    /// Picks another method.
    pub another: &'static str,
    /// What the trace id is called.
    pub reference: &'static str,
    /// Before the support contact.
    pub support: &'static str,
    /// Before a notice, for those who do not see the sign.
    pub notice: &'static str,
    /// Beside a way whose upstream fails.
    pub disturbed: &'static str,
    /// The chooser.
    pub chooser: AppWords,
    /// The chooser with nothing to choose.
    pub nothing_to_choose: &'static str,
    /// Which of several logins.
    pub waiting: Words,
    /// The same request is being worked on.
    pub working: Words,
    /// A form that posts itself.
    pub self_post: Words,
    /// Before a login by link.
    pub landing: AppWords,
    /// The warning of that page.
    pub landing_warning: &'static str,
    /// After a login by link that succeeded.
    pub done: AppWords,
    /// After a login by link that failed.
    pub not_done: AppWords,
    /// Before a trial, with the connection's name.
    pub trial: AppWords,
    /// The warning of that page.
    pub trial_warning: &'static str,
    /// After a trial that succeeded.
    pub tried: Words,
    /// After one that failed.
    pub not_tried: Words,
    /// Leads to the report of a trial.
    pub to_report: &'static str,
    /// The browser keeps no cookies.
    pub without_cookies: Words,
    /// Nothing stands at this address.
    pub not_found: Words,
    /// We stand in a frame.
    pub top_level: Words,
    /// Opens the login outside the frame.
    pub open: &'static str,
    /// What happened, and what to do next, by code.
    pub failures: Failures,
}

/// The words of every code, in the contract's order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failures {
    pub user_cancelled: Words,
    pub consent_denied: Words,
    pub flow_expired: Words,
    pub flow_unknown: Words,
    pub browser_mismatch: Words,
    pub already_answered: Words,
    pub connection_unknown: Words,
    pub connection_paused: Words,
    pub connection_misconfigured: Words,
    pub assurance_too_low: Words,
    pub claims_not_received: Words,
    pub person_mismatch: Words,
    pub provider_unavailable: Words,
    pub provider_refused: Words,
    pub provider_response_rejected: Words,
    pub request_invalid: Words,
    pub app_unauthorised: Words,
    pub identification_unknown: Words,
    pub idempotency_conflict: Words,
    pub rate_limited: Words,
    pub store_unavailable: Words,
    pub internal: Words,
}

impl Texts {
    /// The texts of a language.
    pub(super) const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Fi => &fi::TEXTS,
            Locale::Sv => &sv::TEXTS,
            Locale::En => &en::TEXTS,
        }
    }

    /// What happened, and what to do next.
    pub(super) const fn failure(&self, code: Code) -> Words {
        let failures = &self.failures;
        match code {
            Code::UserCancelled => failures.user_cancelled,
            Code::ConsentDenied => failures.consent_denied,
            Code::FlowExpired => failures.flow_expired,
            Code::FlowUnknown => failures.flow_unknown,
            Code::BrowserMismatch => failures.browser_mismatch,
            Code::AlreadyAnswered => failures.already_answered,
            Code::ConnectionUnknown => failures.connection_unknown,
            Code::ConnectionPaused => failures.connection_paused,
            Code::ConnectionMisconfigured => failures.connection_misconfigured,
            Code::AssuranceTooLow => failures.assurance_too_low,
            Code::ClaimsNotReceived => failures.claims_not_received,
            Code::PersonMismatch => failures.person_mismatch,
            Code::ProviderUnavailable => failures.provider_unavailable,
            Code::ProviderRefused => failures.provider_refused,
            Code::ProviderResponseRejected => failures.provider_response_rejected,
            Code::RequestInvalid => failures.request_invalid,
            Code::AppUnauthorised => failures.app_unauthorised,
            Code::IdentificationUnknown => failures.identification_unknown,
            Code::IdempotencyConflict => failures.idempotency_conflict,
            Code::RateLimited => failures.rate_limited,
            Code::StoreUnavailable => failures.store_unavailable,
            Code::Internal => failures.internal,
        }
    }
}

/// The sentence for people about a failure: what happened, and what to do next. For who shows it
/// elsewhere than on our pages.
#[must_use]
pub fn sentence(code: Code, locale: Locale) -> String {
    let Words { title, next } = Texts::of(locale).failure(code);
    format!("{title}. {next}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const LOCALES: [Locale; 3] = [Locale::Fi, Locale::Sv, Locale::En];

    #[test]
    fn every_code_has_its_own_words_in_every_language() {
        let mut titles = HashSet::new();
        for locale in LOCALES {
            for code in Code::ALL {
                let Words { title, next } = Texts::of(locale).failure(code);
                assert!(titles.insert(title), "{title} stands twice");
                assert!(!title.ends_with('.') && next.ends_with('.'), "{locale:?} {code}");
                assert!(title.chars().count() <= 72 && next.chars().count() <= 190, "{locale:?} {code}");
            }
        }
    }

    #[test]
    fn no_word_for_people_is_a_word_of_ours() {
        for locale in LOCALES {
            for code in Code::ALL {
                let words = sentence(code, locale).to_lowercase();
                for ours in ["oidc", "openid", "upstream", "token", "broker", "provider", "callback", "_"] {
                    assert!(!words.contains(ours), "{locale:?} {code}: {ours}");
                }
            }
        }
    }

    #[test]
    fn the_apps_name_stands_where_it_belongs() {
        for locale in LOCALES {
            let texts = Texts::of(locale);
            let with_app = [
                texts.back_to,
                texts.cancel_to,
                texts.chooser.next,
                texts.landing.next,
                texts.trial.next,
                texts.done.next,
                texts.not_done.next,
            ];
            for sentence in with_app {
                assert_eq!(sentence("Acme").matches("Acme").count(), 1, "{locale:?}");
            }
        }
    }
}
