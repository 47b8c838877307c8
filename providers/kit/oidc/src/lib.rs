//! The relying-party toolkit: OpenID Connect as values that one engine carries out.
pub mod hetu;
