//! Any standards-following OpenID provider.
