//! The body of a call by an app, bounded ([`super::BODY_MAX`]).

use actix_web::{Error as ActixError, web::Bytes};

use crate::error::Error;

/// A body as it came, or why it did not.
pub type Payload = Result<Bytes, ActixError>;

/// The bytes of a body.
///
/// # Errors
/// [`crate::error::Code::RequestInvalid`] where it is longer than we take or did not come whole.
pub fn whole(payload: Payload) -> Result<Bytes, Error> {
    payload.map_err(|_| Error::request("", "the body is longer than 64 KiB or did not come whole"))
}
