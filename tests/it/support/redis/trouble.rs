//! What goes wrong with Redis while logins run, each from its beginning until all is well again.

use redis::cmd;

use super::{
    RedisServer, comes,
    servers::{Couple, Servers},
};

/// An address of this machine where nobody looks for a server.
const ELSEWHERE: &str = "127.0.0.9";

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A primary is killed; its replica, if it has one, is promoted; it comes back.
    Killed,
    /// The same, after the replica had lost contact for a while.
    Parted,
    /// A primary is stopped and goes on later.
    Paused,
    /// The network refuses connections to a primary, and those that were open end.
    Refused,
    /// A primary has no memory left.
    Full,
    /// Slots move to another primary.
    Moved,
}

impl Trouble {
    /// All that can go wrong with these servers.
    pub const fn of(servers: &Servers) -> &'static [Self] {
        match servers {
            Servers::Alone(_) => &[Self::Killed, Self::Paused, Self::Refused, Self::Full],
            Servers::Watched(_) => &[Self::Killed, Self::Parted, Self::Paused, Self::Refused, Self::Full],
            Servers::Cluster(_) => {
                &[Self::Moved, Self::Killed, Self::Parted, Self::Paused, Self::Refused, Self::Full]
            }
        }
    }
}

impl Servers {
    /// Until whatever was written by now is where a promoted replica has it.
    pub async fn settle(&mut self) {
        let Some(Couple { primary, replica, .. }) = self.couple().await else { return };
        let written = primary.offset("master_repl_offset").await;
        comes("the replica has it", async || replica.offset("slave_repl_offset").await >= written).await;
    }

    /// Suffers `trouble`, for at least as long as `noticed` takes.
    pub async fn suffer(&mut self, trouble: Trouble, noticed: impl AsyncFn()) {
        if let (Trouble::Moved, Self::Cluster(cluster)) = (trouble, &*self) {
            return cluster.move_slots().await;
        }
        match self.couple().await {
            None => alone(self.first(), trouble, noticed).await,
            Some(couple) => couple.suffers(trouble, noticed).await,
        }
    }
}

impl Couple<'_> {
    async fn suffers(self, trouble: Trouble, noticed: impl AsyncFn()) {
        match trouble {
            Trouble::Killed => self.killed(noticed).await,
            Trouble::Parted => self.parted(noticed).await,
            Trouble::Paused => self.paused(noticed).await,
            // Sentinels give up one that they cannot reach. The servers of a Cluster reach it still, over
            // their bus.
            Trouble::Refused if !self.sentinels.is_empty() => self.refused(noticed).await,
            Trouble::Refused | Trouble::Full | Trouble::Moved => self.stays(trouble, noticed).await,
        }
    }

    async fn killed(self, noticed: impl AsyncFn()) {
        self.primary.kill();
        self.is_replaced().await;
        noticed().await;
        self.primary.restart();
        self.primary.is_replica().await;
    }

    async fn parted(self, noticed: impl AsyncFn()) {
        self.replica.stop();
        let _: u64 = self.primary.ask(cmd("CLIENT").arg("KILL").arg("TYPE").arg("REPLICA")).await;
        noticed().await;
        self.primary.kill();
        self.replica.go_on();
        self.is_replaced().await;
        self.primary.restart();
        self.primary.is_replica().await;
    }

    async fn paused(self, noticed: impl AsyncFn()) {
        self.primary.stop();
        self.is_replaced().await;
        noticed().await;
        self.primary.go_on();
        self.primary.is_replica().await;
    }

    async fn refused(self, noticed: impl AsyncFn()) {
        let refusing = self.primary.refuse().await;
        self.is_replaced().await;
        noticed().await;
        refusing.end().await;
        self.primary.is_replica().await;
    }

    /// What does not cost it its place.
    async fn stays(self, trouble: Trouble, noticed: impl AsyncFn()) {
        alone(self.primary, trouble, noticed).await;
        self.replica.is_replica().await;
    }
}

async fn alone(server: &mut RedisServer, trouble: Trouble, noticed: impl AsyncFn()) {
    match trouble {
        Trouble::Killed | Trouble::Parted => {
            server.kill();
            noticed().await;
            server.restart();
        }
        Trouble::Paused => {
            server.stop();
            noticed().await;
            server.go_on();
        }
        Trouble::Refused => {
            let refusing = server.refuse().await;
            noticed().await;
            refusing.end().await;
        }
        Trouble::Full => {
            server.set("maxmemory", "1").await;
            noticed().await;
            server.set("maxmemory", "0").await;
        }
        Trouble::Moved => {}
    }
}

/// A server that cannot be reached, but for this connection.
struct Refusing(redis::aio::MultiplexedConnection);

impl Refusing {
    async fn end(mut self) {
        let mut back = cmd("CONFIG");
        back.arg("SET").arg("bind").arg("127.0.0.1");
        let _: () = back.query_async(&mut self.0).await.unwrap();
    }
}

impl RedisServer {
    /// Whether it is a primary now.
    pub(super) async fn leads(&self) -> bool {
        self.info("replication", "role").await.as_deref() == Some("master")
    }

    async fn offset(&self, name: &str) -> u64 {
        let offset = self.info("replication", name).await;
        offset.and_then(|offset| offset.parse().ok()).unwrap_or(0)
    }

    async fn set(&self, name: &str, value: &str) {
        let _: () = self.ask(cmd("CONFIG").arg("SET").arg(name).arg(value)).await;
    }

    async fn refuse(&self) -> Refusing {
        let client = redis::Client::open(self.url()).unwrap();
        let mut own = client.get_multiplexed_async_connection().await.unwrap();
        let _: () = cmd("CONFIG").arg("SET").arg("bind").arg(ELSEWHERE).query_async(&mut own).await.unwrap();
        for kind in ["REPLICA", "NORMAL"] {
            let mut kill = cmd("CLIENT");
            kill.arg("KILL").arg("TYPE").arg(kind);
            let _: u64 = kill.query_async(&mut own).await.unwrap();
        }
        Refusing(own)
    }
}
