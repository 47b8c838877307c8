//! A part of a tenant, or a platform, in a form: shown, saved, and shown again where it could not be.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tunnus_sdk::SettingsError;

use super::{
    form::{self, Answers, Field, Item},
    page::{Block, Cell, Form, Notice, Page, Table},
    visitor::Visitor,
};
use crate::{
    admin::{AdminError, Document, Expected, Right, Saved},
    tenant::store::change::Part,
};

/// What is edited.
pub enum Of<'a> {
    /// A part of a tenant.
    Tenant(&'a str, Part),
    /// A platform.
    Platform(&'a str),
}

/// A document, and the form of what can be filled in there.
pub struct Editor<'a> {
    /// Who edits.
    pub visitor: &'a Visitor,
    /// What.
    pub of: Of<'a>,
    /// What that asks for.
    pub right: Right,
    /// Where in the document the form's members stand: `/tenant`, `/apps/0`, or nothing.
    pub root: String,
    /// What the names of its inputs begin with.
    pub named: &'static str,
    /// What can be filled in.
    pub fields: Vec<Field>,
    /// Where the form goes.
    pub action: String,
}

/// What became of a form.
pub enum Outcome {
    /// It is saved.
    Saved(Saved),
    /// It is not: the form again, with what is wrong.
    Again {
        /// What has happened.
        notice: Notice,
        /// What the page shows.
        blocks: Vec<Block>,
    },
}

impl Editor<'_> {
    /// The form of a document; of a new one where it has no revision.
    #[must_use]
    pub fn form(&self, document: &Value, revision: Option<i64>, faults: &[SettingsError]) -> Form {
        let texts = self.visitor.texts();
        let empty = Map::new();
        let members = document.pointer(&self.root).and_then(Value::as_object).unwrap_or(&empty);
        let mut shown = form::show(&self.fields, (self.named, &self.root, members), faults, texts);
        if let Some(revision) = revision {
            shown.items.push(Item::Hidden("revision".to_owned(), revision.to_string()));
        }
        Form {
            action: self.action.clone(),
            shown,
            read_only: !self.visitor.caller.may(self.right),
            submit: if revision.is_some() { texts.save } else { texts.create }.to_owned(),
            ..Form::default()
        }
    }

    /// Saves what a form brought, over `before`, the part as it is now.
    ///
    /// # Errors
    /// As [`crate::admin::Admin::put`], but for what the form is shown again with.
    pub async fn save(&self, answers: &Answers, before: Option<Value>) -> Result<Outcome, AdminError> {
        let given = self.given(answers, before);
        self.put(answers, given).await
    }

    /// The document that a form says, over `before`.
    #[must_use]
    pub fn given(&self, answers: &Answers, before: Option<Value>) -> Value {
        let mut document = before.unwrap_or_else(|| json!({}));
        if let (Some(name), Some(table)) = (self.root.strip_prefix('/'), document.as_object_mut())
            && !name.contains('/')
        {
            table.entry(name).or_insert_with(|| json!({}));
        }
        if let Some(table) = document.pointer_mut(&self.root).and_then(Value::as_object_mut) {
            for field in &self.fields {
                table.shift_remove(&field.name);
            }
            table.extend(form::read(&self.fields, self.named, answers));
        }
        document
    }

    /// Puts a document in the place of the revision that the form was made from.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub async fn put(&self, answers: &Answers, given: Value) -> Result<Outcome, AdminError> {
        let revision = answers.one("revision").and_then(|text| text.parse().ok());
        let expected = revision.map_or(Expected::Absent, Expected::Revision);
        let Visitor { admin, caller, .. } = self.visitor;
        let put = match &self.of {
            Of::Tenant(tenant, part) => admin.put(caller, tenant, part, (expected, given.clone())).await,
            Of::Platform(platform) => admin.put_platform(caller, platform, (expected, given.clone())).await,
        };
        match put {
            Ok(saved) => Ok(Outcome::Saved(saved)),
            Err(AdminError::Faulty(faults)) => Ok(self.faulty(&given, revision, &faults)),
            Err(AdminError::Stale(now)) => Ok(self.stale(&given, now.as_ref().as_ref())),
            Err(other) => Err(other),
        }
    }

    /// The form again, with its faults.
    #[must_use]
    pub fn faulty(&self, given: &Value, revision: Option<i64>, faults: &[SettingsError]) -> Outcome {
        let form = self.form(given, revision, faults);
        let notice = Notice::alert(self.visitor.texts().not_saved);
        Outcome::Again { notice, blocks: vec![Block::Form(Box::new(form))] }
    }

    /// What is there now beside what was given: saved once more, it takes its place.
    fn stale(&self, given: &Value, now: Option<&Document>) -> Outcome {
        let texts = self.visitor.texts();
        let (revision, theirs) = (now.map(|now| now.revision), now.map(|now| &now.value));
        let (mine, theirs) = (self.flat(given), theirs.map(|value| self.flat(value)).unwrap_or_default());
        let pointers: std::collections::BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
        let differing = pointers.into_iter().filter(|pointer| mine.get(*pointer) != theirs.get(*pointer));
        let value = |of: &BTreeMap<String, String>, pointer: &String| {
            Cell::text(of.get(pointer).cloned().unwrap_or_default())
        };
        let row = |pointer: &String| {
            vec![Cell::code(pointer.trim_start_matches('/')), value(&theirs, pointer), value(&mine, pointer)]
        };
        let table = Table {
            caption: texts.differences.to_owned(),
            head: [texts.member, texts.theirs, texts.yours].map(str::to_owned).to_vec(),
            rows: differing.map(row).collect(),
            empty: texts.no_differences.to_owned(),
        };
        let notice = Notice::alert(if now.is_some() { texts.stale } else { texts.gone });
        let form = self.form(given, revision, &[]);
        Outcome::Again { notice, blocks: vec![Block::Table(table), Block::Form(Box::new(form))] }
    }

    /// The members of the form, each by its pointer, without secrets.
    fn flat(&self, document: &Value) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        let members = document.pointer(&self.root).and_then(Value::as_object).into_iter().flatten();
        for (name, value) in members.filter(|(name, _)| self.fields.iter().any(|field| field.name == **name))
        {
            flatten(value, format!("/{name}"), self.visitor.texts().new_value, &mut flat);
        }
        flat
    }
}

fn flatten(value: &Value, at: String, given: &str, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) if object.get("set") == Some(&json!(true)) => {
            let id = object.get("id").and_then(Value::as_str).unwrap_or("✓");
            flat.insert(at, id.to_owned());
        }
        Value::Object(object) if is_secret(object) => drop(flat.insert(at, given.to_owned())),
        Value::Object(object) => {
            for (name, value) in object {
                flatten(value, format!("{at}/{name}"), given, flat);
            }
        }
        Value::Array(list) if list.iter().any(Value::is_object) => {
            for (index, value) in list.iter().enumerate() {
                flatten(value, format!("{at}/{index}"), given, flat);
            }
        }
        Value::Array(list) => {
            let texts = list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
            flat.insert(at, texts.collect::<Vec<_>>().join(", "));
        }
        Value::String(text) => drop(flat.insert(at, text.clone())),
        other => drop(flat.insert(at, other.to_string())),
    }
}

/// Whether it is a secret that was given.
fn is_secret(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.contains_key("value")
}

impl Page {
    /// The page with a form that was not taken.
    pub fn again(mut self, notice: Notice, blocks: Vec<Block>) -> super::answer::Reply {
        self.notices.push(notice);
        self.blocks.extend(blocks);
        super::answer::Reply::Again(Box::new(self))
    }
}
