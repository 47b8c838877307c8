//! How the authorization request reaches the upstream: pushed, posted, or in the browser's address.

use tunnus_sdk::{BrowserRequest, Hidden, ProviderError};
use url::Url;

use crate::{Delivery, Metadata, RelyingParty, par, params::Parameters, request_object};

/// What the browser is told to do.
pub(crate) async fn deliver(
    rp: &RelyingParty,
    metadata: &Metadata,
    parameters: &Parameters,
) -> Result<BrowserRequest, ProviderError> {
    let endpoint = &metadata.authorization_endpoint;
    match metadata.route(&rp.profile).delivery {
        Delivery::Pushed => {
            let request_uri = par::push(rp, metadata, parameters).await?;
            Ok(BrowserRequest::Get(reference(endpoint, &rp.profile.client_id, &request_uri)))
        }
        Delivery::Get => {
            let fields = request_object::protect(rp, metadata, parameters).await?;
            Ok(BrowserRequest::Get(with_query(endpoint, &fields)))
        }
        Delivery::Post => {
            let fields = request_object::protect(rp, metadata, parameters).await?;
            let fields = fields.into_iter().map(|(name, value)| (name, value.expose().clone())).collect();
            Ok(BrowserRequest::Post { action: endpoint.clone(), fields })
        }
    }
}

/// `client_id` and `request_uri`, nothing else (RFC 9126, section 4).
fn reference(endpoint: &Url, client_id: &str, request_uri: &Hidden<String>) -> Url {
    let fields =
        [("client_id".to_owned(), Hidden::from(client_id)), ("request_uri".to_owned(), request_uri.clone())];
    with_query(endpoint, &fields)
}

/// The endpoint's own query is kept (RFC 6749, section 3.1).
fn with_query(endpoint: &Url, fields: &[(String, Hidden<String>)]) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs(fields.iter().map(|(name, value)| (name, value.expose_str())));
    url
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
