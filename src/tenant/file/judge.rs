//! Collects the faults of one tenant's file, and resolves its references on the way.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tunnus_sdk::{Hidden, SettingsError};

use super::{super::stamps::Stamps, make::Make};
use crate::{
    config::{Misfits, Reference, ReferenceError, References},
    providers::Providers,
};

/// What is needed to judge a file, and what was found.
pub struct Judge<'a> {
    /// The providers that a connection may name.
    pub providers: &'a Providers,
    /// Where references lead to.
    pub references: &'a References,
    /// The tenant's id, for the names of files in remedies.
    tenant: String,
    faults: Vec<SettingsError>,
    /// What does not fit the form: what follows from it is not told.
    misfits: Misfits,
    /// The files that references led to, as they were before they were read.
    stamps: Stamps,
}

impl<'a> Judge<'a> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(providers: &'a Providers, references: &'a References) -> Self {
        Self {
            providers,
            references,
            tenant: "TENANT".to_owned(),
            faults: Vec::new(),
            misfits: Misfits::default(),
            stamps: Stamps::default(),
        }
    }

    /// Takes the tenant's id into remedies, where it is one.
    pub fn name_tenant(&mut self, id: &str) {
        if !id.is_empty() && !self.misfits.explain("/tenant/id") {
            id.clone_into(&mut self.tenant);
        }
    }

    /// Notes a fault, unless it follows from one of form.
    pub fn fault(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        let pointer = pointer.into();
        if !self.misfits.explain(&pointer) {
            self.faults.push(SettingsError::new(pointer, message));
        }
    }

    /// Notes faults whose pointers are relative to `pointer`.
    pub fn faults_below(&mut self, pointer: &str, faults: Vec<SettingsError>) {
        let absolute =
            |fault: SettingsError| SettingsError::new(format!("{pointer}{}", fault.pointer), fault.message);
        self.faults.extend(faults.into_iter().map(absolute));
    }

    /// Notes what does not fit the form, found before any other fault.
    pub fn misfits(&mut self, misfits: Misfits) {
        self.faults = to_faults(&misfits);
        self.misfits = misfits;
    }

    /// `file` with misspelt keys put right.
    #[must_use]
    pub fn mend(&self, file: &Value) -> Value {
        self.misfits.mend(file)
    }

    /// Whether there is no fault.
    #[must_use]
    pub const fn is_content(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults, and the files that references led to.
    #[must_use]
    pub fn into_findings(self) -> (Vec<SettingsError>, Stamps) {
        (self.faults, self.stamps)
    }

    /// What can be read of the part of a mended `file` at `pointer`; none where it is missing.
    pub fn part<T: DeserializeOwned>(&mut self, file: &Value, pointer: &str) -> Option<T> {
        file.pointer(pointer)?;
        match self.misfits.read(file, pointer) {
            Ok(part) => Some(part),
            Err(error) => {
                self.fault(pointer, error.to_string());
                None
            }
        }
    }

    /// The parts of a list that can be read, with their pointers.
    pub fn parts<T: DeserializeOwned>(&mut self, file: &Value, list: &str) -> Vec<(String, T)> {
        let count = file.get(list).and_then(Value::as_array).map_or(0, Vec::len);
        let pointers = (0..count).map(|index| format!("/{list}/{index}"));
        pointers.filter_map(|pointer| self.part(file, &pointer).map(|part| (pointer, part))).collect()
    }

    /// The secret that `reference` leads to. Where its file is missing and `tunnus keys` can make it,
    /// the fault says the line.
    pub fn secret(
        &mut self,
        pointer: &str,
        reference: &Reference,
        make: Option<Make>,
    ) -> Option<Hidden<String>> {
        let path = self.references.path(reference);
        if let Some(path) = &path {
            self.stamps.look(path);
        }
        match self.references.resolve(reference) {
            Ok(secret) => Some(secret),
            Err(error) => {
                let missing = matches!(error, ReferenceError::FileMissing(_));
                let remedy = make.zip(path).filter(|_| missing).map(|(make, path)| make.line(&path));
                let remedy = remedy.map(|line| format!("; make it with `{line}`")).unwrap_or_default();
                self.fault(pointer, format!("{error}{remedy}"));
                None
            }
        }
    }

    /// The secrets of a list, with their places in it.
    pub fn secrets(
        &mut self,
        pointer: &str,
        references: &[Reference],
        make: Option<Make>,
    ) -> Vec<(String, Hidden<String>)> {
        let places = references.iter().enumerate().map(|(index, one)| (format!("{pointer}/{index}"), one));
        places
            .filter_map(|(place, one)| self.secret(&place, one, make).map(|secret| (place, secret)))
            .collect()
    }

    /// The line that makes what is missing altogether, and how to name it afterwards under `key`.
    #[must_use]
    pub fn remedy(&self, make: Make, key: &str, name: &str) -> String {
        let name = format!("{}-{name}", self.tenant);
        let line = make.line(&self.references.dir().join(&name));
        let (before, after) = if make == Make::Subject { ("", "") } else { ("[", "]") };
        format!("make it with `{line}` and name it: `{key} = {before}{{ file = \"{name}\" }}{after}`")
    }
}

/// Misfits as faults of settings.
pub fn to_faults(misfits: &Misfits) -> Vec<SettingsError> {
    misfits.iter().map(|misfit| SettingsError::new(&misfit.pointer, &misfit.message)).collect()
}
