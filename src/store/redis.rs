//! The flow store in Redis 6.2 or later, for several brokers side by side.
//!
//! Owns the connection, its time-outs and the commands, one for each operation. Nothing is ever sent
//! twice: an operation whose answer is lost has failed, and the caller decides. The server must not
//! evict (`maxmemory-policy noeviction`), or logins under way vanish.

use std::{sync::Arc, time::Duration};

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, RedisResult,
    aio::MultiplexedConnection, cmd,
};
use async_trait::async_trait;
use tokio::{runtime::Handle, sync::Mutex, time::timeout};
use url::Url;

use crate::store::{FlowStore, Key, StoreError, Taken};

/// What stands where a value was taken. Nothing sealed begins with this byte.
const TOMBSTONE: &[u8] = &[0];

/// What every key begins with, unless the URL says `?prefix=…`.
const PREFIX: &str = "tunnus:";

/// How long Redis may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedisTimeouts {
    /// To accept a connection, TLS and login included.
    pub connect: Duration,
    /// To answer one command.
    pub response: Duration,
}

impl Default for RedisTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(1), response: Duration::from_secs(1) }
    }
}

/// A flow store in Redis.
pub struct RedisStore {
    link: Link,
    prefix: String,
    deadline: Duration,
}

impl RedisStore {
    /// The store at `redis://` or `rediss://`. Connects when first used, so that a broker starts
    /// while Redis is away.
    ///
    /// # Errors
    /// When the URL is not one of a Redis server. The error shows nothing of it: it holds a password.
    pub fn open(url: &Url, timeouts: RedisTimeouts) -> Result<Self, RedisError> {
        if url.fragment().is_some() {
            // `#insecure` would switch the server's certificate off.
            return Err((ErrorKind::InvalidClientConfig, "the URL has a fragment").into());
        }
        let prefix = url.query_pairs().find(|(name, _)| name == "prefix");
        let prefix = prefix.map_or_else(|| PREFIX.to_owned(), |(_, value)| value.into_owned());
        let client = Client::open(url.clone())?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(timeouts.connect))
            .set_response_timeout(Some(timeouts.response));
        let link = Link { client, config, current: Mutex::new(None), runtime: Handle::try_current().ok() };
        Ok(Self { link, prefix, deadline: timeouts.connect + timeouts.response })
    }

    fn key(&self, key: &Key) -> String {
        format!("{}{}", self.prefix, key.as_str())
    }

    /// Sends `command` once and waits for its answer, in all not longer than the deadline.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        match timeout(self.deadline, self.link.ask(command)).await {
            Ok(answer) => answer.map_err(|error| StoreError(Some(error.into()))),
            Err(elapsed) => Err(StoreError(Some(elapsed.into()))),
        }
    }

    async fn set(&self, key: &Key, value: &[u8], keep: Duration, only_new: bool) -> Result<bool, StoreError> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX.unsigned_abs() / 2);
        let mut command = cmd("SET");
        command.arg(self.key(key)).arg(value).arg("PX").arg(keep);
        if only_new {
            command.arg("NX");
        }
        let written: Option<String> = self.ask(&command).await?;
        Ok(written.is_some())
    }
}

/// What stood at a key.
fn found(value: Option<Vec<u8>>) -> Taken {
    match value {
        None => Taken::Missing,
        Some(value) if value == TOMBSTONE => Taken::AlreadyTaken,
        Some(value) => Taken::Value(value),
    }
}

#[async_trait]
impl FlowStore for RedisStore {
    async fn put(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.set(key, value, keep, false).await.map(drop)
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        self.set(key, value, keep, true).await
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        Ok(found(self.ask(cmd("GET").arg(self.key(key))).await?))
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        let mut command = cmd("SET");
        command.arg(self.key(key)).arg(TOMBSTONE).arg("XX").arg("GET").arg("KEEPTTL");
        Ok(found(self.ask(&command).await?))
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.ask::<u64>(cmd("DEL").arg(self.key(key))).await.map(drop)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask::<String>(&cmd("PING")).await.map(drop)
    }
}

/// The one connection, shared by all operations, replaced when it fails.
///
/// The crate's own connection manager would answer the first command after an outage with the
/// outage's error; here that command connects.
struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    current: Mutex<Option<Arc<MultiplexedConnection>>>,
    /// Where the connection lives: it must not end with the thread that happened to need it first.
    runtime: Option<Handle>,
}

impl Link {
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let connection = self.connection().await?;
        let answer: RedisResult<T> =
            command.query_async(&mut MultiplexedConnection::clone(&connection)).await;
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_unrecoverable_error())
        {
            self.discard(&connection).await;
        }
        answer
    }

    /// The connection at hand, else a new one. Whoever comes meanwhile waits for it.
    async fn connection(&self) -> RedisResult<Arc<MultiplexedConnection>> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref() {
            return Ok(Arc::clone(connection));
        }
        let (client, config) = (self.client.clone(), self.config.clone());
        let connecting = async move { client.get_multiplexed_async_connection_with_config(&config).await };
        let connection = match &self.runtime {
            Some(runtime) => runtime.spawn(connecting).await.map_err(std::io::Error::from)??,
            None => connecting.await?,
        };
        Ok(Arc::clone(current.insert(Arc::new(connection))))
    }

    /// Forgets `connection`, unless it has been replaced already.
    async fn discard(&self, connection: &Arc<MultiplexedConnection>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|other| Arc::ptr_eq(other, connection)) {
            *current = None;
        }
    }
}
