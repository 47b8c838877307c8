//! `files:DIR`: a folder in which every `*.toml` is one tenant, and every `platforms/*.toml` one platform.
//!
//! Owns reading the folder as a whole: either every file is good, or nothing is taken. The form of
//! a file is `file`'s.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;
use tunnus_sdk::SettingsError;

use super::{
    file::{self, Judge},
    model::{App, Tenant},
    platform::Platform,
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
    pub(super) providers: Providers,
    pub(super) references: References,
}

/// A file that is TOML, not judged further.
pub(super) struct Parsed {
    pub(super) path: PathBuf,
    pub(super) document: Document,
    /// The tenant's or the platform's id, where one can be read.
    pub(super) id: String,
}

/// What was read, with the state of every file that it depends on.
pub(super) struct Reading {
    pub(super) result: Result<TenantSet, Faults>,
    pub(super) stamps: Stamps,
}

/// What a file is of.
#[derive(Clone, Copy)]
enum Kind {
    Tenant,
    Platform,
}

/// Where the files of platforms are.
const PLATFORMS: &str = "platforms";

/// What was read so far, and its faults.
#[derive(Default)]
struct Collected {
    platforms: Vec<Arc<Platform>>,
    /// Whether a platform is faulty: then its tenants are not told that there is none.
    lacks_platforms: bool,
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
        self.read_platforms(&mut collected);
        match files_of(&self.dir) {
            Ok(files) => {
                for path in files {
                    collected.stamps.look(&path);
                    self.read_file(&path, known, &mut collected);
                }
            }
            Err(error) => collected.faults.push(unreadable(&self.dir, &error)),
        }
        let Collected { tenants, faults, stamps, .. } = collected;
        Reading { result: Faults::or(faults, Some(tenants.into_values().collect())), stamps }
    }

    /// The tenants as their files say it, by id, without judging them; what is no TOML is left out.
    #[must_use]
    pub fn documents(&self) -> BTreeMap<String, Value> {
        let parsed = self.parse().0.into_iter();
        parsed.map(|parsed| (parsed.id, parsed.document.value().clone())).collect()
    }

    /// Parses every file of a tenant, without judging it.
    pub(super) fn parse(&self) -> (Vec<Parsed>, Vec<Fault>) {
        parse_all(&self.dir, Kind::Tenant)
    }

    /// Parses every file of a platform, without judging it.
    pub(super) fn parse_platforms(&self) -> (Vec<Parsed>, Vec<Fault>) {
        parse_platforms(&self.dir)
    }

    fn read_platforms(&self, collected: &mut Collected) {
        let dir = self.dir.join(PLATFORMS);
        collected.stamps.look(&dir);
        for path in files_of(&dir).unwrap_or_default() {
            collected.stamps.look(&path);
        }
        let (files, mut faults) = self.parse_platforms();
        for file in files {
            let mut judge = Judge::new(&self.providers, &self.references);
            let platform = file::platform::resolve(file.document.value(), &mut judge);
            collected.platforms.extend(platform.map(Arc::new));
            let (found, stamps) = judge.into_findings();
            faults.extend(placed(&found, &file.path, &file.document));
            collected.stamps.extend(stamps);
        }
        collected.lacks_platforms = !faults.is_empty();
        collected.faults.append(&mut faults);
    }

    fn read_file(&self, path: &Path, known: &TenantSet, collected: &mut Collected) {
        let document = match parse(path) {
            Ok(document) => document,
            Err(fault) => return collected.faults.push(fault),
        };
        let mut judge = Judge::new(&self.providers, &self.references)
            .among(&collected.platforms)
            .tolerant(collected.lacks_platforms);
        let tenant = file::resolve(document.value(), &mut judge);
        if let Some(tenant) = &tenant {
            if collected.tenants.contains_key(&tenant.id) {
                judge.fault("/tenant/id", Kind::Tenant.doubled(&tenant.id));
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

/// Parses every file of a folder, of tenants and of platforms.
pub(super) fn parse_both(dir: &Path) -> (Vec<Parsed>, Vec<Fault>) {
    let (mut parsed, mut faults) = parse_all(dir, Kind::Tenant);
    let (platforms, found) = parse_platforms(dir);
    parsed.extend(platforms);
    faults.extend(found);
    (parsed, faults)
}

/// There need be no platforms, nor a folder for them.
fn parse_platforms(dir: &Path) -> (Vec<Parsed>, Vec<Fault>) {
    let dir = dir.join(PLATFORMS);
    if dir.exists() { parse_all(&dir, Kind::Platform) } else { (Vec::new(), Vec::new()) }
}

/// Parses every file of one kind; the faults are those of files that are no TOML, or the second of one.
fn parse_all(dir: &Path, kind: Kind) -> (Vec<Parsed>, Vec<Fault>) {
    let (mut parsed, mut faults) = (Vec::<Parsed>::new(), Vec::new());
    let pointer = kind.pointer();
    let files = files_of(dir).unwrap_or_else(|error| {
        faults.push(unreadable(dir, &error));
        Vec::new()
    });
    for path in files {
        let document = match parse(&path) {
            Ok(document) => document,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        let id = document.value().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if parsed.iter().any(|earlier| earlier.id == id && !id.is_empty()) {
            let place = Place::File { path: path.clone(), line: document.line(pointer) };
            faults.push(Fault::at(place, pointer, kind.doubled(&id)));
        }
        parsed.push(Parsed { path, document, id });
    }
    (parsed, faults)
}

fn unreadable(dir: &Path, error: &std::io::Error) -> Fault {
    Fault::file(dir, None, format!("the folder of tenants cannot be read: {}", error.kind()))
}

/// The files of tenants, by name. Hidden files are not.
fn files_of(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Kind {
    /// Where its id stands.
    const fn pointer(self) -> &'static str {
        match self {
            Self::Tenant => "/tenant/id",
            Self::Platform => "/platform/id",
        }
    }

    fn doubled(self, id: &str) -> String {
        match self {
            Self::Tenant => format!("another file has the tenant `{id}`"),
            Self::Platform => format!("another file has the platform `{id}`"),
        }
    }
}

/// Faults of a file with their lines.
pub(super) fn placed(
    faults: &[SettingsError],
    path: &Path,
    document: &Document,
) -> impl Iterator<Item = Fault> {
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
