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
use crate::{
    error::{Code, Error},
    host::away,
};

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
    let known = visit.tenant.connection(connection).and_then(|connection| {
        let descriptor = visit.broker.providers.find(&connection.provider)?.descriptor();
        Some((descriptor.id, descriptor.legs.iter().find(|known| known.name() == leg)?.clone()))
    });
    let Some((provider, leg)): Option<(_, Leg)> = known else {
        return visit.page(Code::FlowUnknown);
    };
    let taking = Box::pin(returned::take(visit, connection, leg.clone(), brought));
    let (taken, away) = away(taking).await;
    let own = visit.begun.elapsed().saturating_sub(away);
    visit.broker.metrics.returned(provider, leg.name(), own);
    taken.unwrap_or_else(|error| failed(visit, &error))
}

/// A page about a failure of which no app waits to hear.
fn failed(visit: &Visit, error: &Error) -> Reply {
    error.log(&visit.trace_id);
    visit.page(error.code)
}
