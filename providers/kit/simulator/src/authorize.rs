//! The authorization endpoint and the endpoint for pushed requests: what is asked for, and by whom.
//!
//! A fault in the request ends on the simulator's own error page, as at the real services: the
//! browser does not return with it.

use serde_json::json;
use tunnus_sdk::{
    Params, Timestamp,
    sandbox::{SimulatedRequest, SimulatedResponse},
};

use crate::{
    OpenIdProvider, ResponseDelivery,
    callback::Outcome,
    faults::{Endpoint, Trouble},
    memory::Asked,
    oauth_error::OAuthError,
    pages, respond,
};

/// What `request_uri` begins with (RFC 9126, section 2.2).
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";

/// How long a pushed request can be used, in seconds.
const PUSHED_LIFETIME: i64 = 60;

/// How long the bank's page can be used, in seconds.
const PAGE_LIFETIME: i64 = 600;

/// How long a double click on the bank's page may take, in seconds.
const PRESSED_LIFETIME: i64 = 10;

impl OpenIdProvider {
    /// RFC 9126, section 2.
    pub(crate) fn push(&self, request: &SimulatedRequest) -> SimulatedResponse {
        match self.accept_pushed(request) {
            Ok(asked) => self.answer_pushed(asked),
            Err(error) => error.response(),
        }
    }

    fn accept_pushed(&self, request: &SimulatedRequest) -> Result<Asked, OAuthError> {
        let registered = self.authenticate(request)?;
        if request.form.has("request_uri") {
            return Err(OAuthError::request("a pushed request may not name another"));
        }
        let asked = self.read_request(&request.form, Some(&registered))?;
        self.check_request(&asked)?;
        Ok(asked)
    }

    fn answer_pushed(&self, asked: Asked) -> SimulatedResponse {
        let hinted = self.hint(&asked.parameters).unwrap_or_default().fault;
        let mut trouble = Trouble::new(self.fault_in_force(hinted));
        if let Some(refusal) = trouble.refusal(Endpoint::Pushed) {
            return refusal;
        }
        let request_uri = format!("{REQUEST_URI}{}", self.chance.draw());
        let now = self.now();
        let end = Timestamp(now.0.saturating_add(PUSHED_LIFETIME));
        self.memory().pushed.keep(request_uri.clone(), asked, now, end);
        let mut answer = json!({ "request_uri": request_uri, "expires_in": PUSHED_LIFETIME });
        trouble.alter(Endpoint::Pushed, &mut answer);
        trouble.finish(Endpoint::Pushed, respond::json(201, &answer))
    }

    /// OpenID Connect Core, section 3.1.2: by GET, or by POST with a form.
    pub(crate) fn authorize(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let parameters = if request.form.iter().next().is_some() { &request.form } else { &request.query };
        let asked = self.accept(parameters);
        asked.and_then(|asked| self.begin_login(asked)).unwrap_or_else(|error| self.error_page(error))
    }

    fn accept(&self, parameters: &Params) -> Result<Asked, OAuthError> {
        if let Some(request_uri) = parameters.one("request_uri") {
            return self.accept_reference(parameters, request_uri);
        }
        let asked = self.read_request(parameters, None)?;
        if asked.client.client.request.pushed {
            return Err(OAuthError::request("the client must push its requests"));
        }
        self.check_request(&asked)?;
        Ok(asked)
    }

    /// Takes a pushed request: it can be used once (RFC 9126, section 7.3), by the client that pushed it.
    fn accept_reference(&self, parameters: &Params, request_uri: &str) -> Result<Asked, OAuthError> {
        let taken = self.memory().pushed.take(request_uri, self.now());
        let asked = taken.ok_or(OAuthError::request("request_uri is unknown, used or expired"))?;
        let is_own = parameters.one("client_id") == Some(asked.client.client.id.as_str());
        is_own.then_some(asked).ok_or(OAuthError::request("client_id is missing or another client's"))
    }

