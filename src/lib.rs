//! Tunnus.
