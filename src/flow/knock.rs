//! Who is at the door of an identification, and what that browser gets.
//!
//! The first browser owns the identification: it alone chooses, goes on and gives up. Over OpenID
//! Connect the app's request comes with the browser, which is given its key at once. Over REST an
//! app's server asks, and nobody knows the browser yet: it is given a key and sent to the same door
//! again, and the first key that comes back claims the identification. So a cookie that got lost
//! with a cancelled navigation, as with a double click, claims nothing.

use subtle::ConstantTimeEq;
use tunnus_sdk::{BrowserRequest, Locale};
use url::Url;

use super::{
    binding::SetCookie,
    door::DoorKey,
    finish::given_up,
    identification::Identification,
    keep::GRACE,
    open::{Picked, landing, open},
    page::Page,
    permit,
    visit::{Answer, Reply, Visit},
};
use crate::error::{Code, Error};

/// The parameter that says how often the browser was asked to come again.
pub const AGAIN: &str = "again";
/// Sent back with a fresh key.
const WITH_KEY: u32 = 1;
/// Asked to look whether its key has come meanwhile, by the answer to a sibling tab.
const ONCE_MORE: u32 = 2;

/// A browser at the door.
#[derive(Clone, Debug)]
pub struct Knock {
    /// What finds the identification.
    pub ticket: String,
    /// What the person picked.
    pub picked: Picked,
    /// How often the browser was asked to come again.
    pub again: u32,
}

/// Whose an identification is.
enum Owner {
    ThisBrowser,
    AnotherBrowser,
    Nobody,
}

/// Answers the browser at the door.
pub(super) async fn answer(visit: &Visit, knock: &Knock) -> Result<Reply, Error> {
    match judge(visit, knock).await {
        Err(error) if error.code == Code::StoreUnavailable => {
            let same = visit.door_of(&knock.ticket, &knock.picked.query());
            Ok(visit.later(&error, same.map(BrowserRequest::Get)))
        }
        judged => judged,
    }
}

async fn judge(visit: &Visit, knock: &Knock) -> Result<Reply, Error> {
    let identification = by_ticket(visit, &knock.ticket).await?;
    // A link of a message is opened by who looks after the message too: only a click claims.
    if identification.comes_by_link() && !knock.picked.proceed {
        return landed(visit, &identification).await;
    }
    let key = visit.browser.keys.of(&identification.id);
    match owner(visit, &identification, key).await? {
        Owner::ThisBrowser => admit(visit, identification, &knock.picked, key).await,
        Owner::Nobody if knock.again < WITH_KEY => Ok(give_key(visit, &identification, &knock.picked)),
        Owner::Nobody => Ok(without_cookies(visit, &identification, &knock.picked)),
        Owner::AnotherBrowser if knock.again < ONCE_MORE => {
            Ok(once_more(visit, &identification, &knock.picked))
        }
        Owner::AnotherBrowser => Ok(visit.failure_page(&identification, Code::BrowserMismatch)),
    }
}

/// The identification that a ticket finds.
async fn by_ticket(visit: &Visit, ticket: &str) -> Result<Identification, Error> {
    let (id, secret) = ticket.split_once('.').ok_or(Code::FlowUnknown)?;
    let identification = visit.broker.flows.identification(id).await?.ok_or(Code::FlowUnknown)?;
    let fits = identification.ticket.expose_str().as_bytes().ct_eq(secret.as_bytes());
    if !bool::from(fits) || identification.tenant != visit.tenant.id {
        return Err(Code::FlowUnknown.into());
    }
    Ok(identification)
}

/// The identification of this id, where this browser owns it.
pub(super) async fn owned(visit: &Visit, id: &str) -> Result<Option<Identification>, Error> {
    let (Some(key), Some(identification)) =
        (visit.browser.keys.of(id), visit.broker.flows.identification(id).await?)
    else {
        return Ok(None);
    };
    let ours = identification.tenant == visit.tenant.id
        && matches!(owner(visit, &identification, Some(key)).await?, Owner::ThisBrowser);
    Ok(ours.then_some(identification))
}

