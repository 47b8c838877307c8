//! `GET /openapi.json`: the API described (`OpenAPI` 3.1), made of the table of endpoints and of the
//! types that are really read and written. It tells of the program and of no tenant: who has no token
//! may read it.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web::Bytes};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    BASE,
    endpoints::ENDPOINTS,
    lines,
    routes::{Endpoint, LINES, Takes},
};
use crate::{
    admin::{CreatedToken, NewToken, Role, TenantList, TokenInfo, TokenList},
    tenant::{PlatformFile, stored_schema},
};

/// Serves it.
pub async fn show() -> HttpResponse {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(document().to_string()));
    HttpResponse::Ok().content_type("application/json").body(TEXT.clone())
}

/// The description.
#[must_use]
pub fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(format!("{BASE}{}", endpoint.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(endpoint.method.name().to_lowercase(), operation(endpoint));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tunnus admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Tenants, apps and connections of an identity broker. A change says which revision \
                            it was made from (If-Match with the ETag that was read); a secret goes in and \
                            never comes out.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "An admin token: tnsa_…" },
            },
        },
        "security": [{ "token": [] }],
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.about,
        "description": format!("For {}.", names(endpoint.right.roles())),
        "parameters": parameters(endpoint),
        "responses": responses(endpoint),
    });
    if let (Some(schema), Some(operation)) = (endpoint.takes.body(), operation.as_object_mut()) {
        let content = json!({ "application/json": { "schema": to(schema) } });
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    operation
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}

/// `get_tenants_tenant_apps`.
fn operation_id(endpoint: &Endpoint) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let path: String = endpoint.path.chars().map(plain).collect();
    let parts = path.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    format!("{}_{parts}", endpoint.method.name().to_lowercase())
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_path = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": path_schema(name) }))
        .collect();
    if let Takes::Query(query) = endpoint.takes {
        parameters.extend(query.iter().map(|one| {
            let schema: Value = serde_json::from_str(one.schema).unwrap_or_default();
            json!({ "name": one.name, "in": "query", "required": false, "description": one.about, "schema": schema })
        }));
    }
    if endpoint.takes.is_revised() {
        let about = "The ETag of what the change was made from; needed for all that is not new";
        let schema = json!({ "type": "string", "pattern": "^\"[A-Za-z0-9_-]+\"$" });
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false, "description": about, "schema": schema,
        }));
    }
    parameters
}

/// What a part of a path looks like.
fn path_schema(name: &str) -> Value {
    match name {
        "token" | "secret" | "key" | "trial" => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,43}$" })
        }
        _ => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$" }),
    }
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    for status in endpoint.statuses {
        let mut success = json!({ "description": "Done" });
        if let (false, Some(success)) = (endpoint.gives.is_empty(), success.as_object_mut()) {
            let media = if endpoint.gives == LINES { lines::MEDIA } else { "application/json" };
            let content = json!({ media: { "schema": to(endpoint.gives) } });
            success.insert("content".to_owned(), content);
            if endpoint.gives.ends_with("Document") || endpoint.gives == "Order" {
                let tag =
                    json!({ "ETag": { "description": "The revision", "schema": { "type": "string" } } });
                success.insert("headers".to_owned(), tag);
            }
        }
        responses.insert(status.to_string(), success);
    }
    let mut refuse = |status: &str, about: &str| {
        let content = json!({ "application/json": { "schema": to("Refusal") } });
        responses.insert(status.to_owned(), json!({ "description": about, "content": content }));
    };
    refuse("400", "Faulty: all faults, each with its place");
    refuse("401", "No token that holds");
    refuse("404", "Not there, or not within reach");
    refuse("429", "Too many wrong tokens, or checks or exports at once");
    refuse("500", "The broker failed");
    refuse("503", "A store does not answer");
    if endpoint.right.roles().len() < Role::ALL.len() {
        refuse("403", "The role may not");
    }
    if endpoint.takes.body().is_some() || endpoint.takes.is_revised() || endpoint.statuses.contains(&201) {
        refuse("409", "The tenants are files of the operator");
        refuse("412", "Somebody else was faster; what is there now");
        refuse("428", "Which revision the change was made from is not said");
    }
    Value::Object(responses)
}

