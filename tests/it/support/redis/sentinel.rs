//! A primary, its replica and three Sentinels of one test.

use std::process::Child;

use redis::cmd;
use tempfile::TempDir;

use super::{RedisServer, comes, free_port, launch};

/// The servers; they end with this value.
pub struct Watched {
    pub primary: RedisServer,
    pub replica: RedisServer,
    pub sentinels: Vec<Sentinel>,
    _folder: TempDir,
}

/// One of the three.
pub struct Sentinel {
    port: u16,
    process: Child,
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Watched {
    /// All of them; the Sentinels give the primary up after a second, two against one.
    pub async fn start() -> Self {
        let options = ["--repl-diskless-sync-delay", "0"];
        let primary = RedisServer::start(&options);
        let port = primary.port().to_string();
        let replica = RedisServer::start(&[&options[..], &["--replicaof", "127.0.0.1", &port]].concat());
        let folder = tempfile::tempdir().unwrap();
        replica.is_replica().await;
        let sentinels = (0..3).map(|n| Sentinel::start(&folder, n, primary.port())).collect();
        let watched = Self { primary, replica, sentinels, _folder: folder };
        watched.agree().await;
        watched
    }

    /// `redis+sentinel://` with all three.
    pub fn url(&self, query: &str) -> String {
        let hosts: Vec<String> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/main?{query}", hosts.join(","))
    }

    /// Until every Sentinel knows the other two and the replica.
    async fn agree(&self) {
        for sentinel in &self.sentinels {
            comes("the Sentinels know each other", async || {
                let info = sentinel.primary().await;
                let says = |name: &str, value: &str| {
                    info.chunks(2).any(|pair| pair == [name.to_owned(), value.to_owned()])
                };
                says("num-other-sentinels", "2") && says("num-slaves", "1")
            })
            .await;
        }
    }
}

impl Sentinel {
    fn start(folder: &TempDir, n: usize, primary: u16) -> Self {
        let launched = (0..10).find_map(|attempt| {
            let port = free_port();
            let file = folder.path().join(format!("sentinel-{n}-{attempt}.conf"));
            let settings = format!(
                "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {primary} 2\n\
                 sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 3000\n"
            );
            std::fs::write(&file, settings).unwrap();
            let process = launch(&[file.to_str().unwrap(), "--sentinel"], "+monitor master main")?;
            Some(Self { port, process })
        });
        launched.expect("a Sentinel starts")
    }

    /// Until it names `server` as the primary.
    pub async fn names(&self, server: &RedisServer) {
        comes("the Sentinel names the promoted one", async || {
            let own = ["port".to_owned(), server.port().to_string()];
            self.primary().await.chunks(2).any(|pair| pair == own)
        })
        .await;
    }

    /// What it knows of the primary: names and values in turn.
    async fn primary(&self) -> Vec<String> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.port)).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        cmd("SENTINEL").arg("MASTER").arg("main").query_async(&mut connection).await.unwrap()
    }
}
