//! How the browser returns: with a code or an error, plain or in a JWT (JARM), by redirect or by a
//! form.

use serde_json::{Value, json};
use tunnus_sdk::{Claims, Timestamp, sandbox::SimulatedResponse};
use url::Url;

use crate::{
    MessageShape, OpenIdProvider, ResponseDelivery,
    faults::{Deed, Message, Trouble},
    memory::{Asked, Grant},
    oauth_error::OAuthError,
    pages,
    personas::Persona,
    respond,
};

/// How long a JARM response counts, in seconds.
const JARM_LIFETIME: i64 = 120;

/// How the person's part ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    LoggedIn(&'static Persona),
    Cancelled,
}

impl OpenIdProvider {
    /// Sends the browser back with a code, or an error.
    pub(crate) fn finish_login(&self, asked: &Asked, outcome: Outcome) -> SimulatedResponse {
        let fault = self.hint(&asked.parameters).unwrap_or_default().fault;
        let mut trouble = Trouble::new(self.fault_in_force(fault));
        let answer = match (trouble.return_error(self.profile.cancel_code), outcome) {
            (Some(error), _) => ("error", error.to_owned()),
            (None, Outcome::Cancelled) => ("error", self.profile.cancel_code.to_owned()),
            (None, Outcome::LoggedIn(persona)) => ("code", self.issue_code(asked, persona, fault)),
        };
        let delivered = self.deliver(asked, answer, &mut trouble);
        delivered.map_or_else(|error| self.error_page(error), |response| trouble.mark(response))
    }

    fn issue_code(
        &self,
        asked: &Asked,
        persona: &'static Persona,
        fault: Option<&'static crate::FaultRow>,
    ) -> String {
        let code = self.chance.draw();
        let now = self.now();
        let grant = Grant { asked: asked.clone(), persona, fault, authenticated_at: now };
        self.memory().codes.keep(code.clone(), grant, now, now.plus(self.profile.code_lifetime));
        code
    }

    fn deliver(
        &self,
        asked: &Asked,
        answer: (&str, String),
        trouble: &mut Trouble,
    ) -> Result<SimulatedResponse, OAuthError> {
        let mut parameters = match asked.client.client.response {
            ResponseDelivery::Plain { iss } => self.plain_parameters(asked, answer, iss),
            ResponseDelivery::Jarm(_) if trouble.commits(|deed| matches!(deed, Deed::PlainCallback)) => {
                self.plain_parameters(asked, answer, true)
            }
            ResponseDelivery::Jarm(shape) => {
                vec![("response".to_owned(), self.jarm(asked, answer, shape, trouble)?)]
            }
        };
        trouble.change_parameters(&mut parameters);
        let redirect_uri = asked.parameters.one("redirect_uri").unwrap_or_default();
        let mode = asked.parameters.one("response_mode").unwrap_or("query");
        if mode.starts_with("form_post") {
            return Ok(respond::html(200, pages::form_post(self.profile.title, redirect_uri, &parameters)));
        }
        let mut location =
            Url::parse(redirect_uri).map_err(|_| OAuthError::request("redirect_uri is no URL"))?;
        location.query_pairs_mut().extend_pairs(&parameters);
        Ok(respond::redirect(location.into()))
    }

    fn plain_parameters(
        &self,
        asked: &Asked,
        (name, value): (&str, String),
        iss: bool,
    ) -> Vec<(String, String)> {
        let state = asked.parameters.one("state").map(|state| ("state".to_owned(), state.to_owned()));
        let iss = iss.then(|| ("iss".to_owned(), self.issuer()));
        [Some((name.to_owned(), value)), state, iss].into_iter().flatten().collect()
    }

    /// JWT Secured Authorization Response Mode, section 2.1.
    fn jarm(
        &self,
        asked: &Asked,
        (name, value): (&str, String),
        shape: MessageShape,
        trouble: &mut Trouble,
    ) -> Result<String, OAuthError> {
        let now = self.now();
        let mut claims = Claims::new();
        claims.insert("iss".into(), json!(self.issuer()));
        claims.insert("aud".into(), json!(asked.client.client.id));
        claims.insert("exp".into(), json!(Timestamp(now.0.saturating_add(JARM_LIFETIME))));
        claims.insert(name.to_owned(), Value::String(value));
        if let Some(state) = asked.parameters.one("state") {
            claims.insert("state".into(), json!(state));
        }
        trouble.change_claims(Message::AuthorizationResponse, &mut claims, now);
        self.seal(&asked.client, (Message::AuthorizationResponse, shape), &claims, trouble)
    }
}
