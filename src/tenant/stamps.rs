//! Whether files have changed since they were looked at.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// When a file was last written and how long it is; none where there is no file.
type Stamp = Option<(SystemTime, u64)>;

/// Files as they were when they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps(BTreeMap<PathBuf, Stamp>);

impl Stamps {
    /// Looks at a file, unless that was done before: what was read after the first look counts.
    pub fn look(&mut self, path: &Path) {
        if !self.0.contains_key(path) {
            self.0.insert(path.to_owned(), stamp(path));
        }
    }

    /// Takes in what others have looked at.
    pub fn extend(&mut self, others: Self) {
        for (path, stamp) in others.0 {
            self.0.entry(path).or_insert(stamp);
        }
    }

    /// Whether any of the files is no longer as it was.
    #[must_use]
    pub fn have_changed(&self) -> bool {
        self.0.iter().any(|(path, seen)| stamp(path) != *seen)
    }
}

/// Follows links: Kubernetes exchanges a whole folder by one.
fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
