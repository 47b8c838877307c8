//! English.

use super::{AppWords, Failures, Texts, Words};

/// The texts.
pub(super) const TEXTS: Texts = Texts {
    service: "Identification service",
    some_app: "The service",
    proceed: "Continue",
    back: "Back to the service",
    back_to: |app| format!("Back to {app}"),
    cancel_to: |app| format!("Cancel and go back to {app}"),
    retry: "Try again",
    another: "Choose another way",
    reference: "Reference for support",
    support: "Need help?",
    notice: "Notice",
    disturbed: "This way is disturbed right now and may not work. You can choose another one.",
    chooser: AppWords {
        title: "Choose how to identify yourself",
        next: |app| format!("{app} asks you to identify yourself."),
    },
    nothing_to_choose: "No way to identify yourself is available right now. Please try again later.",
    waiting: Words {
        title: "Which identification do you want to continue?",
        next: "Several identifications are open in this browser. Choose the service you were on your way to.",
    },
    working: Words {
        title: "One moment, please",
        next: "Your identification is being completed. This page continues by itself.",
    },
    self_post: Words {
        title: "One moment, please",
        next: "You are being taken onwards. If nothing happens, choose Continue.",
    },
    landing: AppWords {
        title: "Identify yourself",
        next: |app| format!("{app} asks you to identify yourself."),
    },
    landing_warning: "Continue only if you are dealing with this service right now and were expecting this \
                      link. Do not identify yourself because a stranger asks you to.",
    done: AppWords {
        title: "You have been identified",
        next: |app| format!("{app} has received the result. You can close this window."),
    },
    not_done: AppWords {
        title: "You were not identified",
        next: |app| format!("{app} has been told so. You can close this window."),
    },
    trial: AppWords {
        title: "Try a connection",
        next: |connection| format!("An administrator has begun a trial of {connection}."),
    },
    trial_warning: "You log in as always, and nobody is given anything about you. Continue only if you have begun this trial yourself or were asked to by somebody you know.",
    tried: Words {
        title: "The trial succeeded",
        next: "Nothing was handed over to anybody. Its report tells what was sent and what came back.",
    },
    not_tried: Words {
        title: "The trial failed",
        next: "Nothing was handed over to anybody. Its report tells why it failed and what helps.",
    },
    to_report: "To the report",
    without_cookies: Words {
        title: "Your browser does not keep cookies",
        next: "Without cookies you cannot be identified safely. Allow cookies for this site in the browser's settings \
               and try again.",
    },
    not_found: Words {
        title: "There is nothing at this address",
        next: "Check the address, or go back to the service you came from and begin again there.",
    },
    top_level: Words {
        title: "Continue in the full window",
        next: "For your safety, identification is not shown inside another page.",
    },
    open: "Open identification",
    failures: FAILURES,
};

/// What happened, and what to do next.
const FAILURES: Failures = Failures {
    user_cancelled: Words {
        title: "You cancelled the identification",
        next: "You can try again or go back to the service.",
    },
    consent_denied: Words {
        title: "Your details were not shared",
        next: "You did not agree to share your details, so you were not identified. You can start again \
               from the service.",
    },
    flow_expired: Words {
        title: "The identification took too long",
        next: "It was ended for your safety. Go back to the service and start again.",
    },
    flow_unknown: Words {
        title: "This identification is no longer open",
        next: "It may have ended already, or the link may be incomplete. Go back to the service and start \
               again.",
    },
    browser_mismatch: Words {
        title: "This identification was started in another browser",
        next: "Continue in the browser where you started, or go back to the service and start again. If this is \
               that browser, allow cookies in its settings.",
    },
    already_answered: Words {
        title: "This identification has already been used",
        next: "Go back to the service. If you are not signed in there, start again.",
    },
    connection_unknown: Words {
        title: "This way to identify yourself is not available",
        next: "Go back to the service and choose another way.",
    },
    connection_paused: Words {
        title: "This way to identify yourself is not in use right now",
        next: "Choose another way or try again later.",
    },
    connection_misconfigured: Words {
        title: "The identification does not work because of a technical fault",
        next: "It was nothing you did. Choose another way to identify yourself or try again later.",
    },
    assurance_too_low: Words {
        title: "The service requires a stronger identification",
        next: "Choose another way to identify yourself or go back to the service.",
    },
    claims_not_received: Words {
        title: "The service did not receive all the details it needs",
        next: "Choose another way to identify yourself or contact the support of the service.",
    },
    person_mismatch: Words {
        title: "The service expected another person",
        next: "Make sure that you use your own credentials and start again from the service.",
    },
    provider_unavailable: Words {
        title: "The identification service you chose does not answer",
        next: "Choose another way to identify yourself or try again in a moment.",
    },
    provider_refused: Words {
        title: "The identification service you chose did not accept the identification",
        next: "Try again or choose another way. If the problem continues, contact support.",
    },
    provider_response_rejected: Words {
        title: "Your identification could not be confirmed",
        next: "It was ended for your safety. Go back to the service and try again. If the problem \
               continues, contact support.",
    },
    request_invalid: Words {
        title: "The service sent a request that does not work",
        next: "It was nothing you did. Go back to the service and try again. If the problem continues, \
               contact its support.",
    },
    app_unauthorised: Words {
        title: "The service could not be verified",
        next: "The identification was ended for your safety. Contact the support of the service.",
    },
    identification_unknown: Words {
        title: "The identification was not found",
        next: "Go back to the service and start again.",
    },
    idempotency_conflict: Words {
        title: "The service sent two requests that contradict each other",
        next: "It was nothing you did. Go back to the service and start again.",
    },
    rate_limited: Words {
        title: "There are too many requests right now",
        next: "Wait a moment and try again.",
    },
    store_unavailable: Words {
        title: "Identification is out of order for a moment",
        next: "Wait a moment and try again.",
    },
    internal: Words {
        title: "Something went wrong",
        next: "It was nothing you did. Try again in a moment. If the problem continues, give the reference \
               to support.",
    },
};
