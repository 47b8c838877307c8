//! A fault in what the operator wrote, with the place to mend.

use std::{
    error::Error,
    fmt,
    path::{Path, PathBuf},
};

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nowhere: the built-in default stands.
    Defaults,
    /// In a file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, from 1; none where the key is missing altogether.
        line: Option<usize>,
    },
    /// In an environment variable.
    Variable(String),
}

/// One fault. The text never holds the value: it may be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The key: `apps[0].redirect_uris[1]`; empty for the whole file.
    pub key: String,
    /// What is wrong and how it should be.
    pub message: String,
}

impl Fault {
    /// A fault of a whole file.
    pub fn file(path: &Path, line: Option<usize>, message: impl Into<String>) -> Self {
        let place = Place::File { path: path.to_owned(), line };
        Self { place, key: String::new(), message: message.into() }
    }

    /// A fault at a JSON pointer (RFC 6901) of what was given at `place`.
    pub fn at(place: Place, pointer: &str, message: impl Into<String>) -> Self {
        Self { place, key: key_of(pointer), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Defaults => {}
            Place::File { path, line: Some(line) } => write!(f, "{}:{line}: ", path.display())?,
            Place::File { path, line: None } => write!(f, "{}: ", path.display())?,
            Place::Variable(name) => write!(f, "{name}: ")?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// All the faults found, in the order of files and lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok(good)` where there are no faults, else all of them, sorted and each once.
    ///
    /// # Errors
    /// The faults, and also where there is neither a fault nor anything good.
    pub fn or<T>(mut faults: Vec<Fault>, good: Option<T>) -> Result<T, Self> {
        match good {
            Some(good) if faults.is_empty() => Ok(good),
            _ => {
                if faults.is_empty() {
                    faults.push(Fault::at(Place::Defaults, "", "the settings cannot be used"));
                }
                faults.sort();
                faults.dedup();
                Err(Self(faults))
            }
        }
    }

    /// Each fault.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl Error for Faults {}

/// `/apps/0/redirect_uris/1` as people write it: `apps[0].redirect_uris[1]`.
fn key_of(pointer: &str) -> String {
    let mut key = String::new();
    for segment in pointer.split('/').skip(1) {
        if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            key.push('[');
            key.push_str(segment);
            key.push(']');
        } else {
            if !key.is_empty() {
                key.push('.');
            }
            key.push_str(&segment.replace("~1", "/").replace("~0", "~"));
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_place_and_key() {
        let path = PathBuf::from("acme.toml");
        let place = Place::File { path: path.clone(), line: Some(7) };
        let fault = Fault::at(place, "/apps/0/redirect_uris/1", "no fragment");
        assert_eq!(fault.to_string(), "acme.toml:7: apps[0].redirect_uris[1]: no fragment");
        let fault = Fault::at(Place::Variable("TUNNUS_A__B".to_owned()), "/a/b~1c~0", "wrong");
        assert_eq!(fault.to_string(), "TUNNUS_A__B: a.b/c~: wrong");
        assert_eq!(Fault::at(Place::Defaults, "/a", "missing").to_string(), "a: missing");
        assert_eq!(Fault::file(&path, None, "not a file").to_string(), "acme.toml: not a file");
    }

    #[test]
    fn faults_are_sorted_by_line_and_none_of_them_is_lost() {
        let at = |line| Fault::file(Path::new("a"), Some(line), "x");
        let faults = Faults::or(vec![at(10), at(2), at(10)], Some(())).unwrap_err();
        assert_eq!(faults.to_string(), "a:2: x\na:10: x");
        assert_eq!(Faults::or(Vec::new(), Some(3)), Ok(3));
    }
}
