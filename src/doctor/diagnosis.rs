//! What a login that failed says of its connection, and what helps: a finding of its own for each check
//! at each stage.

use tunnus_sdk::{Finding, Reason, Severity, Stage};

use crate::error::{Code, Error};

/// What is wrong, and what helps.
type Words = (&'static str, &'static str);

/// The finding about a login that failed with `error`.
#[must_use]
pub fn of(error: &Error) -> Finding {
    let (what, remedy) = match error.reason {
        Some(reason) => (what(reason), remedy(reason)),
        None => of_code(error),
    };
    let about = error.stage.map_or("the login", about);
    let missing = error.fields.iter().map(|field| field.pointer.clone());
    let details: Vec<String> = error.upstream_code.iter().cloned().chain(missing).collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    Finding {
        severity: if is_the_persons(error.code) { Severity::Warning } else { Severity::Fault },
        subject: error.stage.map_or_else(|| "login".to_owned(), |stage| stage.to_string()),
        text: format!("{about} {what}{details}"),
        remedy: Some(remedy.to_owned()),
    }
}

/// Whether only the person in front of the browser has anything to do with it.
const fn is_the_persons(code: Code) -> bool {
    matches!(code, Code::UserCancelled | Code::ConsentDenied | Code::FlowExpired)
}

const fn about(stage: Stage) -> &'static str {
    match stage {
        Stage::Discovery => "the upstream's metadata",
        Stage::Jwks => "the upstream's public keys",
        Stage::Selection => "the account selector's answer",
        Stage::Par => "the pushed request's answer",
        Stage::Callback => "the browser's return",
        Stage::Token => "the token endpoint's answer",
        Stage::IdToken => "the ID token",
        Stage::Userinfo => "the userinfo response",
        Stage::PaymentDetails => "the payment details",
        Stage::Normalise => "what is said of the person",
    }
}

const fn what(reason: Reason) -> &'static str {
    match reason {
        Reason::NotEncrypted => "is not encrypted, as this connection demands",
        Reason::NotSigned => "is not signed, as this connection demands",
        Reason::Algorithm => "uses an algorithm or a header that this connection does not take",
        Reason::Decryption => "does not open with any of our keys",
        Reason::Signature => "is signed, but not by a key of the upstream's",
        Reason::KeyUnknown => "names a key that the upstream does not publish",
        Reason::Issuer => "names another issuer",
        Reason::Audience => "is meant for another client",
        Reason::Expired => "has expired",
        Reason::NotYetValid => "is not valid yet",
        Reason::Nonce => "has not the nonce that was sent",
        Reason::State => "has not the state that was sent",
        Reason::Subject => "speaks of nobody, or of somebody else than the ID token",
        Reason::TokenHash => "does not fit the code or token that came with it",
        Reason::AuthTime => "does not say, or says too long ago, when the person logged in",
        Reason::Environment => "belongs to another environment",
        Reason::ClaimsInconsistent => "has claims that contradict each other or are not what they are called",
        Reason::NotJarm => "is plain where a signed response is due",
        Reason::Malformed => "is not what the standard prescribes",
        Reason::TooLarge => "is larger than any such message",
    }
}

const fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::NotEncrypted => {
            "switch encryption on at the upstream and register our public encryption key there"
        }
        Reason::NotSigned => "have the upstream sign it, as the setup sheet says",
        Reason::Algorithm => "compare the algorithms in the connection's settings with its registration",
        Reason::Decryption => {
            "register our present public key at the upstream, and keep the former until nothing comes for it"
        }
        Reason::Signature => {
            "ask the upstream whether it has exchanged its keys; where it has not, somebody else answers"
        }
        Reason::KeyUnknown => "ask the upstream to publish in its JWKS every key that it signs with",
        Reason::Issuer => "set the issuer to just what the metadata names, to the last slash",
        Reason::Audience => "compare client_id in the connection's settings with its registration",
        Reason::Expired => {
            "set the clocks of this host and of the upstream: one of them is wrong by more than the leeway"
        }
        Reason::NotYetValid => {
            "set this host's clock by NTP; where it is right, tell the upstream that its own is ahead"
        }
        Reason::Nonce => {
            "ask the upstream why it does not return the nonce; where it does, somebody replays answers"
        }
        Reason::State => {
            "ask the upstream why it does not return the state; where it does, somebody forges returns"
        }
        Reason::Subject => "ask the upstream why its messages about one login do not name one subject",
        Reason::TokenHash => {
            "ask the upstream why at_hash or c_hash is wrong; where it is not, a message was exchanged"
        }
        Reason::AuthTime => {
            "have the upstream honour max_age and send auth_time, or have the app ask for no max_age"
        }
        Reason::Environment => {
            "compare the connection's environment with the upstream's account: test persons or real ones"
        }
        Reason::ClaimsInconsistent => "ask the upstream about the claims of this login, with its transaction",
        Reason::NotJarm => "have the upstream answer with response_mode query.jwt (JARM)",
        Reason::Malformed => {
            "look whether the endpoint is the upstream's and no proxy answers in its place; then ask the upstream"
        }
        Reason::TooLarge => "look whether the endpoint is the upstream's and no proxy answers in its place",
    }
}

fn of_code(error: &Error) -> Words {
    match (error.code, error.upstream_code.as_deref()) {
        (Code::ConnectionMisconfigured, Some(upstream)) => of_refusal(upstream),
        (Code::ConnectionMisconfigured, None) => (
            "shows that the connection and its registration differ",
            "compare the registration at the upstream with `tunnus connections sheet`",
        ),
        (Code::ProviderUnavailable, _) => {
            ("does not come, or not in time", "look whether the upstream is up and this host can reach it")
        }
        (Code::ProviderRefused, _) => {
            ("is a refusal", "ask the upstream what its code means for this client and this person")
        }
        (Code::AssuranceTooLow, _) => (
            "does not reach the level of assurance that was asked for",
            "have the upstream offer methods of that level, or ask for less",
        ),
        (Code::ClaimsNotReceived, _) => (
            "lacks claims that were required",
            "have the upstream release these claims to our client, and compare the scopes with the sheet",
        ),
        (Code::ConsentDenied, _) => {
            ("ended because the person did not consent", "log in once more and consent to hand the data over")
        }
        (Code::UserCancelled | Code::FlowExpired, _) => (
            "ended because the person did not go on",
            "log in to the end, as a person that the upstream knows",
        ),
        (Code::ConnectionUnknown | Code::AppUnauthorised, _) => (
            "ended because its connection or app was switched off or removed meanwhile",
            "look at the connection and the app, and try again",
        ),
        (Code::RateLimited, _) => ("had to wait for too long", "wait, and look at this host's load"),
        _ => ("failed", "look into the log under this trace id"),
    }
}

/// What an upstream says of our client (RFC 6749, section 5.2; RFC 9101, section 6).
fn of_refusal(upstream: &str) -> Words {
    match upstream {
        "invalid_client" => (
            "says that we are not who we say",
            "compare client id, secret or key, and how the client authenticates, with the registration",
        ),
        "unauthorized_client" => (
            "says that our client may not do this",
            "have the upstream allow our client the authorization code flow and pushed requests",
        ),
        "invalid_request_object" => (
            "says that our request object is no good",
            "register our public signing key at the upstream, and compare the request's algorithms",
        ),
        "invalid_scope" => (
            "says that our client may not have a scope",
            "have the upstream allow our client every scope that `tunnus connections sheet` names",
        ),
        _ => (
            "is a refusal of our client",
            "compare the registration at the upstream with `tunnus connections sheet`",
        ),
    }
}
