use std::collections::BTreeSet;

use tunnus_sdk::{Level, Member, SigningAlgorithm, SubjectSource};

use super::*;
use crate::{
    config::Document,
    tenant::{
        for_tests::{GOOD, World, providers},
        model::{AppAuthentication, RedirectUri, Release},
    },
};

/// The tenant of `text`, or its faults as `LINE KEY: MESSAGE`, in the order of lines.
fn judged(world: &World, text: &str) -> Result<Tenant, Vec<String>> {
    let document = Document::parse(text).unwrap();
    let (providers, references) = (providers(), world.references());
    let mut judge = Judge::new(&providers, &references);
    let tenant = resolve(document.value(), &mut judge);
    let (faults, _) = judge.into_findings();
    let mut told: Vec<_> = faults
        .iter()
        .map(|fault| {
            (document.line(&fault.pointer), format!("{}: {}", fault.pointer, world.relative(&fault.message)))
        })
        .collect();
    told.sort();
    let told = told
        .into_iter()
        .map(|(line, text)| line.map_or_else(|| text.clone(), |line| format!("{line} {text}")));
    tenant.ok_or_else(|| told.collect())
}

fn faults(text: &str) -> Vec<String> {
    judged(&World::new(), text).unwrap_err()
}

#[test]
fn a_good_file_becomes_a_tenant() {
    let tenant = judged(&World::new(), GOOD).unwrap();
    assert_eq!((tenant.id.as_str(), tenant.branding.name.fi.as_deref()), ("acme", Some("Acme Oy")));
    assert!(tenant.signing_key(SigningAlgorithm::RS256).is_some());
    assert!(tenant.signing_key(SigningAlgorithm::ES256).is_some());
    assert_eq!(tenant.subject_key.expose().len(), 32);
    let app = tenant.app("shop").unwrap();
    assert_eq!(app.redirect_uris, [RedirectUri::Exact("https://shop.example/cb".to_owned())]);
    assert_eq!(app.claims, BTreeSet::from([Member::FullName, Member::AgeOver(18)]));
    assert_eq!(app.connections, BTreeSet::from(["bank".to_owned()]), "all of them unless it says otherwise");
    assert_eq!(
        (app.minimum_assurance, app.release, app.pkce_optional),
        (Level::Unspecified, Release::Code, false)
    );
    assert_eq!(app.id_token_algorithm, SigningAlgorithm::RS256);
    assert_eq!(app.service_name, app.name);
    let connection = tenant.connection("bank").unwrap();
    assert_eq!((connection.enabled, connection.subject), (true, SubjectSource::Upstream));
    assert_eq!(connection.credentials.decryption.len(), 1);
    assert_eq!(connection.settings["issuer"], "https://bank.example");
}

#[test]
fn a_secret_is_kept_as_its_digest_alone() {
    let tenant = judged(&World::new(), GOOD).unwrap();
    let AppAuthentication::SecretBasic(digests) = &tenant.app("shop").unwrap().authentication else {
        panic!()
    };
    let expected = ring::digest::digest(&ring::digest::SHA256, b"shop-secret-shop-secret");
    assert_eq!(digests.iter().map(|digest| &digest[..]).collect::<Vec<_>>(), [expected.as_ref()]);
}

/// A file with a mistake in nearly every place.
const MISTAKES: &str = r##"[tenant]
id = "acme"
name = ""
colour = "red"
accent_colour = "#ffff00"

[keys]
signing = [{ file = "none" }]
subject = { env = "TUNNUS_SECRET_NONE" }

[[apps]]
id = "Shop"
name = "Shop"
authentication = "client_secret_basic"

[[apps]]
id = "app"
name = { de = "Laden" }
authentication = "none"
pkce = "optional"
secrets = [{ sealed = "x" }]
redirect_uris = ["https://app.example/cb#x", "https://app.example/cb"]
claims = ["name.full", "name.ful"]
connections = ["bank", "bnak"]

[[connections]]
id = "bank"
provider = "stub"
environment = "production"
settings = { issuer = "http://bank.example", encrypted = true, surprise = 1 }

[[connections]]
id = "bank"
provider = "stup"
environment = "live"
display_name = "Bank"
"##;

