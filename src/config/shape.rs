//! Judges a value against the JSON Schema of its type: all faults at once, in the operator's words.
//!
//! Owns the sentences. Which key has which rule stands in the types; rules between keys are their
//! `check`s.

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use schemars::JsonSchema;
use serde_json::Value;

use super::{
    document::below,
    format,
    misfit::{Misfit, MisfitKind, Misfits},
    suggest::closest,
};

/// The keyword of our schemas that says in words what is expected where several forms are allowed.
pub const EXPECTED: &str = "x-expected";

/// A compiled schema.
#[derive(Debug)]
pub struct Shape {
    schema: Value,
    validator: Validator,
}

/// A schema that cannot be compiled.
#[derive(Debug, thiserror::Error)]
#[error("the schema cannot be compiled")]
pub struct BadSchema;

impl Shape {
    /// The shape of `T`.
    ///
    /// # Errors
    /// When the schema of `T` is no JSON Schema.
    pub fn of<T: JsonSchema>() -> Result<Self, BadSchema> {
        Self::new(schemars::schema_for!(T).to_value())
    }

    /// The shape that `schema` describes.
    ///
    /// # Errors
    /// When it is no JSON Schema.
    pub fn new(schema: Value) -> Result<Self, BadSchema> {
        let mut options = jsonschema::options().should_validate_formats(true);
        for format in format::ALL {
            options = options.with_format(format.name, move |text: &str| (format.check)(text).is_ok());
        }
        let validator = options.build(&schema).map_err(|_| BadSchema)?;
        Ok(Self { schema, validator })
    }

    /// Everything that does not fit in `value`.
    #[must_use]
    pub fn misfits(&self, value: &Value) -> Misfits {
        Misfits::new(self.validator.iter_errors(value).flat_map(|error| self.told(&error)).collect())
    }

    fn told(&self, error: &ValidationError<'_>) -> Vec<Misfit> {
        let at = error.instance_path().as_str();
        let one = |message: String| vec![Misfit::wrong(at, message)];
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => self.strangers(error, unexpected),
            ValidationErrorKind::Required { property } => {
                vec![Misfit::missing(at, property.as_str().unwrap_or_default())]
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                self.branches(error, context)
            }
            kind => one(self.expected(error).unwrap_or_else(|| sentence(kind, error.instance()))),
        }
    }

    /// One for each key that has no place here.
    fn strangers(&self, error: &ValidationError<'_>, unexpected: &[String]) -> Vec<Misfit> {
        let known = self.around(error).and_then(|schema| schema.get("properties")?.as_object());
        let known: Vec<&str> = known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
        let stranger = |key: &String| {
            let meant = closest(key, known.iter().copied());
            let question = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            Misfit {
                pointer: below(error.instance_path().as_str(), key),
                message: format!("unknown key{question}"),
                kind: MisfitKind::Stranger(meant.map(str::to_owned)),
            }
        };
        unexpected.iter().map(stranger).collect()
    }

    /// The faults of the one branch that the value can have been meant for, else one for all.
    fn branches(&self, error: &ValidationError<'_>, context: &[Branch]) -> Vec<Misfit> {
        let at = error.instance_path().as_str();
        let mut candidates =
            context.iter().filter(|branch| !branch.iter().any(|inner| is_of_another(inner, at)));
        if let (Some(branch), None) = (candidates.next(), candidates.next()) {
            return branch.iter().flat_map(|inner| self.told(inner)).collect();
        }
        if let Some(expected) = self.expected(error) {
            return vec![Misfit::wrong(at, expected)];
        }
        let none = || Misfit::wrong(at, "none of the forms that are allowed here");
        vec![kinds(context).or_else(|| common(at, context)).unwrap_or_else(none)]
    }

    /// What the schema itself says is expected where `error` arose.
    fn expected(&self, error: &ValidationError<'_>) -> Option<String> {
        let expected = self.around(error)?.get(EXPECTED)?.as_str()?;
        Some(format!("expected {expected}"))
    }

    /// The schema object that holds the keyword that `error` is of.
    fn around(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let (object, _) = error.schema_path().as_str().rsplit_once('/')?;
        self.schema.pointer(object)
    }
}