fn to(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// Every schema by its name.
fn schemas() -> Value {
    let mut schemas = Schemas::default();
    schemas.tenants();
    schemas.add_type::<NewToken>("NewToken");
    schemas.add_type::<CreatedToken>("CreatedToken");
    schemas.add_type::<TokenInfo>("Token");
    schemas.add_type::<TenantList>("TenantList");
    for (name, list) in [("Apps", "AppDocument"), ("Connections", "ConnectionDocument")] {
        schemas.add(name, object(&json!({ (name.to_lowercase()): array(&to(list)) })));
    }
    schemas.add_type::<TokenList>("Tokens");
    let text = || json!({ "type": "string" });
    let texts = || array(&json!({ "type": "string" }));
    schemas.add("Platforms", object(&json!({ "platforms": texts() })));
    schemas.trails();
    schemas.keys();
    schemas.add("Order", object(&json!({ "connections": texts() })));
    schemas.add("Me", object(&json!({ "id": text(), "name": text(), "role": to("Role") })));
    schemas.add(
        "Provider",
        object(&json!({
            "id": text(), "title": text(), "countries": texts(), "legs": array(&json!({})),
            "methods": array(&json!({ "type": "object" })), "claims": array(&json!({})),
            "settings_schema": { "type": "object" },
        })),
    );
    schemas.add("Providers", object(&json!({ "providers": array(&to("Provider")) })));
    schemas.add("Sheet", object(&json!({
        "connection": text(), "provider": text(), "return_urls": array(&json!({ "type": "object" })),
        "keys_url": text(), "keys": array(&json!({ "type": "object" })), "settings": array(&json!({ "type": "object" })),
        "text": text(),
    })));
    let severity = json!({ "type": "string", "enum": ["fine", "warning", "fault"] });
    let finding = object(&json!({ "severity": severity, "subject": text(), "text": text() }));
    schemas.add("Findings", object(&json!({ "findings": array(&finding) })));
    schemas.trials(&finding);
    let error = object(&json!({
        "code": text(), "message": text(), "class": text(), "retryable": { "type": "boolean" },
    }));
    schemas.add("Refusal", object(&json!({ "trace_id": text(), "error": error })));
    Value::Object(schemas.0)
}

/// An object with these members, all of them there; it may have more.
fn object(properties: &Value) -> Value {
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

/// A body with these members and no other; those that are `needed`.
fn body(properties: &Value, needed: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

fn array(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// The schemas so far.
#[derive(Default)]
struct Schemas(Map<String, Value>);

impl Schemas {
    fn add(&mut self, name: &str, mut schema: Value) {
        let inner = schema.as_object_mut().and_then(|schema| {
            schema.remove("$schema");
            schema.remove("$defs")
        });
        refer(&mut schema);
        self.0.insert(name.to_owned(), schema);
        if let Some(Value::Object(inner)) = inner {
            for (name, schema) in inner {
                if !self.0.contains_key(&name) && name != "AppEntry" {
                    self.add(&name, schema);
                }
            }
        }
    }

    fn add_type<T: JsonSchema>(&mut self, name: &str) {
        self.add(name, schemars::schema_for!(T).to_value());
    }

    /// Trials, and what is asked for with one.
    fn trials(&mut self, finding: &Value) {
        let (text, may) = (|| json!({ "type": "string" }), || json!({ "type": ["string", "null"] }));
        let locale = json!({ "type": ["string", "null"], "enum": ["fi", "sv", "en", null] });
        let new = json!({ "app": may(), "method": may(), "login_hint": may(), "locale": locale });
        self.add("NewTrial", body(&new, &[]));
        let list = || array(&json!({ "type": "object" }));
        let mut report = object(&json!({ "steps": list(), "members": list() }));
        if let Some(properties) = report.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("finding".to_owned(), finding.clone());
        }
        let status = json!({ "type": "string", "enum": ["pending", "completed", "failed", "expired"] });
        let mut trial = object(&json!({
            "id": text(), "connection": text(), "begun_by": text(), "begun_at": text(), "expires_at": text(),
            "status": status, "trace_id": text(),
        }));
        if let Some(properties) = trial.get_mut("properties").and_then(Value::as_object_mut) {
            properties.extend([("url".to_owned(), text()), ("report".to_owned(), report)]);
        }
        self.add("Trial", trial);
    }

    /// What is read of the audit trail.
    fn trails(&mut self) {
        let (text, count) = (|| json!({ "type": "string" }), || json!({ "type": "integer" }));
        let event = object(&json!({ "id": text(), "tenant": text(), "at": text(), "kind": text() }));
        self.add("Events", object(&json!({ "events": array(&event) })));
        let usage = object(&json!({
            "tenant": text(), "connection": text(), "method": text(), "completed": count(), "failed": count(),
        }));
        self.add("Usage", object(&json!({ "usage": array(&usage) })));
        let verified = object(&json!({
            "tenant": text(), "events": count(), "signed": count(), "unchained": count(),
            "faults": array(&object(&json!({ "fault": text() }))),
        }));
        self.add("VerifiedTrail", verified);
        self.add(LINES, text());
        self.add("KeySet", object(&json!({ "keys": array(&json!({ "type": "object" })) })));
    }

    /// Keys, and what is asked of them.
    fn keys(&mut self) {
        let (text, flag) = (|| json!({ "type": "string" }), || json!({ "type": "boolean" }));
        let purpose = || json!({ "type": "string", "enum": ["signing", "decryption", "certificate"] });
        let kind = || json!({ "type": "string", "enum": ["rsa2048", "rsa4096", "p256"] });
        // What may be left out may also be null.
        let may = || json!({ "type": ["string", "null"] });
        let time = || json!({ "type": ["string", "null"], "format": "date-time" });
        let key = object(&json!({
            "id": text(), "tenant": text(), "purpose": purpose(), "kind": text(), "kid": text(), "state": text(),
            "since": text(), "made_at": text(), "fetched": flag(), "signs": flag(), "opens": flag(),
            "published": flag(), "has_certificate": flag(),
        }));
        self.add("Key", key);
        self.add("Keys", object(&json!({ "keys": array(&to("Key")) })));
        self.add("PublicKey", object(&json!({ "public": text() })));
        self.add("RequestedCertificate", object(&json!({ "key": to("Key"), "request": text() })));
        let new = json!({ "connection": may(), "purpose": purpose(), "kind": kind(), "fetched": flag() });
        self.add("NewKey", body(&new, &["purpose", "kind"]));
        let import = json!({
            "connection": may(), "purpose": purpose(), "text": may(), "pkcs12": may(), "passphrase": may(),
            "kid": may(), "registered": flag(), "until": time(),
        });
        self.add("KeyImport", body(&import, &["purpose"]));
        self.add("Registration", body(&json!({ "kid": may(), "until": time(), "prove": flag() }), &[]));
        self.add("Rotation", body(&json!({ "now": flag() }), &[]));
        self.add("Certificate", body(&json!({ "pem": text() }), &["pem"]));
        let kind = json!({ "type": ["string", "null"], "enum": ["rsa2048", "rsa4096", "p256", null] });
        let request =
            json!({ "connection": text(), "common_name": text(), "organisation": may(), "kind": kind });
        self.add("CertificateRequest", body(&request, &["connection", "common_name"]));
    }

    /// A tenant, its apps and connections, as a file says them: but for the references, and for the
    /// ids, which stand in the path.
    fn tenants(&mut self) {
        let mut schema = stored_schema();
        if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
            definitions.insert("Reference".to_owned(), secret());
            for (from, name) in [("AppEntry", "App"), ("ConnectionEntry", "Connection"), ("TenantTable", "")]
            {
                let Some(mut part) = definitions.remove(from) else { continue };
                if let Some(required) = part.get_mut("required").and_then(Value::as_array_mut) {
                    required.retain(|member| member != "id");
                }
                definitions.insert(if name.is_empty() { from } else { name }.to_owned(), part);
            }
        }
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.retain(|name, _| name != "apps" && name != "connections");
        }
        self.add("Tenant", schema);
        self.add_type::<PlatformFile>("Platform");
        for part in ["Tenant", "App", "Connection", "Platform"] {
            let mut document = object(&json!({
                "id": { "type": "string" }, "revision": { "type": "integer" }, "document": { "type": "object" },
            }));
            if let Some(properties) = document.get_mut("properties").and_then(Value::as_object_mut) {
                properties.insert(
                    "generated".to_owned(),
                    array(&object(&json!({
                        "pointer": { "type": "string" }, "value": { "type": "string" },
                    }))),
                );
            }
            self.add(&format!("{part}Document"), document);
        }
    }
}

/// A secret, on the way in and on the way out.
fn secret() -> Value {
    let one = |name: &str, schema: Value, about: &str| {
        json!({
            "type": "object", "properties": { name: schema }, "required": [name],
            "additionalProperties": false, "description": about,
        })
    };
    let set = json!({
        "type": "object",
        "properties": {
            "set": { "const": true }, "id": { "type": "string" },
            "at": { "type": "string" }, "by": { "type": "string" },
        },
        "required": ["set"], "additionalProperties": false,
        "description": "A secret that is set: sent back, or left out, it stays.",
    });
    json!({
        "description": "A secret. It goes in and never comes out; null, or an empty list, removes it.",
        "oneOf": [
            one("value", json!({ "type": "string" }), "The secret itself."),
            one("generate", json!({ "const": true }), "For an app: one is made, and shown this once."),
            set,
        ],
    })
}

/// Has references lead to where schemas stand in the description.
fn refer(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members {
                if let ("$ref", Some(target)) = (name.as_str(), member.as_str()) {
                    let target = target.rsplit('/').next().unwrap_or_default();
                    let target = match target {
                        "AppEntry" => "App",
                        "ConnectionEntry" => "Connection",
                        other => other,
                    };
                    *member = json!(format!("#/components/schemas/{target}"));
                } else {
                    refer(member);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(refer),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place that a description refers to.
    fn targets(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| targets(member, found));
            }
            Value::Array(list) => list.iter().for_each(|member| targets(member, found)),
            _ => {}
        }
    }

    #[test]
    fn whatever_the_description_refers_to_is_in_it() {
        let document = document();
        let mut found = Vec::new();
        targets(&document, &mut found);
        assert!(found.len() > 50);
        for target in found {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_and_each_path_stands_together() {
        let mut ids: Vec<_> = ENDPOINTS.iter().map(operation_id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
        let groups = ENDPOINTS.chunk_by(|one, other| one.path == other.path).count();
        assert_eq!(document()["paths"].as_object().unwrap().len(), groups);
    }

    #[test]
    fn no_operators_reference_is_described() {
        let text = document()["components"]["schemas"]["Reference"].to_string();
        assert!(!text.contains("env") && !text.contains("sealed") && text.contains("generate"));
    }
}
