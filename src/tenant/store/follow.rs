//! Keeps the tenants in use as the store has them: a change reaches every broker within a second.
//!
//! PostgreSQL tells of changes; should it fail to, they are looked for. SQLite is looked at twice a
//! second. What cannot be loaded leaves the old tenant serving, and is told.

use std::{collections::BTreeMap, time::Duration};

use sqlx::{Row as _, postgres::PgListener};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Store, StoreError,
    cache::{Refresh, StoredTenants},
};
use crate::{
    error::Error,
    sql::{CHANNEL, Kind},
    tenant::{lookup::TenantsError, platform::of_holder},
};

/// How often changes are looked for where nobody tells of them.
const EVERY: Duration = Duration::from_millis(500);
/// How often they are looked for where somebody does.
const AT_LEAST: Duration = Duration::from_secs(5);
/// How many tenants are loaded again at once.
const AT_ONCE: usize = 4;

/// Follows the changes of a store.
pub struct Follower {
    tenants: StoredTenants,
    /// The last change that was followed.
    last: i64,
    listener: Option<PgListener>,
    /// Whether the database answered the last time.
    answers: Option<bool>,
}

/// What following led to.
#[derive(Debug)]
pub enum Followed {
    /// A tenant in use was loaded again, is no more, or cannot be loaded.
    Tenant(String, Refresh),
    /// The database does not answer, or does again.
    Answers(bool),
}

impl Follower {
    /// Follows from now on.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn new(tenants: StoredTenants) -> Result<Self, StoreError> {
        let last = tenants.store().sql().last_change().await?;
        Ok(Self { tenants, last, listener: None, answers: None })
    }

    /// The store that is followed.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.tenants.store()
    }

    /// Follows until dropped; `told` hears what comes of it.
    pub async fn run(mut self, told: impl Fn(&Followed) + Send) {
        loop {
            for followed in self.look().await {
                log(&followed);
                told(&followed);
            }
            self.wait().await;
        }
    }

    /// Looks once.
    pub async fn look(&mut self) -> Vec<Followed> {
        let caught_up = self.catch_up().await;
        let answers = caught_up.is_ok();
        let loaded = self.tenants.newly_loaded().into_iter();
        let loaded = loaded.map(|tenant| Followed::Tenant(tenant.id.clone(), Refresh::Loaded(tenant)));
        let mut followed = match caught_up {
            Ok(followed) => followed,
            Err(error) => {
                tracing::debug!(%error, "the tenants store does not answer");
                Vec::new()
            }
        };
        followed.extend(loaded);
        if self.answers != Some(answers) {
            self.answers = Some(answers);
            followed.push(Followed::Answers(answers));
        }
        followed
    }

    async fn catch_up(&mut self) -> Result<Vec<Followed>, StoreError> {
        let newest = self.tenants.store().sql().last_change().await?;
        // An older database was restored: nothing of what is held is known to stand there.
        let changed = if newest < self.last {
            tracing::warn!("the tenants store is older than it was: every tenant in use is loaded again");
            self.tenants.held_ids().into_iter().map(|id| (id, i64::MAX)).collect()
        } else {
            self.changed(newest).await?
        };
        let followed = self.refresh(changed).await;
        let unavailable = |followed: &Followed| {
            matches!(followed, Followed::Tenant(_, Refresh::Refused(TenantsError::Unavailable(_))))
        };
        // What the database could not be asked for is asked again.
        if !followed.iter().any(unavailable) {
            self.last = newest;
        }
        Ok(followed)
    }

    /// The tenants that have changed since, each with its last change.
    async fn changed(&self, newest: i64) -> Result<BTreeMap<String, i64>, StoreError> {
        if newest == self.last {
            return Ok(BTreeMap::new());
        }
        let changes =
            "SELECT tenant, MAX(seq) AS seq FROM changes WHERE seq > $1 AND seq <= $2 GROUP BY tenant";
        let changes = sqlx::query(changes).bind(self.last).bind(newest);
        let changes = changes.fetch_all(self.tenants.store().sql().pool()).await?;
        let one = |row: &sqlx::any::AnyRow| Ok((row.try_get("tenant")?, row.try_get("seq")?));
        let changes: Result<Vec<(String, i64)>, StoreError> = changes.iter().map(one).collect();
        Ok(self.spread(changes?))
    }

    /// The same with a platform's change as one of each of its tenants that is in use.
    fn spread(&self, changes: Vec<(String, i64)>) -> BTreeMap<String, i64> {
        let mut spread = BTreeMap::new();
        for (id, seq) in changes {
            let concerned = match of_holder(&id) {
                Some(platform) => self.tenants.ids_of_platform(platform),
                None => vec![id],
            };
            for id in concerned {
                let last = spread.entry(id).or_insert(seq);
                *last = seq.max(*last);
            }
        }
        spread
    }

    async fn refresh(&self, changed: BTreeMap<String, i64>) -> Vec<Followed> {
        let mut followed = Vec::new();
        let mut running = JoinSet::new();
        for (id, seq) in changed {
            if running.len() >= AT_ONCE {
                followed.extend(running.join_next().await.and_then(Result::ok));
            }
            let tenants = self.tenants.clone();
            running.spawn(async move {
                let refresh = tenants.refresh(&id, seq).await;
                Followed::Tenant(id, refresh)
            });
        }
        followed.extend(running.join_all().await);
        followed.retain(|followed| !matches!(followed, Followed::Tenant(_, Refresh::Nothing)));
        followed
    }

    /// Waits until there may be something new.
    async fn wait(&mut self) {
        let Some(listener) = &mut self.listener else {
            sleep(EVERY).await;
            self.listener = self.listen().await;
            return;
        };
        match timeout(AT_LEAST, listener.try_recv()).await {
            // Told of a change, or cut off for a while; or nothing was said for long.
            Ok(Ok(_)) | Err(_) => while listener.next_buffered().is_some() {},
            Ok(Err(_)) => self.listener = None,
        }
    }

    async fn listen(&self) -> Option<PgListener> {
        let sql = self.tenants.store().sql();
        if sql.kind() == Kind::Sqlite {
            return None;
        }
        let mut listener = timeout(AT_LEAST, PgListener::connect(sql.url().expose_str())).await.ok()?.ok()?;
        listener.listen(CHANNEL).await.ok()?;
        Some(listener)
    }
}

fn log(followed: &Followed) {
    match followed {
        Followed::Tenant(tenant, refresh) => log_tenant(tenant, refresh),
        Followed::Answers(true) => log_answering(),
        Followed::Answers(false) => log_silent(),
    }
}

fn log_answering() {
    tracing::info!("the tenants store answers");
}

fn log_silent() {
    tracing::warn!("the tenants store does not answer; tenants in use stay as they were");
}

fn log_tenant(tenant: &str, refresh: &Refresh) {
    let told = match refresh {
        Refresh::Nothing | Refresh::Loaded(_) => return,
        Refresh::Reloaded(_) => "loaded again",
        Refresh::Removed => "removed",
        Refresh::Refused(error) => return log_refusal(tenant, error),
    };
    tracing::info!(tenant, "a changed tenant was {told}");
}

fn log_refusal(tenant: &str, error: &TenantsError) {
    let causes = Error::from(error.clone()).causes();
    tracing::error!(tenant, causes, "a changed tenant cannot be loaded; it stays as it was");
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("last", &self.last).finish_non_exhaustive()
    }
}
