//! The tenants in use, held in memory: as many as are allowed, the least recently used go first.
//!
//! One tenant is loaded once, however many ask. A tenant that is held goes on being served while the
//! database does not answer. Answers that nobody should wait for twice (no such tenant, a faulty one)
//! are remembered for a second, within bounds: made-up ids cost neither memory nor a query each.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use tokio::{runtime::Handle, time::Instant};

use super::{Loaded, Store, StoreError};
use crate::{
    error::Error,
    tenant::{
        file::is_id,
        lookup::{Tenants, TenantsError},
        model::Tenant,
    },
};

/// How long an answer is remembered that is no tenant.
const BRIEFLY: Duration = Duration::from_secs(1);
/// How many such answers are.
const BRIEF_ANSWERS: usize = 10_000;

/// The tenants of a store, those in use held in memory.
#[derive(Clone)]
pub struct StoredTenants(Arc<Shared>);

struct Shared {
    store: Store,
    capacity: usize,
    slots: RwLock<HashMap<String, Arc<Slot>>>,
    brief: Mutex<HashMap<String, Brief>>,
    /// What was loaded since somebody looked.
    loaded: Mutex<Vec<Arc<Tenant>>>,
    /// Counts uses: the larger, the later.
    uses: AtomicU64,
    /// Where tenants are loaded: whoever hangs up ends nothing.
    runtime: Handle,
}

/// The place of one tenant.
#[derive(Default)]
struct Slot {
    held: ArcSwapOption<Held>,
    used: AtomicU64,
    /// Whose turn it is to load.
    turn: tokio::sync::Mutex<()>,
}

/// A tenant that is held.
struct Held {
    tenant: Arc<Tenant>,
    /// The last change that it has in it.
    at: i64,
}

/// An answer that is no tenant, until when it holds, and why.
type Brief = (Instant, Option<TenantsError>);

/// What a look at a changed tenant led to.
#[derive(Debug)]
pub enum Refresh {
    /// It is not in use, or has the change already.
    Nothing,
    /// It was loaded for the first time.
    Loaded(Arc<Tenant>),
    /// It was loaded again.
    Reloaded(Arc<Tenant>),
    /// It is no more.
    Removed,
    /// It cannot be loaded; the old one goes on serving.
    Refused(TenantsError),
}

impl StoredTenants {
    /// None held yet, at most `capacity`. Must be called on the runtime where tenants shall be loaded.
    #[must_use]
    pub fn new(store: Store, capacity: usize) -> Self {
        Self(Arc::new(Shared {
            store,
            capacity,
            slots: RwLock::default(),
            brief: Mutex::default(),
            loaded: Mutex::default(),
            uses: AtomicU64::default(),
            runtime: Handle::current(),
        }))
    }

    /// The store behind it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// How many tenants are held.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.slots.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Loads a tenant again that is in use, unless it has the change `seq` already.
    pub(super) async fn refresh(&self, id: &str, seq: i64) -> Refresh {
        let Some(slot) = self.0.slot(id) else {
            self.0.forget_brief(id);
            return Refresh::Nothing;
        };
        let _turn = slot.turn.lock().await;
        if slot.held.load().as_ref().is_some_and(|held| held.at >= seq) {
            return Refresh::Nothing;
        }
        match self.0.store.load(id).await {
            Ok(Some(loaded)) => Refresh::Reloaded(slot.hold(loaded)),
            Ok(None) => {
                slot.held.store(None);
                self.0.forget(id);
                Refresh::Removed
            }
            Err(error) => Refresh::Refused(error),
        }
    }

