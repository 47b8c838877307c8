//! The run that every provider must pass, on Acme ID.

tunnus_simulator::conformance!(acme_id::Acme, acme_id::simulator::FAULTS);
