//! The hub: takes the browser in with an app's request, at the door, and back from an upstream.
//!
//! Every way of a browser leads through here and ends in a [`Reply`]. Nothing calls back up into it.

use tunnus_sdk::Leg;

use super::{
    door::DoorKey,
    identification::Identification,
    knock::{self, Knock},
    open,
    returned::{self, Brought},
    visit::{Reply, Visit},
};
use crate::error::{Code, Error};

/// Takes the browser in that has brought an app's request: it owns the identification.
///
/// # Errors
/// [`Code::StoreUnavailable`]; nothing is kept then.
pub async fn enter(visit: &Visit, mut identification: Identification) -> Result<Reply, Error> {
    let key = DoorKey::make(&identification.id, &visit.broker.flows.ambient);
    identification.owner = Some(key.hash());
    visit.broker.flows.keep_identification(&identification).await?;
    let mut reply = open::straight(visit, identification).await;
    reply.cookies.extend(knock::with_key(visit, &key));
    Ok(reply)
}

/// Takes a browser at the door of an identification.
pub async fn knock(visit: &Visit, knock: &Knock) -> Reply {
    knock::answer(visit, knock).await.unwrap_or_else(|error| failed(visit, &error))
}

/// Takes a browser's return from an upstream.
pub async fn take(visit: &Visit, connection: &str, leg: &str, brought: &Brought) -> Reply {
    let leg = visit.tenant.connection(connection).and_then(|connection| {
        let descriptor = visit.broker.providers.find(&connection.provider)?.descriptor();
        descriptor.legs.iter().find(|known| known.name() == leg).cloned()
    });
    let Some(leg): Option<Leg> = leg else {
        return visit.page(Code::FlowUnknown);
    };
    let taken = returned::take(visit, connection, leg, brought).await;
    taken.unwrap_or_else(|error| failed(visit, &error))
}

/// A page about a failure of which no app waits to hear.
fn failed(visit: &Visit, error: &Error) -> Reply {
    error.log(&visit.trace_id);
    visit.page(error.code)
}
