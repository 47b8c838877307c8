//! The flow store in Redis 6.2 or later, for several brokers side by side: one server, a primary behind
//! Sentinels, or a Cluster.
//!
//! Owns the commands, one for each operation and each of one key. Nothing is ever sent twice: an
//! operation whose answer is lost has failed, and the caller decides. Replication is asynchronous, so
//! what decides a login (a take, a `create`, a `decide`) waits for as many replicas as the URL says (`WAIT`), and
//! has failed without them. The server must not evict (`maxmemory-policy noeviction`), or logins under
//! way vanish.

use std::{sync::Arc, time::Duration};

use ::redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, Value, cmd,
    from_redis_value, pipe,
};
use async_trait::async_trait;
use tokio::{runtime::Handle, time::timeout};
use tunnus_sdk::Finding;

use crate::store::{FlowStore, Key, StoreError, Taken};

mod cluster;
mod doctor;
mod node;
mod place;
mod sentinel;

use cluster::Cluster;
use node::{Connecting, Line, Node, Source};
use place::Topology;
pub use place::{RedisPlace, RedisUrlError};
use sentinel::Sentinels;

/// What stands where a value was taken. Nothing sealed begins with this byte.
const TOMBSTONE: &[u8] = &[0];

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
    servers: Servers,
    prefix: String,
    replicas: u8,
    timeouts: RedisTimeouts,
}

impl RedisStore {
    /// The store at `place`; `ca` (PEM) vouches for its servers in place of the system's. Connects when
    /// first used, so that a broker starts while Redis is away.
    ///
    /// # Errors
    /// When no client can be made, as with a CA that is none.
    pub fn open(place: &RedisPlace, ca: Option<&[u8]>, timeouts: RedisTimeouts) -> Result<Self, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(timeouts.connect))
            .set_response_timeout(Some(timeouts.response));
        let connecting = Connecting { config, ca: ca.map(Arc::from), runtime: Handle::try_current().ok() };
        let servers = Servers::open(place.topology.clone(), connecting)?;
        Ok(Self { servers, prefix: place.prefix.clone(), replicas: place.replicas, timeouts })
    }

    fn key(&self, key: &Key) -> String {
        format!("{}{}", self.prefix, key.as_str())
    }

    /// Sends the command `name` of `key` once and waits for its answer, in all not longer than a
    /// connection and an answer may take.
    async fn ask<T: FromRedisValue>(&self, key: &Key, command: Command<'_>) -> Result<T, StoreError> {
        let key = self.key(key);
        let mut commands = pipe();
        commands.add_command(command.of(&key));
        let replicas = if command.decides() { self.replicas } else { 0 };
        if replicas > 0 {
            let patience = u64::try_from(self.timeouts.response.as_millis() / 2).unwrap_or(u64::MAX);
            commands.cmd("WAIT").arg(replicas).arg(patience);
        }
        let line = if replicas > 0 { Line::Confirmed(replicas) } else { Line::Prompt };
        let asked = self.servers.ask(&key, line, &commands);
        self.in_time(async { first(asked.await?) }).await
    }

    async fn in_time<T>(&self, asked: impl Future<Output = RedisResult<T>>) -> Result<T, StoreError> {
        match timeout(self.timeouts.connect + self.timeouts.response, asked).await {
            Ok(answer) => answer.map_err(|error| StoreError(Some(error.into()))),
            Err(elapsed) => Err(StoreError(Some(elapsed.into()))),
        }
    }
}

/// The answer of the first command.
fn first<T: FromRedisValue>(answers: Vec<Value>) -> RedisResult<T> {
    Ok(from_redis_value(answers.into_iter().next().unwrap_or(Value::Nil))?)
}

/// What is asked of one key.
enum Command<'a> {
    Get,
    Set { value: &'a [u8], keep: Duration, write: Write },
    Take,
    Delete,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    /// Whatever stands there.
    Any,
    /// Whatever stands there, and it must outlive a failover.
    Decisive,
    /// Where nothing stands, and it must outlive a failover.
    New,
}

