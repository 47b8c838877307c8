//! A Redis that asks for TLS and a user's password.

use std::path::Path;

use tempfile::TempDir;
use tunnus::{
    ambient::Ambient,
    store::{MemoryLimits, open_store},
};

use crate::support::{certificates::Authority, redis::RedisServer};

/// The authority's file, and a server that speaks TLS only and knows one user.
struct Secured {
    folder: TempDir,
    server: RedisServer,
}

impl Secured {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let keys = authority.server();
        for (file, member) in [("ca.pem", "authority"), ("server.pem", "certificate"), ("server.key", "key")]
        {
            std::fs::write(folder.path().join(file), keys[member].as_str().unwrap()).unwrap();
        }
        std::fs::write(folder.path().join("other.pem"), Authority::new().certificate).unwrap();
        let at = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
        let server = RedisServer::start(&[
            "--tls-cert-file",
            &at("server.pem"),
            "--tls-key-file",
            &at("server.key"),
            "--tls-ca-cert-file",
            &at("ca.pem"),
            "--tls-auth-clients",
            "no",
            "--user",
            "default",
            "off",
            "--user",
            "tunnus",
            "on",
            ">p@ss/word",
            "~tunnus:*",
            "+get",
            "+set",
            "+del",
            "+incrby",
            "+pexpire",
            "+ping",
            "+select",
            "+client",
        ]);
        Self { folder, server }
    }

    fn file(&self, name: &str) -> String {
        let path: &Path = &self.folder.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    fn url(&self, user: &str, query: &str) -> String {
        format!("rediss://{user}localhost:{}/{query}", self.server.port())
    }
}

async fn answers(url: &str) -> bool {
    let store = open_store(url, MemoryLimits::default(), &Ambient::system()).unwrap();
    store.ping().await.is_ok()
}

#[tokio::test]
async fn tls_and_the_password_open_the_door_and_nothing_less_does() {
    let secured = Secured::start();
    let ca = format!("?ca={}", secured.file("ca.pem"));
    let user = "tunnus:p%40ss%2Fword@";
    assert!(answers(&secured.url(user, &ca)).await);
    assert!(!answers(&secured.url("", &ca)).await, "without a user");
    assert!(!answers(&secured.url("tunnus:other@", &ca)).await, "another password");
    assert!(!answers(&secured.url(user, "")).await, "nobody vouches for the server");
    let other = format!("?ca={}", secured.file("other.pem"));
    assert!(!answers(&secured.url(user, &other)).await, "another CA");
    let named_otherwise = secured.url(user, &ca).replace("localhost", "127.0.0.1");
    assert!(!answers(&named_otherwise).await, "the certificate names another host");
    let plain = secured.url(user, "").replace("rediss", "redis");
    assert!(!answers(&plain).await, "without TLS");
}

#[test]
fn a_ca_that_is_not_there_is_an_error_at_once() {
    let opened = open_store("rediss://a?ca=/nowhere/ca.pem", MemoryLimits::default(), &Ambient::system());
    assert!(opened.is_err());
}
