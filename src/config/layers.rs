//! The layers of settings and where each value came from.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use figment::{Figment, providers::Serialized, value::Value as Parsed};
use serde_json::Value;
use tunnus_sdk::Hidden;

use super::{
    Document, Environment, Fault, MasterKey, Misfit, Misfits, Place, Reference, References, Secrets, Section,
    Settings, Shape, TextOrReference, ancestors, environment::variable,
};

/// The one key whose value in the environment has a form of its own.
const MASTER_KEYS: &str = "/secrets/master_keys";

/// The address of a store.
pub trait Address: FromStr<Err = &'static str> {
    /// Whether a password stands in it.
    fn has_password(&self) -> bool;
}

/// The merged settings, their origins, and the faults found so far.
pub struct Layers {
    merged: Value,
    file: Option<(PathBuf, Document)>,
    /// The variables that set something, by the pointer of the key.
    variables: BTreeMap<String, String>,
    environment: Arc<Environment>,
    faults: Vec<Fault>,
    /// What does not fit the schema.
    misfits: Misfits,
    /// The pointers of every setting there is.
    known: Vec<String>,
}

impl Layers {
    /// Reads and merges the layers, and judges their shape.
    ///
    /// # Errors
    /// Where the file is missing or no TOML: nothing can be said of the rest then.
    pub fn read(file: Option<&Path>, environment: Arc<Environment>) -> Result<Self, Fault> {
        let file = file.map(|path| Ok::<_, Fault>((path.to_owned(), read(path)?))).transpose()?;
        let given: Vec<_> =
            environment.settings().map(|(at, name, value)| (at, name.to_owned(), value.clone())).collect();
        let variables = given.iter().map(|(pointer, name, _)| (pointer.clone(), name.clone())).collect();
        let mut figment = Figment::from(Serialized::defaults(Settings::default()));
        if let Some((_, document)) = &file {
            figment = figment.merge(Serialized::defaults(document.value()));
        }
        for (pointer, _, text) in given.iter().filter(|(pointer, ..)| pointer != MASTER_KEYS) {
            // Figment's own way to read a variable's text; it takes what it does not know as a text.
            let Ok(value) = text.expose_str().parse::<Parsed>();
            figment = figment.merge(Serialized::default(&key_path(pointer), value));
        }
        let merged = figment.extract::<Value>().map_err(|_| whole_file(file.as_ref()))?;
        let mut layers = Self {
            merged,
            file,
            variables,
            environment,
            faults: Vec::new(),
            misfits: Misfits::default(),
            known: known(),
        };
        layers.judge_shape();
        layers.judge_names();
        Ok(layers)
    }

    /// The faults found.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// One section, checked. Where something does not fit, what can be read of it.
    pub fn section<S: Section>(&mut self) -> Option<S> {
        let pointer = format!("/{}", S::NAME);
        match self.misfits.read::<S>(&self.merged, &pointer) {
            Ok(section) => {
                // A default in place of a misfit would break rules that nobody has broken.
                let whole = !self.misfits.iter().any(|misfit| self.is_in(&pointer, misfit));
                for fault in section.check().iter().filter(|_| whole) {
                    self.fault(&format!("{pointer}{}", fault.pointer), &fault.message);
                }
                Some(section)
            }
            Err(error) => {
                self.fault(&pointer, &error.to_string());
                None
            }
        }
    }

    /// Where references lead to.
    pub fn references(&self, dir: PathBuf) -> References {
        References::new(dir, Arc::clone(&self.environment))
    }

    /// The master keys: from the environment where it names them, else from the file's references.
    pub fn master_keys(&mut self, secrets: &Secrets, references: &References) -> Option<Vec<MasterKey>> {
        let environment = Arc::clone(&self.environment);
        if let Some(text) = environment.get(&variable(MASTER_KEYS)) {
            return match MasterKey::parse_list(text.expose_str()) {
                Ok(keys) => Some(keys),
                Err(faults) => {
                    for (index, message) in faults {
                        self.fault(&format!("{MASTER_KEYS}/{index}"), message);
                    }
                    None
                }
            };
        }
        if secrets.master_keys.is_empty() {
            self.fault(MASTER_KEYS, &no_master_key(references.dir()));
        }
        let mut keys = Vec::new();
        for (index, entry) in secrets.master_keys.iter().enumerate() {
            let key = references.resolve(&entry.key).map_err(|error| error.to_string());
            match key.and_then(|key| MasterKey::parse(&entry.id, key.expose_str()).map_err(str::to_owned)) {
                Ok(key) => keys.push(key),
                Err(message) => self.fault(&format!("{MASTER_KEYS}/{index}/key"), &message),
            }
        }
        (!keys.is_empty() && keys.len() == secrets.master_keys.len()).then_some(keys)
    }

