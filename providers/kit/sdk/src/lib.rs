//! The contract between the broker and a provider.
//!
//! A provider is the code for one kind of upstream. Its author writes a [`Definition`]: what the
//! provider is, what its settings are, and how to build a [`Provider`] from them. Everything else
//! follows from that one implementation: the parsing and checking of settings, their JSON Schema,
//! the setup sheet, the doctor, the sandbox.
//!
//! A provider never holds a private key and never opens a socket. It asks its [`Host`], which is
//! bound to one connection, to sign, encrypt, open and send. [`Host::open`] is the only way from a
//! token to claims, and what it demands is said by an [`Expect`].
//!
//! This crate owns the vocabulary only. How OpenID Connect is spoken is the toolkit's
//! (`tunnus-oidc`); keys, sockets, cookies and stores are the server's. No type of an HTTP, JOSE or
//! web framework stands in this API.

pub mod assurance;
pub mod definition;
pub mod error;
pub mod expect;
pub mod hidden;
pub mod host;
pub mod identity;
pub mod json;
pub mod member;
pub mod national_id;
pub mod provider;
pub mod sandbox;
pub mod step;
pub mod timestamp;

pub use assurance::{Assurance, Level};
pub use async_trait::async_trait;
pub use definition::{
    CredentialNeeds, Credentials, Definition, Descriptor, Environment, ErasedDefinition, Locale,
    LocalizedText, MethodInfo, SettingsError, SetupStep, SubjectSource, erase,
};
pub use error::{Fault, ProviderError, Reason, Stage};
pub use expect::{
    Channel, ContentEncryption, Demand, Encryption, Expect, Floor, KeyEncryption, KeySource, Protection,
    Shape, Signature, SigningAlgorithm, TokenKind,
};
pub use hidden::Hidden;
pub use host::{
    Authentication, Body, Cause, EncryptTo, Host, OpenError, Request, RequestMethod, Response, SealError,
    SendError, Signing,
};
pub use identity::{Attributes, Identity, Method, Origin, Source, UpstreamSubject};
pub use member::Member;
pub use national_id::resembles_national_id;
pub use provider::{Candidate, Finding, LoginRequest, Provider, Severity};
pub use step::{BrowserRequest, Correlation, Evidence, Inbound, Leg, Navigate, Params, ProviderState, Step};
pub use timestamp::Timestamp;

/// The members of a JSON object, as they stood in a token or a document that was opened.
pub type Claims = serde_json::Map<String, serde_json::Value>;