impl Command<'_> {
    /// Whether it decides a login, and so must outlive a failover.
    const fn decides(&self) -> bool {
        matches!(self, Self::Take | Self::Set { write: Write::Decisive | Write::New, .. })
    }

    fn of(&self, key: &str) -> Cmd {
        match self {
            Self::Get => cmd("GET").arg(key).take(),
            Self::Delete => cmd("DEL").arg(key).take(),
            Self::Take => cmd("SET").arg(key).arg(TOMBSTONE).arg("XX").arg("GET").arg("KEEPTTL").take(),
            Self::Set { value, keep, write } => {
                let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
                let mut command = cmd("SET");
                command.arg(key).arg(value).arg("PX").arg(keep.clamp(1, i64::MAX.unsigned_abs() / 2));
                if *write == Write::New {
                    command.arg("NX");
                }
                command
            }
        }
    }
}

/// The servers behind one URL.
enum Servers {
    One(Box<Node>),
    Cluster(Box<Cluster>),
}

impl Servers {
    fn open(topology: Topology, connecting: Connecting) -> RedisResult<Self> {
        let source = match topology {
            Topology::Cluster(seeds) => {
                return Cluster::new(seeds, connecting).map(Box::new).map(Self::Cluster);
            }
            Topology::Standalone(info) => Source::At(connecting.client(info)?),
            Topology::Sentinel { sentinels, primary, server } => {
                Source::Named(Sentinels::new(sentinels, primary, server, &connecting)?)
            }
        };
        Ok(Self::One(Box::new(Node::new(source, connecting))))
    }

    async fn ask(&self, key: &str, line: Line, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Self::One(node) => node.ask(line, commands, 0).await,
            Self::Cluster(cluster) => cluster.ask(key, line, commands).await,
        }
    }

    /// What each server that takes writes says of itself.
    async fn infos(&self) -> RedisResult<Vec<Value>> {
        let mut commands = pipe();
        commands.cmd("INFO");
        match self {
            Self::One(node) => node.ask(Line::Prompt, &commands, 0).await,
            Self::Cluster(cluster) => cluster.ask_owners(&commands).await,
        }
    }

    /// Whether logins can go on here.
    async fn ping(&self) -> RedisResult<()> {
        match self {
            Self::One(node) => {
                let mut commands = pipe();
                commands.cmd("PING");
                node.ask(Line::Prompt, &commands, 0).await.map(drop)
            }
            Self::Cluster(cluster) => {
                let info: String =
                    from_redis_value(cluster.ask_any(cmd("CLUSTER").arg("INFO").take()).await?)?;
                let whole = info.lines().any(|line| line == "cluster_state:ok");
                whole.then_some(()).ok_or_else(|| (ErrorKind::Client, "the Cluster is not whole").into())
            }
        }
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
        self.ask::<String>(key, Command::Set { value, keep, write: Write::Any }).await.map(drop)
    }

    async fn decide(&self, key: &Key, value: &[u8], keep: Duration) -> Result<(), StoreError> {
        self.ask::<String>(key, Command::Set { value, keep, write: Write::Decisive }).await.map(drop)
    }

    async fn create(&self, key: &Key, value: &[u8], keep: Duration) -> Result<bool, StoreError> {
        let written: Option<String> = self.ask(key, Command::Set { value, keep, write: Write::New }).await?;
        Ok(written.is_some())
    }

    async fn look(&self, key: &Key) -> Result<Taken, StoreError> {
        Ok(found(self.ask(key, Command::Get).await?))
    }

    async fn take(&self, key: &Key) -> Result<Taken, StoreError> {
        Ok(found(self.ask(key, Command::Take).await?))
    }

    async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.ask::<u64>(key, Command::Delete).await.map(drop)
    }

    async fn add(&self, key: &Key, more: u64, keep: Duration) -> Result<Option<u64>, StoreError> {
        let key = self.key(key);
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let mut commands = pipe();
        commands.cmd("INCRBY").arg(&key).arg(more).cmd("PEXPIRE").arg(&key).arg(keep);
        let asked = self.servers.ask(&key, Line::Prompt, &commands);
        self.in_time(async { first(asked.await?) }).await.map(Some)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.in_time(self.servers.ping()).await
    }

    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        let mut found = Vec::new();
        for info in self.in_time(self.servers.infos()).await? {
            let info: String = from_redis_value(info).map_err(|error| StoreError(Some(error.into())))?;
            found.extend(doctor::examine(&info, self.replicas));
        }
        Ok(found)
    }
}
