//! A generic OpenID provider with named faults, personas, and the conformance run of a provider.
