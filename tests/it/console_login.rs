//! Admins sign in to the console of the program itself at npm's `oidc-provider`, with a real browser.

use std::sync::Mutex;

use serde_json::json;
use tempfile::TempDir;

use crate::{
    browser::play_on,
    support::{
        peer::Peer,
        program::{Program, Release, init},
    },
};

/// The console's secret at the issuer.
const SECRET: &str = "staff-secret-of-more-than-32-characters";

/// Who comes in as what.
const ROLES: &str = r#"[{claim="groups",value="tunnus-operators",role="operator"},{claim="groups",value="tunnus-auditors",role="auditor"}]"#;

#[tokio::test(flavor = "multi_thread")]
async fn admins_sign_in_at_an_issuer_of_another_site() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("tunnus");
    init(Release::This, &dir, "main");
    let staff = Mutex::new(None);
    let program = Program::serve(Release::This, &dir, |[_, _, admin]| {
        let question = json!({
            "client_id": "tunnus-console",
            "client_secret": SECRET,
            "redirect_uri": format!("http://{admin}/console/sign-in/return"),
        });
        let (peer, told) = Peer::start("staff.mjs", &question);
        *staff.lock().unwrap() = Some(peer);
        let issuer = told["issuer"].as_str().unwrap().to_owned();
        vec![
            ("TUNNUS_EGRESS__ALLOW", json!([issuer]).to_string()),
            ("TUNNUS_ADMIN__OIDC__ISSUER", issuer),
            ("TUNNUS_ADMIN__OIDC__CLIENT_ID", "tunnus-console".to_owned()),
            ("TUNNUS_ADMIN__OIDC__CLIENT_SECRET", r#"{env="TUNNUS_SECRET_STAFF"}"#.to_owned()),
            ("TUNNUS_SECRET_STAFF", SECRET.to_owned()),
            ("TUNNUS_ADMIN__OIDC__NAME", "Example staff".to_owned()),
            ("TUNNUS_ADMIN__OIDC__SCOPES", r#"["openid","profile","groups"]"#.to_owned()),
            ("TUNNUS_ADMIN__OIDC__USERINFO", "true".to_owned()),
            ("TUNNUS_ADMIN__OIDC__ROLES", ROLES.to_owned()),
        ]
    });
    let admin = format!("http://{}", program.admin);
    play_on(
        "console-login",
        &json!({ "issuer": format!("http://{}", program.public), "admin": admin }),
        |_| {},
    )
    .await;
}
