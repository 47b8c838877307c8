//! From a JSON Schema, as `schemars` writes it, to the fields of a form.

use serde_json::{Map, Value};

use super::{Choice, Field, Kind};

/// How deep a schema is followed: one that contains itself ends as JSON.
const DEEPEST: usize = 8;

/// The fields of the object that `schema` describes. `$ref`s lead into `root`.
#[must_use]
pub fn fields(root: &Value, schema: &Value) -> Vec<Field> {
    Reader { root }.fields(schema, 0)
}

struct Reader<'a> {
    root: &'a Value,
}

/// A schema with what it refers to.
#[derive(Default)]
struct Merged {
    /// The name of the definition that it refers to.
    name: Option<String>,
    keywords: Map<String, Value>,
}

impl Merged {
    fn text(&self, keyword: &str) -> &str {
        self.keywords.get(keyword).and_then(Value::as_str).unwrap_or_default()
    }

    fn list(&self, keyword: &str) -> &[Value] {
        self.keywords.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The type beside `null`.
    fn kind(&self) -> &str {
        match self.keywords.get("type") {
            Some(Value::Array(types)) => {
                types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default()
            }
            _ => self.text("type"),
        }
    }
}

impl Reader<'_> {
    fn fields(&self, schema: &Value, depth: usize) -> Vec<Field> {
        let merged = self.merged(schema);
        let required = merged.list("required");
        let properties = merged.keywords.get("properties").and_then(Value::as_object);
        let field = |(name, schema): (&String, &Value)| {
            let required = required.iter().any(|one| one.as_str() == Some(name));
            self.field(name, schema, required, depth)
        };
        properties.into_iter().flatten().map(field).collect()
    }

    fn field(&self, name: &str, schema: &Value, required: bool, depth: usize) -> Field {
        let merged = self.merged(schema);
        let default = merged.keywords.get("default").filter(|value| !value.is_null()).cloned();
        Field {
            name: name.to_owned(),
            // Lines of a doc comment are broken for the code's sake.
            help: merged.text("description").replace('\n', " ").replace('`', ""),
            required,
            default,
            kind: self.kind(&merged, depth),
        }
    }

    /// `schema` and what it refers to; what stands beside a reference counts for more.
    fn merged(&self, schema: &Value) -> Merged {
        let mut merged = Merged::default();
        let mut at = schema;
        for _ in 0..DEEPEST {
            let own = at.as_object().into_iter().flatten();
            for (keyword, value) in own.filter(|(keyword, _)| *keyword != "$ref") {
                merged.keywords.entry(keyword.clone()).or_insert_with(|| value.clone());
            }
            let next = match at.get("$ref").and_then(Value::as_str) {
                Some(reference) => {
                    merged.name = reference.rsplit('/').next().map(str::to_owned);
                    self.root.pointer(reference.trim_start_matches('#'))
                }
                None => the_one_beside_null(at),
            };
            let Some(next) = next else { return merged };
            // The alternatives were those of the level above.
            merged.keywords.shift_remove("anyOf");
            at = next;
        }
        merged
    }

    fn kind(&self, merged: &Merged, depth: usize) -> Kind {
        if depth > DEEPEST {
            return Kind::Json;
        }
        if merged.name.as_deref() == Some("Reference") {
            return Kind::Secret;
        }
        if merged.name.as_deref() == Some("LocalizedText") || merged.list("anyOf").iter().any(is_localized) {
            return Kind::Names;
        }
        if let Some(choices) = choices(merged) {
            return Kind::Choice(choices);
        }
        match merged.kind() {
            "boolean" => Kind::Flag,
            "integer" => Kind::Number,
            "string" => Kind::Line,
            "array" => self.list(merged, depth),
            "object" => self.object(merged, depth),
            _ => Kind::Json,
        }
    }

    fn list(&self, merged: &Merged, depth: usize) -> Kind {
        let Some(items) = merged.keywords.get("items") else { return Kind::Json };
        match self.kind(&self.merged(items), depth + 1) {
            Kind::Line => Kind::Lines,
            Kind::Choice(choices) => Kind::Choices(choices),
            Kind::Group(fields) => Kind::List(fields),
            Kind::Secret => Kind::Secrets,
            _ => Kind::Json,
        }
    }

    fn object(&self, merged: &Merged, depth: usize) -> Kind {
        if merged.keywords.get("properties").is_some_and(Value::is_object) {
            return Kind::Group(self.fields(&Value::Object(merged.keywords.clone()), depth + 1));
        }
        match merged.keywords.get("additionalProperties") {
            Some(schema @ Value::Object(_)) => {
                Kind::Table(Box::new(self.field("value", schema, true, depth + 1)))
            }
            _ => Kind::Json,
        }
    }
}

/// The only alternative that is not `null`.
fn the_one_beside_null(schema: &Value) -> Option<&Value> {
    let alternatives = schema.get("anyOf")?.as_array()?;
    let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
    let mut others = alternatives.iter().filter(|schema| !is_null(schema));
    let one = others.next()?;
    (others.next().is_none() && alternatives.len() > 1).then_some(one)
}

fn is_localized(schema: &Value) -> bool {
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference.is_some_and(|reference| reference.ends_with("/LocalizedText"))
}

/// The values of an enumeration of texts.
fn choices(merged: &Merged) -> Option<Vec<Choice>> {
    if merged.list("oneOf").is_empty() {
        return texts(merged.list("enum"), "");
    }
    let branch = |branch: &Value| {
        let help = branch.get("description").and_then(Value::as_str).unwrap_or_default();
        match branch.get("const") {
            Some(value) => texts(std::slice::from_ref(value), help),
            None => texts(branch.get("enum")?.as_array()?, help),
        }
    };
    let choices = merged.list("oneOf").iter().map(branch).collect::<Option<Vec<_>>>()?;
    Some(choices.into_iter().flatten().collect())
}

fn texts(values: &[Value], help: &str) -> Option<Vec<Choice>> {
    if values.is_empty() {
        return None;
    }
    let choice = |value: &Value| {
        let help = help.replace('\n', " ").replace('`', "");
        Some(Choice { value: value.as_str()?.to_owned(), help })
    };
    values.iter().map(choice).collect()
}
