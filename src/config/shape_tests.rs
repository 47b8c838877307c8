use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::config::Reference;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct Form {
    listen: String,
    #[serde(default)]
    inner: Inner,
    #[serde(default)]
    colour: Option<Colour>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    secret: Option<Reference>,
    #[serde(default)]
    items: Vec<Inner>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Inner {
    #[schemars(range(min = 1, max = 9))]
    number: u8,
    truth: bool,
    #[schemars(extend("format" = "socket-address"))]
    address: String,
    #[schemars(regex(pattern = "^[a-z]+$"), extend("x-expected" = "lower case letters"))]
    word: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    /// As the sky.
    Blue,
    /// As the grass.
    Green,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
enum Mode {
    Slow { steps: u8 },
    Fast { jumps: u8 },
}

fn faults(value: &Value) -> Vec<String> {
    let told = Shape::of::<Form>().unwrap().misfits(value);
    let mut told: Vec<String> =
        told.iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect();
    told.sort();
    told
}

#[test]
fn what_fits_has_no_fault() {
    let value = json!({
        "listen": "x",
        "inner": { "number": 9, "truth": true, "address": "[::1]:1", "word": "a" },
        "colour": "green",
        "mode": { "kind": "slow", "steps": 2 },
        "secret": { "env": "TUNNUS_SECRET_X" },
        "items": [{ "number": 1 }],
    });
    assert_eq!(faults(&value), Vec::<String>::new());
}

#[test]
fn every_fault_is_told_at_once_without_the_value() {
    let value = json!({
        "lisen": "hunter2",
        "inner": { "number": 10, "truth": "hunter2", "address": "hunter2", "word": "HUNTER2", "zzzzzz": 1 },
        "colour": "hunter2",
        "mode": { "kind": "slow", "steps": "hunter2", "jump": 1 },
        "secret": "hunter2",
        "items": [{ "number": 1 }, 4],
    });
    assert_eq!(
        faults(&value),
        [
            "/colour: expected one of `blue`, `green`",
            "/inner/address: expected an IP address and a port, as 127.0.0.1:8080 or [::1]:8080",
            "/inner/number: must be at most 9",
            "/inner/truth: expected true or false",
            "/inner/word: expected lower case letters",
            "/inner/zzzzzz: unknown key",
            "/items/1: expected a table",
            "/lisen: unknown key; did you mean `listen`?",
            "/mode/jump: unknown key",
            "/mode/steps: expected a whole number",
            r#"/secret: expected a reference: { env = "TUNNUS_SECRET_…" } or { file = "NAME" }"#,
        ]
    );
}

#[test]
fn a_reference_of_an_unknown_kind_is_told_what_there_is() {
    for wrong in [json!({ "evn": "X" }), json!({ "env": 1 }), json!({ "env": "A", "file": "B" }), json!({})] {
        assert_eq!(
            faults(&json!({ "listen": "x", "secret": wrong })),
            [r#"/secret: expected a reference: { env = "TUNNUS_SECRET_…" } or { file = "NAME" }"#]
        );
    }
}

#[test]
fn an_unknown_kind_is_told_the_kinds_there_are() {
    let told = faults(&json!({ "listen": "x", "mode": { "kind": "hunter2" } }));
    assert_eq!(told, ["/mode/kind: expected one of `slow`, `fast`"]);
    assert_eq!(faults(&json!({ "listen": "x", "mode": {} })), ["/mode/kind: is missing"]);
    assert_eq!(
        faults(&json!({ "listen": "x", "mode": 1 })),
        ["/mode: none of the forms that are allowed here"]
    );
}