    /// The tenants that were loaded since this was last asked.
    pub(super) fn newly_loaded(&self) -> Vec<Arc<Tenant>> {
        std::mem::take(&mut *self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The ids of those that a platform's change may concern: its tenants that are held, and those that
    /// are just being loaded.
    pub(super) fn ids_of_platform(&self, platform: &str) -> Vec<String> {
        let slots = self.0.slots.read().unwrap_or_else(PoisonError::into_inner);
        let concerned = |slot: &Slot| {
            let held = slot.held.load();
            held.as_ref().is_none_or(|held| held.tenant.platform.as_deref() == Some(platform))
        };
        slots.iter().filter(|(_, slot)| concerned(slot)).map(|(id, _)| id.clone()).collect()
    }

    /// The ids of all that are held.
    pub(super) fn held_ids(&self) -> Vec<String> {
        self.0.slots.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

#[async_trait]
impl Tenants for StoredTenants {
    async fn tenant(&self, id: &str) -> Result<Option<Arc<Tenant>>, TenantsError> {
        if !is_id(id) {
            return Ok(None);
        }
        if let Some(tenant) = self.0.held(id) {
            return Ok(Some(tenant));
        }
        let (shared, id) = (Arc::clone(&self.0), id.to_owned());
        let loading = self.0.runtime.spawn(async move { shared.load(&id).await });
        loading.await.map_err(TenantsError::unavailable)?
    }

    fn held(&self) -> Vec<Arc<Tenant>> {
        let slots = self.0.slots.read().unwrap_or_else(PoisonError::into_inner);
        let one = |slot: &Arc<Slot>| slot.held.load().as_ref().map(|held| Arc::clone(&held.tenant));
        slots.values().filter_map(one).collect()
    }

    async fn ids(&self) -> Result<Vec<String>, TenantsError> {
        self.0.store.ids().await.map_err(TenantsError::unavailable)
    }
}

impl Shared {
    fn slot(&self, id: &str) -> Option<Arc<Slot>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn held(&self, id: &str) -> Option<Arc<Tenant>> {
        let slot = self.slot(id)?;
        slot.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        slot.held.load().as_ref().map(|held| Arc::clone(&held.tenant))
    }

    async fn load(&self, id: &str) -> Result<Option<Arc<Tenant>>, TenantsError> {
        if let Some(answer) = self.brief_answer(id) {
            return answer;
        }
        let slot = Arc::clone(
            self.slots.write().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default(),
        );
        let _turn = slot.turn.lock().await;
        // Another may have had its turn before us.
        if let Some(held) = slot.held.load().as_ref() {
            return Ok(Some(Arc::clone(&held.tenant)));
        }
        if let Some(answer) = self.brief_answer(id) {
            return answer;
        }
        slot.used.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        match self.store.load(id).await {
            Ok(Some(loaded)) => {
                let tenant = slot.hold(loaded);
                self.make_room();
                self.tell(&tenant);
                Ok(Some(tenant))
            }
            Ok(None) => {
                self.remember(id, None);
                self.forget(id);
                Ok(None)
            }
            Err(error) => {
                let causes = Error::from(error.clone()).causes();
                tracing::error!(tenant = id, causes, "a tenant cannot be loaded");
                self.remember(id, Some(error.clone()));
                self.forget(id);
                Err(error)
            }
        }
    }

    /// Notes a tenant that was loaded, for whoever follows; as many as may be held.
    fn tell(&self, tenant: &Arc<Tenant>) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.len() < self.capacity {
            loaded.push(Arc::clone(tenant));
        }
    }

    fn brief_answer(&self, id: &str) -> Option<Result<Option<Arc<Tenant>>, TenantsError>> {
        let brief = self.brief.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, error) = brief.get(id)?;
        let answer = error.clone().map_or(Ok(None), Err);
        (Instant::now() < *until).then_some(answer)
    }

    fn remember(&self, id: &str, error: Option<TenantsError>) {
        let mut brief = self.brief.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if brief.len() >= BRIEF_ANSWERS {
            brief.retain(|_, (until, _)| now < *until);
        }
        if brief.len() < BRIEF_ANSWERS {
            brief.insert(id.to_owned(), (now + BRIEFLY, error));
        }
    }

    fn forget_brief(&self, id: &str) {
        self.brief.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn forget(&self, id: &str) {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Lets go of those that were not used for the longest time, some at once: looking for them costs
    /// a look at all.
    fn make_room(&self) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        if slots.len() <= self.capacity {
            return;
        }
        let mut uses: Vec<u64> = slots.values().map(|slot| slot.used.load(Ordering::Relaxed)).collect();
        uses.sort_unstable();
        let surplus = slots.len() - self.capacity + self.capacity / 16;
        let oldest = uses.get(surplus).copied().unwrap_or(u64::MAX);
        // One that is being loaded is about to be used.
        slots.retain(|_, slot| slot.used.load(Ordering::Relaxed) >= oldest || slot.held.load().is_none());
    }
}

impl Slot {
    fn hold(&self, Loaded { tenant, at }: Loaded) -> Arc<Tenant> {
        let tenant = Arc::new(tenant);
        self.held.store(Some(Arc::new(Held { tenant: Arc::clone(&tenant), at })));
        tenant
    }
}

impl From<StoreError> for TenantsError {
    fn from(error: StoreError) -> Self {
        Self::unavailable(error)
    }
}

impl fmt::Debug for StoredTenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTenants").field("held", &self.count()).finish_non_exhaustive()
    }
}
