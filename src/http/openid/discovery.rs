//! The tenant's metadata (OpenID Connect Discovery 1.0). It says just what is true.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde_json::{Value, json};
use tunnus_sdk::{Level, SigningAlgorithm};

use super::{claims, request::SCOPES};
use crate::{
    app::Broker,
    http::browser::failure,
    tenant::model::{AppAuthentication, Tenant},
};

/// `GET {issuer}/.well-known/openid-configuration`
pub async fn show(tenant: Path<String>, broker: Data<Broker>, request: HttpRequest) -> HttpResponse {
    match broker.tenant(&tenant).await {
        Ok(tenant) => HttpResponse::Ok()
            .insert_header(("Cache-Control", "public, max-age=300"))
            .insert_header(("Access-Control-Allow-Origin", "*"))
            .json(metadata(&broker, &tenant)),
        Err(error) => failure(&request, error.code),
    }
}

fn metadata(broker: &Broker, tenant: &Tenant) -> Value {
    let issuer = broker.issuer(&tenant.id);
    let algorithms: BTreeSet<_> = tenant.apps.iter().map(|app| app.id_token_algorithm.name()).collect();
    let levels: Vec<_> =
        [Level::Low, Level::Substantial, Level::High].into_iter().filter_map(Level::uri).collect();
    let assertion_algorithms = [SigningAlgorithm::RS256, SigningAlgorithm::PS256, SigningAlgorithm::ES256];
    let has_machines =
        tenant.apps.iter().any(|app| matches!(app.authentication, AppAuthentication::PrivateKeyJwt(_)));
    let grants = if has_machines {
        vec!["authorization_code", "client_credentials"]
    } else {
        vec!["authorization_code"]
    };
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grants,
        "acr_values_supported": levels,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": assertion_algorithms.map(SigningAlgorithm::name),
        "claims_supported": claims::SUPPORTED,
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["login"],
        "ui_locales_supported": ["fi", "sv", "en"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "service_documentation": format!("{}/errors", broker.public_url),
    })
}
