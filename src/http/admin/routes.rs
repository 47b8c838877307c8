//! The endpoints of the API: one table, in the order of its description.

use std::pin::Pin;

use super::{
    answer::Answer,
    asked::Asked,
    endpoints::{audit, connections, keys, parts, platforms, providers, tenants, tokens},
};
use crate::admin::{AdminError, Right};

/// What an endpoint does.
pub type Operation = fn(Asked) -> Working;
/// An endpoint at work.
pub type Working = Pin<Box<dyn Future<Output = Result<Answer, AdminError>> + Send>>;

/// One method of one path.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path below [`super::BASE`].
    pub path: &'static str,
    /// The right that its operation asks for.
    pub right: Right,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// What it takes beside its path.
    pub takes: Takes,
    /// Which statuses a success has.
    pub statuses: &'static [u16],
    /// What a success answers, by the name of a schema; nothing where it is empty.
    pub gives: &'static str,
    /// What it does.
    pub operation: Operation,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or replaces.
    Put,
    /// Does.
    Post,
    /// Removes.
    Delete,
}

/// What an endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// Parameters of the query.
    Query(&'static [Parameter]),
    /// A body, by the name of its schema.
    Body(&'static str),
    /// A body, and the revision that it was made from.
    Revised(&'static str),
    /// The revision alone.
    Revision,
}

/// A parameter of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Its JSON Schema.
    pub schema: &'static str,
}

/// An operation from an endpoint's function.
macro_rules! does {
    ($function:path) => {
        |asked| Box::pin($function(asked))
    };
}

/// Every endpoint; the methods of one path stand together.
pub static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Get,
        path: "/me",
        right: Right::Look,
        about: "Who the token is, and what it may",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Me",
        operation: does!(tokens::me),
    },
    Endpoint {
        method: Method::Get,
        path: "/tokens",
        right: Right::ReadTokens,
        about: "The admin tokens within reach, the newest first; never the token itself",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Tokens",
        operation: does!(tokens::list),
    },
    Endpoint {
        method: Method::Post,
        path: "/tokens",
        right: Right::WriteTokens,
        about: "Makes a token that reaches no further than the caller; it is shown this once",
        takes: Takes::Body("NewToken"),
        statuses: &[201],
        gives: "CreatedToken",
        operation: does!(tokens::create),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tokens/{token}",
        right: Right::WriteTokens,
        about: "Revokes a token, by its id",
        takes: Takes::Nothing,
        statuses: &[204],
        gives: "",
        operation: does!(tokens::revoke),
    },
    Endpoint {
        method: Method::Get,
        path: "/providers",
        right: Right::Look,
        about: "The providers that a connection may use, with the JSON Schema of their settings",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Providers",
        operation: does!(providers::list),
    },
    Endpoint {
        method: Method::Get,
        path: "/providers/{provider}",
        right: Right::Look,
        about: "One provider",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Provider",
        operation: does!(providers::show),
    },
    Endpoint {
        method: Method::Get,
        path: "/platforms",
        right: Right::ReadPlatform,
        about: "The ids of the platforms within reach",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Platforms",
        operation: does!(platforms::list),
    },
    Endpoint {
        method: Method::Get,
        path: "/platforms/{platform}",
        right: Right::ReadPlatform,
        about: "A platform with its apps",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "PlatformDocument",
        operation: does!(platforms::show),
    },
    Endpoint {
        method: Method::Put,
        path: "/platforms/{platform}",
        right: Right::WritePlatform,
        about: "Makes or changes a platform; the operator alone makes one",
        takes: Takes::Revised("Platform"),
        statuses: &[200, 201],
        gives: "PlatformDocument",
        operation: does!(platforms::put),
    },
    Endpoint {
        method: Method::Delete,
        path: "/platforms/{platform}",
        right: Right::FoundPlatform,
        about: "Removes a platform that has no tenants any more",
        takes: Takes::Revision,
        statuses: &[204],
        gives: "",
        operation: does!(platforms::remove),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants",
        right: Right::Read,
        about: "The tenants within reach, in pages",
        takes: Takes::Query(tenants::LISTING),
        statuses: &[200],
        gives: "TenantList",
        operation: does!(tenants::list),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}",
        right: Right::Read,
        about: "A tenant: who it is, and which keys are set",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "TenantDocument",
        operation: does!(parts::show),
    },
    Endpoint {
        method: Method::Put,
        path: "/tenants/{tenant}",
        right: Right::Write,
        about: "Makes or changes a tenant; a new one gets keys where it brings none",
        takes: Takes::Revised("Tenant"),
        statuses: &[200, 201],
        gives: "TenantDocument",
        operation: does!(parts::put),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tenants/{tenant}",
        right: Right::Found,
        about: "Removes a tenant with its apps, connections and keys",
        takes: Takes::Revision,
        statuses: &[204],
        gives: "",
        operation: does!(parts::remove),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/apps",
        right: Right::Read,
        about: "The apps of a tenant",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Apps",
        operation: does!(parts::apps),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/apps/{app}",
        right: Right::Read,
        about: "An app",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "AppDocument",
        operation: does!(parts::show),
    },
    Endpoint {
        method: Method::Put,
        path: "/tenants/{tenant}/apps/{app}",
        right: Right::Write,
        about: "Makes or changes an app; a secret that is made for it is shown this once",
        takes: Takes::Revised("App"),
        statuses: &[200, 201],
        gives: "AppDocument",
        operation: does!(parts::put),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tenants/{tenant}/apps/{app}",
        right: Right::Write,
        about: "Removes an app",
        takes: Takes::Revision,
        statuses: &[204],
        gives: "",
        operation: does!(parts::remove),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/apps/{app}/secrets",
        right: Right::Write,
        about: "Makes one more secret for an app, which has two at most; it is shown this once",
        takes: Takes::Nothing,
        statuses: &[201],
        gives: "AppDocument",
        operation: does!(parts::add_secret),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tenants/{tenant}/apps/{app}/secrets/{secret}",
        right: Right::Write,
        about: "Takes a secret from an app, by its id",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "AppDocument",
        operation: does!(parts::remove_secret),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/connections",
        right: Right::Read,
        about: "The connections of a tenant, in the order of the chooser",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Connections",
        operation: does!(parts::connections),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/connections/{connection}",
        right: Right::Read,
        about: "A connection",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "ConnectionDocument",
        operation: does!(parts::show),
    },
    Endpoint {
        method: Method::Put,
        path: "/tenants/{tenant}/connections/{connection}",
        right: Right::Write,
        about: "Makes or changes a connection",
        takes: Takes::Revised("Connection"),
        statuses: &[200, 201],
        gives: "ConnectionDocument",
        operation: does!(parts::put),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tenants/{tenant}/connections/{connection}",
        right: Right::Write,
        about: "Removes a connection",
        takes: Takes::Revision,
        statuses: &[204],
        gives: "",
        operation: does!(parts::remove),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/connections/{connection}/sheet",
        right: Right::Read,
        about: "What the upstream's admin must set: return URLs, public keys, settings",
        takes: Takes::Query(connections::SHEET),
        statuses: &[200],
        gives: "Sheet",
        operation: does!(connections::sheet),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/connections/{connection}/check",
        right: Right::Try,
        about: "Has the doctor look at a connection and its upstream: each finding with its remedy",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Findings",
        operation: does!(connections::check),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/connection-order",
        right: Right::Read,
        about: "The ids of the connections in the order of the chooser",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Order",
        operation: does!(connections::order),
    },
    Endpoint {
        method: Method::Put,
        path: "/tenants/{tenant}/connection-order",
        right: Right::Write,
        about: "Puts the connections into another order",
        takes: Takes::Revised("Order"),
        statuses: &[200],
        gives: "Order",
        operation: does!(connections::reorder),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/keys",
        right: Right::ReadKeys,
        about: "The keys of a tenant and of its connections, with states and dates; never a private part",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Keys",
        operation: does!(keys::list),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/keys",
        right: Right::WriteKeys,
        about: "Makes a key: in use at once where its place is empty, else the next one there",
        takes: Takes::Body("NewKey"),
        statuses: &[201],
        gives: "Key",
        operation: does!(keys::generate),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/keys/{key}",
        right: Right::ReadKeys,
        about: "A key",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Key",
        operation: does!(keys::show),
    },
    Endpoint {
        method: Method::Delete,
        path: "/tenants/{tenant}/keys/{key}",
        right: Right::WriteKeys,
        about: "Ends a key that is out of use and destroys its private part",
        takes: Takes::Nothing,
        statuses: &[200],
        gives: "Key",
        operation: does!(keys::retire),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/keys/{key}/public",
        right: Right::ReadKeys,
        about: "The public part of a key",
        takes: Takes::Query(keys::FORMAT),
        statuses: &[200],
        gives: "PublicKey",
        operation: does!(keys::public),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/keys/{key}/registered",
        right: Right::WriteKeys,
        about: "Notes that the upstream has a key, and what it calls it; with `prove` only if it takes it",
        takes: Takes::Body("Registration"),
        statuses: &[200],
        gives: "Key",
        operation: does!(keys::registered),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/keys/{key}/rotate",
        right: Right::WriteKeys,
        about: "Has a new key follow one in use; with `now` in its place at once",
        takes: Takes::Body("Rotation"),
        statuses: &[201],
        gives: "Key",
        operation: does!(keys::rotate),
    },
    Endpoint {
        method: Method::Put,
        path: "/tenants/{tenant}/keys/{key}/certificate",
        right: Right::WriteKeys,
        about: "Takes in the certificate that was asked for",
        takes: Takes::Body("Certificate"),
        statuses: &[200],
        gives: "Key",
        operation: does!(keys::certificate),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/key-imports",
        right: Right::WriteKeys,
        about: "Takes a private key in that was made elsewhere",
        takes: Takes::Body("KeyImport"),
        statuses: &[201],
        gives: "Key",
        operation: does!(keys::import),
    },
    Endpoint {
        method: Method::Post,
        path: "/tenants/{tenant}/certificate-requests",
        right: Right::WriteKeys,
        about: "Makes a key and a request for its certificate",
        takes: Takes::Body("CertificateRequest"),
        statuses: &[201],
        gives: "RequestedCertificate",
        operation: does!(keys::request),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/audit",
        right: Right::ReadAudit,
        about: "The latest events of a tenant, the last first; they lead to no person",
        takes: Takes::Query(audit::LIST),
        statuses: &[200],
        gives: "Events",
        operation: does!(audit::list),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/audit/find",
        right: Right::ReadAudit,
        about: "All events of one order, transaction or identification",
        takes: Takes::Query(audit::SEARCH),
        statuses: &[200],
        gives: "Events",
        operation: does!(audit::find),
    },
    Endpoint {
        method: Method::Get,
        path: "/tenants/{tenant}/usage",
        right: Right::ReadAudit,
        about: "What each connection of a tenant was used for in a month",
        takes: Takes::Query(audit::MONTH),
        statuses: &[200],
        gives: "Usage",
        operation: does!(audit::usage),
    },
    Endpoint {
        method: Method::Get,
        path: "/audit",
        right: Right::ReadAudit,
        about: "The latest events of what concerns no tenant alone",
        takes: Takes::Query(audit::LIST),
        statuses: &[200],
        gives: "Events",
        operation: does!(audit::list),
    },
    Endpoint {
        method: Method::Get,
        path: "/audit/find",
        right: Right::ReadAudit,
        about: "All events of one transaction or identification, whose tenant is not known",
        takes: Takes::Query(audit::SEARCH),
        statuses: &[200],
        gives: "Events",
        operation: does!(audit::find),
    },
    Endpoint {
        method: Method::Get,
        path: "/usage",
        right: Right::ReadAudit,
        about: "What every connection was used for in a month",
        takes: Takes::Query(audit::MONTH),
        statuses: &[200],
        gives: "Usage",
        operation: does!(audit::usage),
    },
];

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl Takes {
    /// The schema of its body, where it takes one.
    #[must_use]
    pub const fn body(self) -> Option<&'static str> {
        match self {
            Self::Body(schema) | Self::Revised(schema) => Some(schema),
            Self::Nothing | Self::Query(_) | Self::Revision => None,
        }
    }

    /// Whether it takes a revision.
    #[must_use]
    pub const fn is_revised(self) -> bool {
        matches!(self, Self::Revised(_) | Self::Revision)
    }
}
