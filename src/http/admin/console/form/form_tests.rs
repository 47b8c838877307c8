use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, json};
use tunnus_sdk::{Level, Locale, LocalizedText, SettingsError};

use super::{super::texts::Texts, *};
use crate::{providers::Providers, tenant::stored_schema};

/// One of each kind.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Sample {
    /// An `id`, broken
    /// over lines.
    id: String,
    #[schemars(range(max = 9))]
    count: u8,
    #[schemars(default = "yes")]
    on: bool,
    off: Option<bool>,
    level: Level,
    levels: Option<Vec<Level>>,
    hosts: Option<Vec<String>>,
    name: Option<LocalizedText>,
    by_acr: Option<BTreeMap<String, Level>>,
    inner: Option<Inner>,
    issuers: Option<Vec<Inner>>,
    odd: Option<Value>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Inner {
    issuer: String,
    aliases: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}

fn sample() -> Vec<Field> {
    let schema = schemars::schema_for!(Sample).to_value();
    fields(&schema, &schema)
}

/// The fields of one table of a tenant's file.
fn table(name: &str) -> Vec<Field> {
    let schema = stored_schema();
    fields(&schema, &schema["$defs"][name])
}

fn shown(fields: &[Field], document: &Value, faults: &[SettingsError]) -> Shown {
    show(fields, ("", "", document.as_object().unwrap()), faults, Texts::of(Locale::En))
}

/// What a browser posts of a form that nobody has touched.
fn untouched(shown: &Shown) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for item in &shown.items {
        let Item::Control(control) = item else {
            if let Item::Hidden(name, value) = item {
                pairs.push((name.clone(), value.clone()));
            }
            continue;
        };
        let mut push = |value: &str| pairs.push((control.name.clone(), value.to_owned()));
        match &control.shape {
            Shape::Line { value, .. } | Shape::Area { value, .. } => push(value),
            Shape::Check(on) => on.then(|| push("1")).unwrap_or_default(),
            Shape::Select(picks) => push(&picks.iter().find(|pick| pick.on).unwrap_or(&picks[0]).value),
            Shape::Checks(picks) => picks.iter().filter(|pick| pick.on).for_each(|pick| push(&pick.value)),
            Shape::File => {}
        }
    }
    pairs
}

fn answers(pairs: &[(String, String)]) -> Answers {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Answers::of(body.as_bytes())
}

/// The document after a form of it was sent untouched.
fn round(fields: &[Field], document: &Value) -> Value {
    Value::Object(read(fields, "", &answers(&untouched(&shown(fields, document, &[])))))
}

fn control<'a>(shown: &'a Shown, name: &str) -> &'a Control {
    let controls = shown.items.iter().filter_map(|item| match item {
        Item::Control(control) => Some(control),
        _ => None,
    });
    let names: Vec<_> = controls.clone().map(|control| control.name.clone()).collect();
    controls.into_iter().find(|control| control.name == name).unwrap_or_else(|| panic!("{name} in {names:?}"))
}

#[test]
fn a_form_that_nobody_touches_changes_nothing() {
    let full = json!({
        "id": "a", "count": 3, "on": false, "off": false, "level": "high", "levels": ["low", "high"],
        "hosts": ["a.example", "b.example"], "name": { "fi": "Nimi", "en": "Name" },
        "by_acr": { "urn:a/b~c": "low", "x": "high" }, "inner": { "issuer": "https://a.example" },
        "issuers": [{ "issuer": "https://a.example", "aliases": ["a", "b"] }, { "issuer": "https://b.example" }],
        "odd": { "anything": [1, null] },
    });
    assert_eq!(round(&sample(), &full), full);
    let app = json!({
        "id": "shop", "name": { "en": "Shop" }, "authentication": "none", "claims": ["name.full"],
        "redirect_uris": ["https://shop.example/cb"], "minimum_assurance": "substantial", "release": "poll",
        "jwks": { "keys": [{ "kty": "RSA" }] },
    });
    let mut fields = table("AppEntry");
    fields.retain(|field| field.name != "secrets");
    assert_eq!(round(&fields, &app), app);
}

#[test]
fn every_member_of_every_provider_has_an_input_of_its_own() {
    fn odd(fields: &[Field]) -> Vec<String> {
        let of = |field: &Field| match &field.kind {
            Kind::Json => vec![field.name.clone()],
            Kind::Group(inner) | Kind::List(inner) => odd(inner),
            Kind::Table(inner) => odd(std::slice::from_ref(inner)),
            _ => Vec::new(),
        };
        fields.iter().flat_map(of).collect()
    }
    for provider in Providers::built_in().iter() {
        let schema = provider.schema().to_value();
        let fields = fields(&schema, &schema);
        assert!(fields.len() > 3, "{}", provider.descriptor().id);
        assert_eq!(odd(&fields), Vec::<String>::new(), "{}", provider.descriptor().id);
        assert!(fields.iter().all(|field| !field.help.is_empty()), "{}", provider.descriptor().id);
    }
}

