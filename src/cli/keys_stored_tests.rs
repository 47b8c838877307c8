use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

/// A tenant in a store of its own.
struct World {
    dir: TempDir,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let made = crate::run(
            ["tunnus", "init", "--dir", dir.path().join("t").to_str().unwrap(), "--tenant", "acme"]
                .map(Into::into),
            Providers::built_in(),
        );
        assert_eq!(made, ExitCode::SUCCESS);
        Self { dir }
    }

    /// What `tunnus keys` with these arguments says.
    async fn keys(&self, arguments: &str) -> Result<String, String> {
        let config = self.dir.path().join("t/tunnus.toml");
        let config = format!("--config {}", config.display());
        let all = format!("keys {arguments} {config}");
        let line = Line::try_parse_from(all.split_whitespace()).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        match done(line.command, Providers::built_in(), &mut out).await {
            Ok(()) => Ok(String::from_utf8(out).unwrap()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn list(&self) -> Vec<Value> {
        let list = self.keys("list --tenant acme --json").await.unwrap();
        list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap()
}

#[test]
fn dates_and_days_are_read_and_nothing_else() {
    assert_eq!(date("2026-11-21"), Ok(Timestamp(1_795_219_200)));
    assert_eq!(days("30d"), Ok(Duration::from_secs(30 * 86_400)));
    for nonsense in ["", "30", "d", "-1d", "2026-13-01", "21.11.2026"] {
        assert!(date(nonsense).is_err() && days(nonsense).is_err(), "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_key_lives_from_the_command_line() {
    let world = tokio::task::spawn_blocking(World::new).await.unwrap();
    let first = world.list().await;
    assert_eq!(first.len(), 2, "one of each kind is made with the tenant");
    let kid = first[0]["kid"].as_str().unwrap().to_owned();
    let new = world.keys(&format!("rotate --tenant acme --key {kid}")).await.unwrap();
    assert!(new.contains(" (the tenant) signing ") && new.contains(" created, "), "{new}");
    let refused = world.keys(&format!("rotate --tenant acme --key {kid}")).await.unwrap_err();
    assert!(refused.ends_with("is about to follow it already"), "{refused}");
    let shown = world.keys(&format!("public --tenant acme --key {} --format pem", word(&new))).await.unwrap();
    assert!(shown.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{shown}");
    let ended = world.keys(&format!("retire --tenant acme --key {}", word(&new))).await.unwrap();
    assert!(ended.contains(" retired, "), "{ended}");
    assert_eq!(
        world.keys("rotate --all --json").await.unwrap(),
        "",
        "a tenant's own keys are no connection's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_told() {
    let world = tokio::task::spawn_blocking(World::new).await.unwrap();
    for (arguments, told) in [
        ("generate --kind rsa2048", "--out <FILE>"),
        ("generate --kind subject --tenant acme", "rsa2048, rsa4096, p256"),
        ("generate --kind p256 --use enc --tenant acme", "a tenant's own keys sign"),
        ("generate --kind p256 --tenant acme --connection none", "no connection `none`"),
        ("list --tenant none", "no tenant `none`"),
        ("retire --tenant acme --key none", "no key `none`"),
        ("public --tenant acme", "--key <KEY>"),
        ("rotate --all --expiring soon", "as 30d"),
    ] {
        let error = world.keys(arguments).await.unwrap_err();
        assert!(error.contains(told), "{arguments}: {error}");
    }
}
