//! The example files, resolved: what the documentation shows is what the broker takes.
#![cfg(feature = "simulator")]

use std::{fs, path::Path};

use crate::{
    providers::Providers,
    tenant::{
        files::Folder,
        for_tests::{World, keys},
    },
};

/// The keys that the examples name.
fn world() -> World {
    let mut world = World::new();
    let [rsa, enc, p256] = keys();
    world.secret("acme-signing-rs256.json", rsa.expose_str());
    world.secret("acme-signing-es256.json", p256.expose_str());
    world.secret("acme-subject", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for connection in ["ftn", "ftn-legacy", "us-banks"] {
        world.secret(&format!("acme-{connection}-signing.json"), rsa.expose_str());
        world.secret(&format!("acme-{connection}-decryption.json"), enc.expose_str());
    }
    let made = rcgen::generate_simple_self_signed(["acme".to_owned()]).unwrap();
    let pem = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
    world.secret("acme-us-banks-certificate.pem", &pem);
    for name in ["ACME_SHOP", "ACME_MLE", "ACME_STAFF", "MERCHANTS_CHECKOUT"] {
        world.variable(&format!("TUNNUS_SECRET_{name}"), "a-secret-of-the-example");
    }
    world
}

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/examples")
}

#[test]
fn every_example_is_a_tenant_that_can_be_served() {
    let world = world();
    let folder = Folder::new(examples(), Providers::built_in(), world.references());
    let set = folder.load().unwrap_or_else(|faults| panic!("{}", world.relative(&faults.to_string())));
    let acme = set.tenant("acme").unwrap();
    let used: Vec<_> = acme.connections.iter().map(|connection| connection.provider.as_str()).collect();
    for provider in Providers::built_in().iter() {
        assert!(used.contains(&provider.descriptor().id), "no example of {}", provider.descriptor().id);
    }
    let shop = acme.app("shop").unwrap();
    let offered: Vec<_> = acme.connections_of(shop).map(|connection| connection.id.as_str()).collect();
    assert_eq!(offered, ["ftn"], "the older one is switched off");
}

#[test]
fn five_mistakes_in_an_example_are_five_faults() {
    let world = world();
    let text = fs::read_to_string(examples().join("acme.toml")).unwrap();
    let mistaken = [
        ("https://shop.acme.example/login/callback", "http://shop.acme.example/login/callback"),
        ("provider = \"idpartner\"", "provider = \"idpartnr\""),
        ("https://acme.app.signicat.com/auth/open", "https://acme.app.signicat.com/auth/open/"),
        ("release = \"poll\"", "relaese = \"poll\""),
        ("TUNNUS_SECRET_ACME_MLE", "TUNNUS_SECRET_ACME_MEL"),
    ];
    let text = mistaken.iter().fold(text, |text, (good, bad)| {
        assert!(text.contains(good), "{good}");
        text.replace(good, bad)
    });
    world.tenant("acme.toml", &text);
    let folder = Folder::new(world.dir(), Providers::built_in(), world.references());
    let faults = folder.load().unwrap_err();
    let line = |needle: &str| 1 + text.lines().position(|line| line.contains(needle)).unwrap();
    let told: Vec<String> = faults.iter().map(|fault| world.relative(&fault.to_string())).collect();
    let at = |needle: &str, rest: &str| format!("tenants/acme.toml:{}: {rest}", line(needle));
    assert_eq!(
        told,
        [
            at(
                "http://shop",
                "apps[0].redirect_uris[0]: expected https, http on a loopback address, or a private-use scheme as com.example.app:/PATH"
            ),
            at("relaese", "apps[2].relaese: unknown key; did you mean `release`?"),
            at(
                "auth/open/",
                "connections[0].settings.issuer: must end in /auth/open, without a slash after it"
            ),
            at(
                "ACME_MEL",
                "connections[1].credentials.client_secret: the environment variable TUNNUS_SECRET_ACME_MEL is not set"
            ),
            at(
                "idpartnr",
                "connections[2].provider: there is no provider `idpartnr` among generic-oidc, idpartner, signicat-ftn, signicat-mle; did you mean `idpartner`?"
            ),
        ]
    );
}