#[test]
fn what_is_empty_or_the_default_is_left_out() {
    let shown = shown(&sample(), &json!({}), &[]);
    let read = read(&sample(), "", &answers(&untouched(&shown)));
    assert_eq!(Value::Object(read), json!({ "off": false }));
}

#[test]
fn what_does_not_fit_is_kept_to_be_mended() {
    let pairs = [("/count", "many"), ("/odd", "{ no json")].map(|(name, value)| (name.into(), value.into()));
    let document = Value::Object(read(&sample(), "", &answers(&pairs)));
    let shown = shown(&sample(), &document, &[]);
    for (name, text) in [("/count", "many"), ("/odd", "{ no json")] {
        let (Shape::Line { value, .. } | Shape::Area { value, .. }) = &control(&shown, name).shape else {
            panic!("{name}");
        };
        assert_eq!(value, text);
    }
}

#[test]
fn every_fault_stands_at_its_input_and_leads_there() {
    let document = json!({ "hosts": ["a", "b"], "by_acr": { "x/y": "low" }, "issuers": [{ "issuer": "i" }] });
    let fault = |pointer: &str| SettingsError::new(pointer, "wrong");
    let places = ["/id", "/hosts/1", "/by_acr/x~1y", "/issuers/0/issuer", "/nowhere"];
    let shown = shown(&sample(), &document, &places.map(fault));
    let targets: Vec<_> = shown.summary.iter().map(|summary| summary.target.as_deref()).collect();
    let ids = [Some("f-id"), Some("f-hosts"), Some("f-by_acr-0-value"), Some("f-issuers-0-issuer"), None];
    assert_eq!(targets, ids);
    assert_eq!(control(&shown, "/hosts").faults, ["line 2: wrong"]);
    assert_eq!(control(&shown, "/id").faults, ["wrong"]);
}

#[test]
fn a_fold_with_a_fault_in_it_is_open_and_no_other() {
    let fault = SettingsError::new("/by_acr/x", "wrong");
    let shown = shown(&sample(), &json!({ "by_acr": { "x": "low" } }), &[fault]);
    let folds = shown.items.iter().filter_map(|item| match item {
        Item::Open(fieldset) if fieldset.folded => Some((fieldset.id.as_str(), fieldset.open)),
        _ => None,
    });
    assert_eq!(folds.collect::<Vec<_>>(), [("f-by_acr", true), ("f-inner", false)]);
}

#[test]
fn a_secret_goes_in_and_never_comes_out() {
    let fields = table("CredentialsTable");
    let set = json!({ "set": true, "id": "s1", "at": "2026-11-21T10:00:00Z", "by": "Operator" });
    let document = json!({ "client_secret": set, "signing": [set], "decryption": [{ "value": "PEM-PEM" }] });
    let shown = shown(&fields, &document, &[]);
    let text = format!("{:?}", shown.items);
    assert!(!text.contains("PEM-PEM") && text.contains("Set at 2026-11-21T10:00:00Z by Operator."), "{text}");
    let kept =
        json!({ "client_secret": { "set": true, "id": "s1" }, "signing": [{ "set": true, "id": "s1" }] });
    assert_eq!(round(&fields, &document), kept);
}

#[test]
fn a_secret_is_replaced_added_and_removed() {
    let fields = table("CredentialsTable");
    let posted = |pairs: &[(&str, &str)]| -> Map<String, Value> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        read(&fields, "", &answers(&pairs))
    };
    let replaced = posted(&[("/client_secret/set", "s1"), ("/client_secret/given", " new ")]);
    assert_eq!(replaced["client_secret"], json!({ "value": "new" }));
    let removed = posted(&[("/client_secret/set", "s1"), ("/client_secret/remove", "1")]);
    assert_eq!(removed["client_secret"], Value::Null);
    let added = posted(&[("/signing/0/set", "s1"), ("/signing/given", "k2")]);
    assert_eq!(added["signing"], json!([{ "set": true, "id": "s1" }, { "value": "k2" }]));
    let emptied = posted(&[("/signing/0/set", "s1"), ("/signing/0/remove", "1")]);
    assert_eq!(emptied["signing"], json!([]));
    assert_eq!(posted(&[]), Map::new());
}

#[test]
fn all_of_several_is_another_thing_than_none_of_them() {
    let mut fields = table("AppEntry");
    fields.retain(|field| field.name == "connections");
    fields[0].kind = Kind::Some(vec![Choice { value: "ftn".to_owned(), help: "FTN".to_owned() }]);
    for document in [json!({}), json!({ "connections": [] }), json!({ "connections": ["ftn"] })] {
        assert_eq!(round(&fields, &document), document);
    }
}

#[test]
fn a_doubled_answer_counts_as_none() {
    let answers = Answers::of(b"a=1&a=2&b=+x+&c=");
    assert_eq!((answers.one("a"), answers.one("b"), answers.one("c")), (None, Some("x"), None));
    assert!(answers.has("c") && !answers.has("d"));
}
