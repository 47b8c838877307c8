//! What a page shows, in words, before any markup: from a `Page` to the parts of one layout.
//!
//! Every page for people is the same sheet: a heading, a few sentences, then choices, a form or
//! buttons. So one template serves all, and what holds for it (one heading, labels, escaping) holds
//! for every page.

use tunnus_sdk::BrowserRequest;
use url::Url;

use super::{
    Choice, Failure, Page, address, plain,
    texts::{AppWords, Texts, Words},
};
use crate::error::Code;

/// Sends the form at once. The prototype's method, because a field named `submit` hides the form's.
const SUBMIT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/// Sends the form after two seconds.
const SUBMIT_LATER: &str = "setTimeout(()=>HTMLFormElement.prototype.submit.call(document.forms[0]),2e3)";

/// After how many seconds a page without a form asks again.
const REFRESH_AFTER: u32 = 2;

/// The parts of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// The one heading, and the title of the window.
    pub title: String,
    /// The sign beside the heading; says nothing that the words do not.
    pub sign: Sign,
    /// What stands beneath the heading.
    pub paragraphs: Vec<String>,
    /// A list of links, one to be picked.
    pub choices: Vec<Item>,
    /// A form that sends itself.
    pub form: Option<Form>,
    /// What looks like buttons; the first is the one to press.
    pub actions: Vec<Action>,
    /// The trace id.
    pub reference: Option<String>,
    /// The content of the refresh element.
    pub refresh: Option<String>,
    /// Whether it may be shown in a frame.
    pub framable: bool,
}

/// The sign beside a heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sign {
    /// None.
    #[default]
    None,
    /// A failure.
    Alert,
    /// A success.
    Done,
    /// Work under way.
    Busy,
}

/// Where a click leads.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// To an address.
    Link(String),
    /// There with a form without visible fields.
    Form {
        /// Where it goes.
        action: String,
        /// Its fields.
        fields: Vec<(String, String)>,
    },
}

impl Way {
    /// The way of `request`, to an address that `judge` lets pass.
    fn of(request: &BrowserRequest, judge: fn(&Url) -> Option<String>) -> Option<Self> {
        match request {
            BrowserRequest::Get(url) => judge(url).map(Self::Link),
            BrowserRequest::Post { action, fields } => {
                Some(Self::Form { action: address::web(action)?, fields: fields.clone() })
            }
        }
    }

    /// Whether it is a form.
    pub(super) const fn is_form(&self) -> bool {
        matches!(self, Self::Form { .. })
    }
}

/// One choice of a list.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// What it is called.
    pub name: String,
    /// Where it leads; none where it is paused.
    pub way: Option<Way>,
    /// A notice beneath the name.
    pub notice: Option<String>,
}

/// A form that sends itself.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields.
    pub fields: Vec<(String, String)>,
    /// The line that sends it.
    pub script: &'static str,
}

/// What looks like a button.
#[derive(Clone, Debug)]
pub(super) struct Action {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub way: Way,
    /// Whether it leads out of a frame.
    pub top: bool,
}

impl Action {
    /// Within the same window.
    fn new(label: impl Into<String>, way: Way) -> Self {
        Self { label: label.into(), way, top: false }
    }

    /// A link within the same window.
    fn link(label: &str, href: String) -> Self {
        Self::new(label, Way::Link(href))
    }
}

impl Content {
    /// Whether it holds a form.
    pub(super) fn has_form(&self) -> bool {
        let ways = self.choices.iter().filter_map(|item| item.way.as_ref());
        let mut ways = ways.chain(self.actions.iter().map(|action| &action.way));
        self.form.is_some() || ways.any(Way::is_form)
    }
}

/// What `page` shows. A page that cannot do its work, because its address is none of the web, shows
/// a fault of ours instead.
pub(super) fn content(page: &Page, texts: &Texts) -> Content {
    let shown = match page {
        Page::Chooser { app, choices, back } => Some(chooser(app, choices, back.as_ref(), texts)),
        Page::Waiting { choices } => {
            Some(Content { choices: items(choices, texts), ..sheet(texts.waiting, Sign::None) })
        }
        Page::Working { again } => working(again, texts),
        Page::SelfPost { action, fields } => self_post(action, fields, SUBMIT, texts.self_post),
        Page::Failure(of) => Some(failure(of, texts)),
        Page::Landing { app, proceed } => landing(app, proceed, texts),
        Page::Done { app, success: true } => Some(app_sheet(texts.done, app, Sign::Done, texts)),
        Page::Done { app, success: false } => Some(app_sheet(texts.not_done, app, Sign::Alert, texts)),
        Page::Trial { connection, proceed } => trial(connection, proceed, texts),
        Page::Tried { success, report } => Some(tried(*success, report.as_ref(), texts)),
        Page::WithoutCookies { retry } => without_cookies(retry, texts),
        Page::NotFound => Some(sheet(texts.not_found, Sign::Alert)),
        Page::TopLevel { url } => top_level(url, texts),
    };
    shown.unwrap_or_else(|| sheet(texts.failure(Code::Internal), Sign::Alert))
}

/// A heading and what stands beneath it.
fn sheet(words: Words, sign: Sign) -> Content {
    Content {
        title: words.title.to_owned(),
        sign,
        paragraphs: vec![words.next.to_owned()],
        ..Content::default()
    }
}