    /// The checks that every authorization request must pass, in the order of the standards.
    fn check_request(&self, asked: &Asked) -> Result<(), OAuthError> {
        let client = &asked.client.client;
        let one = |name: &str| asked.parameters.one(name);
        let challenge = one("code_challenge").is_some_and(|challenge| challenge.len() == 43);
        let has_pkce = challenge && one("code_challenge_method") == Some("S256");
        let scopes = one("scope").unwrap_or_default();
        let redirect_uri = one("redirect_uri").unwrap_or_default();
        let checks = [
            (client.redirect_uris.iter().any(|uri| uri == redirect_uri), "redirect_uri is not registered"),
            (one("response_type") == Some("code"), "response_type must be code"),
            (scopes.split(' ').any(|scope| scope == "openid"), "scope must have openid"),
            (!client.nonce || one("nonce").is_some(), "nonce is missing"),
            (!client.pkce || has_pkce, "PKCE with S256 is demanded"),
            (fits(client.response, one("response_mode")), "response_mode is not the client's"),
        ];
        if let Some((_, description)) = checks.into_iter().find(|(holds, _)| !holds) {
            return Err(OAuthError::request(description));
        }
        (self.profile.check_request)(&asked.parameters).map_err(OAuthError::request)?;
        self.hint(&asked.parameters).map(drop)
    }

    /// Logs in whom the hint names, or sends the browser to the bank's page: at an address of its own,
    /// as at the real services, so that a reload does not ask with a used request once more.
    fn begin_login(&self, asked: Asked) -> Result<SimulatedResponse, OAuthError> {
        let hint = self.hint(&asked.parameters)?;
        if let Some(persona) = hint.persona {
            return Ok(self.finish_login(&asked, Outcome::LoggedIn(persona)));
        }
        let ticket = self.chance.draw();
        let now = self.now();
        let end = Timestamp(now.0.saturating_add(PAGE_LIFETIME));
        self.memory().waiting.keep(ticket.clone(), asked, now, end);
        Ok(respond::redirect(format!("{}?ticket={ticket}", self.url(LOGIN))))
    }

    /// The bank's page: who logs in?
    pub(crate) fn show_login(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let ticket = request.query.one("ticket").unwrap_or_default();
        if self.memory().waiting.find(ticket, self.now()).is_none() {
            return self.error_page(USED);
        }
        let page = pages::bank(self.profile.title, &self.url(LOGIN), ticket, &self.profile.personas);
        respond::html(200, page)
    }

    /// The answer of the bank's page: a persona, or cancel. The same button twice is one double
    /// click and is answered once; another button is too late.
    pub(crate) fn login(&self, request: &SimulatedRequest) -> SimulatedResponse {
        let ticket = request.form.one("ticket").unwrap_or_default();
        let pressed = request.form.one("persona").map(str::to_owned);
        let now = self.now();
        if let Some((same, response)) = self.memory().pressed.find(ticket, now)
            && *same == pressed
        {
            return response.clone();
        }
        let taken = self.memory().waiting.take(ticket, now);
        let Some(asked) = taken else { return self.error_page(USED) };
        let response = match pressed.as_deref().map(|id| self.persona(id)) {
            Some(Some(persona)) => self.finish_login(&asked, Outcome::LoggedIn(persona)),
            Some(None) => self.error_page(OAuthError::request("nobody of that name can log in here")),
            None => self.finish_login(&asked, Outcome::Cancelled),
        };
        let end = Timestamp(now.0.saturating_add(PRESSED_LIFETIME));
        self.memory().pressed.keep(ticket.to_owned(), (pressed, response.clone()), now, end);
        response
    }

    pub(crate) fn error_page(&self, error: OAuthError) -> SimulatedResponse {
        respond::html(error.status.max(400), pages::error(self.profile.title, error.error, error.description))
    }
}

/// The bank's page is over.
const USED: OAuthError = OAuthError::request("this page was used before, or is too old");

/// Where the bank's page is and posts to, below the issuer.
pub(crate) const LOGIN: &str = "/simulator/login";

/// Whether a `response_mode` asks for the delivery that the client is registered with.
fn fits(response: ResponseDelivery, mode: Option<&str>) -> bool {
    match response {
        ResponseDelivery::Plain { .. } => matches!(mode, None | Some("query" | "form_post")),
        ResponseDelivery::Jarm(_) => matches!(mode, Some("jwt" | "query.jwt" | "form_post.jwt")),
    }
}
