//! Signicat legacy with full message-level encryption.