/// The same, with the name of an app.
fn app_sheet(words: AppWords, app: &str, sign: Sign, texts: &Texts) -> Content {
    let name = plain::name(app);
    let next = (words.next)(if name.is_empty() { texts.some_app } else { &name });
    Content { title: words.title.to_owned(), sign, paragraphs: vec![next], ..Content::default() }
}

/// One of several connections.
fn chooser(app: &str, choices: &[Choice], back: Option<&Url>, texts: &Texts) -> Content {
    let mut content = app_sheet(texts.chooser, app, Sign::None, texts);
    content.choices = items(choices, texts);
    if content.choices.is_empty() {
        content.paragraphs.push(texts.nothing_to_choose.to_owned());
    }
    let home = back.and_then(address::home).map(Way::Link);
    content.actions.extend(home.map(|way| homeward(way, Some(app), texts.cancel_to, texts)));
    content
}

/// The choices, but for those that lead where no browser should go.
fn items(choices: &[Choice], texts: &Texts) -> Vec<Item> {
    let item = |choice: &Choice| {
        let notice = choice.notice.as_deref().map(plain::notice).filter(|notice| !notice.is_empty());
        let notice = notice.or_else(|| choice.disturbed.then(|| texts.disturbed.to_owned()));
        let way = match &choice.to {
            Some(to) => Some(Way::of(to, address::web)?),
            None => None,
        };
        Some(Item { name: plain::name(&choice.name), way, notice })
    };
    choices.iter().filter_map(item).collect()
}

/// The same request again, after a while or on a click.
fn working(again: &BrowserRequest, texts: &Texts) -> Option<Content> {
    match again {
        BrowserRequest::Get(url) => {
            let href = address::web(url)?;
            let refresh = Some(format!("{REFRESH_AFTER};url={href}"));
            let actions = vec![Action::link(texts.proceed, href)];
            Some(Content { actions, refresh, ..sheet(texts.working, Sign::Busy) })
        }
        BrowserRequest::Post { action, fields } => self_post(action, fields, SUBMIT_LATER, texts.working),
    }
}

/// A form that sends itself.
fn self_post(
    action: &Url,
    fields: &[(String, String)],
    script: &'static str,
    words: Words,
) -> Option<Content> {
    let form = Form { action: address::web(action)?, fields: fields.to_vec(), script };
    Some(Content { form: Some(form), ..sheet(words, Sign::Busy) })
}

/// What went wrong, what to do next, the ways on and home.
fn failure(failure: &Failure, texts: &Texts) -> Content {
    let again = failure.again.as_ref().and_then(|again| Way::of(again, address::web));
    let another = failure.another.as_ref().and_then(address::web);
    let again = again.map(|way| Action::new(texts.retry, way));
    let another = another.map(|href| Action::link(texts.another, href));
    let home = failure.back.as_ref().and_then(|back| Way::of(back, address::home));
    let home = home.map(|way| homeward(way, failure.app.as_deref(), texts.back_to, texts));
    let reference = Some(plain::trace(&failure.trace_id)).filter(|trace| !trace.is_empty());
    let actions = again.into_iter().chain(another).chain(home).collect();
    Content { actions, reference, ..sheet(texts.failure(failure.code), Sign::Alert) }
}

/// The way back to an app, by its name where it has one.
fn homeward(way: Way, app: Option<&str>, named: fn(&str) -> String, texts: &Texts) -> Action {
    let name = app.map(plain::name).filter(|name| !name.is_empty());
    Action::new(name.map_or_else(|| texts.back.to_owned(), |name| named(&name)), way)
}

/// Names the app, warns, and waits for a click.
fn landing(app: &str, proceed: &Url, texts: &Texts) -> Option<Content> {
    let mut content = app_sheet(texts.landing, app, Sign::None, texts);
    content.paragraphs.push(texts.landing_warning.to_owned());
    content.actions.push(Action::link(texts.proceed, address::web(proceed)?));
    Some(content)
}

/// Says what a trial is, and waits for a click.
fn trial(connection: &str, proceed: &Url, texts: &Texts) -> Option<Content> {
    let mut content = app_sheet(texts.trial, connection, Sign::None, texts);
    content.paragraphs.push(texts.trial_warning.to_owned());
    content.actions.push(Action::link(texts.proceed, address::web(proceed)?));
    Some(content)
}

/// Says how a trial went, and leads to its report.
fn tried(success: bool, report: Option<&Url>, texts: &Texts) -> Content {
    let (words, sign) = if success { (texts.tried, Sign::Done) } else { (texts.not_tried, Sign::Alert) };
    let report = report.and_then(address::web).map(|href| Action::link(texts.to_report, href));
    Content { actions: report.into_iter().collect(), ..sheet(words, sign) }
}

/// Says what is missing, and offers another try.
fn without_cookies(retry: &Url, texts: &Texts) -> Option<Content> {
    let retry = Action::link(texts.retry, address::web(retry)?);
    Some(Content { actions: vec![retry], ..sheet(texts.without_cookies, Sign::Alert) })
}

/// The way out of a frame.
fn top_level(url: &Url, texts: &Texts) -> Option<Content> {
    let open = Action { top: true, ..Action::link(texts.open, address::web(url)?) };
    Some(Content { actions: vec![open], framable: true, ..sheet(texts.top_level, Sign::None) })
}
