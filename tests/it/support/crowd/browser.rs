//! A person's browser while things go wrong: it loads again what did not come, follows "Try again", and
//! waits where a page says so.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::time::interval;
use tunnus::sandbox::walker::{Fields, Shown, Walker};
use url::Url;

use super::{Miss, tally::Tally};

/// How often a person tries again.
const AGAIN: Duration = Duration::from_millis(300);
/// How often one page may lead to itself through no fault: a walk has an end.
const HOPS_MAX: usize = 40;

/// What a browser does next.
#[derive(Clone, Debug)]
pub enum Step {
    Get(Url),
    Post(Url, Fields),
}

impl Step {
    const fn url(&self) -> &Url {
        match self {
            Self::Get(url) | Self::Post(url, _) => url,
        }
    }
}

/// How far a browser shall go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// To a page of the upstream that asks something.
    Asked,
    /// Until it is sent back to the broker.
    Sent,
    /// To the app.
    Home,
}

/// Where it has got.
#[derive(Debug)]
pub enum Reached {
    /// To this page of the upstream.
    Page(Box<Shown>),
    /// It is about to do this.
    About(Step),
    /// To this address of the app.
    Home(Url),
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub walker: Walker,
    /// Where the broker's pages begin.
    pub issuer: String,
    /// Where the app's pages begin.
    pub home: &'static str,
    /// Where it is counted what it meets.
    pub tally: Arc<Tally>,
}

impl Browser {
    /// Goes on until it gets there.
    pub fn go(
        &mut self,
        mut next: Step,
        until: Until,
    ) -> Pin<Box<dyn Future<Output = Result<Reached, Miss>> + Send + '_>> {
        Box::pin(async move {
            let mut patience = interval(AGAIN);
            patience.tick().await;
            let mut hops = 0;
            loop {
                match next {
                    Step::Get(url) if url.as_str().starts_with(self.home) => return Ok(Reached::Home(url)),
                    step if until == Until::Sent && self.is_return(&step) => return Ok(Reached::About(step)),
                    step => next = step,
                }
                let Ok(shown) = self.send(&next).await else {
                    self.tally.is_cut();
                    patience.tick().await;
                    continue;
                };
                match self.read(shown)? {
                    Shows::On(step) => next = step,
                    Shows::Later(step) => {
                        next = step.unwrap_or(next);
                        patience.tick().await;
                        continue;
                    }
                    Shows::Question(page) => return Ok(Reached::Page(page)),
                }
                hops += 1;
                if hops > HOPS_MAX {
                    return Err(Miss::Strange(format!("the way does not end: {next:?}")));
                }
            }
        })
    }

    async fn send(&mut self, step: &Step) -> Result<Shown, reqwest::Error> {
        match step {
            Step::Get(url) => self.walker.get(url, reqwest::header::HeaderMap::new()).await,
            Step::Post(url, fields) => self.walker.post(url, fields).await,
        }
    }

    fn is_return(&self, step: &Step) -> bool {
        step.url().as_str().starts_with(&format!("{}/return/", self.issuer))
    }

    /// What a page leads to.
    fn read(&mut self, page: Shown) -> Result<Shows, Miss> {
        if let Some(location) = page.location() {
            return Ok(Shows::On(Step::Get(location)));
        }
        let again = page.link("Try again").map(Step::Get).or_else(|| retry_form(&page));
        if page.status == 503 {
            if !page.headers.contains_key("retry-after") || !page.title().starts_with(UNAVAILABLE) {
                return Err(Miss::Strange(format!("503 {}", page.title())));
            }
            self.tally.is_told_to_wait();
            return Ok(Shows::Later(again));
        }
        if let Some(url) = page.refresh() {
            return Ok(Shows::Later(Some(Step::Get(url))));
        }
        if page.status == 200 && page.body.contains("<button name=") {
            return Ok(Shows::Question(Box::new(page)));
        }
        if let Some((action, fields)) = page.form() {
            let step = Step::Post(action, fields);
            // A form of ours that waits before it posts itself says that somebody is at work.
            let waits = page.body.contains("setTimeout");
            return Ok(if waits { Shows::Later(Some(step)) } else { Shows::On(step) });
        }
        if let Some(step) = again {
            return Ok(Shows::Later(Some(step)));
        }
        Err(Miss::Refused(format!("{} {}", page.status, page.title())))
    }
}

/// How the title of a page about an outage of the store begins.
const UNAVAILABLE: &str = "Identification is out of order for a moment";

enum Shows {
    /// The next step.
    On(Step),
    /// This, or the same again, after a while.
    Later(Option<Step>),
    /// A page of the upstream that asks something.
    Question(Box<Shown>),
}

/// A "Try again" that is a form.
fn retry_form(page: &Shown) -> Option<Step> {
    let (head, _) = page.body.split_once(">Try again</button>")?;
    let begin = head.rfind("<form")?;
    let form = format!("{}>Try again</button></form>", &head[begin..]);
    let alone = Shown { body: form, ..page.clone() };
    alone.form().map(|(action, fields)| Step::Post(action, fields))
}

/// The page's button for the person of this number, else its first, pressed.
pub fn press(page: &Shown, person: usize) -> Result<Step, Miss> {
    let strange = || Miss::Strange(format!("a page without a button: {} {}", page.status, page.url));
    let (head, _) = page.body.split_once("<button ").ok_or_else(strange)?;
    let buttons: Vec<&str> =
        page.body.split("<button ").skip(1).filter_map(|rest| rest.split('>').next()).collect();
    let persons: Vec<&&str> = buttons.iter().filter(|button| button.contains("name=\"persona\"")).collect();
    let button = match persons.len() {
        0 => buttons.first().ok_or_else(strange)?,
        count => persons[person % count],
    };
    let body = format!("{head}<input {button}><button></button></form>");
    let (mut action, fields) = Shown { body, ..page.clone() }.form().ok_or_else(strange)?;
    if page.body.contains("<form method=\"get\"") {
        action.query_pairs_mut().clear().extend_pairs(fields);
        return Ok(Step::Get(action));
    }
    Ok(Step::Post(action, fields))
}
