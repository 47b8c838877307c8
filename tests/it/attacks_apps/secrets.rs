//! What is logged and what is kept: nothing of a person, no secret, whatever goes wrong.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};
use url::Url;

use super::world::{self, VERIFIER, redeem, userinfo};
use crate::support::{
    faulty::Faulty,
    person::{Person, Shown},
    sandbox::{Bench, RETURN, param},
};

/// How long a fault may take: some make an upstream slow, and what is logged until then counts.
const PATIENCE: Duration = Duration::from_secs(2);

/// How short a secret may be: what is shorter may stand there by chance.
const SHORTEST: usize = 6;

/// All that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What nobody may read: what was learnt about persons, and every secret on the way.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Every text about the person in a record.
    fn of_record(&mut self, record: &Value) {
        for member in
            ["subject", "name", "birth_date", "national_id", "other_ids", "email", "phone", "address"]
        {
            self.leaves(&record[member]);
        }
        self.leaves(&record["payment_details"]);
    }

    fn leaves(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.add(text),
            Value::Array(values) => values.iter().for_each(|value| self.leaves(value)),
            Value::Object(members) => members.values().for_each(|value| self.leaves(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add(&mut self, text: &str) {
        if text.len() >= SHORTEST && text != "ACCOUNT_NUMBER" {
            self.0.insert(text.to_owned());
        }
    }

    /// What a page or redirect carries: cookies, and the secrets in the address it leads to.
    fn of_shown(&mut self, shown: &Shown) {
        for set in shown.headers.get_all("Set-Cookie") {
            let value = set.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
            value.split('.').filter(|part| part.len() >= 40).for_each(|part| self.add(part));
        }
        let fields = shown.form().map(|(_, fields)| fields).unwrap_or_default();
        let query = shown.location().map(|to| to.query_pairs().into_owned().collect::<Vec<_>>());
        for (name, value) in fields.into_iter().chain(query.unwrap_or_default()) {
            if ["state", "nonce", "code", "response", "request"].contains(&name.as_str()) {
                self.add(&value);
            }
        }
    }

    /// One pass over `text`, which may be long: a secret is looked for where its beginning stands.
    #[track_caller]
    fn are_not_in(&self, what: &str, text: &[u8]) {
        let mut by_beginning: HashMap<&[u8], Vec<&str>> = HashMap::new();
        for secret in &self.0 {
            by_beginning.entry(&secret.as_bytes()[..SHORTEST]).or_default().push(secret);
        }
        for (at, beginning) in text.windows(SHORTEST).enumerate() {
            for secret in by_beginning.get(beginning).into_iter().flatten() {
                assert!(!text[at..].starts_with(secret.as_bytes()), "{what} holds {secret}");
            }
        }
    }
}

/// Where something has the form of a Finnish national id.
fn national_id(text: &str) -> Option<&str> {
    let is_id = |part: &[u8]| {
        let digits = |range: std::ops::Range<usize>| part[range].iter().all(u8::is_ascii_digit);
        digits(0..6)
            && b"+-ABCDEFUVWXY".contains(&part[6])
            && digits(7..10)
            && part[10].is_ascii_alphanumeric()
    };
    let at = text.as_bytes().windows(11).position(is_id)?;
    text.get(at..at + 11)
}

/// Goes from `door` on until the app's address or a page, and gathers the secrets on the way.
async fn walk(person: &mut Person, door: Url, found: &mut Secrets) -> Option<Url> {
    let mut shown = person.get(&door).await;
    for _ in 0..12 {
        found.of_shown(&shown);
        shown = match (shown.location(), shown.form()) {
            (Some(to), _) if to.as_str().starts_with(RETURN) => return Some(to),
            (Some(to), _) => person.get(&to).await,
            (None, Some((action, fields))) => person.post(&action, &fields).await,
            (None, None) => return None,
        };
    }
    None
}

/// Logs in over REST as well as it goes, and gathers the secrets of it.
async fn log_in(bench: &Bench, connection: &str, hint: Option<String>, secrets: &Mutex<Secrets>) {
    let mut more = json!({ "connection": connection, "reference": "the app's own order 4711" });
    if let Some(hint) = hint {
        more["login_hint"] = hint.into();
    }
    let created = bench.create(more).await;
    let door: Url = created["url"].as_str().unwrap_or_else(|| panic!("{created}")).parse().unwrap();
    let ticket = door.path().rsplit_once('.').unwrap().1.to_owned();
    secrets.lock().unwrap().add(&ticket);
    let mut found = Secrets::default();
    let returned = walk(&mut bench.person(), door, &mut found).await;
    if let Some(returned) = returned
        && let Some(code) = param(&returned, "code")
    {
        found.add(&code);
        found.add(code.split_once('.').unwrap().1);
        found.of_record(&bench.result(&returned).await.1["identity"]);
    }
    secrets.lock().unwrap().0.extend(found.0);
}

/// Logs in with every fault that a simulator knows; how many ended in time.
async fn go_wrong(bench: &Arc<Bench>, secrets: &Arc<Mutex<Secrets>>) -> usize {
    let tenant = bench.sandbox.tenants.tenant("demo").unwrap();
    let mut faults = tokio::task::JoinSet::new();
    let at_once = Arc::new(Semaphore::new(6));
    for (provider, simulator) in &bench.sandbox.simulators {
        let theirs: Vec<_> = tenant.connections.iter().filter(|known| known.provider == *provider).collect();
        for ((fault, _), connection) in simulator.faults().into_iter().zip(theirs.iter().cycle()) {
            let (bench, secrets, connection) =
                (Arc::clone(bench), Arc::clone(secrets), connection.id.clone());
            let at_once = Arc::clone(&at_once);
            faults.spawn(async move {
                let _turn = at_once.acquire().await;
                let persona = &bench.sandbox.connections.iter().find(|known| known.id == connection).unwrap();
                let hint = format!("sandbox:persona={},fault={fault}", persona.personas[0]);
                let login = log_in(&bench, &connection, Some(hint), &secrets);
                // A fault may also keep us waiting: what it made us say until then is in the log.
                tokio::time::timeout(PATIENCE, login).await.is_ok()
            });
        }
    }
    let mut ended = 0;
    while let Some(fault) = faults.join_next().await {
        ended += usize::from(fault.is_ok_and(|in_time| in_time));
    }
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_log_nor_store_tells_anything_whatever_goes_wrong() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("debug,tunnus=trace"))
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only log of the tests");
    let store = Faulty::new();
    let bench = Arc::new(Bench::over(Arc::<Faulty>::clone(&store)));
    let secrets = Arc::new(Mutex::new(Secrets::default()));
    for text in ["shop-secret", VERIFIER, "the app's own order 4711"] {
        secrets.lock().unwrap().add(text);
    }
    let tenant = bench.sandbox.tenants.tenant("demo").unwrap();
    for connection in &tenant.connections {
        log_in(&bench, &connection.id, None, &secrets).await;
        let credentials = &connection.credentials;
        if let Some(secret) = &credentials.client_secret {
            secrets.lock().unwrap().add(secret.expose());
        }
    }
    let code = world::code(&bench, "openid profile email phone national_id age tunnus").await;
    let answer = redeem(&bench, &code, &[]).await;
    let token = answer.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(&bench, bench.issuer(), &token).await.status, 200);
    for text in [&code, &token] {
        // The first part names a place, and is no secret.
        secrets.lock().unwrap().add(text);
        secrets.lock().unwrap().add(text.split_once('.').unwrap().1);
    }
    answer.body["id_token"].as_str().unwrap().split('.').for_each(|part| secrets.lock().unwrap().add(part));
    let ended = go_wrong(&bench, &secrets).await;
    assert!(ended > 50, "{ended} faults ended in time");
    let secrets = secrets.lock().unwrap();
    assert!(secrets.0.len() > 100, "{} secrets", secrets.0.len());
    secrets.are_not_in("the store", &store.written());
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("identification settled") && text.contains("identification failed"), "{text}");
    secrets.are_not_in("the log", text.as_bytes());
    assert_eq!(national_id(&text), None);
    assert_eq!(national_id(&String::from_utf8_lossy(&store.written())), None);
    secrets.are_not_in("the metrics", bench.sandbox.broker.metrics.render().as_bytes());
}