/// The faults of a value as one of several forms.
type Branch = Vec<ValidationError<'static>>;

/// Whether a fault says that the value at `at` was meant for another branch: another type, or another
/// constant in it or just below it, where tagged forms have their tag.
fn is_of_another(error: &ValidationError<'_>, at: &str) -> bool {
    let path = error.instance_path().as_str();
    let tag = path.strip_prefix(at).is_some_and(|rest| rest.matches('/').count() <= 1);
    match error.kind() {
        ValidationErrorKind::Type { .. } => path == at,
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. } => tag,
        _ => false,
    }
}

/// One fault with all the constants that would have been right, where every branch wants one at the
/// same place.
fn kinds(context: &[Branch]) -> Option<Misfit> {
    let mut place: Option<&str> = None;
    let mut options = Vec::new();
    for branch in context.iter().filter(|branch| !is_null(branch)) {
        let (path, constants) = branch.iter().find_map(constants)?;
        if place.is_some_and(|place| place != path) {
            return None;
        }
        place = Some(path);
        options.extend(constants);
    }
    Some(Misfit::wrong(place?, format!("expected one of {}", options.join(", "))))
}

/// The first fault that every branch has.
fn common(at: &str, context: &[Branch]) -> Option<Misfit> {
    let lacks = |error: &ValidationError<'_>| match error.kind() {
        ValidationErrorKind::Required { property } if error.instance_path().as_str() == at => {
            Some(property.clone())
        }
        _ => None,
    };
    let mut branches = context.iter().filter(|branch| !is_null(branch));
    let property = branches.next()?.iter().find_map(lacks)?;
    let shared = branches.all(|branch| branch.iter().any(|error| lacks(error).as_ref() == Some(&property)));
    shared.then(|| Misfit::missing(at, property.as_str().unwrap_or_default()))
}

/// Whether the branch is the `null` of an optional value, which TOML cannot write.
fn is_null(branch: &Branch) -> bool {
    branch.iter().any(|error| match error.kind() {
        ValidationErrorKind::Type { kind } => types(kind).is_empty(),
        _ => false,
    })
}

fn constants<'a>(error: &'a ValidationError<'_>) -> Option<(&'a str, Vec<String>)> {
    let constants = match error.kind() {
        ValidationErrorKind::Constant { expected_value } => vec![quoted(expected_value)],
        ValidationErrorKind::Enum { options } => options.as_array()?.iter().map(quoted).collect(),
        _ => return None,
    };
    Some((error.instance_path().as_str(), constants))
}

/// What is wrong with one value, without the value.
fn sentence(kind: &ValidationErrorKind, value: &Value) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind } => format!("expected {}", types(kind)),
        Kind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(quoted).collect();
            format!("expected one of {}", options.join(", "))
        }
        Kind::Constant { expected_value } => format!("expected {}", quoted(expected_value)),
        Kind::Format { format } => format::complaint(format, value.as_str().unwrap_or_default()),
        Kind::Pattern { pattern } => format!("expected a text like {pattern}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::UniqueItems => "an item stands there twice".to_owned(),
        other => format!("does not fit: {}", other.keyword()),
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    let words: Vec<&str> = match kind {
        TypeKind::Single(one) => vec![word(one.as_str())],
        TypeKind::Multiple(several) => several.iter().map(|one| word(one.as_str())).collect(),
    };
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" or ")
}

/// A JSON type in TOML's words; nothing for `null`, which TOML has not.
fn word(name: &str) -> &'static str {
    match name {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "",
    }
}

fn quoted(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("`{value}`"), |text| format!("`{text}`"))
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
