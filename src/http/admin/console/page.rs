//! What a page of the console shows, before any markup: one layout, and blocks of a few kinds.
//!
//! So what holds for the layout (one heading, labels, escaping, its behaviour on a phone) holds for
//! every page.

use super::form::Shown;

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The one heading, and the title of the window.
    pub title: String,
    /// The way here, from the top.
    pub trail: Vec<Link>,
    /// The pages beside this one.
    pub tabs: Vec<Link>,
    /// What has just happened.
    pub notices: Vec<Notice>,
    /// What it shows.
    pub blocks: Vec<Block>,
    /// Where the browser goes by itself.
    pub onwards: Option<String>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads: an address of the console.
    pub href: String,
    /// Whether it is the page that one is on.
    pub here: bool,
}

/// What has just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it looks.
    pub tone: Tone,
    /// What it says.
    pub text: String,
}

/// How grave something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// Good.
    Good,
    /// To be looked at.
    Alert,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Links that look like buttons.
    Actions(Vec<Link>),
    /// Links.
    Links(Vec<Link>),
    /// A table.
    Table(Table),
    /// Names and values.
    Facts(Vec<(String, Cell)>),
    /// Text to be copied.
    Code {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
    /// A form.
    Form(Box<Form>),
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it is a table of.
    pub caption: String,
    /// The headings of its columns.
    pub head: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What stands in the place of no rows.
    pub empty: String,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Whether it is an id, an address or the like.
    pub code: bool,
    /// How grave it is.
    pub tone: Tone,
}

/// A form.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Whether it asks and changes nothing: a GET, without a token.
    pub asks: bool,
    /// Its inputs and faults.
    pub shown: Shown,
    /// Whether it is shown to be read only.
    pub read_only: bool,
    /// What its button says.
    pub submit: String,
    /// Whether its button removes something.
    pub danger: bool,
}

impl Link {
    /// To another page.
    pub fn to(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), here: false }
    }
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A link.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: Some(href.into()), ..Self::default() }
    }

    /// An id, an address or the like.
    pub fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: true, ..Self::default() }
    }

    /// A state.
    pub fn state(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, ..Self::default() }
    }
}

impl Notice {
    /// Something good.
    pub fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into() }
    }

    /// Something to be looked at.
    pub fn alert(text: impl Into<String>) -> Self {
        Self { tone: Tone::Alert, text: text.into() }
    }
}
