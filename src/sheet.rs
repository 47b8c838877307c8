//! The setup sheet of one connection: what the upstream's admin must set there.
//!
//! The settings are named by the provider's `setup`; what only the server knows stands beside them:
//! return URLs, public keys, when they end.

use serde::Serialize;
use serde_json::Value;
use tunnus_sdk::{Environment, ErasedDefinition, Leg, Locale, SetupStep};

use crate::{host::ends, tenant::model::Connection};

/// What the upstream's admin must set.
#[derive(Debug, Serialize)]
pub struct Sheet {
    connection: String,
    provider: &'static str,
    environment: Environment,
    return_urls: Vec<ReturnUrl>,
    keys_url: String,
    keys: Vec<Value>,
    ends: Vec<End>,
    settings: Vec<SetupStep>,
}

/// Where the browser comes back on one leg.
#[derive(Debug, Serialize)]
struct ReturnUrl {
    leg: String,
    url: String,
}

/// When the credentials of a kind end.
#[derive(Debug, Serialize)]
struct End {
    credential: &'static str,
    at: Option<String>,
}

/// The sheet's headings.
struct Headings {
    return_urls: &'static str,
    keys: &'static str,
    no_keys: &'static str,
    ends: &'static str,
    settings: &'static str,
}

impl Sheet {
    /// The sheet of a connection below `issuer`; none where a key of it cannot be used.
    #[must_use]
    pub fn of(definition: &dyn ErasedDefinition, connection: &Connection, issuer: &str) -> Option<Self> {
        let descriptor = definition.descriptor();
        let mut published: Value = serde_json::from_str(&connection.key_set()?.body).ok()?;
        let keys = published.get_mut("keys").and_then(Value::as_array_mut).map(std::mem::take);
        let return_url = |leg: &str| format!("{issuer}/return/{}/{leg}", connection.id);
        let legs = descriptor.legs.iter().map(Leg::name);
        let fill = |step: SetupStep| {
            let value = step.value.replace("{issuer}", issuer).replace("{connection}", &connection.id);
            SetupStep::new(step.place, value)
        };
        let ends = ends(connection).into_iter();
        Some(Self {
            connection: connection.id.clone(),
            provider: descriptor.title,
            environment: connection.environment,
            return_urls: legs.map(|leg| ReturnUrl { leg: leg.to_owned(), url: return_url(leg) }).collect(),
            keys_url: format!("{issuer}/connections/{}/jwks", connection.id),
            keys: keys?,
            ends: ends.map(|(kind, at)| End { credential: kind.name(), at: at.to_date() }).collect(),
            settings: definition.setup(&connection.settings).into_iter().map(fill).collect(),
        })
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self, locale: Locale) -> String {
        let headings = Headings::of(locale);
        let environment = match self.environment {
            Environment::Production => "production",
            Environment::Sandbox => "sandbox",
        };
        let mut sections = vec![format!("{}: {} ({environment})", self.connection, self.provider)];
        let urls = self.return_urls.iter().map(|one| format!("{}: {}", one.leg, one.url));
        sections.push(section(headings.return_urls, urls));
        if self.keys.is_empty() {
            sections.push(headings.no_keys.to_owned());
        } else {
            sections
                .push(section(&format!("{} {}", headings.keys, self.keys_url), self.keys.iter().map(key)));
        }
        if !self.ends.is_empty() {
            let ends = self.ends.iter().filter_map(|end| Some((end.credential, end.at.as_deref()?)));
            sections.push(section(headings.ends, ends.map(|(credential, at)| format!("{credential}: {at}"))));
        }
        let settings = self.settings.iter().map(|step| format!("{}: {}", step.place, step.value));
        sections.push(section(headings.settings, settings));
        sections.join("\n\n")
    }
}

/// A key's use, type and `kid`, and the key itself to copy.
fn key(key: &Value) -> String {
    let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} {} {}\n    {key}", text("use"), text("kty"), text("kid"))
}

fn section(heading: &str, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(heading.to_owned()).chain(lines).collect::<Vec<_>>().join("\n  ")
}

impl Headings {
    const fn of(locale: Locale) -> Self {
        match locale {
            Locale::Fi => Self {
                return_urls: "Paluuosoitteet",
                keys: "Julkiset avaimet, myös osoitteessa",
                no_keys: "Ei avaimia",
                ends: "Voimassa",
                settings: "Asetettava palveluntarjoajalla",
            },
            Locale::Sv => Self {
                return_urls: "Returadresser",
                keys: "Publika nycklar, även på",
                no_keys: "Inga nycklar",
                ends: "Giltiga till",
                settings: "Ställs in hos leverantören",
            },
            Locale::En => Self {
                return_urls: "Return URLs",
                keys: "Public keys, also at",
                no_keys: "No keys",
                ends: "Valid until",
                settings: "To be set at the provider",
            },
        }
    }
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
