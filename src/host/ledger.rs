//! What a leg used and received, for the audit trail: ids of keys, hashes of tokens.
//!
//! A provider has its host for good and knows nothing of legs: so the leg is the task that runs it,
//! and whatever its host does meanwhile is noted for that task.

use std::cell::RefCell;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tunnus_sdk::Claims;

use super::observed::Seen;
use crate::{audit::event::KeyIds, digest::sha256_base64url};

/// How many of each are noted: a leg has a handful.
const MOST: usize = 16;
/// The longest id that is noted.
const ID_LENGTH: usize = 256;
/// What upstreams call the id of their transaction. Noted here for a login that fails before its
/// provider has read it.
const TRANSACTION: &str = "transaction_id";

/// What legs used and received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The keys.
    pub keys: KeyIds,
    /// SHA-256 of each token received, in base64url.
    pub tokens: Vec<String>,
    /// The upstream's id of the transaction.
    pub transaction_id: Option<String>,
    /// What a trial shows of it; none on any other leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<Seen>>,
}

tokio::task_local! {
    static LEDGER: RefCell<Ledger>;
}

/// Runs a leg; what its host did meanwhile, step by step where it is `watched`.
pub async fn noted<F: Future>(watched: bool, leg: F) -> (F::Output, Ledger) {
    let ledger = Ledger { steps: watched.then(Vec::new), ..Ledger::default() };
    LEDGER
        .scope(RefCell::new(ledger), async {
            let done = leg.await;
            (done, LEDGER.with(RefCell::take))
        })
        .await
}

/// A key of ours has signed.
pub(super) fn signed(kid: &str) {
    note(|ledger| add(&mut ledger.keys.signed, kid));
}

/// A token has come.
pub(super) fn received(token: &str) {
    note(|ledger| add(&mut ledger.tokens, &sha256_base64url(token)));
}

/// A key of ours has opened `token`, which names it.
pub(super) fn opened(token: &str) {
    if let Some(kid) = kid_of(token) {
        note(|ledger| add(&mut ledger.keys.opened, &kid));
    }
}

/// A key of the upstream has verified.
pub(super) fn verified(kid: &str) {
    note(|ledger| add(&mut ledger.keys.verified, kid));
}

/// Claims were proved.
pub(super) fn proved(claims: &Claims) {
    let id = claims.get(TRANSACTION).and_then(|id| id.as_str()).filter(|id| is_plain(id));
    if let Some(id) = id {
        note(|ledger| ledger.transaction_id = Some(id.to_owned()));
    }
}

pub(super) fn note(entry: impl FnOnce(&mut Ledger)) {
    // Nobody keeps a ledger of what is done outside of a leg.
    LEDGER.try_with(|ledger| entry(&mut ledger.borrow_mut())).unwrap_or_default();
}

fn add(list: &mut Vec<String>, text: &str) {
    if list.len() < MOST && is_plain(text) && !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

fn is_plain(text: &str) -> bool {
    text.len() <= ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The key that an encrypted token names.
pub(super) fn kid_of(token: &str) -> Option<String> {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    header.get("kid")?.as_str().map(str::to_owned)
}

impl Ledger {
    /// Adds what a later leg used.
    pub fn extend(&mut self, later: Self) {
        let lists = [
            (&mut self.keys.signed, later.keys.signed),
            (&mut self.keys.opened, later.keys.opened),
            (&mut self.keys.verified, later.keys.verified),
            (&mut self.tokens, later.tokens),
        ];
        for (list, more) in lists {
            for text in &more {
                add(list, text);
            }
        }
        self.transaction_id = later.transaction_id.or(self.transaction_id.take());
        if let Some(steps) = later.steps {
            self.steps.get_or_insert_default().extend(steps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_leg_is_noted_for_itself_alone() {
        let one = noted(false, async {
            signed("a");
            tokio::task::yield_now().await;
            signed("a");
            received("token");
        });
        let other = noted(false, async { verified("b") });
        let (((), one), ((), other)) = tokio::join!(one, other);
        assert_eq!(one.keys.signed, ["a"]);
        assert_eq!(one.tokens, [sha256_base64url("token")]);
        assert_eq!((other.keys.verified.as_slice(), other.tokens.len()), (["b".to_owned()].as_slice(), 0));
        signed("nobody's");
    }

    #[tokio::test]
    async fn what_an_upstream_sends_is_bounded() {
        let ((), ledger) = noted(false, async {
            (0..100).for_each(|n| received(&n.to_string()));
            verified(&"k".repeat(ID_LENGTH + 1));
            verified("a b");
            opened("no token");
        })
        .await;
        assert_eq!((ledger.tokens.len(), ledger.keys), (MOST, KeyIds::default()));
    }
}