    /// The address that the key at `pointer` holds. A password may stand in the environment, but not
    /// in the file.
    pub fn address<A: Address>(
        &mut self,
        pointer: &str,
        url: &TextOrReference,
        references: &References,
    ) -> Option<A> {
        let text = match url {
            TextOrReference::Text(text) => Ok(text.clone()),
            TextOrReference::Reference(reference) => {
                references.resolve(reference).map_err(|error| error.to_string())
            }
        };
        let parsed = text.and_then(|text| text.expose_str().parse::<A>().map_err(str::to_owned));
        match parsed {
            Ok(parsed) => {
                let plain = matches!(url, TextOrReference::Text(_)) && parsed.has_password();
                if plain && !matches!(self.place(pointer), Place::Variable(_)) {
                    let message = r#"a URL with a password is a secret: { env = "TUNNUS_SECRET_…" } or { file = "NAME" }"#;
                    self.fault(pointer, message);
                    return None;
                }
                Some(parsed)
            }
            Err(message) => {
                self.fault(pointer, &message);
                None
            }
        }
    }

    /// The secret that the key at `pointer` refers to, where `check` has nothing against it.
    pub fn secret(
        &mut self,
        pointer: &str,
        reference: &Reference,
        references: &References,
        check: impl FnOnce(&Hidden<String>) -> Result<(), String>,
    ) -> Option<Hidden<String>> {
        let secret = references.resolve(reference).map_err(|error| error.to_string());
        match secret.and_then(|secret| check(&secret).map(|()| secret)) {
            Ok(secret) => Some(secret),
            Err(message) => {
                self.fault(pointer, &message);
                None
            }
        }
    }

    fn judge_shape(&mut self) {
        let misfits = match Shape::of::<Settings>() {
            Ok(shape) => shape.misfits(&self.merged),
            Err(error) => Misfits::new(vec![Misfit::wrong("", error.to_string())]),
        };
        for misfit in misfits.iter() {
            self.fault(&misfit.pointer, &misfit.message);
        }
        self.merged = misfits.mend(&self.merged);
        self.misfits = misfits;
    }

    /// Names the variables that would be overlooked for want of an underscore.
    fn judge_names(&mut self) {
        for (pointer, name) in self.environment.slips(&self.known) {
            let message = format!("is not read: the setting's variable is {}", variable(pointer));
            self.faults.push(Fault::at(Place::Variable(name.to_owned()), "", message));
        }
    }

    /// Whether `misfit` concerns a setting of this section.
    fn is_in(&self, section: &str, misfit: &Misfit) -> bool {
        let meant = misfit.meant();
        let pointer = meant.as_deref().unwrap_or(&misfit.pointer);
        ancestors(pointer).any(|outer| outer == section) && self.is_setting(pointer)
    }

    /// Whether `pointer` is a setting or lies within one.
    fn is_setting(&self, pointer: &str) -> bool {
        ancestors(pointer).any(|outer| self.known.iter().any(|known| known == outer))
    }

    /// Notes a fault, unless it follows from one of form.
    pub fn fault(&mut self, pointer: &str, message: &str) {
        if !self.misfits.explain(pointer) {
            let fault = Fault::at(self.place(pointer), pointer, message);
            self.faults.push(fault);
        }
    }

    /// Where the value at `pointer`, or the nearest thing around it, was given.
    fn place(&self, pointer: &str) -> Place {
        if let Some(name) = ancestors(pointer).find_map(|pointer| self.variables.get(pointer)) {
            return Place::Variable(name.clone());
        }
        // A variable for something within what is a plain value: `TUNNUS_SERVER__LISTEN__PORT`.
        let within = |at: &str| at.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
        let deeper = self.variables.iter().find(|(at, _)| self.is_setting(pointer) && within(at));
        match (&self.file, deeper) {
            (_, Some((_, name))) => Place::Variable(name.clone()),
            (Some((path, document)), None) => {
                Place::File { path: path.clone(), line: document.line(pointer) }
            }
            (None, None) => Place::Defaults,
        }
    }
}

/// The settings that have no default.
const WITHOUT_DEFAULT: [&str; 3] = ["/server/admin_listen", "/server/admin_url", "/admin/oidc"];

/// The pointers of every setting, `/section/key`.
fn known() -> Vec<String> {
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let sections = defaults.as_object().into_iter().flatten();
    let keys = sections.flat_map(|(section, keys)| {
        keys.as_object()
            .into_iter()
            .flat_map(move |keys| keys.keys().map(move |key| format!("/{section}/{key}")))
    });
    keys.chain(WITHOUT_DEFAULT.map(str::to_owned)).collect()
}

/// `/server/listen` as figment writes it: `server.listen`.
fn key_path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn read(path: &Path) -> Result<Document, Fault> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            kind => format!("cannot be read: {kind}"),
        };
        Fault::file(path, None, message)
    })?;
    Document::parse(&text).map_err(|error| Fault::file(path, error.line, error.to_string()))
}

fn whole_file(file: Option<&(PathBuf, Document)>) -> Fault {
    let place = file.map_or(Place::Defaults, |(path, _)| Place::File { path: path.clone(), line: None });
    Fault::at(place, "", "the settings cannot be merged")
}

fn no_master_key(dir: &Path) -> String {
    format!(
        "there is no master key: make one with `tunnus keys generate --kind master --out {}` and set \
         `master_keys = [{{ id = \"1\", key = {{ file = \"master-1\" }} }}]` under [secrets]",
        dir.join("master-1").display()
    )
}
