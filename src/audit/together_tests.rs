use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;
use crate::{
    audit::{chain::Entry, store::Filed},
    sql::{SqlUrl, postgres_for_tests::PostgresServer},
};

struct World {
    _dir: TempDir,
    together: Together,
}

async fn world() -> World {
    let dir = TempDir::new().unwrap();
    let url = SqlUrl::Sqlite(dir.path().join("db"));
    World { together: at(&url).await, _dir: dir }
}

async fn at(url: &SqlUrl) -> Together {
    Together::new(Sql::open(url).await.unwrap())
}

fn row(id: &str) -> EventRow {
    let text = |text: &str| text.to_owned();
    EventRow {
        entry: Entry { id: text(id), tenant: text("acme"), at: 1, class: text("a"), body: text("{}") },
        filed: Filed::default(),
        sealed_key: String::new(),
        reference: String::new(),
        subject: String::new(),
    }
}

impl World {
    async fn on(url: &SqlUrl) -> Self {
        Self { together: at(url).await, _dir: TempDir::new().unwrap() }
    }

    fn put(&self, putting: &mut JoinSet<Result<(), AuditError>>, id: &str) {
        let (together, row) = (self.together.clone(), row(id));
        putting.spawn(async move { together.put(&row).await });
    }

    async fn ids(&self) -> Vec<String> {
        let ids = sqlx::query_scalar("SELECT id FROM audit_events ORDER BY id");
        ids.fetch_all(self.together.sql().pool()).await.unwrap()
    }

    async fn execute(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(self.together.sql().pool()).await.unwrap();
    }
}

#[tokio::test]
async fn everybody_is_told_and_every_event_is_there_once() {
    all_at_once(&world().await).await;
}

#[tokio::test]
async fn everybody_is_told_on_postgresql_too() {
    let server = PostgresServer::start();
    all_at_once(&World::on(&SqlUrl::parse(&server.database()).unwrap()).await).await;
}

async fn all_at_once(world: &World) {
    let mut putting = JoinSet::new();
    let ids: Vec<_> = (0..3 * AT_ONCE).map(|n| format!("{n:03}")).collect();
    for id in &ids {
        world.put(&mut putting, id);
    }
    world.put(&mut putting, "000");
    assert!(putting.join_all().await.into_iter().all(|put| put.is_ok()));
    assert_eq!(world.ids().await, ids);
    assert!(!world.together.queue().writing);
}

#[tokio::test]
async fn an_event_that_the_database_refuses_takes_no_other_along() {
    let world = world().await;
    world.execute("CREATE TRIGGER no BEFORE INSERT ON audit_events WHEN NEW.id = 'b' BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    let (ids, told): (Vec<_>, Vec<_>) = ["a", "b", "c"]
        .map(|id| {
            let (written, told) = oneshot::channel();
            world.together.join(Waiting { row: row(id), written });
            (id, told)
        })
        .into_iter()
        .unzip();
    Writer { together: world.together.clone(), done: false }.write_all().await;
    for (id, told) in ids.into_iter().zip(told) {
        assert_eq!(told.await.unwrap().is_ok(), id != "b", "{id}");
    }
    assert_eq!(world.ids().await, ["a", "c"]);
}

#[tokio::test]
async fn a_database_that_is_away_is_told_to_all_and_the_next_event_tries_again() {
    let world = world().await;
    world.execute("ALTER TABLE audit_events RENAME TO away").await;
    let mut putting = JoinSet::new();
    for id in ["a", "b", "c"] {
        world.put(&mut putting, id);
    }
    assert!(putting.join_all().await.into_iter().all(|put| put.is_err()));
    world.execute("ALTER TABLE away RENAME TO audit_events").await;
    world.together.put(&row("d")).await.unwrap();
    assert_eq!(world.ids().await, ["d"]);
}

#[tokio::test]
async fn a_writer_that_is_broken_off_leaves_nobody_waiting() {
    let world = world().await;
    let (written, told) = oneshot::channel();
    assert!(world.together.join(Waiting { row: row("a"), written }));
    drop(Writer { together: world.together.clone(), done: false }.write_all());
    assert!(told.await.is_err(), "its sender is gone");
    world.together.put(&row("b")).await.unwrap();
    assert_eq!(world.ids().await, ["b"]);
}