#[test]
fn mistakes_of_every_part_are_told_at_once() {
    assert_eq!(
        faults(MISTAKES),
        [
            "3 /tenant/name: a name that people can read is due here",
            "4 /tenant/colour: unknown key",
            "5 /tenant/accent_colour: white text cannot be read on this colour: take a darker one",
            "8 /keys/signing/0: there is no file secrets/none; make it with `tunnus keys generate --kind rsa2048 --use sig \
         --out secrets/none`",
            "9 /keys/subject: the environment variable TUNNUS_SECRET_NONE is not set",
            "11 /apps/0/redirect_uris: the app has neither redirect_uris nor return_urls: nobody could come back to it",
            "11 /apps/0/secrets: the app's authentication needs a secret: `tunnus keys generate --kind secret --out FILE` \
         makes one",
            "12 /apps/0/id: expected lower case letters, digits and hyphens, at most 63, not beginning with a hyphen",
            "18 /apps/1/name/de: unknown key",
            "20 /apps/1/pkce: an app without authentication has nothing but PKCE: it is required",
            "21 /apps/1/secrets: only client_secret_basic and client_secret_post use secrets",
            "22 /apps/1/redirect_uris/0: an address has no fragment",
            "23 /apps/1/claims/1: expected the path of a member of the identity record, as name.full or age_over.18",
            "24 /apps/1/connections/1: there is no connection `bnak`; did you mean `bank`?",
            "26 /connections/0/credentials/decryption: the settings need it: make it with `tunnus keys generate --kind \
         rsa2048 --use enc --out secrets/acme-bank-decryption.json` and name it: `decryption = [{ file = \"acme-bank-decryption.json\" }]`",
            "26 /connections/0/display_name: is missing",
            "30 /connections/0/settings/issuer: must be https",
            "30 /connections/0/settings/surprise: unknown key",
            "33 /connections/1/id: another entry of connections has the id `bank`",
            "34 /connections/1/provider: there is no provider `stup` among stub; did you mean `stub`?",
            "35 /connections/1/environment: expected one of `production`, `sandbox`",
        ]
    );
}

#[test]
fn five_mistakes_in_an_app_are_five_faults() {
    let text = GOOD
        .replace("https://shop.example/cb", "http://shop.example/cb")
        .replace("https://shop.example/done", "https://*.shop.example/done")
        .replace("age_over.18", "age_over.181")
        .replace("secrets = [", "pkce = \"maybe\"\nsecrets = [")
        .replace("id = \"shop\"", "id = \"Shop\"");
    assert_eq!(
        faults(&text),
        [
            "11 /apps/0/id: expected lower case letters, digits and hyphens, at most 63, not beginning with a hyphen",
            "14 /apps/0/pkce: expected one of `required`, `optional`",
            "16 /apps/0/redirect_uris/0: expected https, http on a loopback address, or a private-use scheme as \
         com.example.app:/PATH",
            "17 /apps/0/return_urls/0: addresses are compared exactly: there are no wildcards",
            "18 /apps/0/claims/1: not a member of the identity record",
        ]
    );
}

#[test]
fn each_kind_of_app_needs_its_own_credentials_and_no_others() {
    let app = |authentication: &str, more: &str| {
        let good = GOOD.replace("secrets = [{ env = \"TUNNUS_SECRET_SHOP\" }]\n", more);
        good.replace("client_secret_basic", authentication)
    };
    for (text, expected) in [
        (
            app("client_secret_basic", ""),
            vec![
                "10 /apps/0/secrets: the app's authentication needs a secret: `tunnus keys generate --kind secret --out FILE` makes one",
            ],
        ),
        (
            app("client_secret_post", "jwks = { keys = [] }\nsecrets = [{ env = \"TUNNUS_SECRET_SHOP\" }]\n"),
            vec!["14 /apps/0/jwks: only private_key_jwt uses keys"],
        ),
        (
            app("private_key_jwt", ""),
            vec!["10 /apps/0/jwks: private_key_jwt needs the app's public keys, as a JWK set"],
        ),
        (
            app("private_key_jwt", "jwks = { keys = [] }\n"),
            vec!["14 /apps/0/jwks: not a JWK set with an RSA or P-256 key"],
        ),
        (
            app("private_key_jwt", "jwks = { file = \"rsa\" }\n"),
            vec!["14 /apps/0/jwks: not a JWK set with an RSA or P-256 key"],
        ),
        (
            app("none", "secrets = [{ env = \"TUNNUS_SECRET_SHOP\" }]\n"),
            vec!["14 /apps/0/secrets: only client_secret_basic and client_secret_post use secrets"],
        ),
        (
            app("none", "pkce = \"optional\"\n"),
            vec!["14 /apps/0/pkce: an app without authentication has nothing but PKCE: it is required"],
        ),
    ] {
        assert_eq!(faults(&text), expected);
    }
    assert!(judged(&World::new(), &app("none", "")).is_ok());
}

