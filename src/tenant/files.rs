//! `files:DIR`: a folder in which every `*.toml` is one tenant.
//!
//! Owns reading the folder as a whole: either every file is good, or nothing is taken. The form of
//! a file is `file`'s.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
};

use tunnus_sdk::SettingsError;

use super::{
    file::{self, Judge},
    model::{App, Tenant},
    set::TenantSet,
    stamps::Stamps,
};
use crate::{
    config::{Document, Fault, Faults, Place, References},
    providers::Providers,
};

/// The largest file of a tenant, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A folder of tenants.
#[derive(Clone)]
pub struct Folder {
    dir: PathBuf,
    providers: Providers,
    references: References,
}

/// What was read, with the state of every file that it depends on.
pub(super) struct Reading {
    pub(super) result: Result<TenantSet, Faults>,
    pub(super) stamps: Stamps,
}

/// The tenants read so far, and their faults.
#[derive(Default)]
struct Collected {
    tenants: BTreeMap<String, Tenant>,
    faults: Vec<Fault>,
    stamps: Stamps,
}

impl Folder {
    /// The tenants of `dir`; their connections use `providers`, their secrets lie in `references`.
    #[must_use]
    pub const fn new(dir: PathBuf, providers: Providers, references: References) -> Self {
        Self { dir, providers, references }
    }

    /// Reads every file.
    ///
    /// # Errors
    /// All faults of all files, each with its line.
    pub fn load(&self) -> Result<TenantSet, Faults> {
        self.read(&TenantSet::default()).result
    }

    /// Reads every file; a tenant of `known` must have kept its subject key.
    pub(super) fn read(&self, known: &TenantSet) -> Reading {
        let mut collected = Collected::default();
        collected.stamps.look(&self.dir);
        match self.files() {
            Ok(files) => {
                for path in files {
                    collected.stamps.look(&path);
                    self.read_file(&path, known, &mut collected);
                }
            }
            Err(error) => {
                let message = format!("the folder of tenants cannot be read: {}", error.kind());
                collected.faults.push(Fault::file(&self.dir, None, message));
            }
        }
        let Collected { tenants, faults, stamps } = collected;
        Reading { result: Faults::or(faults, Some(tenants.into_values().collect())), stamps }
    }

    /// The files of tenants, by name. Hidden files are not.
    fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }

    fn read_file(&self, path: &Path, known: &TenantSet, collected: &mut Collected) {
        let document = match parse(path) {
            Ok(document) => document,
            Err(fault) => return collected.faults.push(fault),
        };
        let mut judge = Judge::new(&self.providers, &self.references);
        let tenant = file::resolve(document.value(), &mut judge);
        if let Some(tenant) = &tenant {
            if collected.tenants.contains_key(&tenant.id) {
                judge.fault("/tenant/id", format!("another file has the tenant `{}`", tenant.id));
            }
            let before = known.tenant(&tenant.id);
            if before.is_some_and(|before| before.subject_key != tenant.subject_key) {
                judge.fault(
                    "/keys/subject",
                    "a subject key never changes: everybody would be somebody else to the apps",
                );
            }
        }
        let (faults, stamps) = judge.into_findings();
        collected.faults.extend(placed(&faults, path, &document));
        collected.stamps.extend(stamps);
        if let Some(tenant) = tenant {
            collected.tenants.entry(tenant.id.clone()).or_insert(tenant);
        }
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// Reads the apps of a file that need have no other part of a tenant: for the sandbox, whose
/// connections they may all use.
///
/// # Errors
/// All faults, each with its line.
pub fn load_apps(path: &Path, providers: &Providers, references: &References) -> Result<Vec<App>, Faults> {
    let document = parse(path).map_err(Faults::from)?;
    let mut judge = Judge::new(providers, references);
    let apps = file::apps(document.value(), &mut judge);
    let (faults, _) = judge.into_findings();
    Faults::or(placed(&faults, path, &document).collect(), Some(apps))
}

/// Faults of a file with their lines.
fn placed(faults: &[SettingsError], path: &Path, document: &Document) -> impl Iterator<Item = Fault> {
    let place = |pointer: &str| Place::File { path: path.to_owned(), line: document.line(pointer) };
    let faults: Vec<_> =
        faults.iter().map(|fault| Fault::at(place(&fault.pointer), &fault.pointer, &fault.message)).collect();
    faults.into_iter()
}

fn parse(path: &Path) -> Result<Document, Fault> {
    let unreadable =
        |error: std::io::Error| Fault::file(path, None, format!("cannot be read: {}", error.kind()));
    let mut text = String::new();
    fs::File::open(path)
        .map_err(unreadable)?
        .take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LARGEST) {
        return Err(Fault::file(path, None, "a tenant's file has at most 1 MiB"));
    }
    Document::parse(&text).map_err(|error| Fault::file(path, error.line, error.to_string()))
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
