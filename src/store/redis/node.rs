//! One Redis server: its connections, shared by all operations, replaced when they fail.
//!
//! The crate's own connection manager would answer the first command after an outage with the
//! outage's error, and its Cluster client sends again what may have been done; here a command is sent
//! once, and the first one after an outage connects.

use std::sync::Arc;

use ::redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, Pipeline, RedisError, RedisResult,
    ServerErrorKind, TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    from_redis_value,
};
use tokio::{runtime::Handle, sync::Mutex, task::JoinSet};

use super::sentinel::Sentinels;

/// How connections are made, the same for all servers of a store.
#[derive(Clone)]
pub(super) struct Connecting {
    /// Its time-outs.
    pub config: AsyncConnectionConfig,
    /// The CA of the servers, in PEM, where the system's do not vouch for them.
    pub ca: Option<Arc<[u8]>>,
    /// Where connections live: they must not end with the thread that happened to need them first.
    pub runtime: Option<Handle>,
}

impl Connecting {
    /// A client of the server of `info`; it calls nobody yet.
    pub fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        match &self.ca {
            None => Client::open(info),
            Some(ca) => {
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) };
                Client::build_with_tls(info, certificates)
            }
        }
    }
}

/// Which server it is.
pub(super) enum Source {
    /// This one.
    At(Client),
    /// Whichever is the primary now.
    Named(Sentinels),
}

impl Source {
    async fn connect(&self, connecting: &Connecting) -> RedisResult<MultiplexedConnection> {
        match self {
            Self::At(client) => client.get_multiplexed_async_connection_with_config(&connecting.config).await,
            Self::Named(sentinels) => sentinels.connect(connecting).await,
        }
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Commands that are answered at once.
    Prompt,
    /// Commands behind which so many replicas are waited for: `WAIT`, the last of them, holds up its whole
    /// connection.
    Confirmed(u8),
}

/// A server and at most one connection for each [`Line`].
pub(super) struct Node {
    source: Arc<Source>,
    connecting: Connecting,
    prompt: Mutex<Option<Arc<MultiplexedConnection>>>,
    confirmed: Mutex<Option<Arc<MultiplexedConnection>>>,
}

impl Node {
    /// The server of `source`; connects when first asked.
    pub fn new(source: Source, connecting: Connecting) -> Self {
        Self { source: Arc::new(source), connecting, prompt: Mutex::default(), confirmed: Mutex::default() }
    }

    /// Sends `commands` once, in one piece, and gives the answers from the one at `from` on.
    pub async fn ask(&self, line: Line, commands: &Pipeline, from: usize) -> RedisResult<Vec<Value>> {
        let connection = self.connection(line).await?;
        let count = commands.len() - from;
        let answers =
            MultiplexedConnection::clone(&connection).req_packed_commands(commands, from, count).await;
        let answers = answers
            .and_then(|answers| answers.into_iter().map(Value::extract_error).collect::<RedisResult<_>>());
        if answers.as_ref().is_err_and(ends_connection) {
            self.discard(line, &connection).await;
        }
        let (Line::Confirmed(replicas), Ok(given)) = (line, &answers) else { return answers };
        if confirmations(given)? >= u64::from(replicas) {
            return answers;
        }
        self.leave().await;
        Err((ErrorKind::Client, "too few replicas have confirmed the write").into())
    }

    const fn held(&self, line: Line) -> &Mutex<Option<Arc<MultiplexedConnection>>> {
        match line {
            Line::Prompt => &self.prompt,
            Line::Confirmed(_) => &self.confirmed,
        }
    }

    /// The connection at hand, else a new one. Whoever comes meanwhile waits for it.
    async fn connection(&self, line: Line) -> RedisResult<Arc<MultiplexedConnection>> {
        let mut held = self.held(line).lock().await;
        if let Some(connection) = held.as_ref() {
            return Ok(Arc::clone(connection));
        }
        let (source, how) = (Arc::clone(&self.source), self.connecting.clone());
        let connecting = async move { source.connect(&how).await };
        let connection = match &self.connecting.runtime {
            Some(runtime) => runtime.spawn(connecting).await.map_err(std::io::Error::from)??,
            None => connecting.await?,
        };
        Ok(Arc::clone(held.insert(Arc::new(connection))))
    }

    /// Asks the Sentinels anew at the next command: a primary whose writes no replica confirms may be one
    /// that they have given up, and until they reach it, it does not know.
    async fn leave(&self) {
        if matches!(*self.source, Source::Named(_)) {
            *self.prompt.lock().await = None;
            *self.confirmed.lock().await = None;
        }
    }

    /// Forgets `connection`, unless it has been replaced already.
    async fn discard(&self, line: Line, connection: &Arc<MultiplexedConnection>) {
        let mut held = self.held(line).lock().await;
        if held.as_ref().is_some_and(|other| Arc::ptr_eq(other, connection)) {
            *held = None;
        }
    }
}

/// The first success of those that are `asked` at once, else the last error; `nobody` where none is.
pub(super) async fn first_success<T: 'static>(
    mut asked: JoinSet<RedisResult<T>>,
    nobody: (ErrorKind, &'static str),
) -> RedisResult<T> {
    let mut last = RedisError::from(nobody);
    while let Some(answer) = asked.join_next().await {
        match answer.map_err(|error| RedisError::from(std::io::Error::from(error))).flatten() {
            Ok(answer) => return Ok(answer),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What `WAIT` has answered.
fn confirmations(answers: &[Value]) -> RedisResult<u64> {
    Ok(answers.last().cloned().map(from_redis_value).transpose()?.unwrap_or(0))
}

/// Whether what failed is the connection: it broke, or leads to a server that is no primary any more.
fn ends_connection(error: &RedisError) -> bool {
    let demoted = [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown]
        .map(ErrorKind::Server)
        .contains(&error.kind());
    demoted || error.is_io_error() || error.is_unrecoverable_error()
}
