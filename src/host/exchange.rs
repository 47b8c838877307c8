//! One HTTP exchange: the request with the connection's secret, the response within its bounds.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Client, Method, RequestBuilder,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE,
    },
};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tunnus_sdk::{Authentication, Body, Hidden, Request, RequestMethod, Response, SendError, Timestamp};
use url::form_urlencoded;

use super::egress::Forbidden;

/// How much of `WWW-Authenticate` is kept.
const CHALLENGE_MAX: usize = 1024;

/// The request as it goes out, with `secret` where it needs one.
pub(super) fn to_http(
    client: &Client,
    request: Request,
    secret: Option<&Hidden<String>>,
) -> Result<RequestBuilder, SendError> {
    let method = match request.method {
        RequestMethod::Get => Method::GET,
        RequestMethod::Post => Method::POST,
    };
    let mut http = client.request(method, request.url).header(ACCEPT, request.accept);
    let mut form = match request.body {
        Body::Empty => None,
        Body::Form(fields) => Some(fields),
    };
    match request.authentication {
        Authentication::None => {}
        Authentication::SecretBasic { client_id } => {
            let secret = secret.ok_or(SendError::CredentialMissing)?;
            http = http.header(AUTHORIZATION, credentials("Basic", &basic(&client_id, secret))?);
        }
        Authentication::SecretPost => {
            let secret = secret.ok_or(SendError::CredentialMissing)?;
            form.get_or_insert_default().push(("client_secret".to_owned(), secret.clone()));
        }
        Authentication::Bearer(token) => http = http.header(AUTHORIZATION, credentials("Bearer", &token)?),
    }
    Ok(match form {
        Some(fields) => http.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(encoded(&fields)),
        None => http,
    })
}

/// Both parts form-encoded first (RFC 6749, section 2.3.1).
fn basic(client_id: &str, secret: &Hidden<String>) -> Hidden<String> {
    let part = |text: &str| Hidden::new(form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    let pair = Hidden::new(format!("{}:{}", part(client_id).expose(), part(secret.expose_str()).expose()));
    Hidden::new(STANDARD.encode(pair.expose()))
}

fn credentials(scheme: &str, credentials: &Hidden<String>) -> Result<HeaderValue, SendError> {
    let value = Hidden::new(format!("{scheme} {}", credentials.expose()));
    // An access token that no header can carry is the upstream's fault.
    let mut value = HeaderValue::from_str(value.expose()).map_err(|_| SendError::Unreachable(None))?;
    value.set_sensitive(true);
    Ok(value)
}

fn encoded(fields: &[(String, Hidden<String>)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value.expose_str());
    }
    form.finish()
}

/// Sends `request` once and reads the whole response, of at most `most` bytes.
pub(super) async fn send(request: RequestBuilder, most: usize) -> Result<Response, SendError> {
    let mut response = request.send().await.map_err(failure)?;
    let body = body(&mut response, most).await?;
    Ok(Response {
        status: response.status().as_u16(),
        content_type: text(response.headers(), &CONTENT_TYPE).map(media_type),
        www_authenticate: text(response.headers(), &WWW_AUTHENTICATE).map(challenge),
        date: text(response.headers(), &DATE).and_then(date),
        body,
    })
}

/// The whole body of a response, of at most `most` bytes.
///
/// # Errors
/// [`SendError::TooLarge`], and whatever breaks it off.
pub async fn body(response: &mut reqwest::Response, most: usize) -> Result<Vec<u8>, SendError> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > most) {
        return Err(SendError::TooLarge);
    }
    let mut body = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if chunk.len() > most - body.len() {
            return Err(SendError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: reqwest::Error) -> SendError {
    if Forbidden::caused(&error) {
        return SendError::Forbidden;
    }
    if error.is_timeout() {
        return SendError::TimedOut;
    }
    SendError::Unreachable(Some(error.without_url().into()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The form that every sender must use (RFC 9110, section 5.6.7).
fn date(value: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(Timestamp(time.unix_timestamp()))
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn challenge(value: &str) -> String {
    value.chars().take(CHALLENGE_MAX).collect()
}
