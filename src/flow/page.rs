//! What a browser is shown: values only. `http::pages` puts them into words and markup.

use serde::{Deserialize, Serialize};
use tunnus_sdk::BrowserRequest;
use url::Url;

use crate::error::Code;

/// One page.
#[derive(Clone, Debug)]
pub enum Page {
    /// The person picks one of several connections.
    Chooser {
        /// The app that asks.
        app: String,
        /// The choices, in the tenant's order.
        choices: Vec<Choice>,
        /// The way back to the app without identifying.
        back: Option<Url>,
    },
    /// Several logins of this browser wait for what came back: the person says which.
    Waiting {
        /// The waiting apps by name, each with the address that goes on.
        choices: Vec<Choice>,
    },
    /// The same request is being worked on: the page refreshes itself.
    Working {
        /// How to ask again: the same address or the same form.
        again: BrowserRequest,
    },
    /// A form that posts itself: to an upstream, to the app, or once more to us.
    SelfPost {
        /// Where to.
        action: Url,
        /// The fields.
        fields: Vec<(String, String)>,
    },
    /// Something went wrong.
    Failure(Box<Failure>),
    /// Before a login that is not bound to the app's browser: names the app and waits for a click.
    Landing {
        /// The app that asks.
        app: String,
        /// Where a click goes on.
        proceed: Url,
    },
    /// After such a login: nothing more to do here.
    Done {
        /// The app that asked.
        app: String,
        /// Whether the person was identified.
        success: bool,
    },
    /// Before a trial: says what it is and waits for a click.
    Trial {
        /// The connection's name.
        connection: String,
        /// Where a click goes on.
        proceed: Url,
    },
    /// After a trial: leads to its report.
    Tried {
        /// Whether the login succeeded.
        success: bool,
        /// Where the report is read.
        report: Option<Url>,
    },
    /// The browser keeps no cookies, without which nobody can be identified safely.
    WithoutCookies {
        /// Where another try begins.
        retry: Url,
    },
    /// Nothing stands at this address.
    NotFound,
    /// We stand in a frame: a link that opens the login in the whole window. The only page that a
    /// frame may show.
    TopLevel {
        /// The address to open.
        url: Url,
    },
}

/// One choice of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What it is called.
    pub name: String,
    /// Where it leads; none where it is paused.
    pub to: Option<BrowserRequest>,
    /// A notice beside it: why it is paused.
    pub notice: Option<String>,
    /// Whether its upstream fails, as far as we know: it may be chosen all the same.
    pub disturbed: bool,
}

/// What a page says of a failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub code: Code,
    /// For support and logs.
    pub trace_id: String,
    /// The app, where it is known.
    pub app: Option<String>,
    /// The same once more, where that may help.
    pub again: Option<BrowserRequest>,
    /// Another method, where there is one.
    pub another: Option<Url>,
    /// The way back to the app: with the error, where an app waits for one, else its home.
    pub back: Option<BrowserRequest>,
}

impl Failure {
    /// A failure from which no way leads on.
    #[must_use]
    pub const fn new(code: Code, trace_id: String) -> Self {
        Self { code, trace_id, app: None, again: None, another: None, back: None }
    }
}
