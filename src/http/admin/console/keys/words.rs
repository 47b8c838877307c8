//! What is said of a key: how it is, when it ends, and what somebody has to do.

use tunnus_sdk::Timestamp;

use super::super::{
    page::{Cell, Tone},
    texts::KeyringTexts,
};
use crate::keyring::{Duties, Key, Policy, Purpose, State};

const DAY: i64 = 24 * 60 * 60;

/// How long before its end a key is warned of.
const SOON: i64 = 30 * DAY;

/// Where in its life it is; what waits for a person is to be looked at.
pub(super) fn state(texts: &KeyringTexts, key: &Key) -> Cell {
    let tone = match key.state {
        State::Active => Tone::Good,
        State::Created | State::AwaitingRegistration => Tone::Alert,
        State::WarmUp | State::Cooldown | State::Retired => Tone::Plain,
    };
    Cell::state(texts.state(key.state), tone)
}

/// When its certificate, or what the upstream has on file, ends.
pub(super) fn end(texts: &KeyringTexts, key: &Key, now: Timestamp) -> Cell {
    let Some(end) = key.not_after else { return Cell::default() };
    let date = end.to_date().unwrap_or_default();
    if key.state == State::Retired {
        Cell::text(date)
    } else if end <= now {
        Cell::state((texts.ended)(&date), Tone::Alert)
    } else if ends_soon(key, now) {
        Cell::state((texts.ends_in)(&date, (end.0 - now.0) / DAY), Tone::Alert)
    } else {
        Cell::text(date)
    }
}

fn ends_soon(key: &Key, now: Timestamp) -> bool {
    key.not_after.is_some_and(|end| end.0 - now.0 < SOON)
}

/// What has to be done with it, or when it goes on by itself.
pub(super) fn next(texts: &KeyringTexts, (key, policy): (&Key, &Policy), now: Timestamp) -> Cell {
    if let Some((state, at)) = key.next(policy) {
        return Cell::text((texts.moves)(texts.state(state), &at.to_date().unwrap_or_default()));
    }
    let is_certificate = key.purpose == Purpose::Certificate;
    let todo = match key.state {
        State::Created | State::AwaitingRegistration if is_certificate => texts.take_in,
        State::Created | State::AwaitingRegistration => texts.register_it,
        State::Active if is_certificate && ends_soon(key, now) => texts.ask_anew,
        State::Active if ends_soon(key, now) => texts.rotate_it,
        State::Cooldown => texts.retire_it,
        State::WarmUp | State::Active | State::Retired => return Cell::text(texts.nothing),
    };
    Cell::state(todo, Tone::Alert)
}

/// What it does now.
pub(super) fn duties(texts: &KeyringTexts, key: &Key) -> String {
    let Duties { signs, opens, published } = key.duties();
    let all = [(signs, texts.signs), (opens, texts.opens), (published, texts.published)];
    all.into_iter().filter(|(does, _)| *does).map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tunnus_sdk::Locale;

    use super::{super::super::texts::Texts, *};

    fn key(purpose: Purpose, state: State, fetched: bool) -> Key {
        serde_json::from_value(json!({
            "connection": "bank", "purpose": purpose, "kind": "rsa2048", "kid": "k", "state": state,
            "since": 1_795_256_803, "made_at": 1_795_256_803, "fetched": fetched, "public": {},
        }))
        .unwrap()
    }

    #[test]
    fn what_waits_for_a_person_is_said_and_what_goes_on_by_itself_too() {
        let texts = &Texts::of(Locale::En).keyring;
        let said = |key: &Key| next(texts, (key, &Policy::default()), Timestamp(1_795_256_803));
        let [signing, decryption, certificate] =
            [Purpose::Signing, Purpose::Decryption, Purpose::Certificate];
        for (key, text, tone) in [
            (key(signing, State::AwaitingRegistration, false), texts.register_it, Tone::Alert),
            (key(certificate, State::AwaitingRegistration, false), texts.take_in, Tone::Alert),
            (key(decryption, State::Cooldown, false), texts.retire_it, Tone::Alert),
            (key(signing, State::Active, false), texts.nothing, Tone::Plain),
            (key(signing, State::Retired, false), texts.nothing, Tone::Plain),
        ] {
            assert_eq!(said(&key), Cell::state(text, tone), "{key:?}");
        }
        let fetched = said(&key(decryption, State::WarmUp, true));
        assert_eq!(fetched.text, "Nothing: goes on by itself on 2026-11-22 (In use).");
    }

    #[test]
    fn an_end_is_warned_of_thirty_days_before_and_said_when_it_is_over() {
        let texts = &Texts::of(Locale::En).keyring;
        let now = Timestamp(1_795_256_803);
        for (purpose, todo) in [(Purpose::Signing, texts.rotate_it), (Purpose::Certificate, texts.ask_anew)] {
            for (days, tone, next_text) in
                [(31, Tone::Plain, texts.nothing), (29, Tone::Alert, todo), (-1, Tone::Alert, todo)]
            {
                let not_after = Some(Timestamp(now.0 + days * DAY));
                let key = Key { not_after, ..key(purpose, State::Active, false) };
                assert_eq!(end(texts, &key, now).tone, tone, "{days}");
                assert_eq!(next(texts, (&key, &Policy::default()), now).text, next_text, "{days}");
            }
        }
    }
}
