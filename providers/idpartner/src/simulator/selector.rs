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
    FAULT_HEADER,
    pages::{self, Button, Choice},
    respond,
};
use url::Url;

use super::bank::{BANKS, TOKEN};

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
    fault: Mutex<Option<&'static SelectorFault>>,
}

/// A way in which the selector's return can be wrong.
struct SelectorFault {
    name: &'static str,
    sentence: &'static str,
    spoil: fn(&mut Vec<(&'static str, String)>),
}

const FAULTS: [SelectorFault; 8] = [
    SelectorFault {
        name: "selector_other_issuer",
        sentence: "The selector returns with an issuer that the connection does not list.",
        spoil: |params| replace(params, "iss", |_| "https://bank.evil.example/oidc".to_owned()),
    },
    SelectorFault {
        name: "selector_issuer_slash",
        sentence: "The selector returns with a slash too many at the issuer's end.",
        spoil: |params| replace(params, "iss", |issuer| format!("{issuer}/")),
    },
    SelectorFault {
        name: "selector_issuer_upper_case",
        sentence: "The selector returns with the issuer in capitals.",
        spoil: |params| replace(params, "iss", |issuer| issuer.to_uppercase()),
    },
    SelectorFault {
        name: "selector_issuer_twice",
        sentence: "The selector returns with two issuers.",
        spoil: |params| params.push(("iss", "https://bank.evil.example/oidc".to_owned())),
    },
    SelectorFault {
        name: "selector_issuer_missing",
        sentence: "The selector returns without an issuer.",
        spoil: |params| params.retain(|(name, _)| *name != "iss"),
    },
    SelectorFault {
        name: "selector_idp_id_missing",
        sentence: "The selector returns without the bank's id.",
        spoil: |params| params.retain(|(name, _)| *name != "idp_id"),
    },
    SelectorFault {
        name: "selector_idp_id_huge",
        sentence: "The selector returns with a bank's id of 64 KiB.",
        spoil: |params| replace(params, "idp_id", |_| "1".repeat(65_536)),
    },
    SelectorFault {
        name: "selector_error",
        sentence: "The selector returns with an error.",
        spoil: |params| *params = vec![("error", "server_error".to_owned())],
    },
];

fn replace(params: &mut [(&'static str, String)], name: &str, by: fn(&str) -> String) {
    for (_, value) in params.iter_mut().filter(|(other, _)| *other == name) {
        *value = by(value);
    }
}

/// The faults by name, with a sentence on each.
pub(super) fn faults() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAULTS.iter().map(|fault| (fault.name, fault.sentence))
}

impl Selector {
    /// A selector for clients by id, with the addresses that they are returned to.
    pub(super) fn new(site: &SandboxSite, origins: Vec<(String, String)>, issuers: Vec<String>) -> Self {
        Self {
            address: format!("{}{SELECTOR}", site.base.as_str().trim_end_matches('/')),
            origins: origins.into_iter().collect(),
            issuers,
            visitors: Mutex::default(),
            fault: Mutex::default(),
        }
    }

    /// Misbehaves from now on, or no more. False where it knows no such fault.
    pub(super) fn set_fault(&self, name: Option<&str>) -> bool {
        let fault = name.and_then(find);
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        name.is_none() || fault.is_some()
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
            return self.forward(origin, query, vec![("error", "access_denied".to_owned())]);
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

    fn selection(&self, bank: usize, query: &Params) -> Vec<(&'static str, String)> {
        let issuer = self.issuers.get(bank).cloned().unwrap_or_default();
        let idp_id = BANKS.get(bank).map(|bank| bank.idp_id.to_owned()).unwrap_or_default();
        let mut params = vec![("iss", issuer), ("idp_id", idp_id), ("idpartner_token", TOKEN.to_owned())];
        params.extend(query.one("visitor_id").map(|visitor| ("visitor_id", visitor.to_owned())));
        params
    }

    fn forward(
        &self,
        origin: &str,
        query: &Params,
        mut params: Vec<(&'static str, String)>,
    ) -> SimulatedResponse {
        let hinted = query.one("login_hint").and_then(|hint| hint.split("fault=").nth(1)).and_then(find);
        let fault = hinted.or(*self.fault.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(fault) = fault {
            (fault.spoil)(&mut params);
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
        let bank = |bank: &super::bank::Bank| Button {
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

fn find(name: &str) -> Option<&'static SelectorFault> {
    FAULTS.iter().find(|fault| fault.name == name)
}
