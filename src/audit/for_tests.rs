//! A trail in a database with a clock of its own.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tempfile::TempDir;
use tunnus_sdk::{Hidden, Timestamp};

use super::{
    Audit,
    event::{Event, Kind},
    leader::Leader,
    records::{COMPLETED, Records},
    retention::Retention,
    store::SqlEvents,
};
use crate::{
    ambient::Ambient,
    sql::{Sql, SqlUrl},
    vault::Vault,
};

/// 2026-11-21T10:00:00Z.
pub const BEGIN: i64 = 1_795_255_200;

pub const RETENTION: Retention =
    Retention { identification_years: 5, administration_years: 5, statutory: true };

impl Records {
    /// The database.
    #[must_use]
    pub fn pool_for_tests(&self) -> &sqlx::AnyPool {
        self.sql.pool()
    }
}

/// A trail, as one broker has it.
pub struct World {
    dir: Option<TempDir>,
    pub audit: Audit,
    pub sql: Sql,
    pub ambient: Ambient,
    clock: Arc<AtomicI64>,
}

impl World {
    /// On SQLite.
    pub async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let world = Self::at(&SqlUrl::Sqlite(dir.path().join("db"))).await;
        Self { dir: Some(dir), ..world }
    }

    /// In this database.
    pub async fn at(url: &SqlUrl) -> Self {
        Self::with(url, Arc::new(AtomicI64::new(BEGIN))).await
    }

    /// Another broker on the same database, by the same clock.
    pub async fn another(&self, url: &SqlUrl) -> Self {
        Self::with(url, self.clock.clone()).await
    }

    async fn with(url: &SqlUrl, clock: Arc<AtomicI64>) -> Self {
        let sql = Sql::open(url).await.unwrap();
        let (told, random) = (clock.clone(), ring::rand::SystemRandom::new());
        let ambient = Ambient::given(
            move || Timestamp(told.load(Ordering::SeqCst)),
            move |bytes| ring::rand::SecureRandom::fill(&random, bytes).unwrap(),
        );
        let vault = Vault::new([("1".to_owned(), Hidden::new([1; 32]))], ambient.clone()).unwrap();
        let audit = Audit::new(Arc::new(SqlEvents::new(sql.clone())), vault, ambient.clone());
        Self { dir: None, audit, sql, ambient, clock }
    }

    /// Everything that the database on SQLite holds.
    pub fn bytes(&self) -> Vec<u8> {
        let dir = self.dir.as_ref().unwrap().path();
        ["db", "db-wal"]
            .into_iter()
            .flat_map(|file| std::fs::read(dir.join(file)).unwrap_or_default())
            .collect()
    }

    pub fn records(&self) -> Records {
        self.audit.records().unwrap()
    }

    pub fn leader(&self) -> Leader {
        Leader::of(&self.audit, &self.ambient, RETENTION).unwrap()
    }

    pub fn set(&self, at: i64) {
        self.clock.store(at, Ordering::SeqCst);
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Does to the database what nobody should.
    pub async fn tamper(&self, statement: &'static str) {
        let done = sqlx::query(statement).execute(self.sql.pool()).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }

    /// `count` logins of `tenant`, chained and signed: two events each.
    pub async fn chained(&self, tenant: &str, count: usize) {
        for n in 0..count {
            self.login(tenant, &format!("{tenant}{n}"), &format!("order {n}"), COMPLETED).await;
        }
        self.pass(61);
        self.leader().look().await.unwrap();
    }

    /// One login of `tenant`, from its start to its end.
    pub async fn login(&self, tenant: &str, identification: &str, reference: &str, outcome: &str) {
        for (kind, subject) in
            [(Kind::IdentificationStarted, None), (Kind::IdentificationFinished, Some("somebody"))]
        {
            let mut event = Event::new(tenant, kind);
            event.body.identification = Some(identification.to_owned());
            event.body.trace_id = Some(format!("trace-{identification}"));
            event.body.connection = Some("ftn".to_owned());
            event.personal.reference = Some(reference.into());
            if let Some(subject) = subject {
                event.body.transaction_id = Some(format!("tx-{identification}"));
                event.body.method = Some("fi-op".to_owned());
                event.body.outcome = Some(outcome.to_owned());
                event.personal.subject = Some(subject.into());
            }
            self.audit.record(event).await.unwrap();
            self.pass(1);
        }
    }
}
