use std::os::unix::fs::PermissionsExt;

use clap::Parser;
use tempfile::TempDir;
use tunnus_sdk::SigningAlgorithm;

use super::*;
use crate::config::MasterKey;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What `tunnus keys` with these arguments does.
fn keys(arguments: &str) -> Result<String, String> {
    let line = Line::try_parse_from(["keys"].into_iter().chain(arguments.split(' ')))
        .map_err(|error| error.to_string())?;
    match line.command {
        Command::Generate(Generate { out: Some(out), kind, usage, .. }) => {
            generate(&out, (kind, usage), &Ambient::system()).map(|()| String::new())
        }
        Command::Public(Public { file: Some(file), format, .. }) => public(&file, format),
        other => panic!("{other:?} is about the store"),
    }
    .map_err(|error| error.to_string())
}

fn made(dir: &TempDir, kind: &str) -> (PathBuf, Hidden<String>) {
    let path = dir.path().join("new/folder").join(kind.replace(' ', ""));
    keys(&format!("generate --kind {kind} --out {}", path.display())).unwrap();
    let text = Hidden::new(fs::read_to_string(&path).unwrap());
    (path, text)
}

#[test]
fn every_kind_is_made_and_can_be_used() {
    let dir = TempDir::new().unwrap();
    let (_, rsa) = made(&dir, "rsa2048");
    assert!(SigningKey::parse(&rsa).unwrap().supports(SigningAlgorithm::RS256));
    let (_, p256) = made(&dir, "p256 --use sig");
    assert!(SigningKey::parse(&p256).unwrap().supports(SigningAlgorithm::ES256));
    let (_, encryption) = made(&dir, "rsa2048 --use enc");
    assert!(DecryptionKey::parse(&encryption).is_ok() && SigningKey::parse(&encryption).is_err());
    let (_, master) = made(&dir, "master");
    assert!(MasterKey::parse("1", master.expose_str().trim()).is_ok());
    let (_, subject) = made(&dir, "subject");
    assert_eq!(STANDARD.decode(subject.expose_str().trim()).unwrap().len(), 32);
    let (_, secret) = made(&dir, "secret");
    assert_eq!(secret.expose_str().trim().len(), 43);
}

#[test]
fn only_the_owner_can_read_it() {
    let dir = TempDir::new().unwrap();
    let (path, _) = made(&dir, "secret");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("key");
    fs::write(&path, "precious").unwrap();
    let line = format!("generate --kind secret --out {}", path.display());
    assert_eq!(keys(&line).unwrap_err(), format!("{} is there already and is left alone", path.display()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    assert!(matches!(write(&path, "other"), Err(KeysError::Exists(_))), "also where it came in between");
}

#[test]
fn a_p256_key_does_not_decrypt() {
    let line = "generate --kind p256 --use enc --out /nowhere/key";
    assert_eq!(keys(line).unwrap_err(), "a P-256 key signs; for decryption make an RSA key");
}

#[test]
fn the_public_part_is_shown_and_nothing_of_the_private_one() {
    let dir = TempDir::new().unwrap();
    for kind in ["rsa2048", "rsa2048 --use enc", "p256"] {
        let (path, private) = made(&dir, kind);
        let private: Value = serde_json::from_str(private.expose_str()).unwrap();
        for format in ["jwk", "jwks", "pem"] {
            let shown = keys(&format!("public {} --format {format}", path.display())).unwrap();
            for member in ["d", "p", "q", "dp", "dq", "qi"] {
                let secret = private[member].as_str().unwrap_or("PRIVATE KEY");
                assert!(!shown.contains(secret), "{kind} {format} {member}");
            }
            match format {
                "pem" => assert!(shown.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{shown}"),
                "jwk" => assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["kid"], private["kid"]),
                _ => assert_eq!(
                    serde_json::from_str::<Value>(&shown).unwrap()["keys"][0]["use"],
                    private["use"]
                ),
            }
        }
    }
}

#[test]
fn what_is_no_private_key_is_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("junk");
    fs::write(&path, "junk").unwrap();
    let told = keys(&format!("public {}", path.display())).unwrap_err();
    assert_eq!(told, format!("{} holds no private key that can be used", path.display()));
    assert!(keys("public /nowhere/key").unwrap_err().ends_with("cannot be read"));
}

#[test]
fn the_lines_in_remedies_are_lines_that_work() {
    use crate::tenant::Make;
    let dir = TempDir::new().unwrap();
    for (index, make) in [
        Make::Signing(SigningAlgorithm::RS256),
        Make::Signing(SigningAlgorithm::PS256),
        Make::Signing(SigningAlgorithm::ES256),
        Make::Decryption,
        Make::Subject,
    ]
    .into_iter()
    .enumerate()
    {
        let out = dir.path().join(index.to_string());
        let line = make.line(&out);
        keys(line.strip_prefix("tunnus keys ").unwrap()).unwrap();
        let text = Hidden::new(fs::read_to_string(&out).unwrap());
        match make {
            Make::Signing(algorithm) => assert!(SigningKey::parse(&text).unwrap().supports(algorithm)),
            Make::Decryption => assert!(DecryptionKey::parse(&text).is_ok()),
            Make::Subject => assert!(STANDARD.decode(text.expose_str().trim()).is_ok()),
        }
    }
}
