//! The sealed values of a folder of tenant files, moved to a new master key.
//!
//! A file is written anew as it was, but for these values: comments and order stay. Nothing is
//! written where one value does not open.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    file::secrets::Ids,
    files::{Parsed, parse_both},
};
use crate::{
    config::{Fault, Faults, Place as At, below},
    vault::Vault,
};

/// Seals every `{ sealed = "…" }` under the active master key; how many were not already.
///
/// # Errors
/// What cannot be read or opened, each with its line.
pub fn rewrap(dir: &Path, vault: &Vault) -> Result<usize, Faults> {
    let (files, mut faults) = parse_both(dir);
    let mut rewritten = Vec::new();
    for file in &files {
        match rewrap_file(file, vault) {
            Ok(exchanges) => rewritten.push((file, exchanges)),
            Err(found) => faults.extend(found),
        }
    }
    Faults::or(faults, Some(()))?;
    let mut count = 0;
    for (file, exchanges) in rewritten.iter().filter(|(_, exchanges)| !exchanges.is_empty()) {
        let written = write(&file.path, exchanges);
        written
            .map_err(|error| Fault::file(&file.path, None, format!("cannot be written: {}", error.kind())))?;
        count += exchanges.len();
    }
    Ok(count)
}

/// The old and the new form of each value that is to be exchanged.
fn rewrap_file(file: &Parsed, vault: &Vault) -> Result<Vec<(String, String)>, Vec<Fault>> {
    let ids = Ids::of(file.document.value());
    let (mut exchanges, mut faults) = (Vec::new(), Vec::new());
    let mut found = Vec::new();
    find(file.document.value(), "", &mut found);
    for (pointer, sealed) in found {
        match vault.rewrap(&ids.place(&pointer), sealed) {
            Ok(Some(new)) => exchanges.push((sealed.to_owned(), new)),
            Ok(None) => {}
            Err(error) => {
                let place = At::File { path: file.path.clone(), line: file.document.line(&pointer) };
                faults.push(Fault::at(place, &pointer, error.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(exchanges) } else { Err(faults) }
}

/// The sealed values below `pointer`, with their places.
fn find<'a>(value: &'a Value, pointer: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(members) => {
            if let (1, Some(Value::String(sealed))) = (members.len(), members.get("sealed")) {
                found.push((pointer.to_owned(), sealed));
            }
            members.iter().for_each(|(name, value)| find(value, &below(pointer, name), found));
        }
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(index, value)| find(value, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

/// Writes beside the file first: a broker that looks finds the one or the other, whole.
fn write(path: &Path, exchanges: &[(String, String)]) -> io::Result<()> {
    let mut text = fs::read_to_string(path)?;
    for (old, new) in exchanges {
        text = text.replace(old, new);
    }
    let beside: PathBuf = path.with_extension("toml.new");
    let mut file = fs::File::create(&beside)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}
