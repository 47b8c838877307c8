//! Forms that are drawn from a JSON Schema.
//!
//! Owns the way between a document and a form, both ways: `fields` reads a schema, `show` puts a
//! document into inputs, `read` makes a document of what was posted. Whether it is a good one is
//! judged where it is stored; the faults found there come back to their inputs by their pointers.

mod answers;
mod draw;
mod multipart;
mod read;
mod schema;
mod show;

pub use self::{
    answers::Answers,
    read::read,
    schema::fields,
    show::{Control, Item, Label, Pick, Shape, Shown, Summary, show},
};
use serde_json::Value;

/// One input of a form, or a group of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The member of the document.
    pub name: String,
    /// What it is for, as the schema says it.
    pub help: String,
    /// Whether the document needs it.
    pub required: bool,
    /// What counts where it is left out.
    pub default: Option<Value>,
    /// What it is.
    pub kind: Kind,
}

/// What an input is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// One line of text.
    Line,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// One of several.
    Choice(Vec<Choice>),
    /// Some of several.
    Choices(Vec<Choice>),
    /// All of several, also of those to come, or only some.
    Some(Vec<Choice>),
    /// Texts, one a line.
    Lines,
    /// A text for people, in each language.
    Names,
    /// A table of keys and values.
    Table(Box<Field>),
    /// A table within the table.
    Group(Vec<Field>),
    /// A list of tables.
    List(Vec<Field>),
    /// A secret: it goes in and never comes out.
    Secret,
    /// Several secrets.
    Secrets,
    /// What has no input of its own: JSON.
    Json,
}

/// One of several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value.
    pub value: String,
    /// What it means, as the schema says it.
    pub help: String,
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
