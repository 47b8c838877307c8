//! The account selector, simulated.
//!
//! It knows the clients by the address that it returns to (their Origin URL), and the visitors by the
//! bank that they chose before. Like the real one it signs nothing and knows no `state`.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tunnus_sdk::{
    Params,
    sandbox::{SandboxSite, SimulatedRequest, SimulatedResponse},
};
use tunnus_simulator::{
    Deed, FAULT_HEADER, FaultRow,
    pages::{self, Button, Choice},
    respond,
};
use url::Url;

use super::{
    bank::{BANKS, Bank, TOKEN},
    faults,
};

/// The selector's path.
pub(super) const SELECTOR: &str = "/select-accounts";

/// How many visitors are remembered; one more, and all are forgotten.
const VISITORS_MAX: usize = 10_000;

/// The selector.
pub(super) struct Selector {
    address: String,
    /// Origin URLs by client id.
    origins: BTreeMap<String, String>,
    /// In the order of [`BANKS`].
    issuers: Vec<String>,
    /// The bank that a visitor chose before, by its place in [`BANKS`].
    visitors: Mutex<BTreeMap<String, usize>>,
    fault: Mutex<Option<&'static FaultRow>>,
}

impl Selector {
    /// A selector for clients by id, with the addresses that they are returned to.
    pub(super) fn new(site: &SandboxSite, origins: Vec<(String, String)>, issuers: Vec<String>) -> Self {
        Self {
            address: site.address(SELECTOR),
            origins: origins.into_iter().collect(),
            issuers,
            visitors: Mutex::default(),
            fault: Mutex::default(),
        }
    }

    /// Misbehaves from now on where `name` is one of its faults, else no more.
    pub(super) fn set_fault(&self, name: Option<&str>) {
        let fault = name.and_then(faults::of_selector);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Answers one request.
    pub(super) fn answer(&self, request: &SimulatedRequest) -> SimulatedResponse {
        if request.path != SELECTOR {
            return self.page(404, "There is nothing at this address.", &[], &[]);
        }
        let query = &request.query;
        let Some(origin) = query.one("client_id").and_then(|client| self.origins.get(client)) else {
            return self.page(400, "No application has this client_id.", &[], &[]);
        };
        if query.has("cancel") {
            return self.forward(origin, query, vec![("error".to_owned(), "access_denied".to_owned())]);
        }
        match self.chosen(query) {
            Some(bank) => self.forward(origin, query, self.selection(bank, query)),
            None => self.choices(query),
        }
    }

    /// The bank's place in [`BANKS`]: clicked now, hinted, or chosen before by the same visitor.
    fn chosen(&self, query: &Params) -> Option<usize> {
        let mut visitors = self.visitors.lock().unwrap_or_else(PoisonError::into_inner);
        let visitor = query.one("visitor_id");
        if let Some(clicked) = query.one("bank") {
            let bank = BANKS.iter().position(|bank| bank.idp_id == clicked)?;
            if visitors.len() >= VISITORS_MAX {
                visitors.clear();
            }
            visitors.extend(visitor.map(|visitor| (visitor.to_owned(), bank)));
            return Some(bank);
        }
        let hinted = query.one("login_hint").is_some_and(|hint| hint.starts_with("sandbox:"));
        if hinted { Some(0) } else { visitors.get(visitor?).copied() }
    }

    fn selection(&self, bank: usize, query: &Params) -> Vec<(String, String)> {
        let issuer = self.issuers.get(bank).map(String::as_str);
        let idp_id = BANKS.get(bank).map(|bank| bank.idp_id);
        let visitor_id = query.one("visitor_id");
        let params = [
            ("iss", issuer),
            ("idp_id", idp_id),
            ("visitor_id", visitor_id),
            ("idpartner_token", Some(TOKEN)),
        ];
        params.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
    }

    fn forward(&self, origin: &str, query: &Params, mut params: Vec<(String, String)>) -> SimulatedResponse {
        let hinted = query
            .one("login_hint")
            .and_then(|hint| hint.split("fault=").nth(1))
            .and_then(faults::of_selector);
        let fault = hinted.or(*self.fault.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(Deed::Parameters(spoil)) = fault.map(|fault| fault.deed) {
            spoil(&mut params);
        }
        let Ok(url) = Url::parse_with_params(origin, params) else {
            return self.page(500, "The application's Origin URL is no URL.", &[], &[]);
        };
        let mut response = respond::redirect(url.into());
        response.headers.extend(fault.map(|fault| (FAULT_HEADER, fault.name.to_owned())));
        response
    }

    fn choices(&self, query: &Params) -> SimulatedResponse {
        let carried = ["client_id", "visitor_id", "scope", "claims"];
        let hidden: Vec<_> = carried.into_iter().filter_map(|name| Some((name, query.one(name)?))).collect();
        let bank = |bank: &Bank| Button {
            name: "bank",
            value: bank.idp_id,
            label: bank.title.to_owned(),
            note: String::new(),
        };
        let note = "Go back without choosing a bank".to_owned();
        let cancel = Button { name: "cancel", value: "1", label: "Cancel".to_owned(), note };
        let buttons: Vec<_> = BANKS.iter().map(bank).chain([cancel]).collect();
        self.page(200, "Which is your bank?", &hidden, &buttons)
    }

    fn page(
        &self,
        status: u16,
        question: &str,
        hidden: &[(&str, &str)],
        buttons: &[Button<'_>],
    ) -> SimulatedResponse {
        let title = "IDPartner account selector";
        let choice = Choice { title, question, method: "get", action: &self.address, hidden, buttons };
        respond::html(status, pages::choice(&choice))
    }
}
