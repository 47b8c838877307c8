//! A platform and its merchants on two brokers with one database: what is changed by a command is used on
//! both.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    person::client,
    postgres::PostgresServer,
    program::{Program, Release, apply},
    redis::RedisServer,
};

/// The secret of the platform's app, before and after.
const SECRETS: [&str; 2] = ["a-first-secret-of-the-app", "a-second-secret-of-the-app"];
const RETURN: &str = "https://checkout.example/identified";

/// Two brokers under one name, as behind a balancer.
struct Pair {
    brokers: [Program; 2],
    postgres: PostgresServer,
    _redis: RedisServer,
    folder: TempDir,
    http: Client,
}

impl Pair {
    fn start() -> Self {
        let (postgres, redis, folder) =
            (PostgresServer::start(), RedisServer::start(&[]), TempDir::new().unwrap());
        let dir = folder.path();
        let settings = format!(
            "[tenants]\nurl = \"{}\"\n[flow_store]\nurl = \"{}\"\n\
             [secrets]\ndir = \"{}\"\nmaster_keys = [{{ id = \"1\", key = {{ file = \"master\" }} }}]\n",
            postgres.database(),
            redis.url(),
            dir.display(),
        );
        fs::write(dir.join("tunnus.toml"), settings).unwrap();
        fs::write(dir.join("master"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        fs::write(dir.join("upstream"), "a-secret-of-ours-upstream").unwrap();
        write_tenants(dir, SECRETS[0]);
        apply(Release::This, dir, &[]);
        let brokers = [(); 2].map(|()| Program::serve(Release::This, dir, |_| Vec::new()));
        Self { brokers, postgres, _redis: redis, folder, http: client() }
    }

    /// What one of the brokers answers the platform's app at a merchant.
    async fn ask(&self, broker: usize, merchant: &str, secret: &str, body: Option<Value>) -> (u16, Value) {
        let path = if body.is_some() { "identifications" } else { "connections" };
        let url = format!("http://{}/t/{merchant}/api/v1/{path}", self.brokers[broker].public);
        let request = match body {
            Some(body) => {
                self.http.post(url).header("Content-Type", "application/json").body(body.to_string())
            }
            None => self.http.get(url),
        };
        let response = request.basic_auth("checkout", Some(secret)).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }
}

/// A platform with an app; two merchants that have enabled it, and one that has not.
fn write_tenants(dir: &Path, secret: &str) {
    fs::create_dir_all(dir.join("tenants/platforms")).unwrap();
    fs::write(dir.join("checkout"), secret).unwrap();
    let platform = format!(
        "[platform]\nid = \"merchants\"\nname = \"Merchants\"\n[[apps]]\nid = \"checkout\"\nname = \"Checkout\"\n\
         authentication = \"client_secret_basic\"\nsecrets = [{{ file = \"checkout\" }}]\nreturn_urls = [\"{RETURN}\"]\n\
         claims = [\"name.full\"]\n"
    );
    fs::write(dir.join("tenants/platforms/merchants.toml"), platform).unwrap();
    for (id, enabled) in [("bakery", true), ("florist", true), ("grocer", false)] {
        let app = if enabled { "[[platform_apps]]\nid = \"checkout\"\n" } else { "" };
        let tenant = format!(
            "[tenant]\nid = \"{id}\"\nname = \"{id}\"\nplatform = \"merchants\"\n{app}\
             [[connections]]\nid = \"bank\"\nprovider = \"generic-oidc\"\nenvironment = \"sandbox\"\n\
             display_name = \"Bank\"\n[connections.settings]\nissuer = \"https://{id}.bank.example\"\n\
             client_id = \"tunnus\"\nrequest_delivery = \"get\"\nrequest_protection = \"plain\"\n\
             client_authentication = \"client_secret_basic\"\n[connections.credentials]\n\
             client_secret = {{ file = \"upstream\" }}\n"
        );
        fs::write(dir.join(format!("tenants/{id}.toml")), tenant).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_app_serves_every_merchant_that_has_enabled_it_on_both_brokers() {
    let pair = Pair::start();
    for broker in [0, 1] {
        for merchant in ["bakery", "florist"] {
            let (status, body) = pair.ask(broker, merchant, SECRETS[0], None).await;
            assert_eq!((status, &body["connections"][0]["id"]), (200, &json!("bank")), "{body}");
        }
        // Where it is not enabled it is who nobody is.
        let (status, mut body) = pair.ask(broker, "grocer", SECRETS[0], None).await;
        let (unknown, mut wrong) = pair.ask(broker, "bakery", "a-secret-that-nobody-has", None).await;
        for body in [&mut body, &mut wrong] {
            body.as_object_mut().unwrap().remove("trace_id");
        }
        assert_eq!((status, &body), (unknown, &wrong));
        assert_eq!(body["error"]["code"], "app_unauthorised");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_broker_began_the_other_knows_at_that_merchant_alone() {
    let pair = Pair::start();
    let (status, body) = pair.ask(0, "bakery", SECRETS[0], Some(json!({ "return_url": RETURN }))).await;
    assert_eq!(status, 201, "{body}");
    let id = body["id"].as_str().unwrap();
    for (merchant, status) in [("bakery", 200), ("florist", 404), ("grocer", 401)] {
        let url = format!("http://{}/t/{merchant}/api/v1/identifications/{id}", pair.brokers[1].public);
        let asked = pair.http.get(url).basic_auth("checkout", Some(SECRETS[0])).send().await.unwrap();
        assert_eq!(asked.status().as_u16(), status, "{merchant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_used_on_both_brokers_and_the_database_may_go_away() {
    let mut pair = Pair::start();
    for broker in [0, 1] {
        for merchant in ["bakery", "florist"] {
            assert_eq!(pair.ask(broker, merchant, SECRETS[0], None).await.0, 200);
        }
    }
    write_tenants(pair.folder.path(), SECRETS[1]);
    apply(Release::This, pair.folder.path(), &[]);
    let applied = Instant::now();
    for broker in [0, 1] {
        for merchant in ["bakery", "florist"] {
            while pair.ask(broker, merchant, SECRETS[1], None).await.0 != 200 {
                assert!(applied.elapsed() < Duration::from_secs(30), "{merchant} on {broker}");
            }
            assert_eq!(pair.ask(broker, merchant, SECRETS[0], None).await.0, 401);
        }
    }
    println!("a changed app of a platform was used on both brokers after {:?}", applied.elapsed());
    pair.postgres.stop();
    for broker in [0, 1] {
        assert_eq!(pair.ask(broker, "bakery", SECRETS[1], None).await.0, 200, "in use, so served");
        assert_eq!(pair.ask(broker, "nobody", SECRETS[1], None).await.0, 503);
    }
    pair.postgres.restart();
    while pair.ask(1, "nobody", SECRETS[1], None).await.0 == 503 {
        assert!(applied.elapsed() < Duration::from_secs(60));
    }
}
