//! The Redis of several brokers: one server, a primary behind Sentinels, or a Cluster.

use super::{
    RedisServer,
    cluster::RedisCluster,
    sentinel::{Sentinel, Watched},
};

/// The servers; they end with this value.
pub enum Servers {
    /// One, which keeps what it has when it is killed.
    Alone(Box<RedisServer>),
    /// A primary and a replica behind three Sentinels.
    Watched(Box<Watched>),
    /// Three primaries, each with a replica.
    Cluster(Box<RedisCluster>),
}

impl Servers {
    /// Those of a name: `alone`, `sentinel`, `cluster`.
    pub async fn named(name: &str) -> Option<Self> {
        match name {
            "alone" => Some(Self::alone()),
            "sentinel" => Some(Self::Watched(Box::new(Watched::start().await))),
            "cluster" => Some(Self::Cluster(Box::new(RedisCluster::with_replicas().await))),
            _ => None,
        }
    }

    /// One server.
    pub fn alone() -> Self {
        Self::Alone(Box::new(RedisServer::start(&["--appendonly", "yes"])))
    }

    /// Where they are, as a setting.
    pub fn url(&self) -> String {
        match self {
            Self::Alone(server) => server.url().to_string(),
            Self::Watched(watched) => watched.url(""),
            Self::Cluster(cluster) => cluster.url(""),
        }
    }

    /// The first of them.
    pub fn first(&mut self) -> &mut RedisServer {
        match self {
            Self::Alone(server) => server,
            Self::Watched(watched) => &mut watched.primary,
            Self::Cluster(cluster) => &mut cluster.servers[0],
        }
    }

    /// A primary and its replica, as they are by now.
    pub(super) async fn couple(&mut self) -> Option<Couple<'_>> {
        let ([one, other], sentinels) = match self {
            Self::Alone(_) => return None,
            Self::Watched(watched) => {
                let Watched { primary, replica, sentinels, .. } = &mut **watched;
                ([primary, replica], &sentinels[..])
            }
            Self::Cluster(cluster) => {
                let (primaries, replicas) = cluster.servers.split_at_mut(3);
                ([&mut primaries[0], &mut replicas[0]], &[][..])
            }
        };
        let [primary, replica] = if one.leads().await { [one, other] } else { [other, one] };
        Some(Couple { primary, replica, sentinels })
    }
}

/// A primary with a replica.
pub(super) struct Couple<'a> {
    pub primary: &'a mut RedisServer,
    pub replica: &'a mut RedisServer,
    /// Those who watch them; nobody in a Cluster, whose servers do it themselves.
    pub sentinels: &'a [Sentinel],
}

impl Couple<'_> {
    /// Until the replica is the primary, and everybody says so: nobody may start the former one again
    /// before (`deploy/redis.md`).
    pub async fn is_replaced(&self) {
        self.replica.is_primary().await;
        for sentinel in self.sentinels {
            sentinel.names(self.replica).await;
        }
    }
}
