//! Collects the faults of one tenant's file, and resolves its references on the way.

use std::{collections::BTreeSet, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tunnus_sdk::{Hidden, SettingsError};

use super::{
    super::stamps::Stamps,
    make::Make,
    no_such,
    secrets::{Ids, RingKey, Secrets},
};
use crate::{
    config::{Misfits, Reference, ReferenceError},
    keyring::{Key, State},
    providers::Providers,
    tenant::platform::Platform,
    vault::{Holder, Place},
};

/// A secret that was read on the way.
#[derive(Debug)]
pub struct Read {
    /// Where its reference stands.
    pub pointer: String,
    /// The reference.
    pub reference: Reference,
    /// Where it belongs.
    pub place: Place,
    /// The secret; of an app's secret that is stored, its hash.
    pub secret: Hidden<String>,
}

/// What is needed to judge a file, and what was found.
pub struct Judge<'a> {
    /// The providers that a connection may name.
    pub providers: &'a Providers,
    /// Where references lead to.
    pub secrets_of: &'a dyn Secrets,
    /// The platforms that a tenant may be of.
    platforms: &'a [Arc<Platform>],
    /// Whether what a platform has changed since is no fault of its tenants.
    tolerant: bool,
    /// What was no fault for that.
    lapsed: Vec<SettingsError>,
    /// The tenant's id, for the names of files in remedies.
    tenant: String,
    /// The ids of what the file holds.
    ids: Ids,
    /// The secrets read so far.
    read: Vec<Read>,
    faults: Vec<SettingsError>,
    /// What does not fit the form: what follows from it is not told.
    misfits: Misfits,
    /// The files that references led to, as they were before they were read.
    stamps: Stamps,
}

impl<'a> Judge<'a> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(providers: &'a Providers, secrets: &'a dyn Secrets) -> Self {
        Self {
            providers,
            secrets_of: secrets,
            platforms: &[],
            tolerant: false,
            lapsed: Vec::new(),
            ids: Ids::default(),
            read: Vec::new(),
            tenant: "TENANT".to_owned(),
            faults: Vec::new(),
            misfits: Misfits::default(),
            stamps: Stamps::default(),
        }
    }

    /// The same among these platforms.
    #[must_use]
    pub const fn among(mut self, platforms: &'a [Arc<Platform>]) -> Self {
        self.platforms = platforms;
        self
    }

    /// The same for what was good when it was written: an app that its platform has no more, or allows
    /// less by now, makes no tenant faulty. It is not there, or gets less.
    #[must_use]
    pub const fn tolerant(mut self, tolerant: bool) -> Self {
        self.tolerant = tolerant;
        self
    }

    /// Whether a tenant is judged that was good when it was written.
    #[must_use]
    pub const fn is_tolerant(&self) -> bool {
        self.tolerant
    }

    /// The platform that the tenant names.
    pub fn platform(&mut self, id: &str) -> Option<Arc<Platform>> {
        let platforms = self.platforms;
        let found = platforms.iter().find(|platform| platform.id == id);
        if found.is_none() {
            let known: BTreeSet<_> = platforms.iter().map(|platform| platform.id.clone()).collect();
            self.fault_of_platform("/tenant/platform", no_such("platform", id, &known));
        }
        found.cloned()
    }

    /// Notes a fault between a tenant and its platform.
    pub fn fault_of_platform(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        if self.tolerant {
            self.lapsed.push(SettingsError::new(pointer.into(), message));
        } else {
            self.fault(pointer, message);
        }
    }

    /// Takes note of what a mended file holds: its ids, for the places of secrets, and the tenant's
    /// for remedies, where it is one.
    pub fn get_to_know(&mut self, file: &Value) {
        self.ids = Ids::of(file);
        let id = file.pointer("/tenant/id").and_then(Value::as_str).unwrap_or_default();
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

    /// What was tolerated.
    #[must_use]
    pub fn take_lapsed(&mut self) -> Vec<SettingsError> {
        std::mem::take(&mut self.lapsed)
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

    /// The secrets that were read, in the order of reading.
    #[must_use]
    pub fn take_read(&mut self) -> Vec<Read> {
        std::mem::take(&mut self.read)
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
        let path = self.secrets_of.path(reference);
        if let Some(path) = &path {
            self.stamps.look(path);
        }
        let place = self.ids.place(pointer);
        match self.secrets_of.secret(&place, reference) {
            Ok(secret) => {
                let (pointer, reference) = (pointer.to_owned(), reference.clone());
                self.read.push(Read { pointer, reference, place, secret: secret.clone() });
                Some(secret)
            }
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

    /// The keys of a ring, those in use first, each with its private part where it is in use.
    pub fn ring(&mut self, holder: &Holder) -> Vec<(Key, Option<Hidden<String>>)> {
        let mut keys = self.secrets_of.ring(holder);
        keys.sort_by_key(|one| (one.key.state != State::Active, std::cmp::Reverse(one.key.made_at)));
        let mut opened = Vec::new();
        for RingKey { id, key, private } in keys {
            match private.transpose() {
                Ok(private) => opened.push((key, private)),
                Err(error) => self.fault("", format!("the key `{id}`: {error}")),
            }
        }
        opened
    }

    /// Whether keys that are missing are made by who keeps the tenant: then that is no fault.
    #[must_use]
    pub fn makes_keys(&self) -> bool {
        self.secrets_of.form().makes_keys()
    }

    /// How to make what is missing altogether: for an operator the line, and how to name it afterwards
    /// under `key`.
    #[must_use]
    pub fn remedy(&self, make: Make, key: &str, name: &str) -> String {
        let Some(dir) = self.secrets_of.dir() else {
            return format!("it is not set under `{key}`");
        };
        let name = format!("{}-{name}", self.tenant);
        let line = make.line(&dir.join(&name));
        let (before, after) = if make == Make::Subject { ("", "") } else { ("[", "]") };
        format!("make it with `{line}` and name it: `{key} = {before}{{ file = \"{name}\" }}{after}`")
    }
}

/// Misfits as faults of settings.
pub fn to_faults(misfits: &Misfits) -> Vec<SettingsError> {
    misfits.iter().map(|misfit| SettingsError::new(&misfit.pointer, &misfit.message)).collect()
}
