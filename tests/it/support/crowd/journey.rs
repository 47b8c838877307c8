//! One person's way from an app to an upstream and back, over either face; and what the app then gets.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::time::interval;
use tunnus::{ambient::Ambient, digest::sha256_base64url, sandbox::walker::Walker};
use url::Url;

use super::{
    Ground, Miss, PERSONS,
    browser::{Browser, Reached, Step, Until, press},
    tally::Tally,
};
use crate::support::house::{APPS, HouseApp};

/// How often an app's server tries again.
const AGAIN: Duration = Duration::from_millis(300);

/// Which face the app speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    OpenId,
    Rest,
}

/// A person on the way.
pub struct Journey {
    ground: Arc<Ground>,
    number: usize,
    face: Face,
    app: &'static HouseApp,
    connection: &'static str,
    /// Known to this app alone: `state`, `nonce` or `reference`.
    mark: String,
    verifier: String,
    /// The identification, where the app knows it.
    id: Option<String>,
    browser: Browser,
}

impl Journey {
    /// The one of this number; all faces, apps, connections and persons come in turn.
    pub fn new(ground: &Arc<Ground>, tally: &Arc<Tally>, number: usize) -> Self {
        let ambient = Ambient::system();
        let secret = || ambient.secret().expose().clone();
        let app = &APPS[number / 2 % 2];
        let browser = Browser {
            walker: Walker::new(ground.http.clone()),
            issuer: ground.issuer.clone(),
            home: app.back,
            tally: Arc::clone(tally),
        };
        Self {
            ground: Arc::clone(ground),
            number,
            face: if number.is_multiple_of(2) { Face::OpenId } else { Face::Rest },
            app,
            connection: ground.connections[number / 4 % ground.connections.len()],
            mark: secret(),
            verifier: secret(),
            id: None,
            browser,
        }
    }

    /// The whole way.
    pub async fn made(&mut self) -> Result<(), Miss> {
        let page = self.leave().await?;
        self.come_back(page).await
    }

    /// To the upstream's page where the person says who it is.
    pub async fn leave(&mut self) -> Result<Box<tunnus::sandbox::walker::Shown>, Miss> {
        let door = match self.face {
            Face::OpenId => self.request(),
            Face::Rest => self.create().await?,
        };
        let mut next = Step::Get(door);
        loop {
            match self.browser.go(next, Until::Asked).await? {
                Reached::Page(page) if page.body.contains("name=\"persona\"") => return Ok(page),
                Reached::Page(page) => next = press(&page, self.person())?,
                Reached::Home(back) => return Err(refused_at_home(&back)),
                Reached::About(step) => return Err(Miss::Strange(format!("stopped before {step:?}"))),
            }
        }
    }

    /// From there to the app, and the app's part. Some persons click twice.
    pub async fn come_back(&mut self, page: Box<tunnus::sandbox::walker::Shown>) -> Result<(), Miss> {
        let pressed = press(&page, self.person())?;
        let back = match self.browser.go(pressed, Until::Sent).await? {
            Reached::About(step) if self.number.is_multiple_of(3) => self.twice(step).await?,
            Reached::About(step) => self.home(step).await?,
            Reached::Home(back) => back,
            Reached::Page(page) => return Err(Miss::Strange(format!("asked once more at {}", page.url))),
        };
        match self.face {
            Face::OpenId => self.tokens(&back).await,
            Face::Rest => self.result(&back).await,
        }
    }

    const fn person(&self) -> usize {
        self.number / 8 % PERSONS
    }

    /// Home, past whatever an upstream asks again.
    async fn home(&mut self, step: Step) -> Result<Url, Miss> {
        let person = self.person();
        walk_home(&mut self.browser, step, person).await
    }

    /// Brings the same return twice at once: both come to the same end, or one to none.
    async fn twice(&mut self, step: Step) -> Result<Url, Miss> {
        let (person, mut twin) = (self.person(), self.browser.clone());
        let (one, other) = tokio::join!(
            walk_home(&mut self.browser, step.clone(), person),
            walk_home(&mut twin, step, person)
        );
        match (one, other) {
            (Ok(one), Ok(other)) if one == other => Ok(one),
            (Ok(one), Ok(other)) if param(&one, "code").is_some() && param(&other, "code").is_some() => {
                Err(Miss::Doubled("two codes of one identification".to_owned()))
            }
            (Ok(one), Ok(other)) => Ok(if param(&one, "code").is_some() { one } else { other }),
            (Ok(home), Err(Miss::Refused(_))) | (Err(Miss::Refused(_)), Ok(home)) => Ok(home),
            (Err(miss), _) | (_, Err(miss)) => Err(miss),
        }
    }

    fn request(&self) -> Url {
        let challenge = sha256_base64url(&self.verifier);
        let params = [
            ("response_type", "code"),
            ("client_id", self.app.id),
            ("redirect_uri", self.app.back),
            ("scope", "openid profile"),
            ("state", &self.mark),
            ("nonce", &self.mark),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("connection", self.connection),
            ("ui_locales", "en"),
        ];
        Url::parse_with_params(&format!("{}/authorize", self.ground.issuer), params).unwrap()
    }

    async fn create(&mut self) -> Result<Url, Miss> {
        let body = json!({
            "return_url": self.app.back, "connection": self.connection, "reference": self.mark, "locale": "en",
        });
        let (status, created, _) = self.call("api/v1/identifications", body.to_string(), JSON).await?;
        if status != 201 {
            return Err(refused(status, &created));
        }
        self.id = created["id"].as_str().map(str::to_owned);
        created["url"]
            .as_str()
            .and_then(|url| url.parse().ok())
            .ok_or_else(|| Miss::Strange(created.to_string()))
    }

