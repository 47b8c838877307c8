//! The ten rules of what must never happen, attacked one by one.

mod door;
mod requests;
mod returns;
mod settings;
mod store;

use url::Url;

use crate::support::{person::Person, sandbox::Bench};

/// Walks until the upstream sends the browser back, and stops before the broker sees it.
async fn until_return(bench: &Bench, person: &mut Person, connection: &str) -> Url {
    let door = bench.door(connection).await;
    let returns = format!("{}/return/", bench.issuer());
    person.walk(&door, &returns).await
}
