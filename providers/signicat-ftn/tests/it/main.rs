//! The provider against its own simulator: the run that every provider must pass, and what is this
//! one's alone.

#[cfg(test)]
mod journeys;

#[cfg(test)]
mod conformance {
    tunnus_simulator::conformance!(tunnus_signicat_ftn::SignicatFtn, tunnus_signicat_ftn::simulator::FAULTS);
}
