//! A Redis Cluster of one test: three primaries, each with a replica if wanted.

use redis::cmd;

use super::{RedisServer, comes, free_port};

/// How many slots there are.
const SLOTS: u16 = 16384;

/// The servers; they end with this value.
pub struct RedisCluster {
    /// The three primaries, then their replicas in the same order.
    pub servers: Vec<RedisServer>,
}

impl RedisCluster {
    /// Three primaries.
    pub async fn start() -> Self {
        Self::form(3).await
    }

    /// Three primaries, each with a replica. A primary is given up after a second and a half.
    pub async fn with_replicas() -> Self {
        let cluster = Self::form(6).await;
        for (primary, replica) in cluster.servers.iter().zip(cluster.servers.iter().skip(3)) {
            let id: String = primary.ask(cmd("CLUSTER").arg("MYID")).await;
            let _: () = replica.ask(cmd("CLUSTER").arg("REPLICATE").arg(id)).await;
            replica.is_replica().await;
        }
        cluster.agrees().await;
        cluster
    }

    /// `redis+cluster://` with all its servers.
    pub fn url(&self, query: &str) -> String {
        let hosts: Vec<String> =
            self.servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
        format!("redis+cluster://{}?{query}", hosts.join(","))
    }

    /// Which primary owns the slot of `key`.
    pub async fn owner(&self, key: &str) -> usize {
        let slot: u16 = self.servers[1].ask(cmd("CLUSTER").arg("KEYSLOT").arg(key)).await;
        usize::from(slot / (SLOTS / 3 + 1))
    }

    async fn form(count: usize) -> Self {
        let mut servers = Vec::new();
        let mut buses = Vec::new();
        for _ in 0..count {
            let bus = free_port().to_string();
            let options = [
                "--cluster-enabled",
                "yes",
                "--cluster-node-timeout",
                "1500",
                "--cluster-port",
                &bus,
                "--repl-diskless-sync-delay",
                "0",
            ];
            servers.push(RedisServer::start(&options));
            buses.push(bus);
        }
        let cluster = Self { servers };
        cluster.meet(&buses).await;
        cluster
    }

    async fn meet(&self, buses: &[String]) {
        for (n, server) in self.servers.iter().enumerate() {
            let _: () = server.ask(cmd("CLUSTER").arg("SET-CONFIG-EPOCH").arg(n + 1)).await;
        }
        for (n, server) in (0..3).zip(&self.servers) {
            let (first, last) = (n * (SLOTS / 3 + 1), ((n + 1) * (SLOTS / 3 + 1) - 1).min(SLOTS - 1));
            let _: () = server.ask(cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(first).arg(last)).await;
        }
        for (server, bus) in self.servers.iter().zip(buses).skip(1) {
            let mut meet = cmd("CLUSTER");
            meet.arg("MEET").arg("127.0.0.1").arg(server.port()).arg(bus);
            let _: () = self.servers[0].ask(&meet).await;
        }
        self.agrees().await;
    }

    /// Until every server knows every other and calls the Cluster whole.
    async fn agrees(&self) {
        let known = format!("cluster_known_nodes:{}", self.servers.len());
        for server in &self.servers {
            comes("the Cluster is whole", async || {
                let info: String = server.ask(cmd("CLUSTER").arg("INFO")).await;
                info.contains("cluster_state:ok") && info.contains(&known)
            })
            .await;
        }
    }
}
