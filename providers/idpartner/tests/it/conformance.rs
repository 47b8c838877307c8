//! What every provider must pass.

use tunnus_idpartner::{IdPartner, simulator::FAULTS};

tunnus_simulator::conformance!(IdPartner, FAULTS);
