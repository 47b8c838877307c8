//! A Redis Cluster of one test: three primaries, each with a replica if wanted.

use std::collections::BTreeSet;

use redis::cmd;

use super::{RedisServer, comes, free_port};

/// How many slots there are.
const SLOTS: u16 = 16384;
/// How many slots are moved at a time.
const SLOTS_MOVED: usize = 10;

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

    /// Moves slots that hold keys from one primary to another, with all that is in them.
    pub async fn move_slots(&self) {
        let mut primaries = Vec::new();
        for server in &self.servers {
            if server.leads().await {
                primaries.push(server);
            }
        }
        let [from, to, ..] = primaries[..] else { panic!("three primaries") };
        for slot in from.filled_slots(SLOTS_MOVED).await {
            set_slot(to, slot, "IMPORTING", from).await;
            set_slot(from, slot, "MIGRATING", to).await;
            from.migrate(slot, to).await;
            // First who gets it, then who gives it up: nobody is sent in a circle.
            set_slot(to, slot, "NODE", to).await;
            for server in primaries.iter().filter(|server| server.port() != to.port()) {
                set_slot(server, slot, "NODE", to).await;
            }
        }
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

impl RedisServer {
    /// Some slots of this server that hold keys.
    async fn filled_slots(&self, most: usize) -> BTreeSet<u16> {
        let (_, keys): (u64, Vec<String>) = self.ask(cmd("SCAN").arg(0).arg("COUNT").arg(10 * most)).await;
        let mut slots = BTreeSet::new();
        for key in keys.iter().take(most) {
            slots.insert(self.ask(cmd("CLUSTER").arg("KEYSLOT").arg(key)).await);
        }
        slots
    }

    /// Sends all keys of a slot to another server.
    async fn migrate(&self, slot: u16, to: &Self) {
        loop {
            let keys: Vec<String> = self.ask(cmd("CLUSTER").arg("GETKEYSINSLOT").arg(slot).arg(100)).await;
            if keys.is_empty() {
                return;
            }
            let mut migrate = cmd("MIGRATE");
            migrate.arg("127.0.0.1").arg(to.port()).arg("").arg(0).arg(5000).arg("KEYS").arg(keys);
            let _: () = self.ask(&migrate).await;
        }
    }
}

/// Tells a server what becomes of a slot.
pub async fn set_slot(server: &RedisServer, slot: u16, state: &str, node: &RedisServer) {
    let id: String = node.ask(cmd("CLUSTER").arg("MYID")).await;
    let _: () = server.ask(cmd("CLUSTER").arg("SETSLOT").arg(slot).arg(state).arg(id)).await;
}
