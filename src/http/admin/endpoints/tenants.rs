//! The list of tenants.

use serde::Deserialize;

use crate::{
    admin::{AdminError, Listing},
    http::admin::{answer::Answer, asked::Asked, routes::Parameter},
};

/// What a listing takes.
pub const LISTING: &[Parameter] = &[
    Parameter {
        name: "after",
        about: "The id after which the page begins: `next` of the page before",
        schema: r#"{"type":"string"}"#,
    },
    Parameter {
        name: "limit",
        about: "How many at most",
        schema: r#"{"type":"integer","minimum":1,"maximum":200}"#,
    },
    Parameter { name: "search", about: "What their id or name has in it", schema: r#"{"type":"string"}"# },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    after: Option<String>,
    limit: Option<u8>,
    search: Option<String>,
}

/// Those within reach.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    let Query { after, limit, search } = asked.query()?;
    let limit = limit.map_or(Listing::default().limit, usize::from);
    if !(1..=200).contains(&limit) {
        return Err(AdminError::fault("limit", "1 to 200"));
    }
    let has_null = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains('\0'));
    if has_null(&after) || has_null(&search) {
        return Err(AdminError::fault("", "a parameter has a character that no text has"));
    }
    Answer::of(asked.admin.tenants(&asked.caller, &Listing { after, limit, search }).await?)
}
