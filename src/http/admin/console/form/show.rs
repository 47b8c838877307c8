//! From a document to inputs, with what is wrong at each.

use serde_json::{Map, Value};
use tunnus_sdk::SettingsError;

use super::{super::texts::Texts, Choice, Field, Kind};

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
    pointer: String,
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
    pointer: String,
    lines: bool,
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

/// Puts `document`, whose members stand below `root`, into the inputs of `fields`, and `faults` to the inputs that they are of.
#[must_use]
pub fn show(
    fields: &[Field],
    (root, document): (&str, &Map<String, Value>),
    faults: &[SettingsError],
    texts: &'static Texts,
) -> Shown {
    let mut items = Vec::new();
    let place = Place { name: root.to_owned(), pointer: root.to_owned() };
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

/// Where an input stands: in the form and in the document.
#[derive(Clone)]
struct Place {
    name: String,
    pointer: String,
}

impl Place {
    fn below(&self, name: &str) -> Self {
        self.entry(name, name)
    }

    /// A row, which the form knows by its number and the document by its key.
    fn entry(&self, name: &str, key: &str) -> Self {
        let key = key.replace('~', "~0").replace('/', "~1");
        Self { name: format!("{}/{name}", self.name), pointer: format!("{}/{key}", self.pointer) }
    }

    fn id(&self) -> String {
        format!("f{}", self.name.replace('/', "-"))
    }
}

struct Drawing<'a> {
    texts: &'static Texts,
    items: &'a mut Vec<Item>,
}

impl Drawing<'_> {
    fn fields(&mut self, fields: &[Field], place: &Place, document: &Map<String, Value>) {
        for field in fields {
            let value = document.get(&field.name).or(field.default.as_ref());
            self.field(field, &place.below(&field.name), value);
        }
    }

    fn field(&mut self, field: &Field, place: &Place, value: Option<&Value>) {
        match &field.kind {
            Kind::Group(fields) => {
                self.open(field, place, !field.required);
                let empty = Map::new();
                self.fields(fields, place, value.and_then(Value::as_object).unwrap_or(&empty));
                self.close(!field.required);
            }
            Kind::Names => self.names(field, place, value),
            Kind::Table(of) => self.table(field, of, place, value),
            Kind::List(fields) => self.list(field, fields, place, value),
            Kind::Some(choices) => self.some(field, choices, place, value),
            Kind::Secret => self.secret(field, place, value),
            Kind::Secrets => self.secrets(field, place, value),
            _ => self.control(
                field,
                place,
                field_label(self.texts, &field.name),
                shape(field, value, self.texts),
            ),
        }
    }

    fn control(&mut self, field: &Field, place: &Place, label: Label, shape: Shape) {
        self.items.push(Item::Control(Control {
            id: place.id(),
            name: place.name.clone(),
            label,
            help: field.help.clone(),
            help_lang: Some("en"),
            required: field.required,
            faults: Vec::new(),
            shape,
            pointer: place.pointer.clone(),
            lines: field.kind == Kind::Lines,
        }));
    }

    fn open(&mut self, field: &Field, place: &Place, folded: bool) {
        self.items.push(Item::Open(Fieldset {
            id: place.id(),
            label: field_label(self.texts, &field.name),
            help: field.help.clone(),
            faults: Vec::new(),
            folded,
            open: false,
            pointer: place.pointer.clone(),
        }));
    }

    fn close(&mut self, folded: bool) {
        self.items.push(Item::Close { folded });
    }

    /// A bare input below a group, which says what it is for.
    fn inner(&mut self, place: &Place, label: Label, shape: Shape) {
        let field = Field {
            name: String::new(),
            help: String::new(),
            required: false,
            default: None,
            kind: Kind::Line,
        };
        self.control(&field, place, label, shape);
    }

    fn names(&mut self, field: &Field, place: &Place, value: Option<&Value>) {
        self.open(field, place, false);
        for (tag, language) in ["fi", "sv", "en"].into_iter().zip(self.texts.languages) {
            let plain = value.and_then(Value::as_str).filter(|_| tag == "en");
            let text = plain.or_else(|| value?.get(tag)?.as_str()).unwrap_or_default();
            let shape = Shape::Line { kind: "text", value: text.to_owned(), lang: tag };
            self.inner(&place.below(tag), Label::own(language), shape);
        }
        self.close(false);
    }

    /// A row for each key, and one more.
    fn table(&mut self, field: &Field, of: &Field, place: &Place, value: Option<&Value>) {
        self.open(field, place, true);
        let rows = value.and_then(Value::as_object).into_iter().flatten();
        let rows: Vec<_> = rows.map(|(key, value)| (key.as_str(), Some(value))).collect();
        for (number, (key, value)) in rows.into_iter().chain([("", None)]).enumerate() {
            let row = place.entry(&number.to_string(), key);
            self.row(&row, number);
            let shape = Shape::Line { kind: "text", value: key.to_owned(), lang: "" };
            let key_place = Place { name: format!("{}/key", row.name), pointer: row.pointer.clone() };
            self.inner(&key_place, Label::own(self.texts.key), shape);
            let place = Place { name: format!("{}/value", row.name), pointer: row.pointer };
            let of = Field { required: false, ..of.clone() };
            self.field(&of, &place, value);
            self.close(false);
        }
        self.close(true);
    }

    /// One entry for each, and one more.
    fn list(&mut self, field: &Field, fields: &[Field], place: &Place, value: Option<&Value>) {
        self.open(field, place, false);
        let empty = Map::new();
        let entries = value.and_then(Value::as_array).into_iter().flatten();
        let entries: Vec<_> = entries.map(|entry| entry.as_object().unwrap_or(&empty)).collect();
        let count = entries.len();
        for (number, entry) in entries.into_iter().chain([&empty]).enumerate() {
            let row = place.below(&number.to_string());
            self.row(&row, number);
            self.items.push(Item::Hidden(row.name.clone(), "1".to_owned()));
            if number == count {
                self.items.push(Item::Text(self.texts.one_more.to_owned()));
            }
            self.fields(fields, &row, entry);
            self.close(false);
        }
        self.close(false);
    }

    /// All of them, or only those that are picked.
    fn some(&mut self, field: &Field, choices: &[Choice], place: &Place, value: Option<&Value>) {
        self.open(field, place, false);
        self.inner(&place.below("all"), Label::own(self.texts.all_of_them), Shape::Check(value.is_none()));
        let picks =
            shape(&Field { kind: Kind::Choices(choices.to_vec()), ..field.clone() }, value, self.texts);
        self.inner(place, Label::own(self.texts.only_these), picks);
        self.close(false);
    }

    fn row(&mut self, place: &Place, number: usize) {
        self.items.push(Item::Open(Fieldset {
            id: place.id(),
            label: Label::own((self.texts.entry)(number + 1)),
            help: String::new(),
            faults: Vec::new(),
            folded: false,
            open: false,
            pointer: place.pointer.clone(),
        }));
    }

    fn secret(&mut self, field: &Field, place: &Place, value: Option<&Value>) {
        self.open(field, place, false);
        self.is_set(place, value);
        self.given(field, place);
        self.close(false);
    }

    fn secrets(&mut self, field: &Field, place: &Place, value: Option<&Value>) {
        self.open(field, place, false);
        let all = value.and_then(Value::as_array).into_iter().flatten();
        for (number, one) in all.filter(|one| one.get("set").is_some()).enumerate() {
            self.is_set(&place.below(&number.to_string()), Some(one));
        }
        self.given(field, place);
        self.close(false);
    }

    /// That a secret is set, since when and by whom, and a box that removes it.
    fn is_set(&mut self, place: &Place, value: Option<&Value>) {
        let text = |name: &str| value?.get(name)?.as_str();
        let Some(id) = text("id") else { return };
        let since = text("at").zip(text("by")).map(|(at, by)| (self.texts.set_by)(at, by));
        self.items.push(Item::Text(since.unwrap_or_else(|| self.texts.set.to_owned())));
        self.items.push(Item::Hidden(format!("{}/set", place.name), id.to_owned()));
        self.inner(&place.below("remove"), Label::own(self.texts.remove), Shape::Check(false));
    }

    fn given(&mut self, field: &Field, place: &Place) {
        let label = Label::own(self.texts.new_value);
        let shape = if field.name.ends_with("secret") {
            Shape::Line { kind: "password", value: String::new(), lang: "" }
        } else {
            Shape::Area { value: String::new(), rows: 4 }
        };
        self.inner(
            &Place { name: format!("{}/given", place.name), pointer: place.pointer.clone() },
            label,
            shape,
        );
    }
}

