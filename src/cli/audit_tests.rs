use std::{fs, sync::Arc};

use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::{
    audit::{
        event::{Event, Kind},
        leader::Leader,
        records::COMPLETED,
    },
    config::Environment,
};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

struct World {
    dir: TempDir,
    config: Config,
}

impl World {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().display();
        let settings = format!(
            "[audit]\nurl = \"sqlite:{path}/audit.db\"\n[secrets]\ndir = \"{path}\"\nmaster_keys = [{{ id = \"1\", key = {{ file = \"master\" }} }}]\n"
        );
        fs::write(dir.path().join("tunnus.toml"), settings).unwrap();
        fs::write(dir.path().join("master"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let file = dir.path().join("tunnus.toml");
        let config = Config::load(Some(&file), Arc::new(Environment::default())).unwrap();
        Self { dir, config }
    }

    /// A login of acme, chained and signed.
    async fn login(&self) {
        let audit =
            Audit::open(&self.config.audit, self.config.vault.clone(), Ambient::system()).await.unwrap();
        let mut event = Event::new("acme", Kind::IdentificationFinished);
        event.body.trace_id = Some("4711".to_owned());
        event.body.connection = Some("ftn".to_owned());
        event.body.outcome = Some(COMPLETED.to_owned());
        event.personal.reference = Some("order 7".into());
        audit.record(event).await.unwrap();
        let mut leader = Leader::of(&audit, &Ambient::system(), self.config.retention).unwrap();
        assert_eq!(leader.look().await.unwrap().chained, 1);
    }

    async fn run(&self, line: &[&str]) -> Result<(ExitCode, String), String> {
        let settings = self.path("tunnus.toml");
        let line = ["audit"].iter().chain(line).copied().chain(["--config", settings.as_str()]);
        let line = Line::try_parse_from(line).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        let code = done(&line.command, &mut out).await.map_err(|error| error.to_string())?;
        Ok((code, String::from_utf8(out).unwrap()))
    }

    /// What a command prints that does its work.
    async fn told(&self, line: &[&str]) -> String {
        let (code, told) = self.run(line).await.unwrap();
        assert_eq!(code, ExitCode::SUCCESS, "{told}");
        told
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[tokio::test]
async fn a_trail_is_found_checked_and_counted() {
    let world = World::new();
    world.login().await;
    let found = world.told(&["find", "--tenant", "acme", "--reference", "order 7"]).await;
    assert!(
        found.contains("identification_finished") && found.contains("    reference: order 7\n"),
        "{found}"
    );
    assert_eq!(world.told(&["find", "--trace", "4711", "--json"]).await.lines().count(), 1);
    assert_eq!(world.run(&["find", "--trace", "4712"]).await.unwrap().0, ExitCode::FAILURE);
    assert_eq!(world.told(&["verify"]).await, "acme: sound; 1 events, signed up to 1\n");
    let month = Ambient::system().now().to_date().unwrap()[..7].to_owned();
    let usage = world.told(&["usage", "--month", &month]).await;
    assert_eq!(usage, "acme  ftn  -  1 completed  0 failed\n");
}

#[tokio::test]
async fn an_export_is_checked_without_settings_and_a_forged_one_found() {
    let world = World::new();
    world.login().await;
    let export = world.told(&["export", "--tenant", "acme"]).await;
    fs::write(world.path("export"), &export).unwrap();
    fs::write(world.path("key"), world.told(&["key"]).await).unwrap();
    let check = || offline(Path::new(&world.path("export")), Path::new(&world.path("key"))).unwrap();
    assert!(check().is_sound());
    fs::write(world.path("export"), export.replace("completed", "cancelled")).unwrap();
    let forged = check();
    let mut out = Vec::new();
    assert_eq!(tell(&[forged], false, &mut out).unwrap(), ExitCode::FAILURE);
    assert!(String::from_utf8(out).unwrap().starts_with("acme: NOT SOUND; 1 events"));
}

#[tokio::test]
async fn what_nothing_signs_is_not_exported() {
    let world = World::new();
    world.login().await;
    let records = open(&world.config).await.unwrap();
    sqlx::query("DELETE FROM audit_checkpoints").execute(records.pool_for_tests()).await.unwrap();
    let (code, told) = world.run(&["export", "--tenant", "acme"]).await.unwrap();
    assert_eq!((code, told.as_str()), (ExitCode::FAILURE, ""));
}

#[tokio::test]
async fn a_checkpoint_that_was_kept_elsewhere_tells_of_a_cut_end() {
    let world = World::new();
    world.login().await;
    let export = world.told(&["export", "--tenant", "acme"]).await;
    let last: serde_json::Value = serde_json::from_str(export.lines().last().unwrap()).unwrap();
    let jws = last["checkpoint"]["jws"].as_str().unwrap();
    let told = world.told(&["verify", "--checkpoint", jws]).await;
    assert!(told.starts_with("what the checkpoint signs is there: event 1 of acme\n"), "{told}");
    let records = open(&world.config).await.unwrap();
    for table in ["audit_events", "audit_heads", "audit_checkpoints"] {
        let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        sqlx::query(delete).execute(records.pool_for_tests()).await.unwrap();
    }
    assert_eq!(world.told(&["verify"]).await, "", "nothing tells it any more");
    let refused = world.run(&["verify", "--checkpoint", jws]).await.unwrap_err();
    assert_eq!(refused, "what the checkpoint signs is not in the trail: it was cut off or made anew");
}

#[tokio::test]
async fn nobody_is_erased_before_the_law_allows_it() {
    let world = World::new();
    world.login().await;
    let erase = ["erase", "--tenant", "acme", "--reference", "order 7"];
    let refused = world.run(&erase).await.unwrap_err();
    assert!(refused.starts_with("the law demands that it is kept until 20"), "{refused}");
    let settings = fs::read_to_string(world.path("tunnus.toml")).unwrap();
    fs::write(world.path("tunnus.toml"), settings.replace("[secrets]", "statutory = false\n[secrets]"))
        .unwrap();
    assert_eq!(world.told(&erase).await, "1 events lead to nobody any more\n");
    assert_eq!(world.told(&erase).await, "0 events lead to nobody any more\n");
}

#[test]
fn what_is_asked_for_badly_is_refused() {
    for line in [
        &["find"][..],
        &["find", "--reference", "x"],
        &["find", "--trace", "x", "--transaction", "y"],
        &["usage", "--month", "2026-13"],
        &["verify", "--file", "x"],
        &["erase", "--tenant", "acme"],
    ] {
        assert!(Line::try_parse_from(["audit"].iter().chain(line)).is_err(), "{line:?}");
    }
}
