//! Who the primary is, asked of the Sentinels at each connection.
//!
//! All are asked at once, and the first who names a server that calls itself a primary is believed: one
//! that hangs delays nobody. A Sentinel that is cut off together with a primary that the others have
//! given up may name that one; what it then takes no replica confirms, and so is no success.

use ::redis::{
    Client, ConnectionInfo, ErrorKind, RedisResult, Value, aio::MultiplexedConnection, cmd, from_redis_value,
};
use tokio::task::JoinSet;

use super::{
    node::{Connecting, first_success},
    place::beside,
};

/// The Sentinels of one primary.
#[derive(Clone)]
pub(super) struct Sentinels {
    clients: Vec<Client>,
    primary: String,
    server: ConnectionInfo,
}

impl Sentinels {
    /// The `sentinels` that know `primary`, which is spoken with as `server` says.
    pub fn new(
        sentinels: Vec<ConnectionInfo>,
        primary: String,
        server: ConnectionInfo,
        connecting: &Connecting,
    ) -> RedisResult<Self> {
        let clients = sentinels.into_iter().map(|info| connecting.client(info));
        Ok(Self { clients: clients.collect::<RedisResult<_>>()?, primary, server })
    }

    /// A connection to the primary.
    pub async fn connect(&self, connecting: &Connecting) -> RedisResult<MultiplexedConnection> {
        let mut asked = JoinSet::new();
        for client in &self.clients {
            let (client, this, connecting) = (client.clone(), self.clone(), connecting.clone());
            asked.spawn(async move { this.connect_by(&client, &connecting).await });
        }
        first_success(asked, (ErrorKind::EmptySentinelList, "the URL names no Sentinel")).await
    }

    /// A connection to the server that one Sentinel names, if that is a primary.
    async fn connect_by(
        &self,
        sentinel: &Client,
        connecting: &Connecting,
    ) -> RedisResult<MultiplexedConnection> {
        let config = &connecting.config;
        let mut sentinel = sentinel.get_multiplexed_async_connection_with_config(config).await?;
        let mut question = cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.primary);
        let named: Option<(String, u16)> = question.query_async(&mut sentinel).await?;
        let unknown = (ErrorKind::MasterNameNotFoundBySentinel, "the Sentinel knows no such primary");
        let (host, port) = named.ok_or(unknown)?;
        let client = connecting.client(beside(&self.server, &host, port))?;
        let mut connection = client.get_multiplexed_async_connection_with_config(config).await?;
        let role: Vec<Value> = cmd("ROLE").query_async(&mut connection).await?;
        let role: Option<String> = role.into_iter().next().map(from_redis_value).transpose()?;
        let demoted = (ErrorKind::Client, "the server that the Sentinel names is no primary");
        (role.as_deref() == Some("master")).then_some(connection).ok_or_else(|| demoted.into())
    }
}
