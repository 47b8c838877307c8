use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn references(dir: &Path) -> References {
    let variables =
        [("TUNNUS_SECRET_SHOP", "from the environment"), ("TUNNUS_SECRETS__DIR", "x"), ("PATH", "/bin")];
    References::new(dir.to_owned(), Arc::new(variables.into_iter().collect()))
}

fn folder() -> (TempDir, References) {
    let root = TempDir::new().unwrap();
    let dir = root.path().join("secrets");
    fs::create_dir_all(dir.join("acme")).unwrap();
    fs::write(dir.join("plain"), "secret\r\n").unwrap();
    fs::write(dir.join("acme/key"), "deeper\n\n").unwrap();
    fs::write(dir.join("empty"), "\n").unwrap();
    fs::write(dir.join("binary"), [0xff, 0xfe]).unwrap();
    fs::write(dir.join("large"), vec![b'x'; 64 * 1024 + 1]).unwrap();
    fs::write(root.path().join("outside"), "outside").unwrap();
    symlink(root.path().join("outside"), dir.join("out")).unwrap();
    symlink("acme/key", dir.join("in")).unwrap();
    let references = references(&dir);
    (root, references)
}

fn file(name: &str) -> Reference {
    Reference::File(name.to_owned())
}

#[test]
fn a_secret_is_found_in_a_file_or_a_variable() {
    let (_root, references) = folder();
    for (reference, expected) in [
        (file("plain"), "secret"),
        (file("acme/key"), "deeper"),
        (file("in"), "deeper"),
        (Reference::Env("TUNNUS_SECRET_SHOP".to_owned()), "from the environment"),
    ] {
        assert_eq!(references.resolve(&reference).unwrap().expose_str(), expected, "{reference:?}");
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let (root, references) = folder();
    let absolute = root.path().join("outside");
    for name in
        ["../outside", "acme/../../outside", "out", absolute.to_str().unwrap(), "", "./plain", "acme/.."]
    {
        let error = references.resolve(&file(name)).unwrap_err();
        assert!(matches!(error, ReferenceError::Escapes(_)), "{name}: {error}");
    }
}

#[test]
fn a_tenant_reads_no_other_variable() {
    let (_root, references) = folder();
    for name in ["PATH", "TUNNUS_SECRETS__DIR", "TUNNUS_SECRET_", "TUNNUS_SECRET_a", ""] {
        let error = references.resolve(&Reference::Env(name.to_owned())).unwrap_err();
        assert_eq!(error, ReferenceError::VariableName, "{name}");
    }
}

#[test]
fn what_is_no_secret_is_named_without_its_content() {
    let (_root, references) = folder();
    let missing = references.dir().join("none");
    for (reference, expected) in [
        (file("none"), ReferenceError::FileMissing(missing)),
        (file("empty"), ReferenceError::Empty),
        (file("binary"), ReferenceError::NotText),
        (file("large"), ReferenceError::TooLarge),
        (
            Reference::Env("TUNNUS_SECRET_NONE".into()),
            ReferenceError::VariableMissing("TUNNUS_SECRET_NONE".into()),
        ),
        (Reference::Sealed("x".into()), ReferenceError::Misplaced),
        (Reference::Stored("x".into()), ReferenceError::Misplaced),
    ] {
        assert_eq!(references.resolve(&reference).unwrap_err(), expected, "{reference:?}");
    }
    assert!(matches!(references.resolve(&file("acme")), Err(ReferenceError::Unreadable(..))));
}
