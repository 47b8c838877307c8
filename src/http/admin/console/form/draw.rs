//! Puts a document into inputs, from top to bottom.

use serde_json::{Map, Value};

use super::{
    super::texts::Texts,
    Choice, Field, Kind,
    show::{Control, Fieldset, Item, Label, Pick, Shape},
};

/// How many members of a group need a fold.
const MUCH: usize = 4;

/// Where an input stands: in the form and in the document.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) pointer: String,
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

/// A form that is being drawn.
pub(super) struct Drawing<'a> {
    pub(super) texts: &'static Texts,
    pub(super) items: &'a mut Vec<Item>,
}

impl Drawing<'_> {
    pub(super) fn fields(&mut self, fields: &[Field], place: &Place, document: &Map<String, Value>) {
        for field in fields {
            let value = document.get(&field.name).or(field.default.as_ref());
            self.field(field, &place.below(&field.name), value);
        }
    }

    /// The members of a group: what must be filled first, the rest in a fold where it is much.
    fn members(&mut self, fields: &[Field], place: &Place, document: &Map<String, Value>) {
        let (musts, rest): (Vec<Field>, Vec<Field>) =
            fields.iter().cloned().partition(|field| field.required);
        if musts.is_empty() || rest.len() < MUCH {
            return self.fields(fields, place, document);
        }
        self.fields(&musts, place, document);
        self.items.push(Item::Open(Fieldset {
            id: format!("{}-more", place.id()),
            label: Label::own(self.texts.more_settings),
            help: String::new(),
            faults: Vec::new(),
            folded: true,
            open: false,
            pointer: format!("{}/", place.pointer),
        }));
        self.fields(&rest, place, document);
        self.close(true);
    }

    fn field(&mut self, field: &Field, place: &Place, value: Option<&Value>) {
        match &field.kind {
            Kind::Group(fields) => {
                self.open(field, place, !field.required);
                let empty = Map::new();
                self.members(fields, place, value.and_then(Value::as_object).unwrap_or(&empty));
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
