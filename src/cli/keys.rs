//! `tunnus keys`: the keys of a store's tenants (`stored`), and keys and secrets as files.
//!
//! A private part goes into the store, or into a file that only its owner can read, never to standard
//! output.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tunnus_jose::{DecryptionKey, KeyError, KeyUse, SigningKey, generate};
use tunnus_sdk::Hidden;

use super::Failure;
use crate::{ambient::Ambient, providers::Providers};

#[path = "keys_stored.rs"]
mod stored;

/// The largest key file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a key: of a tenant in the store, or as a file that only its owner can read
    Generate(Generate),
    /// Takes a private key in that was made elsewhere: JWK, PEM or PKCS#12
    Import(stored::Import),
    /// Lists a tenant's keys with their states and dates
    List(stored::List),
    /// Prints the public part of a key
    Public(Public),
    /// Notes that the upstream has a key, and what it calls it
    Registered(stored::Register),
    /// Has a new key follow one in use
    Rotate(stored::Rotate),
    /// Ends a key that is out of use; its private part is destroyed
    Retire(stored::One),
    /// Makes a key and prints a request for its certificate
    Csr(stored::Csr),
    /// Takes in the certificate that came back
    Certificate(stored::Certificate),
}

#[derive(Debug, Args)]
struct Generate {
    /// What to make
    #[arg(long)]
    kind: Kind,
    /// What an RSA key is for
    #[arg(long = "use", value_name = "USE", default_value = "sig")]
    usage: Usage,
    /// Where to write it, if it shall be a file; one that is there already is left alone
    #[arg(long, value_name = "FILE", required_unless_present = "tenant", conflicts_with = "tenant")]
    out: Option<PathBuf>,
    #[command(flatten)]
    stored: stored::OfTenant,
}

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// An RSA key of 2048 bits: RS256, PS256, or decryption
    Rsa2048,
    /// An RSA key of 4096 bits: the same, slower
    Rsa4096,
    /// A P-256 key: ES256
    P256,
    /// The key that a tenant's subjects are made with; never changed, and kept in the backup
    Subject,
    /// A master key of the broker
    Master,
    /// A secret for an app
    Secret,
}

/// What a key is for (RFC 7517, section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Usage {
    /// It signs
    Sig,
    /// It decrypts
    Enc,
    /// It is shown with a certificate; only for a key of a tenant
    Tls,
}

#[derive(Debug, Args)]
struct Public {
    /// A private key in a file: JWK or PEM
    #[arg(required_unless_present = "key", conflicts_with = "key")]
    file: Option<PathBuf>,
    #[command(flatten)]
    stored: stored::KeyOfTenant,
    /// How to print it
    #[arg(long, default_value = "jwk")]
    format: Format,
}

/// How a public key is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JWK
    Jwk,
    /// A JWK set with this one key
    Jwks,
    /// PEM, of a public key
    Pem,
    /// PEM, of a certificate; only of a key of a tenant
    X509,
}

/// Why a key was not made or shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeysError {
    #[error("a P-256 key signs; for decryption make an RSA key")]
    Usage,
    #[error("that is for keys of a tenant: name one with --tenant")]
    TenantOnly,
    #[error("{} is there already and is left alone", .0.display())]
    Exists(PathBuf),
    #[error("{} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{} holds no private key that can be used", .0.display())]
    Key(PathBuf, #[source] KeyError),
    #[error("the key cannot be made")]
    Make(#[source] KeyError),
}

pub(super) fn run(arguments: Arguments, providers: Providers) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Generate(Generate { out: Some(out), kind, usage, .. }) => {
            generate(&out, (kind, usage), &Ambient::system())?;
        }
        Command::Public(Public { file: Some(file), format, .. }) => {
            writeln!(io::stdout(), "{}", public(&file, format)?)?;
        }
        command => return stored::run(command, providers),
    }
    Ok(ExitCode::SUCCESS)
}

fn generate(out: &Path, (kind, usage): (Kind, Usage), ambient: &Ambient) -> Result<(), KeysError> {
    // Looked at before the work is done; the file is created only where there is none even so.
    if out.exists() {
        return Err(KeysError::Exists(out.to_owned()));
    }
    write(out, make(kind, usage, ambient)?.expose_str())
}

fn make(kind: Kind, usage: Usage, ambient: &Ambient) -> Result<Hidden<String>, KeysError> {
    let usage = match usage {
        Usage::Sig => KeyUse::Signature,
        Usage::Enc => KeyUse::Encryption,
        Usage::Tls => return Err(KeysError::TenantOnly),
    };
    match kind {
        Kind::Rsa2048 => generate::rsa(2048, usage).map_err(KeysError::Make),
        Kind::Rsa4096 => generate::rsa(4096, usage).map_err(KeysError::Make),
        Kind::P256 if usage == KeyUse::Encryption => Err(KeysError::Usage),
        Kind::P256 => generate::p256(usage).map_err(KeysError::Make),
        Kind::Subject | Kind::Master => Ok(random(ambient)),
        Kind::Secret => Ok(ambient.secret()),
    }
}

/// A master key or the key of a tenant's subjects: 32 random bytes as base64.
pub(super) fn random(ambient: &Ambient) -> Hidden<String> {
    let bytes = Hidden::new(ambient.bytes::<32>());
    Hidden::new(STANDARD.encode(bytes.expose()))
}

/// Writes a file of mode 0600, in folders of mode 0700 where they have to be made.
pub(super) fn write(path: &Path, secret: &str) -> Result<(), KeysError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeysError::Exists(path.to_owned()),
        _ => KeysError::Write(path.to_owned(), error),
    };
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
        made.map_err(|error| KeysError::Write(parent.to_owned(), error))?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(secret.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

/// The public part of the key in a file, as text.
fn public(file: &Path, format: Format) -> Result<String, KeysError> {
    let text = read(file).map_err(|error| KeysError::Read(file.to_owned(), error))?;
    let (jwk, pem) = public_parts(&text).map_err(|error| KeysError::Key(file.to_owned(), error))?;
    let to_text = |value: &Value| format!("{value:#}");
    Ok(match format {
        Format::Jwk => to_text(&jwk),
        Format::Jwks => to_text(&json!({ "keys": [jwk] })),
        Format::Pem => pem.trim_end().to_owned(),
        Format::X509 => return Err(KeysError::TenantOnly),
    })
}

/// As JWK and as PEM. A key that may not sign is one that decrypts.
fn public_parts(text: &Hidden<String>) -> Result<(Value, String), KeyError> {
    match SigningKey::parse(text) {
        Ok(key) => Ok((key.public_jwk(), key.public_pem()?)),
        Err(KeyError::Purpose) => {
            let key = DecryptionKey::parse(text)?;
            Ok((key.public_jwk(), key.public_pem()?))
        }
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<Hidden<String>> {
    let mut text = String::new();
    fs::File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(Hidden::new(text))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
