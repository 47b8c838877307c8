//! A request to the API, read: who asks, of what, with which revision and body.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{
    HttpRequest,
    http::header::HeaderMap,
    web::{Bytes, Query},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tunnus_sdk::json::{JsonError, parse_object};

use crate::{
    admin::{Admin, AdminError, Caller, Expected},
    app::Broker,
    tenant::store::change::Part,
};

/// What was asked. It is free of the listener's own types: an endpoint runs where the stores are.
pub struct Asked {
    /// The administration.
    pub admin: Arc<Admin>,
    /// The broker.
    pub broker: Arc<Broker>,
    /// Who asks.
    pub caller: Caller,
    pub(super) head: Head,
    pub(super) body: Bytes,
}

/// What a request says before its body.
pub(super) struct Head {
    path: BTreeMap<String, String>,
    query: String,
    if_match: Option<String>,
    if_none_match: Option<String>,
    content_type: Option<String>,
}

impl Head {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let names = request.match_info().iter();
        Self {
            path: names.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            query: request.query_string().to_owned(),
            if_match: text(headers, "If-Match"),
            if_none_match: text(headers, "If-None-Match"),
            content_type: text(headers, "Content-Type"),
        }
    }
}

/// A header's text; one that stands twice, or is no text, is a text that nobody expects.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name);
    let value = values.next()?;
    let one = value.to_str().ok().filter(|_| values.next().is_none());
    Some(one.unwrap_or("?").to_owned())
}

impl Asked {
    /// A part of the path.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.head.path.get(name).map_or("", String::as_str)
    }

    /// The tenant in the path.
    #[must_use]
    pub fn tenant(&self) -> &str {
        self.path("tenant")
    }

    /// The part of a tenant that the path leads to.
    #[must_use]
    pub fn part(&self) -> Part {
        let named = |name: &str| self.head.path.get(name).cloned();
        let app = || named("app").map(Part::App);
        named("connection").map(Part::Connection).or_else(app).unwrap_or(Part::Tenant)
    }

    /// The query. A parameter that is unknown or stands twice is a fault.
    ///
    /// # Errors
    /// [`AdminError::Faulty`]
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, AdminError> {
        let query = Query::from_query(&self.head.query).map(Query::into_inner);
        query.map_err(|_| AdminError::fault("", "a parameter is unknown, stands twice or has a wrong value"))
    }

    /// The body, a JSON object.
    ///
    /// # Errors
    /// [`AdminError::Faulty`]
    pub fn json(&self) -> Result<Value, AdminError> {
        let media = self.head.content_type.as_deref().and_then(|media| media.split(';').next());
        if !media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
            return Err(AdminError::fault("", "the body's Content-Type is application/json"));
        }
        let object = parse_object(&self.body).map_err(|error| match error {
            JsonError::TooLarge => AdminError::fault("", "the body is longer than 256 KiB"),
            JsonError::Malformed => AdminError::fault("", error.to_string()),
        });
        object.map(Value::Object)
    }

    /// The body as a value of a type of ours.
    ///
    /// # Errors
    /// [`AdminError::Faulty`], without a word of the body in it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AdminError> {
        let wrong = "a member is missing, unknown or of the wrong type: compare with /openapi.json";
        serde_json::from_value(self.json()?).map_err(|_| AdminError::fault("", wrong))
    }

    /// The entity tag that the request was made from, without its quotes.
    ///
    /// # Errors
    /// [`AdminError::RevisionMissing`]; [`AdminError::Faulty`] where it is no tag of ours.
    pub fn tag(&self) -> Result<&str, AdminError> {
        let tag = self.head.if_match.as_deref().ok_or(AdminError::RevisionMissing)?;
        let bare = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        bare.ok_or_else(|| AdminError::fault("If-Match", "one ETag as it was read, with its quotes"))
    }

    /// The revision that a change was made from.
    ///
    /// # Errors
    /// [`AdminError::Faulty`]
    pub fn expected(&self) -> Result<Expected, AdminError> {
        match (&self.head.if_match, &self.head.if_none_match) {
            (None, None) => Ok(Expected::Unsaid),
            (None, Some(none)) if none == "*" => Ok(Expected::Absent),
            (Some(_), None) => {
                let number = self.tag()?.parse().ok();
                let ours = number.filter(|number: &i64| *number >= 0);
                // A tag that was never ours fits nothing that is there.
                Ok(Expected::Revision(ours.unwrap_or(-1)))
            }
            (Some(_) | None, Some(_)) => {
                Err(AdminError::fault("If-None-Match", "If-None-Match is * for what is new, alone"))
            }
        }
    }
}