    /// A call by the app, until there is an answer and the store is not said to be away. Whether it was
    /// made more than once is told too.
    async fn call(&mut self, path: &str, body: String, kind: &str) -> Result<(u16, Value, bool), Miss> {
        let mut patience = interval(AGAIN);
        patience.tick().await;
        let mut again = false;
        loop {
            let url = format!("{}/{path}", self.ground.issuer);
            let request = self.ground.http.post(url).basic_auth(self.app.id, Some(self.app.secret));
            let request = request.header("Content-Type", kind).body(body.clone());
            match answer(request).await {
                Err(_) => self.browser.tally.is_cut(),
                Ok((503, true, body)) if code_of(&body) == "store_unavailable" => {
                    self.browser.tally.is_told_to_wait();
                }
                Ok((status, _, body)) => return Ok((status, body, again)),
            }
            again = true;
            patience.tick().await;
        }
    }

    async fn tokens(&mut self, back: &Url) -> Result<(), Miss> {
        if param(back, "state").as_ref() != Some(&self.mark) {
            return Err(Miss::Foreign("another login's state".to_owned()));
        }
        let code = param(back, "code").ok_or_else(|| refused_at_home(back))?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", self.app.back),
            ("code_verifier", &self.verifier),
        ];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let (status, tokens, again) = self.call("token", form.clone(), FORM).await?;
        if status != 200 && again && tokens["error"] == "invalid_grant" {
            // The answer to an earlier try was lost: the code may have been used.
            return Err(Miss::Refused("invalid_grant".to_owned()));
        }
        if status != 200 {
            return Err(Miss::Lost(format!("a code that is none: {status} {tokens}")));
        }
        self.judge_tokens(&tokens)?;
        let (status, ..) = self.call("token", form, FORM).await?;
        if status == 200 { Err(Miss::Doubled("a code was good twice".to_owned())) } else { Ok(()) }
    }

    fn judge_tokens(&self, tokens: &Value) -> Result<(), Miss> {
        let claims = tokens["id_token"].as_str().and_then(|token| {
            let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
            serde_json::from_slice::<Value>(&claims).ok()
        });
        let claims = claims.ok_or_else(|| Miss::Strange(format!("no ID token: {tokens}")))?;
        if claims["aud"] != self.app.id || claims["nonce"] != *self.mark {
            return Err(Miss::Foreign("an ID token for another app or login".to_owned()));
        }
        self.judge_subject(&claims["sub"])
    }

    async fn result(&mut self, back: &Url) -> Result<(), Miss> {
        let id = param(back, "identification");
        if id.is_none() || id != self.id {
            return Err(Miss::Foreign("another login's identification".to_owned()));
        }
        let code = param(back, "code").ok_or_else(|| refused_at_home(back))?;
        let path = format!("api/v1/identifications/{}/result", id.unwrap_or_default());
        let (status, body, _) = self.call(&path, json!({ "code": code }).to_string(), JSON).await?;
        let identity = &body["identity"];
        if status != 200 || !identity.is_object() {
            // It is finished, and stays readable with this code.
            return Err(Miss::Lost(format!("no result of what is finished: {status} {body}")));
        }
        if body["reference"] != *self.mark || identity["connection"] != self.connection {
            return Err(Miss::Foreign("a result of another login".to_owned()));
        }
        self.judge_subject(&identity["subject"])
    }

    /// The same person over the same connection is always the same subject, and nobody else is.
    fn judge_subject(&self, subject: &Value) -> Result<(), Miss> {
        let subject = subject.as_str().ok_or_else(|| Miss::Strange("no subject".to_owned()))?;
        let mut known = self.ground.subjects.lock().unwrap();
        let own = self.person();
        let person = known.entry((self.connection, subject.to_owned())).or_insert(own);
        if *person == own { Ok(()) } else { Err(Miss::Foreign("another person's identity".to_owned())) }
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

async fn walk_home(browser: &mut Browser, mut step: Step, person: usize) -> Result<Url, Miss> {
    loop {
        match browser.go(step, Until::Home).await? {
            Reached::Home(back) => return Ok(back),
            Reached::Page(page) => step = press(&page, person)?,
            Reached::About(next) => step = next,
        }
    }
}

/// Status, whether it says when to try again, and body.
async fn answer(request: RequestBuilder) -> Result<(u16, bool, Value), reqwest::Error> {
    let response = request.send().await?;
    let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
    Ok((status, retry, serde_json::from_str(&response.text().await?).unwrap_or(Value::Null)))
}

/// The contract's code in an answer of either face.
fn code_of(body: &Value) -> &str {
    let described = || body["error_description"].as_str()?.split(' ').next();
    body["error"]["code"].as_str().or_else(described).unwrap_or_default()
}

fn refused(status: u16, body: &Value) -> Miss {
    match code_of(body) {
        "" => Miss::Strange(format!("{status} {body}")),
        code => Miss::Refused(code.to_owned()),
    }
}

/// What the browser brought in place of a code.
fn refused_at_home(back: &Url) -> Miss {
    let query: BTreeMap<_, _> = back.query_pairs().into_owned().collect();
    let described = query.get("error_description").and_then(|text| text.split(' ').next());
    let code = described.or_else(|| query.get("error").map(String::as_str));
    code.map_or_else(|| Miss::Strange(back.to_string()), |code| Miss::Refused(code.to_owned()))
}

fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
