//! What the settings still allow in mid-flow: asked on every leg, and before anything is released.

use std::sync::Arc;

use url::Url;

use super::{
    identification::{Face, Identification},
    trial::stand_in,
};
use crate::{
    error::{Code, Error},
    tenant::model::{App, Connection, RedirectUri, Release, Tenant},
};

/// The app that asked, as long as it is there and takes its answer where it asked for it.
///
/// # Errors
/// [`Code::AppUnauthorised`].
pub(super) fn app(tenant: &Tenant, identification: &Identification) -> Result<Arc<App>, Error> {
    let app = asking(tenant, identification).filter(|app| takes_back(app, &identification.face));
    app.ok_or_else(|| Code::AppUnauthorised.into())
}

/// The app that asked, as long as it is there; in a trial who stands for one.
pub(super) fn asking(tenant: &Tenant, identification: &Identification) -> Option<Arc<App>> {
    match identification.trial() {
        Some(trial) => stand_in(tenant, identification, trial),
        None => tenant.app(&identification.app).cloned(),
    }
}

/// The connection of this id, as long as the app may use it.
///
/// # Errors
/// [`Code::ConnectionUnknown`].
pub(super) fn connection<'a>(
    tenant: &'a Tenant,
    app: &'a App,
    id: &str,
) -> Result<&'a Arc<Connection>, Error> {
    let connection = tenant.connections_of(app).find(|connection| connection.id == id);
    connection.ok_or_else(|| Code::ConnectionUnknown.into())
}

/// Whether the app still takes answers in this way, at this address.
fn takes_back(app: &App, face: &Face) -> bool {
    match face {
        Face::OpenId(request) => app.redirect_uris.iter().any(|uri| uri.matches(&request.redirect_uri)),
        Face::Rest { return_url: Some(url) } => {
            app.release == Release::Code && app.return_urls.iter().any(|registered| is_at(registered, url))
        }
        Face::Rest { return_url: None } => app.release == Release::Poll,
        // There is nothing to take back.
        Face::Trial(_) => true,
    }
}

/// A return URL was compared exactly when the app asked, and is kept as parsed.
fn is_at(registered: &RedirectUri, url: &Url) -> bool {
    let parsed = match registered {
        RedirectUri::Exact(text) => Url::parse(text).ok(),
        RedirectUri::Loopback(_) | RedirectUri::AnyLoopback => None,
    };
    registered.matches(url.as_str()) || parsed.is_some_and(|parsed| parsed == *url)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::flow::{
        for_tests::app,
        identification::{OpenIdRequest, ResponseMode},
    };

    fn openid(redirect_uri: &str) -> Face {
        Face::OpenId(Box::new(OpenIdRequest {
            redirect_uri: redirect_uri.to_owned(),
            response_mode: ResponseMode::Query,
            state: None,
            nonce: None,
            code_challenge: None,
            scopes: BTreeSet::new(),
            in_id_token: BTreeSet::new(),
        }))
    }

    #[test]
    fn an_answer_goes_only_where_the_app_still_takes_it() {
        let redirect_uris = vec![RedirectUri::Exact("https://shop.example/cb".to_owned())];
        let shop = App { redirect_uris, ..app(&[]) };
        let polling = App { release: Release::Poll, ..shop.clone() };
        let rest = |url: &str| Face::Rest { return_url: Some(url.parse().unwrap()) };
        let polled = || Face::Rest { return_url: None };
        for (app, face, taken) in [
            (&shop, openid("https://shop.example/cb"), true),
            (&shop, openid("https://shop.example/other"), false),
            (&shop, rest("https://shop.example/"), true),
            (&shop, rest("https://shop.example/other"), false),
            (&shop, polled(), false),
            (&polling, rest("https://shop.example/"), false),
            (&polling, polled(), true),
        ] {
            assert_eq!(takes_back(app, &face), taken, "{face:?}");
        }
    }

    #[test]
    fn a_return_url_is_known_again_however_it_was_spelt() {
        let url: Url = "https://shop.example".parse().unwrap();
        assert!(is_at(&RedirectUri::Exact("https://shop.example".to_owned()), &url));
        assert!(!is_at(&RedirectUri::Exact("https://shop.example/done".to_owned()), &url));
        assert!(!is_at(&RedirectUri::AnyLoopback, &url));
    }
}
