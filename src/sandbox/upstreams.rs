//! The simulators alone, for a broker of one's own: what an upstream's dashboard would show of each
//! client that is registered there.
//!
//! A connection's keys are made where its upstream is, as a vendor's dashboard makes them, and last as
//! long as the simulators run.

use std::{net::SocketAddr, path::Path, sync::Arc};

use actix_web::dev::ServerHandle;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tunnus_sdk::{Credentials, Hidden, Locale};

use super::{
    authority::Authority,
    hosts::Hosts,
    running::{SandboxError, set_fault},
    tenant,
};
use crate::{ambient::Ambient, providers::Providers, tenant::model::Connection};

/// For which broker the simulators run.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where they listen; those that demand a client certificate take the next port.
    pub listen: SocketAddr,
    /// The base of the broker's issuers.
    pub public_url: String,
    /// The tenant whose connections are registered.
    pub tenant: String,
    /// A fault for all logins.
    pub fault: Option<String>,
}

/// The simulators at work.
pub struct Upstreams {
    /// Their origins, which the broker's `egress.allow` must name.
    pub origins: Vec<String>,
    /// The connections that are registered with them.
    pub connections: Vec<Arc<Connection>>,
    server: ServerHandle,
}

impl Upstreams {
    /// Starts them on this runtime.
    ///
    /// # Errors
    /// Where an address is taken, or a simulator cannot be made.
    pub fn start(
        providers: &Providers,
        ambient: &Ambient,
        wanted: &Wanted,
        runtime: &Handle,
    ) -> Result<Self, SandboxError> {
        let port = wanted.listen.port();
        let hosts = Hosts::listen(port, if port == 0 { 0 } else { port.saturating_add(1) })?;
        let authority = Authority::new()?;
        let returns = format!("{}/t/{}/return", wanted.public_url.trim_end_matches('/'), wanted.tenant);
        let site = |id: &str| hosts.site(id, &authority, &returns, ambient);
        let (simulators, connections) = tenant::simulated(providers, site)?;
        set_fault(&simulators, wanted.fault.as_deref())?;
        let origins = vec![hosts.url.clone(), hosts.mtls_url.clone()];
        let server = hosts.serve(simulators, authority)?;
        let handle = server.handle();
        runtime.spawn(server);
        Ok(Self { origins, connections, server: handle })
    }

    /// Writes for each connection a file with its document, as the admin API takes it, and one for each
    /// of its keys, as the console and `tunnus keys import` do.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn export<E>(&self, dir: &Path, write: impl Fn(&Path, &str) -> Result<(), E>) -> Result<(), E> {
        for connection in &self.connections {
            let id = &connection.id;
            write(&dir.join(format!("{id}.json")), &format!("{:#}", document(connection)))?;
            for (name, text) in texts(&connection.credentials) {
                write(&dir.join(format!("{id}-{name}")), text)?;
            }
        }
        Ok(())
    }

    /// Stops them.
    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

/// What the upstream's dashboard shows, as the document of a connection.
fn document(connection: &Connection) -> Value {
    json!({
        "id": connection.id,
        "provider": connection.provider,
        "environment": connection.environment,
        "display_name": connection.display_name.in_locale(Locale::En).unwrap_or(&connection.id),
        "subject": connection.subject,
        "settings": connection.settings,
        "credentials": credentials(&connection.credentials),
    })
}

fn credentials(credentials: &Credentials) -> Value {
    let value = |secret: &str| json!({ "value": secret });
    let all = |keys: &[Hidden<String>]| {
        let keys: Vec<_> = keys.iter().map(|key| value(key.expose_str())).collect();
        (!keys.is_empty()).then(|| json!(keys))
    };
    let one = |secret: Option<&Hidden<String>>| secret.map(|secret| value(secret.expose_str()));
    let members = [
        ("client_secret", one(credentials.client_secret.as_ref())),
        ("signing", all(&credentials.signing)),
        ("decryption", all(&credentials.decryption)),
        ("certificate", one(credentials.certificate.as_ref())),
        ("trust_anchor", credentials.trust_anchor.as_deref().map(value)),
    ];
    let given = members.into_iter().filter_map(|(name, member)| Some((name.to_owned(), member?)));
    Value::Object(given.collect::<Map<_, _>>())
}

/// The same, each secret as a text of its own.
fn texts(credentials: &Credentials) -> impl Iterator<Item = (&'static str, &str)> {
    let Credentials { client_secret, signing, decryption, certificate, trust_anchor } = credentials;
    let secrets = [
        ("client-secret", client_secret.as_ref()),
        ("signing.json", signing.first()),
        ("decryption.json", decryption.first()),
        ("certificate.pem", certificate.as_ref()),
    ];
    let secrets = secrets.into_iter().map(|(name, secret)| (name, secret.map(Hidden::expose_str)));
    let all = secrets.chain([("trust-anchor.pem", trust_anchor.as_deref())]);
    all.filter_map(|(name, text)| Some((name, text?)))
}
