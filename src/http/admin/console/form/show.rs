//! From a document to inputs, with what is wrong at each.

use serde_json::{Map, Value};
use tunnus_sdk::SettingsError;

use super::{
    super::texts::Texts,
    Field,
    draw::{Drawing, Place},
};

/// A form, ready for its template.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// What stands in it, from top to bottom.
    pub items: Vec<Item>,
    /// Everything that is wrong with it.
    pub summary: Vec<Summary>,
}

/// One fault, with the way to its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What is wrong.
    pub message: String,
    /// The input's label.
    pub label: Option<Label>,
    /// The input's id.
    pub target: Option<String>,
    /// The language of the message, where it is not the page's.
    pub lang: Option<&'static str>,
}

/// One thing of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A group begins.
    Open(Fieldset),
    /// It ends.
    Close {
        /// Whether it fills a fold.
        folded: bool,
    },
    /// An input.
    Control(Control),
    /// What the form carries unseen.
    Hidden(String, String),
    /// A line of text.
    Text(String),
}

/// A group of inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fieldset {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: Label,
    /// What it is for.
    pub help: String,
    /// What is wrong with it.
    pub faults: Vec<String>,
    /// Whether it fills a fold, which nobody need open.
    pub folded: bool,
    /// Whether the fold is open: something in it is wrong.
    pub open: bool,
    pub(super) pointer: String,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is called.
    pub label: Label,
    /// What it is for.
    pub help: String,
    /// The language of that, where it is not the page's.
    pub help_lang: Option<&'static str>,
    /// Whether it must be filled.
    pub required: bool,
    /// What is wrong with it.
    pub faults: Vec<String>,
    /// What it looks like.
    pub shape: Shape,
    pub(super) pointer: String,
    pub(super) lines: bool,
}

/// What an input looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line {
        /// The type of the input element.
        kind: &'static str,
        /// What stands in it.
        value: String,
        /// The language that is to be written in it.
        lang: &'static str,
    },
    /// Several lines.
    Area {
        /// What stands in it.
        value: String,
        /// How many lines are seen.
        rows: usize,
    },
    /// One of several.
    Select(Vec<Pick>),
    /// Yes or no.
    Check(bool),
    /// Some of several.
    Checks(Vec<Pick>),
    /// A file.
    File,
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The value.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// Whether it is picked.
    pub on: bool,
}

/// What an input is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The words.
    pub text: String,
    /// Their language, where it is not the page's.
    pub lang: Option<&'static str>,
}

/// Puts `document`, whose members stand below `root`, into the inputs of `fields`, whose names begin with
/// `named`, and `faults` to the inputs that they are of.
#[must_use]
pub fn show(
    fields: &[Field],
    (named, root, document): (&str, &str, &Map<String, Value>),
    faults: &[SettingsError],
    texts: &'static Texts,
) -> Shown {
    let mut items = Vec::new();
    let place = Place { name: named.to_owned(), pointer: root.to_owned() };
    Drawing { texts, items: &mut items }.fields(fields, &place, document);
    let summary = faults.iter().map(|fault| attach(&mut items, fault, texts)).collect();
    unfold(&mut items);
    Shown { items, summary }
}

/// Opens the folds in which something is wrong.
fn unfold(items: &mut [Item]) {
    let mut wrong = false;
    let mut around = Vec::new();
    // From the end: what is in a fold is seen before its head.
    for item in items.iter_mut().rev() {
        match item {
            Item::Close { .. } => around.push(std::mem::take(&mut wrong)),
            Item::Open(fieldset) => {
                fieldset.open = wrong || !fieldset.faults.is_empty();
                wrong = around.pop().unwrap_or_default() || fieldset.open;
            }
            Item::Control(control) => wrong |= !control.faults.is_empty(),
            Item::Hidden(..) | Item::Text(_) => {}
        }
    }
}

impl Label {
    /// In the page's language.
    pub fn own(text: impl Into<String>) -> Self {
        Self { text: text.into(), lang: None }
    }
}

/// Puts a fault to the input that it is of: the one with the longest pointer that leads there.
fn attach(items: &mut [Item], fault: &SettingsError, texts: &Texts) -> Summary {
    let leads = |pointer: &str| {
        let rest = fault.pointer.strip_prefix(pointer)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(pointer.len())
    };
    let pointer = |item: &Item| match item {
        Item::Open(fieldset) => Some(fieldset.pointer.clone()),
        Item::Control(control) => Some(control.pointer.clone()),
        Item::Close { .. } | Item::Hidden(..) | Item::Text(_) => None,
    };
    let places = items.iter().enumerate().filter_map(|(index, item)| Some((leads(&pointer(item)?)?, index)));
    // Of equals the last: the input, not the group around it.
    let Some(item) = places.max().and_then(|(_, index)| items.get_mut(index)) else {
        return Summary::of(&fault.message);
    };
    let (message, label, id) = match item {
        Item::Control(control) => {
            let line = fault.pointer.rsplit('/').next().and_then(|line| line.parse::<usize>().ok());
            let message = match line.filter(|_| control.lines) {
                Some(line) => (texts.line)(line + 1, &fault.message),
                None => fault.message.clone(),
            };
            control.faults.push(message.clone());
            (message, &control.label, &control.id)
        }
        Item::Open(fieldset) => {
            fieldset.faults.push(fault.message.clone());
            (fault.message.clone(), &fieldset.label, &fieldset.id)
        }
        Item::Close { .. } | Item::Hidden(..) | Item::Text(_) => {
            return Summary::of(&fault.message);
        }
    };
    Summary { label: Some(label.clone()), target: Some(id.clone()), ..Summary::of(&message) }
}

impl Shown {
    /// These inputs, which no schema names, and `faults` at the inputs that they are of.
    #[must_use]
    pub fn of(controls: Vec<Control>, faults: &[SettingsError], texts: &Texts) -> Self {
        let mut items: Vec<Item> = controls.into_iter().map(Item::Control).collect();
        let summary = faults.iter().map(|fault| attach(&mut items, fault, texts)).collect();
        Self { items, summary }
    }

    /// Whether a file can be picked in it.
    #[must_use]
    pub fn has_files(&self) -> bool {
        let is_file = |item: &Item| matches!(item, Item::Control(control) if control.shape == Shape::File);
        self.items.iter().any(is_file)
    }
}

impl Summary {
    /// A fault of no input.
    fn of(message: &str) -> Self {
        Self { message: message.to_owned(), label: None, target: None, lang: Some("en") }
    }
}

impl Control {
    /// An input that no schema names.
    pub fn new(name: &str, label: Label, shape: Shape) -> Self {
        Self {
            id: format!("f-{name}"),
            name: name.to_owned(),
            label,
            help: String::new(),
            help_lang: None,
            required: false,
            faults: Vec::new(),
            shape,
            pointer: format!("/{name}"),
            lines: false,
        }
    }

    /// The same, with what it is for.
    #[must_use]
    pub fn about(self, help: &str) -> Self {
        Self { help: help.to_owned(), ..self }
    }

    /// The same, to be filled in any case.
    #[must_use]
    pub fn must(self) -> Self {
        Self { required: true, ..self }
    }
}

impl Shape {
    /// One line.
    pub fn line(value: impl Into<String>) -> Self {
        Self::Line { kind: "text", value: value.into(), lang: "" }
    }

    /// A day.
    pub fn day(value: impl Into<String>) -> Self {
        Self::Line { kind: "date", value: value.into(), lang: "" }
    }

    /// One line that nobody else shall read.
    #[must_use]
    pub const fn secret() -> Self {
        Self::Line { kind: "password", value: String::new(), lang: "" }
    }
}
