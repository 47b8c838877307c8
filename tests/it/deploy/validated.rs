//! What is made for machines that are not here: judged by the validators that there are. The unit, the
//! manifests and the compose file are not run by these tests.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{path, read, run};

/// A path below `tests/interop`.
fn interop(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_unit_is_valid_and_shows_the_service_little_of_the_machine() {
    let folder = TempDir::new().unwrap();
    let unit = read("systemd/tunnus.service").replace("/usr/local/bin/tunnus", env!("CARGO_BIN_EXE_tunnus"));
    fs::write(folder.path().join("tunnus.service"), unit).unwrap();
    let said = run(folder.path(), "systemd-analyze", &["verify", "./tunnus.service"]);
    // A key that it does not know is a warning only. Other units of the machine are not ours.
    let said: Vec<_> = said.lines().filter(|line| line.contains("tunnus.service")).collect();
    assert_eq!(said, [""; 0], "systemd-analyze verify");
    // 20 stands for an exposure of 2.0 out of 10; what is left is the network.
    let judge = ["security", "--offline=true", "--threshold=20", "./tunnus.service"];
    run(folder.path(), "systemd-analyze", &judge);
}

#[test]
fn the_manifests_have_no_key_that_kubernetes_does_not_know() {
    let folder = path("kubernetes");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names.filter(|name| name != "kustomization.yaml").collect();
    let listed = read("kubernetes/kustomization.yaml");
    for name in names.iter().filter(|name| !name.contains("example")) {
        assert!(listed.contains(&format!("  - {name}\n")), "{name} is not in kustomization.yaml");
    }
    let arguments: Vec<_> = ["--strict"].into_iter().chain(names.iter().map(String::as_str)).collect();
    run(&folder, &interop(".venv/bin/kubernetes-validate"), &arguments);
}

#[test]
fn the_compose_file_is_understood_and_names_files_that_are_there() {
    let folder = path("compose");
    run(&folder, "docker-compose", &["--file", "compose.yaml", "config", "--quiet"]);
    let text = read("compose/compose.yaml");
    let mounted = text.lines().filter_map(|line| line.trim().strip_prefix("- ."));
    let mounted: Vec<_> = mounted.map(|mount| format!(".{}", mount.split(':').next().unwrap())).collect();
    assert!(mounted.len() > 4, "{mounted:?}");
    for file in mounted {
        assert!(folder.join(&file).exists(), "{file}");
    }
}

#[test]
fn the_image_is_built_without_simulators_and_runs_without_rights() {
    let containerfile = path("Containerfile");
    let lint = ["lint", containerfile.to_str().unwrap()];
    run(&path("."), &interop("node_modules/.bin/dockerfile-utils"), &lint);
    let text = read("Containerfile");
    let last = text.rsplit_once("\nFROM ").unwrap().1;
    assert!(text.contains("cargo build --locked --release --no-default-features"));
    assert!(last.contains("\nUSER 65532:65532\n") && !last.contains("\nRUN "), "{last}");
}
