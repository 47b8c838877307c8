//! What becomes of a document's secrets on the way in.

use super::*;

fn unmask(part: &Part, kept: Option<&Value>, given: Value) -> Result<(Value, Vec<Generated>), AdminError> {
    let (secrets, ambient) = (BTreeMap::new(), Ambient::system());
    Unmask { part, kept, secrets: &secrets, ambient: &ambient }.unmask(given)
}

fn bank() -> Part {
    Part::Connection("bank".to_owned())
}

#[test]
fn a_list_is_kept_as_a_whole_or_said_one_by_one() {
    let kept = json!({ "credentials": { "signing": [{ "stored": "a" }, { "stored": "b" }] } });
    let given = |credentials: Value| unmask(&bank(), Some(&kept), credentials).unwrap().0;
    assert_eq!(given(json!({ "credentials": {} })), kept);
    assert_eq!(given(json!({})), kept);
    let one = given(json!({ "credentials": { "signing": [{ "value": "new" }, { "set": true }] } }));
    assert_eq!(one, json!({ "credentials": { "signing": [{ "value": "new" }, { "stored": "b" }] } }));
    let none = given(json!({ "credentials": { "signing": [] } }));
    assert_eq!(none, json!({ "credentials": { "signing": [] } }));
    let removed = given(json!({ "credentials": { "signing": null } }));
    assert_eq!(removed, json!({ "credentials": {} }));
}

#[test]
fn an_apps_own_public_keys_are_no_secret() {
    let app = Part::App("shop".to_owned());
    let keys = json!({ "jwks": { "keys": [{ "kty": "RSA" }] } });
    assert_eq!(unmask(&app, None, keys.clone()).unwrap().0, keys);
    assert_eq!(masked(&app, &keys, &BTreeMap::new()), keys);
    // They are no secret: who leaves them out takes them away.
    assert_eq!(unmask(&app, Some(&keys), json!({})).unwrap().0, json!({}));
}

#[test]
fn a_value_is_never_shown() {
    let kept = json!({ "credentials": {
        "certificate": { "value": "PEM" }, "signing": [{ "value": "JWK" }, { "stored": "a" }],
    } });
    let shown = masked(&bank(), &kept, &BTreeMap::new());
    let set = json!({ "set": true });
    let signing = json!([set, { "set": true, "id": "a" }]);
    assert_eq!(shown, json!({ "credentials": { "certificate": set, "signing": signing } }));
}

#[test]
fn only_an_apps_secret_is_made_here() {
    let given = json!({ "credentials": { "client_secret": { "generate": true } } });
    assert!(unmask(&bank(), None, given).is_err());
}

#[test]
fn what_is_no_table_is_left_to_the_rules_of_the_file() {
    for odd in [json!(null), json!([]), json!("x"), json!({ "credentials": [] }), json!({ "credentials": 1 })]
    {
        assert_eq!(unmask(&bank(), None, odd.clone()).unwrap().0, odd);
    }
}
