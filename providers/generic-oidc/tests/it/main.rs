//! The provider against its own simulator: the run that every provider must pass, every way of the
//! toolkit to carry a login, and what happens when somebody or something is in the way.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod ways;

#[cfg(test)]
mod conformance {
    tunnus_simulator::conformance!(tunnus_generic_oidc::GenericOidc);
}
