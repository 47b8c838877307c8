//! The one door to JOSE, failing closed.
