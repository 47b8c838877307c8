//! What an endpoint of the API is. Which there are is `endpoints`' to say.

use std::pin::Pin;

use super::{answer::Answer, asked::Asked};
use crate::admin::{AdminError, Right};

/// What is given where it is no JSON but lines of it.
pub const LINES: &str = "Lines";

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

impl Endpoint {
    const fn new(
        method: Method,
        path: &'static str,
        right: Right,
        about: &'static str,
        operation: Operation,
    ) -> Self {
        Self { method, path, right, about, takes: Takes::Nothing, statuses: &[], gives: "", operation }
    }

    pub(super) const fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    pub(super) const fn gives(self, statuses: &'static [u16], gives: &'static str) -> Self {
        Self { statuses, gives, ..self }
    }
}

/// An endpoint of this method that takes and gives nothing.
pub(super) const fn get(
    path: &'static str,
    right: Right,
    about: &'static str,
    operation: Operation,
) -> Endpoint {
    Endpoint::new(Method::Get, path, right, about, operation)
}

/// An endpoint of this method that takes and gives nothing.
pub(super) const fn put(
    path: &'static str,
    right: Right,
    about: &'static str,
    operation: Operation,
) -> Endpoint {
    Endpoint::new(Method::Put, path, right, about, operation)
}

/// An endpoint of this method that takes and gives nothing.
pub(super) const fn post(
    path: &'static str,
    right: Right,
    about: &'static str,
    operation: Operation,
) -> Endpoint {
    Endpoint::new(Method::Post, path, right, about, operation)
}

/// An endpoint of this method that takes and gives nothing.
pub(super) const fn delete(
    path: &'static str,
    right: Right,
    about: &'static str,
    operation: Operation,
) -> Endpoint {
    Endpoint::new(Method::Delete, path, right, about, operation)
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
