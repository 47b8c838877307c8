//! A browser for tests: follows redirects through a simulator's pages, presses a button, and comes
//! back.
//!
//! It reads the pages of [`crate::pages`] and no others: one form, hidden fields, buttons.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tunnus_sdk::{
    BrowserRequest, Inbound, Leg, Params, RequestMethod,
    sandbox::{SandboxSite, SimulatedResponse, Simulator},
};
use url::Url;

use crate::{
    FAULT_HEADER,
    wire::{self, Listener, header},
};

/// How many pages and redirects are followed.
const HOPS_MAX: usize = 12;

/// What the person does on the bank's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click<'a> {
    /// Logs in as this persona.
    Persona(&'a str),
    /// Cancels.
    Cancel,
}

/// Where the browser ends up.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// Back at the broker.
    Returned(Inbound),
    /// On a page of the upstream that leads nowhere.
    Stranded {
        /// The page's status.
        status: u16,
        /// The page's text.
        text: String,
    },
    /// Sent to an address that is neither the upstream's nor the broker's.
    Elsewhere,
}

/// A person's browser.
pub struct Browser {
    site: SandboxSite,
    simulator: Arc<dyn Simulator>,
    faults: Mutex<BTreeSet<String>>,
}

impl Browser {
    /// A browser that can reach `simulator` and nothing else.
    #[must_use]
    pub fn new(site: &SandboxSite, simulator: Arc<dyn Simulator>) -> Self {
        Self { site: site.clone(), simulator, faults: Mutex::default() }
    }

    /// The faults that have changed an answer to this browser.
    #[must_use]
    pub fn faults(&self) -> BTreeSet<String> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes where it is sent until it is back on `leg`, or stuck.
    pub async fn walk(&self, to: &BrowserRequest, leg: &Leg, click: Click<'_>) -> Arrival {
        let mut next = Some(Trip::of(to));
        for _ in 0..HOPS_MAX {
            let Some(trip) = next else { break };
            if trip.url.as_str().starts_with(self.site.return_prefix.as_str()) {
                return trip.returned(leg);
            }
            let Some((Listener::Open, path)) = wire::locate(&self.site, &trip.url) else {
                return Arrival::Elsewhere;
            };
            let mut request = wire::request(trip.method, path, &trip.url);
            request.form = trip.form;
            let response = self.simulator.answer(request).await;
            self.note_fault(&response);
            next = onward(&trip.url, &response, click);
            if next.is_none() {
                return Arrival::Stranded { status: response.status, text: text_of(&response) };
            }
        }
        Arrival::Stranded { status: 0, text: "more redirects than a browser follows".to_owned() }
    }

    fn note_fault(&self, response: &SimulatedResponse) {
        let fault = header(&response.headers, FAULT_HEADER).map(str::to_owned);
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).extend(fault);
    }
}

/// One request of the browser.
struct Trip {
    method: RequestMethod,
    url: Url,
    form: Params,
}

impl Trip {
    fn of(to: &BrowserRequest) -> Self {
        match to {
            BrowserRequest::Get(url) => Self::get(url.clone()),
            BrowserRequest::Post { action, fields } => Self {
                method: RequestMethod::Post,
                url: action.clone(),
                form: fields.iter().cloned().collect(),
            },
        }
    }

    fn get(url: Url) -> Self {
        Self { method: RequestMethod::Get, url, form: Params::default() }
    }

    /// The return, where it is on the leg that it is awaited on.
    fn returned(self, leg: &Leg) -> Arrival {
        let is_leg = self.url.path_segments().and_then(Iterator::last) == Some(leg.name());
        let params = match self.method {
            RequestMethod::Get => wire::request(self.method, String::new(), &self.url).query,
            RequestMethod::Post => self.form,
        };
        if is_leg { Arrival::Returned(Inbound { leg: leg.clone(), params }) } else { Arrival::Elsewhere }
    }
}

/// Where a response leads.
fn onward(here: &Url, response: &SimulatedResponse, click: Click<'_>) -> Option<Trip> {
    if let Some(location) = header(&response.headers, "Location") {
        return here.join(location).ok().map(Trip::get);
    }
    let page = std::str::from_utf8(&response.body).ok().filter(|_| response.status == 200)?;
    let form = Form::read(page)?;
    let button = form.button(click)?;
    let fields = form.hidden.iter().chain([button]).filter(|(name, _)| !name.is_empty());
    let mut url = here.join(&form.action).ok()?;
    if form.method == "get" {
        url.query_pairs_mut().extend_pairs(fields);
        return Some(Trip::get(url));
    }
    Some(Trip { method: RequestMethod::Post, url, form: fields.cloned().collect() })
}

/// What a person reads on a page: the text of its main part.
fn text_of(response: &SimulatedResponse) -> String {
    let page = String::from_utf8_lossy(&response.body);
    let main = page.split_once("<main>").map_or("", |(_, main)| main);
    main.split('<').map(|rest| rest.split_once('>').map_or(rest, |(_, text)| text)).collect()
}

/// The form of a page.
struct Form {
    method: String,
    action: String,
    hidden: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    fn read(page: &str) -> Option<Self> {
        let tags = || page.split('<').filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag));
        let form = tags().find(|tag| tag.starts_with("form "))?;
        let pairs = |element: &'static str| {
            let field = |tag| {
                (attribute(tag, "name").unwrap_or_default(), attribute(tag, "value").unwrap_or_default())
            };
            tags().filter(move |tag| tag.split(' ').next() == Some(element)).map(field).collect()
        };
        Some(Self {
            method: attribute(form, "method")?,
            action: attribute(form, "action")?,
            hidden: pairs("input"),
            buttons: pairs("button"),
        })
    }

    /// The button to press: the persona's or the one that cancels, else the first.
    fn button(&self, click: Click<'_>) -> Option<&(String, String)> {
        let is_wanted = |(name, value): &&(String, String)| match click {
            Click::Persona(id) => name == "persona" && value == id,
            Click::Cancel => name == "cancel",
        };
        let wanted = self.buttons.iter().find(is_wanted);
        let offers_personas = self.buttons.iter().any(|(name, _)| name == "persona");
        wanted.or_else(|| self.buttons.first().filter(|_| !offers_personas))
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(value.to_owned(), |text, (entity, plain)| text.replace(entity, plain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages;

    #[test]
    fn the_forms_of_the_pages_are_read() {
        let page =
            pages::bank("Bank", "http://localhost/login?a=1&b=2", "t\"t", &crate::personas::everyone());
        let form = Form::read(&page).expect("a form");
        assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "http://localhost/login?a=1&b=2"));
        assert_eq!(form.hidden, [("ticket".to_owned(), "t\"t".to_owned())]);
        let pressed = |click| form.button(click).map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(pressed(Click::Persona("ylva")), Some(("persona", "ylva")));
        assert_eq!(pressed(Click::Cancel), Some(("cancel", "1")));
        assert_eq!(pressed(Click::Persona("nobody")), None);
    }
}