/// Whose the identification is; the first key claims it.
async fn owner(
    visit: &Visit,
    identification: &Identification,
    key: Option<&DoorKey>,
) -> Result<Owner, Error> {
    let flows = &visit.broker.flows;
    let ours = match (&identification.owner, key) {
        (Some(owner), key) => key.is_some_and(|key| key.hash() == *owner),
        (None, Some(key)) => flows.claim(identification, &key.hash()).await?,
        (None, None) if flows.is_claimed(&identification.id).await? => false,
        (None, None) => return Ok(Owner::Nobody),
    };
    Ok(if ours { Owner::ThisBrowser } else { Owner::AnotherBrowser })
}

/// Lets the owner in. The key is set once more: a sibling tab may have been given another meanwhile.
async fn admit(
    visit: &Visit,
    identification: Identification,
    picked: &Picked,
    key: Option<&DoorKey>,
) -> Result<Reply, Error> {
    if visit.broker.flows.is_settled(&identification.id).await? {
        return over(visit, &identification, picked).await;
    }
    let mut reply = open(visit, identification, picked).await;
    reply.cookies.extend(key.into_iter().flat_map(|key| with_key(visit, key)));
    Ok(reply)
}

/// What the owner of a settled identification gets: who gave up and asks so again, as after a double
/// click, the same answer; else a page.
async fn over(visit: &Visit, identification: &Identification, picked: &Picked) -> Result<Reply, Error> {
    let way = match picked.abandon {
        Some(code) if permit::app(&visit.tenant, identification).is_ok() => {
            given_up(&visit.broker, identification, code).await?
        }
        Some(_) | None => None,
    };
    Ok(way.map_or_else(
        || visit.failure_page(identification, Code::AlreadyAnswered),
        |way| Reply::new(Answer::App(way), visit.locale(identification)),
    ))
}

/// The landing page of an identification that is open.
async fn landed(visit: &Visit, identification: &Identification) -> Result<Reply, Error> {
    if visit.broker.flows.is_settled(&identification.id).await? {
        return Ok(visit.failure_page(identification, Code::AlreadyAnswered));
    }
    Ok(landing(visit, identification))
}

/// A fresh key, and the same door once more: only a key that comes back claims.
fn give_key(visit: &Visit, identification: &Identification, picked: &Picked) -> Reply {
    let key = DoorKey::make(&identification.id, &visit.broker.flows.ambient);
    let cookies = with_key(visit, &key);
    let answer = match same_door(visit, identification, picked, WITH_KEY) {
        Some(door) => Answer::Door(door),
        None => return visit.page(Code::Internal),
    };
    Reply { cookies, ..Reply::new(answer, visit.locale(identification)) }
}

/// A page that asks once more by itself.
fn once_more(visit: &Visit, identification: &Identification, picked: &Picked) -> Reply {
    let locale = visit.locale(identification);
    let door = same_door(visit, identification, picked, ONCE_MORE);
    shown(visit, door.map(|door| Page::Working { again: BrowserRequest::Get(door) }), locale)
}

/// A page for a browser whose key did not come back.
fn without_cookies(visit: &Visit, identification: &Identification, picked: &Picked) -> Reply {
    let locale = visit.locale(identification);
    let retry = visit.door(identification, &picked.query());
    shown(visit, retry.map(|retry| Page::WithoutCookies { retry }), locale)
}

fn shown(visit: &Visit, page: Option<Page>, locale: Locale) -> Reply {
    page.map_or_else(|| visit.page(Code::Internal), |page| Reply::new(Answer::Page(page), locale))
}

fn same_door(visit: &Visit, identification: &Identification, picked: &Picked, again: u32) -> Option<Url> {
    let mut door = visit.door(identification, &picked.query())?;
    door.query_pairs_mut().append_pair(AGAIN, &again.to_string());
    Some(door)
}

/// The cookie of a key, for as long as the identification finds its way home.
pub(super) fn with_key(visit: &Visit, key: &DoorKey) -> Vec<SetCookie> {
    visit.browser.keys.with(key, visit.broker.lifetimes.identification() + GRACE)
}
