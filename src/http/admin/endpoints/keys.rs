//! Keys: listed, made, taken in, registered, rotated, ended. Never a private part on the way out.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tunnus_sdk::{Hidden, Timestamp};

use crate::{
    admin::{AdminError, Registration},
    http::admin::{answer::Answer, asked::Asked, routes::Parameter},
    keyring::{Format, Given, KeyKind, Purpose, Registered, Request, Wanted},
};

/// What a public key takes.
pub const FORMAT: &[Parameter] = &[Parameter {
    name: "format",
    about: "How it is written: JWK where nothing is said",
    schema: r#"{"type":"string","enum":["jwk","jwks","pem","x509"]}"#,
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatQuery {
    #[serde(default)]
    format: FormatName,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FormatName {
    #[default]
    Jwk,
    Jwks,
    Pem,
    X509,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    connection: Option<String>,
    purpose: Purpose,
    kind: KeyKind,
    #[serde(default)]
    fetched: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyImport {
    connection: Option<String>,
    purpose: Purpose,
    /// JWK or PEM.
    text: Option<Hidden<String>>,
    /// PKCS#12 in base64.
    pkcs12: Option<Hidden<String>>,
    passphrase: Option<Hidden<String>>,
    kid: Option<String>,
    #[serde(default)]
    registered: bool,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrationBody {
    kid: Option<String>,
    until: Option<String>,
    #[serde(default)]
    prove: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default)]
    now: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateRequest {
    connection: String,
    common_name: String,
    organisation: Option<String>,
    kind: Option<KeyKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    pem: String,
}

/// The keys of a tenant and of its connections.
pub async fn list(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.read_keys(&asked.caller, asked.tenant()).await?;
    Answer::of(json!({ "keys": keys.list(asked.tenant()).await? }))
}

/// One of them.
pub async fn show(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.read_keys(&asked.caller, asked.tenant()).await?;
    Answer::of(keys.key(asked.tenant(), asked.path("key")).await?)
}

/// Its public part.
pub async fn public(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.read_keys(&asked.caller, asked.tenant()).await?;
    let FormatQuery { format } = asked.query()?;
    let format = match format {
        FormatName::Jwk => Format::Jwk,
        FormatName::Jwks => Format::Jwks,
        FormatName::Pem => Format::Pem,
        FormatName::X509 => Format::X509,
    };
    Answer::of(json!({ "public": keys.public(asked.tenant(), asked.path("key"), format).await? }))
}

/// Makes one.
pub async fn generate(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let NewKey { connection, purpose, kind, fetched } = asked.read()?;
    let wanted = Wanted { connection, purpose, kind, fetched };
    Ok(Answer::of(keys.generate(&asked.caller.actor(), asked.tenant(), wanted).await?)?.created(true))
}

/// Takes one in that was made elsewhere.
pub async fn import(asked: Asked) -> Result<Answer, AdminError> {
    asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let KeyImport { connection, purpose, text, pkcs12, passphrase, kid, registered: known, until } =
        asked.read()?;
    let bytes = match (text, pkcs12) {
        (Some(text), None) => Hidden::new(text.expose_str().as_bytes().to_vec()),
        (None, Some(pkcs12)) => {
            let bytes = STANDARD.decode(pkcs12.expose_str().trim());
            Hidden::new(bytes.map_err(|_| AdminError::fault("/pkcs12", "a PKCS#12 file in base64"))?)
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(AdminError::fault("", "give one: text, a JWK or PEM, or pkcs12"));
        }
    };
    let until = end(until)?;
    let given = Given { connection, purpose, bytes, passphrase, kid, known, until };
    Ok(Answer::of(asked.admin.import_key(&asked.caller, asked.tenant(), given).await?)?.created(true))
}

/// Notes that the upstream has one.
pub async fn registered(asked: Asked) -> Result<Answer, AdminError> {
    asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let RegistrationBody { kid, until, prove } = asked.read()?;
    let said = Registration { file: Registered { kid, until: end(until)? }, prove };
    let key = (asked.tenant(), asked.path("key"));
    Answer::of(asked.admin.register_key(&asked.broker, &asked.caller, key, said).await?)
}

/// Has a new one follow it.
pub async fn rotate(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let Rotation { now } = asked.read()?;
    let new = keys.rotate(&asked.caller.actor(), asked.tenant(), (asked.path("key"), now)).await?;
    Ok(Answer::of(new)?.created(true))
}

/// Ends one.
pub async fn retire(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    Answer::of(keys.retire(&asked.caller.actor(), asked.tenant(), asked.path("key")).await?)
}

/// Makes one and asks for its certificate.
pub async fn request(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let CertificateRequest { connection, common_name, organisation, kind } = asked.read()?;
    let kind = kind.unwrap_or(KeyKind::P256);
    let request = Request { connection, common_name, organisation, kind };
    let (key, pem) = keys.csr(&asked.caller.actor(), asked.tenant(), request).await?;
    Ok(Answer::of(json!({ "key": key, "request": pem }))?.created(true))
}

/// The request for the certificate of one, once more.
pub async fn request_again(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.read_keys(&asked.caller, asked.tenant()).await?;
    let (key, pem) = keys.request(asked.tenant(), asked.path("key")).await?;
    Answer::of(json!({ "key": key, "request": pem }))
}

/// Takes in the certificate that came back.
pub async fn certificate(asked: Asked) -> Result<Answer, AdminError> {
    let keys = asked.admin.write_keys(&asked.caller, asked.tenant()).await?;
    let Certificate { pem } = asked.read()?;
    let taken = (asked.path("key"), pem.as_str());
    Answer::of(keys.certificate(&asked.caller.actor(), asked.tenant(), taken).await?)
}

/// When something ends.
fn end(text: Option<String>) -> Result<Option<Timestamp>, AdminError> {
    let read = |text: String| OffsetDateTime::parse(&text, &Rfc3339).map(|at| Timestamp(at.unix_timestamp()));
    let wrong = |_| AdminError::fault("/until", "a time is 2027-01-31T00:00:00Z");
    text.map(read).transpose().map_err(wrong)
}
