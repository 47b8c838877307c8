//! What an app's developer copies: the settings of common client libraries for this app.
//!
//! A secret never stands here: it was shown once, when it was made.

use serde_json::Value;

use super::{
    page::{Block, Cell},
    visitor::Visitor,
};
use crate::admin::Document;

/// What the snippets are filled with.
struct Client<'a> {
    issuer: &'a str,
    id: &'a str,
    method: &'a str,
    redirect_uri: &'a str,
}

/// The endpoints, and the settings of each library.
#[must_use]
pub fn blocks(visitor: &Visitor, tenant: &str, app: &Document) -> Vec<Block> {
    let texts = visitor.texts();
    let issuer = visitor.broker.issuer(tenant);
    let redirect_uri = app.value.pointer("/redirect_uris/0").and_then(Value::as_str);
    let Some(redirect_uri) = redirect_uri else { return Vec::new() };
    let client = Client {
        issuer: &issuer,
        id: &app.id,
        method: app.value.get("authentication").and_then(Value::as_str).unwrap_or_default(),
        redirect_uri,
    };
    let facts = vec![
        (texts.issuer.to_owned(), Cell::code(&issuer)),
        ("client_id".to_owned(), Cell::code(&app.id)),
        ("discovery".to_owned(), Cell::code(format!("{issuer}/.well-known/openid-configuration"))),
    ];
    let mut blocks = vec![Block::Heading(texts.client_settings.to_owned()), Block::Facts(facts)];
    if client.is_simple() {
        blocks.extend(client.snippets().map(|(label, text)| Block::Code { label: label.to_owned(), text }));
    }
    blocks
}

impl Client<'_> {
    /// Whether a secret, or nothing, is all that the app has: the others need a key of theirs.
    fn is_simple(&self) -> bool {
        matches!(self.method, "client_secret_basic" | "client_secret_post" | "none")
    }

    fn is_public(&self) -> bool {
        self.method == "none"
    }

    fn snippets(&self) -> [(&'static str, String); 4] {
        [
            ("openid-client (Node.js)", self.openid_client()),
            ("Spring Security (application.yaml)", self.spring()),
            ("ASP.NET Core (Program.cs)", self.asp_net()),
            ("Authlib (Python)", self.authlib()),
        ]
    }

    fn openid_client(&self) -> String {
        let Self { issuer, id, redirect_uri, .. } = self;
        let proof = match self.method {
            "client_secret_post" => "client.ClientSecretPost(process.env.CLIENT_SECRET)",
            "none" => "client.None()",
            _ => "client.ClientSecretBasic(process.env.CLIENT_SECRET)",
        };
        format!(
            "import * as client from \"openid-client\";\n\n\
             const config = await client.discovery(new URL(\"{issuer}\"), \"{id}\", undefined, {proof});\n\
             const code_verifier = client.randomPKCECodeVerifier();\n\
             const url = client.buildAuthorizationUrl(config, {{\n  \
               redirect_uri: \"{redirect_uri}\",\n  \
               scope: \"openid profile\",\n  \
               code_challenge: await client.calculatePKCECodeChallenge(code_verifier),\n  \
               code_challenge_method: \"S256\",\n  \
               state: client.randomState(),\n  \
               nonce: client.randomNonce(),\n\
             }});"
        )
    }

    fn spring(&self) -> String {
        let Self { issuer, id, method, redirect_uri, .. } = self;
        let secret = if self.is_public() { "" } else { "\n            client-secret: ${CLIENT_SECRET}" };
        format!(
            "spring:\n  security:\n    oauth2:\n      client:\n        registration:\n          tunnus:\n            \
             client-id: {id}{secret}\n            \
             client-authentication-method: {method}\n            \
             authorization-grant-type: authorization_code\n            \
             redirect-uri: {redirect_uri}\n            \
             scope: openid,profile\n        \
             provider:\n          tunnus:\n            issuer-uri: {issuer}"
        )
    }

    fn asp_net(&self) -> String {
        let Self { issuer, id, .. } = self;
        let path = url::Url::parse(self.redirect_uri).map(|url| url.path().to_owned()).unwrap_or_default();
        let secret = if self.is_public() {
            ""
        } else {
            "\n        options.ClientSecret = builder.Configuration[\"ClientSecret\"];"
        };
        format!(
            "builder.Services\n    \
             .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)\n    \
             .AddCookie()\n    \
             .AddOpenIdConnect(options =>\n    {{\n        \
             options.Authority = \"{issuer}\";\n        \
             options.ClientId = \"{id}\";{secret}\n        \
             options.ResponseType = \"code\";\n        \
             options.ResponseMode = \"query\";\n        \
             options.UsePkce = true;\n        \
             options.CallbackPath = \"{path}\";\n        \
             options.GetClaimsFromUserInfoEndpoint = true;\n    }});"
        )
    }

    fn authlib(&self) -> String {
        let Self { issuer, id, method, .. } = self;
        let secret = if self.is_public() { "" } else { "\n    client_secret=os.environ[\"CLIENT_SECRET\"]," };
        format!(
            "oauth.register(\n    \"tunnus\",\n    client_id=\"{id}\",{secret}\n    \
             server_metadata_url=\"{issuer}/.well-known/openid-configuration\",\n    \
             client_kwargs={{\n        \"scope\": \"openid profile\",\n        \
             \"code_challenge_method\": \"S256\",\n        \
             \"token_endpoint_auth_method\": \"{method}\",\n    }},\n)"
        )
    }
}
