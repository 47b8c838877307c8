//! The settings that come with each way of running it, read as the broker reads them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;
use tunnus::config::{Config, Environment, FlowStoreUrl};

use super::{path, read, run};

/// The settings of one way, with the secrets of a folder.
fn load(settings: &str, secrets: &Path) -> Config {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("tunnus.toml");
    fs::write(&file, settings).unwrap();
    let environment = Environment::from_iter([("TUNNUS_SECRETS__DIR", secrets.to_str().unwrap())]);
    Config::load(Some(&file), Arc::new(environment)).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The settings among the Kubernetes manifests.
fn of_the_config_map() -> String {
    let text = read("kubernetes/configmap.yaml");
    let (_, settings) = text.split_once("tunnus.toml: |\n").unwrap();
    settings.lines().map(|line| line.strip_prefix("    ").unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Makes the secrets of the compose file, and gives where they are.
fn prepared(folder: &TempDir) -> PathBuf {
    let secrets = folder.path().join("secrets");
    run(folder.path(), path("compose/prepare").to_str().unwrap(), &[secrets.to_str().unwrap()]);
    secrets
}

/// The whole number behind `key`.
fn number(text: &str, key: &str) -> u32 {
    let rest = text.split_once(key).unwrap_or_else(|| panic!("no {key}")).1;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[test]
fn every_settings_file_is_whole_and_its_secrets_are_made() {
    let folder = TempDir::new().unwrap();
    let secrets = prepared(&folder);
    for settings in [read("compose/tunnus.toml"), read("systemd/tunnus.toml"), of_the_config_map()] {
        let config = load(&settings, &secrets);
        assert!(matches!(config.flow_store, FlowStoreUrl::Redis(_)), "{settings}");
        assert_eq!(config.master_keys.len(), 1);
    }
}

#[test]
fn secrets_are_made_once_of_chance_and_for_the_owner_alone() {
    let folder = TempDir::new().unwrap();
    let secrets = prepared(&folder);
    let mode = fs::metadata(&secrets).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    let master = fs::read_to_string(secrets.join("master_key")).unwrap();
    let again = Command::new(path("compose/prepare")).arg(&secrets).output().unwrap();
    assert!(!again.status.success());
    assert_eq!(
        fs::read_to_string(secrets.join("master_key")).unwrap(),
        master,
        "what is there is left alone"
    );
    let other = TempDir::new().unwrap();
    let others = prepared(&other);
    for entry in fs::read_dir(&secrets).unwrap() {
        let name = entry.unwrap().file_name();
        let [here, there] = [&secrets, &others].map(|dir| fs::read_to_string(dir.join(&name)).unwrap());
        assert!(here != there && here.len() > 30, "{name:?}");
    }
}

#[test]
fn whoever_stops_a_broker_waits_until_requests_in_flight_are_over() {
    // 20 seconds for requests in flight: SHUTDOWN_SECONDS of the server.
    let over = |settings: &str| 20 + drain(settings);
    let unit = number(&read("systemd/tunnus.service"), "TimeoutStopSec=");
    assert!(unit > over(&read("systemd/tunnus.toml")), "{unit}");
    let pod = number(&read("kubernetes/deployment.yaml"), "terminationGracePeriodSeconds: ");
    assert!(pod > over(&of_the_config_map()), "{pod}");
    let container = number(&read("compose/compose.yaml"), "stop_grace_period: ");
    assert!(container > over(&read("compose/tunnus.toml")), "{container}");
}

fn drain(settings: &str) -> u32 {
    let folder = TempDir::new().unwrap();
    load(settings, &prepared(&folder)).server.drain
}

#[test]
fn the_proxy_in_front_is_believed_and_nobody_else_is() {
    let folder = TempDir::new().unwrap();
    let secrets = prepared(&folder);
    let believed = |settings: &str| {
        let networks = load(settings, &secrets).server.trusted_proxies;
        move |address: &str| networks.iter().any(|network| network.contains(address.parse().unwrap()))
    };
    let compose = read("compose/compose.yaml");
    let (_, gateway) = compose.rsplit_once("gateway: ").expect("the published port's gateway");
    let gateway = gateway.split(' ').next().unwrap();
    for (settings, proxy, stranger) in [
        (read("compose/tunnus.toml"), gateway, "172.30.80.2"),
        (read("systemd/tunnus.toml"), "127.0.0.1", "192.0.2.1"),
        (of_the_config_map(), "10.244.3.7", "10.0.0.1"),
    ] {
        let is_believed = believed(&settings);
        assert!(is_believed(proxy) && !is_believed(stranger), "{settings}");
    }
}