/// The input of what is neither a group nor a secret.
fn shape(field: &Field, value: Option<&Value>, texts: &Texts) -> Shape {
    let text = || match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    match &field.kind {
        Kind::Flag => Shape::Check(value == Some(&Value::Bool(true))),
        Kind::Choice(choices) => select(field, choices, &text(), texts),
        Kind::Choices(choices) => {
            let list = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let on = |choice: &Choice| list.iter().any(|one| one.as_str() == Some(&choice.value));
            Shape::Checks(choices.iter().map(|choice| pick(choice, on(choice))).collect())
        }
        Kind::Lines => {
            let lines = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let lines: Vec<&str> = lines.collect();
            Shape::Area { rows: (lines.len() + 1).clamp(2, 12), value: lines.join("\n") }
        }
        Kind::Json => Shape::Area { value: text(), rows: 6 },
        Kind::Number => Shape::Line { kind: "number", value: text(), lang: "" },
        _ => Shape::Line { kind: "text", value: text(), lang: "" },
    }
}

fn select(field: &Field, choices: &[Choice], value: &str, texts: &Texts) -> Shape {
    let mut picks: Vec<Pick> = choices.iter().map(|choice| pick(choice, choice.value == value)).collect();
    let unknown = !value.is_empty() && picks.iter().all(|pick| !pick.on);
    if unknown {
        picks.push(Pick { value: value.to_owned(), label: value.to_owned(), on: true });
    }
    if field.default.is_none() {
        let label = if field.required { texts.choose } else { texts.by_default };
        picks.insert(0, Pick { value: String::new(), label: label.to_owned(), on: value.is_empty() });
    }
    Shape::Select(picks)
}

fn pick(choice: &Choice, on: bool) -> Pick {
    let label = if choice.help.is_empty() {
        choice.value.clone()
    } else {
        format!("{}: {}", choice.value, choice.help.trim_end_matches('.'))
    };
    Pick { value: choice.value.clone(), label, on }
}

/// What a member is called on the page; its own name, in words, where nobody has named it.
fn field_label(texts: &Texts, name: &str) -> Label {
    if let Some(known) = texts.label(name) {
        return Label::own(known);
    }
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    Label { text: first + chars.as_str(), lang: Some("en") }
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

    /// One line that nobody else shall read.
    #[must_use]
    pub const fn secret() -> Self {
        Self::Line { kind: "password", value: String::new(), lang: "" }
    }
}
