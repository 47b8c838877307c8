//! The hub: takes what comes back, and lets nobody see the layers beneath.
//!
//! Every way of a browser leads through here and ends in a [`Reply`]. Nothing calls back up into it.

use tunnus_sdk::{Leg, Params};

use super::{
    returned,
    visit::{Reply, Visit},
};
use crate::error::Code;

/// Takes a browser's return from an upstream.
pub async fn take(visit: &Visit, connection: &str, leg: &str, params: Params, picked: Option<&str>) -> Reply {
    let leg = visit.tenant.connection(connection).and_then(|connection| {
        let descriptor = visit.broker.providers.find(&connection.provider)?.descriptor();
        descriptor.legs.iter().find(|known| known.name() == leg).cloned()
    });
    let Some(leg): Option<Leg> = leg else {
        return visit.page(Code::FlowUnknown);
    };
    match returned::take(visit, connection, leg, params, picked).await {
        Ok(reply) => reply,
        Err(error) => {
            error.log(&visit.trace_id);
            visit.page(error.code)
        }
    }
}
