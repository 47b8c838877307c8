//! The sandbox's words in `login_hint`: `sandbox:persona=NAME`, `sandbox:fault=NAME`, or both.

use tunnus_sdk::Params;

use crate::{
    OpenIdProvider,
    faults::FaultRow,
    oauth_error::OAuthError,
    personas::{self, Persona},
};

/// What a login is told to do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hint {
    /// Logs in without a click.
    pub persona: Option<&'static Persona>,
    /// Misbehaves for this login only.
    pub fault: Option<&'static FaultRow>,
}

impl OpenIdProvider {
    /// Reads the hint of a request. The words are parted by spaces or commas, or stand in a JSON array.
    /// A fault alone logs the first persona in.
    pub(crate) fn hint(&self, parameters: &Params) -> Result<Hint, OAuthError> {
        let mut hint = Hint::default();
        let text = parameters.one("login_hint").unwrap_or_default();
        let is_between = |c: char| c.is_whitespace() || ",[]\"".contains(c);
        let mut begun = false;
        for word in text.split(is_between).filter(|word| !word.is_empty()) {
            let Some(word) = word.strip_prefix("sandbox:").or_else(|| begun.then_some(word)) else {
                continue;
            };
            begun = true;
            match word.split_once('=') {
                Some(("persona", id)) => hint.persona = Some(self.persona(id).ok_or(UNKNOWN)?),
                Some(("fault", name)) => hint.fault = Some(self.fault_named(name).ok_or(UNKNOWN)?),
                Some(_) | None => return Err(UNKNOWN),
            }
        }
        if hint.fault.is_some() && hint.persona.is_none() {
            hint.persona = self.profile.personas.first().copied();
        }
        Ok(hint)
    }

    /// The persona of this name, where it can log in here.
    pub(crate) fn persona(&self, id: &str) -> Option<&'static Persona> {
        personas::find(id).filter(|found| self.profile.personas.contains(found))
    }
}

const UNKNOWN: OAuthError = OAuthError::request("login_hint names no persona or fault of the sandbox");
