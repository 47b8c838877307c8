//! The methods and portals of the service: what each is worth, and whose national id it gives.
//!
//! Owns the table and its faults. An `acr` of this service names a method, not a level, so the
//! level is what the table says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use tunnus_sdk::{Level, MethodInfo, SettingsError};

/// What a direct method's URN begins with.
const METHOD: &str = "urn:signicat:oidc:method:";

/// What a portal's URN begins with: a page on which the person chooses among several methods.
const PORTAL: &str = "urn:signicat:oidc:portal:";

/// The methods that are known by name; the table may have more.
pub(crate) const METHODS: &[MethodInfo] = &[
    MethodInfo { id: "fi-aktia", name: "Aktia" },
    MethodInfo { id: "fi-nordea", name: "Nordea" },
    MethodInfo { id: "fi-op", name: "OP" },
    MethodInfo { id: "nbid", name: "BankID (Norway)" },
    MethodInfo { id: "sbid", name: "BankID (Sweden)" },
];

/// What one method or portal is worth.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodRule {
    /// The method's id in the identity record, by which an app can choose it: `fi-op`. A portal has
    /// none; there the token names the bank (`ftn.idpId`).
    #[serde(default)]
    pub id: Option<String>,
    /// The method's name for people, where it is not built in.
    #[serde(default)]
    pub name: Option<String>,
    /// The level of assurance.
    pub level: Level,
    /// Whose number `signicat.national_id` is. Without it that claim fails.
    #[serde(default)]
    pub national_id: Option<NationalIdType>,
}

/// The kind of a national id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NationalIdType {
    /// ISO 3166-1 alpha-2: `FI`.
    pub country: String,
    /// The kind of number: `hetu`, `fodselsnummer`, `personnummer`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl NationalIdType {
    fn new(country: &str, kind: &str) -> Self {
        Self { country: country.to_owned(), kind: kind.to_owned() }
    }

    /// Whether it is the Finnish personal identity code.
    pub(crate) fn is_hetu(&self) -> bool {
        self.country == "FI" && self.kind == "hetu"
    }
}

impl MethodRule {
    /// Whether it is of the Finnish Trust Network.
    pub(crate) fn is_finnish(&self) -> bool {
        self.national_id.as_ref().is_some_and(NationalIdType::is_hetu)
    }
}

/// Whether `acr` is a portal's, so that the token may name any method of the table.
pub(crate) fn is_portal(acr: &str) -> bool {
    acr.starts_with(PORTAL)
}

/// The built-in table. Norwegian BankID counts as substantial: the method's name does not tell which
/// of its two levels the person used.
pub(crate) fn known_methods() -> BTreeMap<String, MethodRule> {
    let rows = [
        (PORTAL, "ftn", None, ("FI", "hetu")),
        (PORTAL, "ftn-auth", None, ("FI", "hetu")),
        (METHOD, "ftn-aktia-auth", Some("fi-aktia"), ("FI", "hetu")),
        (METHOD, "ftn-nordea-auth", Some("fi-nordea"), ("FI", "hetu")),
        (METHOD, "ftn-op-auth", Some("fi-op"), ("FI", "hetu")),
        (METHOD, "nbid", Some("nbid"), ("NO", "fodselsnummer")),
        (METHOD, "sbid", Some("sbid"), ("SE", "personnummer")),
    ];
    let rule = |id: Option<&str>, (country, kind)| MethodRule {
        id: id.map(str::to_owned),
        name: None,
        level: Level::Substantial,
        national_id: Some(NationalIdType::new(country, kind)),
    };
    rows.into_iter().map(|(kind, name, id, number)| (format!("{kind}{name}"), rule(id, number))).collect()
}

/// The faults of a table.
pub(crate) fn method_faults(methods: &BTreeMap<String, MethodRule>) -> Vec<SettingsError> {
    let mut ids = Vec::new();
    let mut faults = Vec::new();
    for (urn, rule) in methods {
        // RFC 6901, section 3: a URN of Signicat has neither `~` nor `/`, but a wrong key may.
        let pointer = format!("/methods/{}", urn.replace('~', "~0").replace('/', "~1"));
        let mut fault =
            |end: &str, text: &str| faults.push(SettingsError::new(format!("{pointer}{end}"), text));
        if !is_urn(urn) {
            fault("", "must be named urn:signicat:oidc:method:NAME or urn:signicat:oidc:portal:NAME");
        }
        match rule.id.as_deref() {
            Some(id) if !is_word(id) => fault("/id", "must be 1 to 64 letters, digits, hyphens, dots"),
            Some(id) if ids.contains(&id) => fault("/id", "is another method's id too"),
            Some(id) => ids.push(id),
            None => {}
        }
        let Some(number) = &rule.national_id else { continue };
        if number.country.len() != 2 || !number.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            fault("/national_id/country", "must be an ISO 3166-1 code: two upper-case letters");
        }
        if !is_word(&number.kind) {
            fault("/national_id/type", "must be 1 to 64 letters, digits, hyphens, dots");
        }
    }
    faults
}

fn is_urn(text: &str) -> bool {
    let name = text.strip_prefix(METHOD).or_else(|| text.strip_prefix(PORTAL));
    name.is_some_and(is_word)
}

/// A short word of plain characters, as ids are.
pub(crate) fn is_word(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    plain && (1..=64).contains(&text.len())
}
