use std::sync::Mutex;

use super::*;

fn egress(allow: &[&str]) -> Egress {
    Egress::new(&allow.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

fn check(egress: &Egress, url: &str) -> Result<Route, Forbidden> {
    egress.check(&Url::parse(url).unwrap())
}

#[test]
fn https_to_a_name_or_a_public_address_is_allowed() {
    let egress = egress(&[]);
    for url in [
        "https://idp.example/token",
        "https://idp.example:8443/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
    ] {
        assert_eq!(check(&egress, url), Ok(Route::Public), "{url}");
    }
}

#[test]
fn anything_but_https_and_every_spelling_of_a_private_address_is_refused() {
    let egress = egress(&[]);
    for url in [
        "http://idp.example/",
        "ftp://idp.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://user@idp.example/",
        "https://:password@idp.example/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://①②⑦.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.7:8443/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://255.255.255.255/",
    ] {
        assert_eq!(check(&egress, url), Err(Forbidden), "{url}");
    }
}

#[test]
fn an_exception_is_for_exactly_its_origin() {
    let egress = egress(&["http://localhost:4010", "https://10.1.2.3"]);
    for url in ["http://localhost:4010/token", "http://LOCALHOST:4010", "https://10.1.2.3:443/jwks"] {
        assert_eq!(check(&egress, url), Ok(Route::Exception), "{url}");
    }
    for url in [
        "http://localhost:4011/",
        "http://localhost/",
        "http://127.0.0.1:4010/",
        "http://sub.localhost:4010/",
        "http://user@localhost:4010/",
        "http://10.1.2.3/",
        "https://10.1.2.3:8443/",
    ] {
        assert_eq!(check(&egress, url), Err(Forbidden), "{url}");
    }
    assert_eq!(check(&egress, "https://localhost:4010/"), Ok(Route::Public), "judged when it is resolved");
}

#[test]
fn what_is_neither_an_origin_nor_a_network_is_no_exception() {
    for text in [
        "",
        "localhost:4010",
        "http://localhost/path",
        "http://localhost/?q",
        "http://u@localhost",
        "ftp://localhost",
        "*",
    ] {
        let allow = ["http://localhost".to_owned(), text.to_owned()];
        assert_eq!(Egress::new(&allow).err(), Some(OutboundError::Exception(1)), "{text}");
    }
}

/// A name server whose answers change: one list a question.
struct Changing(Mutex<Vec<Vec<&'static str>>>);

#[async_trait]
impl Lookup for Changing {
    async fn addresses(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let answer = self.0.lock().unwrap().remove(0);
        Ok(answer.into_iter().map(|address| address.parse().unwrap()).collect())
    }
}

async fn resolve_within(egress: Egress, lookup: &Arc<Changing>, route: Route) -> Result<Vec<String>, bool> {
    let resolver =
        Resolver { egress: Arc::new(egress), lookup: Arc::clone(lookup) as Arc<dyn Lookup>, route };
    match resolver.resolve("idp.example".parse().unwrap()).await {
        Ok(addresses) => Ok(addresses.map(|address| address.ip().to_string()).collect()),
        Err(error) => Err(Forbidden::caused(error.as_ref())),
    }
}

async fn resolve(lookup: &Arc<Changing>, route: Route) -> Result<Vec<String>, bool> {
    resolve_within(Egress::default(), lookup, route).await
}

#[tokio::test]
async fn a_name_that_is_bound_anew_is_judged_anew() {
    let lookup =
        Arc::new(Changing(Mutex::new(vec![vec!["1.1.1.1"], vec!["127.0.0.1"], vec!["::ffff:10.0.0.1"]])));
    assert_eq!(resolve(&lookup, Route::Public).await, Ok(vec!["1.1.1.1".to_owned()]));
    assert_eq!(resolve(&lookup, Route::Public).await, Err(true));
    assert_eq!(resolve(&lookup, Route::Public).await, Err(true));
}

#[tokio::test]
async fn of_several_addresses_only_the_public_ones_are_tried() {
    let lookup = Arc::new(Changing(Mutex::new(vec![vec!["192.168.1.1", "9.9.9.9", "::1"], vec![]])));
    assert_eq!(resolve(&lookup, Route::Public).await, Ok(vec!["9.9.9.9".to_owned()]));
    assert_eq!(resolve(&lookup, Route::Public).await, Err(true), "no address at all");
}

#[tokio::test]
async fn under_an_exception_any_address_is_tried() {
    let lookup = Arc::new(Changing(Mutex::new(vec![vec!["127.0.0.1"]])));
    assert_eq!(resolve(&lookup, Route::Exception).await, Ok(vec!["127.0.0.1".to_owned()]));
}

#[tokio::test]
async fn a_network_counts_as_public_and_is_still_called_by_https() {
    let allow = ["10.20.0.0/16", "fd00::/8", "http://localhost:4010"];
    let within = egress(&allow);
    assert_eq!(check(&within, "https://10.20.1.1/"), Ok(Route::Public));
    assert_eq!(check(&within, "https://[fd12::1]/"), Ok(Route::Public));
    for url in ["http://10.20.1.1/", "https://10.21.1.1/", "https://[::1]/", "https://[fe80::1]/"] {
        assert_eq!(check(&within, url), Err(Forbidden), "{url}");
    }
    let lookup = Arc::new(Changing(Mutex::new(vec![vec!["10.20.1.1", "10.21.1.1"], vec!["10.21.1.1"]])));
    assert_eq!(
        resolve_within(egress(&allow), &lookup, Route::Public).await,
        Ok(vec!["10.20.1.1".to_owned()])
    );
    assert_eq!(resolve_within(egress(&allow), &lookup, Route::Public).await, Err(true));
}