#[test]
fn an_apps_public_keys_stand_in_the_file_or_beside_it_and_are_public() {
    let world = World::new();
    let private: Value = serde_json::from_str(crate::tenant::for_tests::keys()[2].expose_str()).unwrap();
    let mut public = private.clone();
    public.as_object_mut().unwrap().remove("d");
    world.secret("public", &serde_json::json!({ "keys": [public] }).to_string());
    world.secret("private", &serde_json::json!({ "keys": [private] }).to_string());
    let app = |jwks: &str| {
        let good = GOOD.replace("secrets = [{ env = \"TUNNUS_SECRET_SHOP\" }]", &format!("jwks = {jwks}"));
        good.replace("client_secret_basic", "private_key_jwt")
    };
    let (x, y) = (&public["x"], &public["y"]);
    let inline = format!(r#"{{ keys = [{{ kty = "EC", crv = "P-256", x = {x}, y = {y}, kid = "1" }}] }}"#);
    for jwks in [inline.as_str(), r#"{ file = "public" }"#] {
        let tenant = judged(&world, &app(jwks)).unwrap();
        assert!(matches!(tenant.app("shop").unwrap().authentication, AppAuthentication::PrivateKeyJwt(_)));
    }
    let told = judged(&world, &app(r#"{ file = "private" }"#)).unwrap_err();
    assert_eq!(
        told[0],
        "14 /apps/0/jwks: a private key stands here: the app keeps that to itself; take the public part"
    );
}

#[test]
fn a_short_secret_is_refused() {
    let mut world = World::new();
    world.variable("TUNNUS_SECRET_SHOP", "fifteen-letters");
    assert_eq!(
        judged(&world, GOOD).unwrap_err(),
        ["14 /apps/0/secrets/0: a secret has at least 16 characters"]
    );
}

#[test]
fn missing_keys_of_the_tenant_are_told_with_the_lines_that_make_them() {
    let keys =
        "[keys]\nsigning = [{ file = \"rsa\" }, { file = \"p256\" }]\nsubject = { file = \"subject\" }\n";
    assert_eq!(
        faults(&GOOD.replace(keys, "")),
        [
            "/keys/signing: the app `shop` needs a signing key for RS256 (RSA): make it with `tunnus keys generate --kind \
         rsa2048 --use sig --out secrets/acme-signing-rs256.json` and name it: `signing = [{ file = \"acme-signing-rs256.json\" }]`",
            "/keys/subject: the key of the tenant's subjects is missing: make it with `tunnus keys generate --kind subject \
         --out secrets/acme-subject` and name it: `subject = { file = \"acme-subject\" }`",
        ]
    );
    assert_eq!(
        faults(&GOOD.replace("\"rsa\" }, { file = \"p256\"", "\"none\"").replace("\"subject\"", "\"gone\"")),
        [
            "7 /keys/signing/0: there is no file secrets/none; make it with `tunnus keys generate --kind rsa2048 --use sig \
         --out secrets/none`",
            "8 /keys/subject: there is no file secrets/gone; make it with `tunnus keys generate --kind subject --out \
         secrets/gone`",
        ]
    );
}

#[test]
fn an_app_needs_a_key_for_its_own_algorithm() {
    let text = GOOD
        .replace(", { file = \"p256\" }", "")
        .replace("secrets = [", "id_token_signed_response_alg = \"ES256\"\nsecrets = [");
    assert_eq!(
        faults(&text),
        [
            "7 /keys/signing: the app `shop` needs a signing key for ES256 (P-256): make it with `tunnus keys generate \
         --kind p256 --use sig --out secrets/acme-signing-es256.json` and name it: `signing = [{ file = \"acme-signing-es256.json\" }]`"
        ]
    );
}

#[test]
fn keys_that_cannot_be_used_are_named_one_by_one() {
    let world = World::new();
    world.secret("subject", "c2hvcnQ=");
    world.secret("junk", "not a key");
    let text =
        GOOD.replace("{ file = \"p256\" }", "{ file = \"rsa\" }, { file = \"junk\" }, { file = \"enc\" }");
    assert_eq!(
        judged(&world, &text).unwrap_err(),
        [
            "7 /keys/signing/1: another signing key has the same kid",
            "7 /keys/signing/2: not a private key in JWK or PEM form",
            "7 /keys/signing/3: the key is marked for another purpose or algorithm",
            "8 /keys/subject: a subject key is at least 32 bytes in base64, as `tunnus keys generate` makes it",
        ]
    );
}

#[test]
fn missing_and_superfluous_credentials_are_told_with_remedies() {
    let text = GOOD
        .replace(
            "signing = \"RS256\", encrypted = true",
            "signing = \"ES256\", certificate = true, secret = true",
        )
        .replace("signing = [{ file = \"rsa\" }], ", "");
    assert_eq!(
        faults(&text),
        [
            "25 /connections/0/credentials/certificate: the settings need it: one PEM file with the certificate, its chain \
         and its private key",
            "25 /connections/0/credentials/client_secret: the settings need it: take it from the upstream",
            "25 /connections/0/credentials/decryption: the settings do not use it: remove it, or mend the settings",
            "25 /connections/0/credentials/signing: the settings need it: make it with `tunnus keys generate --kind p256 \
         --use sig --out secrets/acme-bank-signing.json` and name it: `signing = [{ file = \"acme-bank-signing.json\" }]`",
        ]
    );
}

#[test]
fn credentials_must_be_what_they_are_called() {
    let world = World::new();
    world.secret("junk", "not a key");
    let text = GOOD
        .replace("encrypted = true", "encrypted = true, certificate = true")
        .replace("signing = [{ file = \"rsa\" }], ", "signing = [{ file = \"p256\" }], certificate = { file = \"junk\" }, trust_anchor = { file = \"junk\" }, ")
        .replace("decryption = [{ file = \"enc\" }]", "decryption = [{ file = \"rsa\" }, { file = \"none\" }]");
    assert_eq!(
        judged(&world, &text).unwrap_err(),
        [
            "25 /connections/0/credentials/certificate: there is no certificate in it",
            "25 /connections/0/credentials/decryption/0: the key is marked for another purpose or algorithm",
            "25 /connections/0/credentials/decryption/1: there is no file secrets/none; make it with `tunnus keys generate \
         --kind rsa2048 --use enc --out secrets/none`",
            "25 /connections/0/credentials/signing/0: the key is not one for RS256, which the settings say",
            "25 /connections/0/credentials/trust_anchor: there is no certificate in it",
        ]
    );
    let twice = GOOD.replace(
        "decryption = [{ file = \"enc\" }]",
        "decryption = [{ file = \"enc\" }, { file = \"enc\" }]",
    );
    assert_eq!(faults(&twice), ["25 /connections/0/credentials/decryption: two keys have the same kid"]);
}

#[cfg(feature = "simulator")]
#[test]
fn a_client_certificate_comes_with_its_own_key() {
    let world = World::new();
    let made = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (one, other) = (made("one.example"), made("other.example"));
    world.secret("good", &format!("{}{}", one.cert.pem(), one.signing_key.serialize_pem()));
    world.secret("mixed", &format!("{}{}", one.cert.pem(), other.signing_key.serialize_pem()));
    world.secret("keyless", &one.cert.pem());
    let text = |name: &str| {
        let good = GOOD.replace("encrypted = true", "encrypted = true, certificate = true");
        good.replace("credentials = {", &format!("credentials = {{ certificate = {{ file = \"{name}\" }}, trust_anchor = {{ file = \"keyless\" }},"))
    };
    let tenant = judged(&world, &text("good")).unwrap();
    assert!(tenant.connection("bank").unwrap().credentials.trust_anchor.is_some());
    for (name, expected) in [
        ("mixed", "the private key is not the certificate's"),
        ("keyless", "the private key is missing: it stands in the same file as the certificate, unencrypted"),
    ] {
        let told = judged(&world, &text(name)).unwrap_err();
        assert_eq!(told, [format!("25 /connections/0/credentials/certificate: {expected}")]);
    }
}

#[test]
fn a_subject_cannot_be_made_of_what_the_provider_does_not_give() {
    let text = GOOD.replace("display_name = \"Bank\"", "display_name = \"Bank\"\nsubject = \"national_id\"");
    assert_eq!(faults(&text), ["24 /connections/0/subject: Stub gives no national id"]);
}

#[test]
fn a_connection_keeps_its_revision_until_something_of_it_changes() {
    let mut world = World::new();
    let text = GOOD.replace("encrypted = true", "encrypted = true, secret = true");
    let text =
        text.replace("credentials = {", "credentials = { client_secret = { env = \"TUNNUS_SECRET_BANK\" },");
    world.variable("TUNNUS_SECRET_BANK", "one");
    let revision =
        |world: &World, text: &str| judged(world, text).unwrap().connection("bank").unwrap().revision;
    let first = revision(&world, &text);
    assert_eq!(revision(&world, &text.replace("Shop", "Store").replace("Acme Oy", "Toinen Oy")), first);
    for changed in [
        text.replace("bank.example", "bank2.example"),
        text.replace("display_name = \"Bank\"", "display_name = \"The bank\""),
        text.replace("environment = \"production\"", "environment = \"sandbox\""),
        text.replace("environment = \"production\"", "environment = \"production\"\nenabled = false"),
    ] {
        assert_ne!(revision(&world, &changed), first);
    }
    world.variable("TUNNUS_SECRET_BANK", "two");
    assert_ne!(revision(&world, &text), first, "a rotated secret is a change");
}

#[test]
fn an_app_that_nobody_can_come_back_to_is_named() {
    let lines =
        "redirect_uris = [\"https://shop.example/cb\"]\nreturn_urls = [\"https://shop.example/done\"]\n";
    let text = GOOD.replace(lines, "");
    assert_eq!(
        faults(&text),
        [
            "10 /apps/0/redirect_uris: the app has neither redirect_uris nor return_urls: nobody could come back to it"
        ]
    );
    assert!(judged(&World::new(), &text.replace("claims =", "release = \"poll\"\nclaims =")).is_ok());
}

#[test]
fn nothing_of_a_secret_is_printed() {
    let tenant = judged(&World::new(), GOOD).unwrap();
    let printed = format!("{tenant:?}");
    for secret in ["shop-secret", "\"d\"", "PRIVATE"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}

#[test]
fn an_alias_leads_to_connections_that_are_there_in_whole_percents() {
    let second = GOOD[GOOD.find("[[connections]]").unwrap()..].replace("\"bank\"", "\"other\"");
    let with = |aliases: &str| judged(&World::new(), &format!("{GOOD}\n{second}\n[aliases]\n{aliases}\n"));
    let tenant = with("login = \"bank\"\nsignup = { bank = 90, other = 10 }").unwrap();
    assert_eq!(tenant.aliases["login"].connections().collect::<Vec<_>>(), ["bank"]);
    assert_eq!(tenant.aliases["signup"].connections().count(), 2);
    for (aliases, fault) in [
        ("bank = \"other\"", "/aliases/bank: a connection has the id `bank`"),
        ("login = \"bnak\"", "/aliases/login: there is no connection `bnak`; did you mean `bank`?"),
        ("login = { bank = 90, other = 9 }", "/aliases/login: the shares make 99 percent, not 100"),
        ("login = { bank = 200 }", "/aliases/login: the shares make 200 percent, not 100"),
        (
            "LOGIN = \"bank\"",
            "/aliases/LOGIN: an alias is called as connections are: lower case letters, digits and hyphens, at most 63, not beginning with a hyphen",
        ),
    ] {
        let told = with(aliases).unwrap_err();
        assert!(told.len() == 1 && told[0].ends_with(fault), "{told:?}");
    }
    for misfit in ["login = 7", "login = { bank = 99.5 }", "login = { bank = 300 }"] {
        assert!(with(misfit).is_err(), "{misfit}");
    }
}

#[test]
fn a_pause_has_a_notice_that_people_can_read() {
    let with = |paused: &str| {
        let line = format!("display_name = \"Bank\"\npaused = {paused}");
        judged(&World::new(), &GOOD.replace("display_name = \"Bank\"", &line))
    };
    let tenant = with("{ fi = \"Huoltokatko\", sv = \"Serviceavbrott\", en = \"Maintenance\" }").unwrap();
    let connection = tenant.connection("bank").unwrap();
    assert_eq!(connection.paused.as_ref().unwrap().fi.as_deref(), Some("Huoltokatko"));
    assert!(connection.enabled);
    let revision = judged(&World::new(), GOOD).unwrap().connection("bank").unwrap().revision;
    assert_eq!(connection.revision, revision, "nothing need be built anew");
    for (paused, fault) in [
        ("\" \"".to_owned(), "a notice that people can read is due here"),
        (format!("\"{}\"", "x".repeat(201)), "a notice has at most 200 characters"),
    ] {
        let told = with(&paused).unwrap_err();
        assert!(told.len() == 1 && told[0].ends_with(fault), "{told:?}");
    }
    assert!(with("true").is_err(), "nobody would know why");
}
