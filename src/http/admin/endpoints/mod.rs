//! The endpoints of the API: one table, in the order of its description. Below it, what each reads,
//! which operation it calls, and how it shows the answer.

pub mod audit;
pub mod connections;
pub mod keys;
pub mod parts;
pub mod platforms;
pub mod providers;
pub mod tenants;
pub mod tokens;
pub mod trials;

use super::routes::{Endpoint, LINES, Takes, delete, get, post, put};
use crate::admin::Right;

/// An operation from an endpoint's function.
macro_rules! does {
    ($function:path) => {
        |asked| Box::pin($function(asked))
    };
}

/// Every endpoint; the methods of one path stand together.
pub static ENDPOINTS: &[Endpoint] = &[
    get("/me", Right::Look, "Who the token is, and what it may", does!(tokens::me)).gives(&[200], "Me"),
    get(
        "/tokens",
        Right::ReadTokens,
        "The admin tokens within reach, the newest first, in pages; never the token itself",
        does!(tokens::list),
    )
    .takes(Takes::Query(tokens::LISTING))
    .gives(&[200], "Tokens"),
    post(
        "/tokens",
        Right::WriteTokens,
        "Makes a token that reaches no further than the caller; it is shown this once",
        does!(tokens::create),
    )
    .takes(Takes::Body("NewToken"))
    .gives(&[201], "CreatedToken"),
    delete("/tokens/{token}", Right::WriteTokens, "Revokes a token, by its id", does!(tokens::revoke))
        .gives(&[204], ""),
    get(
        "/providers",
        Right::Look,
        "The providers that a connection may use, with the JSON Schema of their settings",
        does!(providers::list),
    )
    .gives(&[200], "Providers"),
    get("/providers/{provider}", Right::Look, "One provider", does!(providers::show))
        .gives(&[200], "Provider"),
    get("/platforms", Right::ReadPlatform, "The ids of the platforms within reach", does!(platforms::list))
        .gives(&[200], "Platforms"),
    get("/platforms/{platform}", Right::ReadPlatform, "A platform with its apps", does!(platforms::show))
        .gives(&[200], "PlatformDocument"),
    put(
        "/platforms/{platform}",
        Right::WritePlatform,
        "Makes or changes a platform; the operator alone makes one",
        does!(platforms::put),
    )
    .takes(Takes::Revised("Platform"))
    .gives(&[200, 201], "PlatformDocument"),
    delete(
        "/platforms/{platform}",
        Right::FoundPlatform,
        "Removes a platform that has no tenants any more",
        does!(platforms::remove),
    )
    .takes(Takes::Revision)
    .gives(&[204], ""),
    get("/tenants", Right::Read, "The tenants within reach, in pages", does!(tenants::list))
        .takes(Takes::Query(tenants::LISTING))
        .gives(&[200], "TenantList"),
    get("/tenants/{tenant}", Right::Read, "A tenant: who it is, and which keys are set", does!(parts::show))
        .gives(&[200], "TenantDocument"),
    put(
        "/tenants/{tenant}",
        Right::Write,
        "Makes or changes a tenant; a new one gets keys where it brings none",
        does!(parts::put),
    )
    .takes(Takes::Revised("Tenant"))
    .gives(&[200, 201], "TenantDocument"),
    delete(
        "/tenants/{tenant}",
        Right::Found,
        "Removes a tenant with its apps, connections and keys",
        does!(parts::remove),
    )
    .takes(Takes::Revision)
    .gives(&[204], ""),
    get("/tenants/{tenant}/apps", Right::Read, "The apps of a tenant", does!(parts::apps))
        .gives(&[200], "Apps"),
    get("/tenants/{tenant}/apps/{app}", Right::Read, "An app", does!(parts::show))
        .gives(&[200], "AppDocument"),
    put(
        "/tenants/{tenant}/apps/{app}",
        Right::Write,
        "Makes or changes an app; a secret that is made for it is shown this once",
        does!(parts::put),
    )
    .takes(Takes::Revised("App"))
    .gives(&[200, 201], "AppDocument"),
    delete("/tenants/{tenant}/apps/{app}", Right::Write, "Removes an app", does!(parts::remove))
        .takes(Takes::Revision)
        .gives(&[204], ""),
    post(
        "/tenants/{tenant}/apps/{app}/secrets",
        Right::Write,
        "Makes one more secret for an app, which has two at most; it is shown this once",
        does!(parts::add_secret),
    )
    .gives(&[201], "AppDocument"),
    delete(
        "/tenants/{tenant}/apps/{app}/secrets/{secret}",
        Right::Write,
        "Takes a secret from an app, by its id",
        does!(parts::remove_secret),
    )
    .gives(&[200], "AppDocument"),
    get(
        "/tenants/{tenant}/connections",
        Right::Read,
        "The connections of a tenant, in the order of the chooser",
        does!(parts::connections),
    )
    .gives(&[200], "Connections"),
    get("/tenants/{tenant}/connections/{connection}", Right::Read, "A connection", does!(parts::show))
        .gives(&[200], "ConnectionDocument"),
    put(
        "/tenants/{tenant}/connections/{connection}",
        Right::Write,
        "Makes or changes a connection",
        does!(parts::put),
    )
    .takes(Takes::Revised("Connection"))
    .gives(&[200, 201], "ConnectionDocument"),
    delete(
        "/tenants/{tenant}/connections/{connection}",
        Right::Write,
        "Removes a connection",
        does!(parts::remove),
    )
    .takes(Takes::Revision)
    .gives(&[204], ""),
    get(
        "/tenants/{tenant}/connections/{connection}/sheet",
        Right::Read,
        "What the upstream's admin must set: return URLs, public keys, settings",
        does!(connections::sheet),
    )
    .takes(Takes::Query(connections::SHEET))
    .gives(&[200], "Sheet"),
    post(
        "/tenants/{tenant}/connections/{connection}/check",
        Right::Try,
        "Has the doctor look at a connection and its upstream: each finding with its remedy",
        does!(connections::check),
    )
    .gives(&[200], "Findings"),
    post(
        "/tenants/{tenant}/connections/{connection}/trials",
        Right::Try,
        "Begins a trial: a login over the connection that issues nothing; its address is shown this once",
        does!(trials::begin),
    )
    .takes(Takes::Body("NewTrial"))
    .gives(&[201], "Trial"),
    get(
        "/tenants/{tenant}/connections/{connection}/trials/{trial}",
        Right::Read,
        "A trial; once it has ended, what was sent, what came and what an app would get of it: names, no values",
        does!(trials::show),
    )
    .gives(&[200], "Trial"),
    get(
        "/tenants/{tenant}/connection-order",
        Right::Read,
        "The ids of the connections in the order of the chooser",
        does!(connections::order),
    )
    .gives(&[200], "Order"),
    put(
        "/tenants/{tenant}/connection-order",
        Right::Write,
        "Puts the connections into another order",
        does!(connections::reorder),
    )
    .takes(Takes::Revised("Order"))
    .gives(&[200], "Order"),
    get(
        "/tenants/{tenant}/keys",
        Right::ReadKeys,
        "The keys of a tenant and of its connections, with states and dates; never a private part",
        does!(keys::list),
    )
    .gives(&[200], "Keys"),
    post(
        "/tenants/{tenant}/keys",
        Right::WriteKeys,
        "Makes a key: in use at once where its place is empty, else the next one there",
        does!(keys::generate),
    )
    .takes(Takes::Body("NewKey"))
    .gives(&[201], "Key"),
    get("/tenants/{tenant}/keys/{key}", Right::ReadKeys, "A key", does!(keys::show)).gives(&[200], "Key"),
    delete(
        "/tenants/{tenant}/keys/{key}",
        Right::WriteKeys,
        "Ends a key that is out of use and destroys its private part",
        does!(keys::retire),
    )
    .gives(&[200], "Key"),
    get(
        "/tenants/{tenant}/keys/{key}/public",
        Right::ReadKeys,
        "The public part of a key",
        does!(keys::public),
    )
    .takes(Takes::Query(keys::FORMAT))
    .gives(&[200], "PublicKey"),
    post(
        "/tenants/{tenant}/keys/{key}/registered",
        Right::WriteKeys,
        "Notes that the upstream has a key, and what it calls it; with `prove` only if it takes it",
        does!(keys::registered),
    )
    .takes(Takes::Body("Registration"))
    .gives(&[200], "Key"),
    post(
        "/tenants/{tenant}/keys/{key}/rotate",
        Right::WriteKeys,
        "Has a new key follow one in use; with `now` in its place at once",
        does!(keys::rotate),
    )
    .takes(Takes::Body("Rotation"))
    .gives(&[201], "Key"),
    put(
        "/tenants/{tenant}/keys/{key}/certificate",
        Right::WriteKeys,
        "Takes in the certificate that was asked for",
        does!(keys::certificate),
    )
    .takes(Takes::Body("Certificate"))
    .gives(&[200], "Key"),
    get(
        "/tenants/{tenant}/keys/{key}/request",
        Right::ReadKeys,
        "The request for the certificate of a key that was made for one, once more",
        does!(keys::request_again),
    )
    .gives(&[200], "RequestedCertificate"),
    post(
        "/tenants/{tenant}/key-imports",
        Right::WriteKeys,
        "Takes a private key in that was made elsewhere; the operator also one that a passphrase protects",
        does!(keys::import),
    )
    .takes(Takes::Body("KeyImport"))
    .gives(&[201], "Key"),
    post(
        "/tenants/{tenant}/certificate-requests",
        Right::WriteKeys,
        "Makes a key and a request for its certificate",
        does!(keys::request),
    )
    .takes(Takes::Body("CertificateRequest"))
    .gives(&[201], "RequestedCertificate"),
    get(
        "/tenants/{tenant}/audit",
        Right::ReadAudit,
        "The latest events of a tenant, the last first; they lead to no person",
        does!(audit::list),
    )
    .takes(Takes::Query(audit::LIST))
    .gives(&[200], "Events"),
    get(
        "/tenants/{tenant}/audit/find",
        Right::ReadAudit,
        "All events of one order, transaction or identification",
        does!(audit::find),
    )
    .takes(Takes::Query(audit::SEARCH))
    .gives(&[200], "Events"),
    get(
        "/tenants/{tenant}/usage",
        Right::ReadAudit,
        "What each connection of a tenant was used for in a month",
        does!(audit::usage),
    )
    .takes(Takes::Query(audit::MONTH))
    .gives(&[200], "Usage"),
    post(
        "/tenants/{tenant}/audit/verify",
        Right::ReadAudit,
        "Checks a tenant's trail from its first event to its last: one at a time, and not for ever",
        does!(audit::verify),
    )
    .gives(&[200], "VerifiedTrail"),
    get(
        "/tenants/{tenant}/audit/export",
        Right::ReadAudit,
        "A tenant's trail up to its last checkpoint, as lines of JSON; one at a time",
        does!(audit::export),
    )
    .gives(&[200], LINES),
    get("/audit", Right::ReadAudit, "The latest events of what concerns no tenant alone", does!(audit::list))
        .takes(Takes::Query(audit::LIST))
        .gives(&[200], "Events"),
    get(
        "/audit/find",
        Right::ReadAudit,
        "All events of one transaction or identification, whose tenant is not known",
        does!(audit::find),
    )
    .takes(Takes::Query(audit::SEARCH))
    .gives(&[200], "Events"),
    get("/usage", Right::ReadAudit, "What every connection was used for in a month", does!(audit::usage))
        .takes(Takes::Query(audit::MONTH))
        .gives(&[200], "Usage"),
    post("/audit/verify", Right::ReadAudit, "Checks the operator's own trail", does!(audit::verify))
        .gives(&[200], "VerifiedTrail"),
    get("/audit/export", Right::ReadAudit, "The operator's own trail as lines of JSON", does!(audit::export))
        .gives(&[200], LINES),
    get("/audit/keys", Right::ReadAudit, "The JWK set that verifies every export", does!(audit::keys))
        .gives(&[200], "KeySet"),
];
