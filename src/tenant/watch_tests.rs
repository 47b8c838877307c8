use std::fs;

use super::*;
use crate::tenant::for_tests::{GOOD, PLATFORM, World, member, providers};

fn watch(world: &World) -> Watch {
    world.tenant("acme.toml", GOOD);
    Watch::open(Folder::new(world.dir(), providers(), world.references())).unwrap()
}

fn name(tenants: &HeldTenants) -> Option<String> {
    tenants.tenant("acme").and_then(|tenant| tenant.branding.name.fi.clone())
}

#[test]
fn a_change_is_taken_and_a_second_look_finds_nothing_new() {
    let world = World::new();
    let mut watch = watch(&world);
    let tenants = watch.tenants();
    assert!(matches!(watch.look(), Look::Unchanged));
    world.tenant("acme.toml", &GOOD.replace("Acme Oy", "Acme Oyj"));
    assert!(matches!(watch.look(), Look::Reloaded(1)));
    assert_eq!(name(&tenants).as_deref(), Some("Acme Oyj"));
    assert!(matches!(watch.look(), Look::Unchanged));
}

#[test]
fn files_come_and_go() {
    let world = World::new();
    let mut watch = watch(&world);
    world.tenant("other.toml", &GOOD.replace("\"acme\"", "\"other\""));
    assert!(matches!(watch.look(), Look::Reloaded(2)));
    fs::remove_file(world.dir().join("acme.toml")).unwrap();
    assert!(matches!(watch.look(), Look::Reloaded(1)));
    assert!(watch.tenants().tenant("acme").is_none());
}

#[test]
fn a_faulty_change_leaves_the_tenants_as_they_were_and_is_told_once() {
    let world = World::new();
    let mut watch = watch(&world);
    let tenants = watch.tenants();
    world.tenant("acme.toml", &GOOD.replace("Acme Oy", "Acme Oyj").replace("\"stub\"", "\"none\""));
    world.tenant("other.toml", &GOOD.replace("\"acme\"", "\"other\""));
    assert!(matches!(watch.look(), Look::Refused(faults) if faults.count() == 1));
    assert_eq!(name(&tenants).as_deref(), Some("Acme Oy"));
    assert!(tenants.tenant("other").is_none(), "nothing of a faulty folder is taken");
    assert!(matches!(watch.look(), Look::Unchanged));
    world.tenant("acme.toml", GOOD);
    assert!(matches!(watch.look(), Look::Reloaded(2)));
}

#[test]
fn a_rotated_secret_is_a_change_of_its_connection_alone() {
    let world = World::new();
    let second = "[[connections]]\nid = \"two\"\nprovider = \"stub\"\nenvironment = \"sandbox\"\ndisplay_name = \"Two\"\nsettings = { issuer = \"https://two.example\" }\n";
    world.tenant("acme.toml", &format!("{GOOD}{second}"));
    let mut watch = Watch::open(Folder::new(world.dir(), providers(), world.references())).unwrap();
    let tenants = watch.tenants();
    let revision = |id: &str| tenants.tenant("acme").unwrap().connection(id).unwrap().revision;
    let before = (revision("bank"), revision("two"));
    let [rsa, ..] = crate::tenant::for_tests::keys();
    world.secret("enc", &rsa.expose_str().replace("\"sig\"", "\"enc\""));
    assert!(matches!(watch.look(), Look::Reloaded(1)));
    assert_ne!(revision("bank"), before.0);
    assert_eq!(revision("two"), before.1);
}

#[test]
fn a_missing_secret_is_waited_for() {
    let world = World::new();
    let mut watch = watch(&world);
    world.tenant("acme.toml", &GOOD.replace("\"enc\"", "\"later\""));
    assert!(matches!(watch.look(), Look::Refused(_)));
    world.secret("later", crate::tenant::for_tests::keys()[1].expose_str());
    assert!(matches!(watch.look(), Look::Reloaded(1)));
}

#[test]
fn a_running_tenant_keeps_its_subject_key() {
    let world = World::new();
    let mut watch = watch(&world);
    world.secret("subject", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let Look::Refused(faults) = watch.look() else { panic!("everybody would be somebody else") };
    assert_eq!(
        world.relative(&faults.to_string()),
        "tenants/acme.toml:8: keys.subject: a subject key never changes: everybody would be somebody else to the apps"
    );
}

#[test]
fn who_holds_a_tenant_keeps_it() {
    let world = World::new();
    let mut watch = watch(&world);
    let held = watch.tenants().tenant("acme").unwrap();
    fs::remove_file(world.dir().join("acme.toml")).unwrap();
    assert!(matches!(watch.look(), Look::Reloaded(0)));
    assert_eq!(held.id, "acme");
}

#[test]
fn a_platform_s_app_is_that_of_the_files_at_each_of_its_tenants() {
    let world = World::new();
    world.tenant("acme.toml", &member(""));
    let missing = Watch::open(Folder::new(world.dir(), providers(), world.references())).unwrap_err();
    assert!(missing.to_string().contains("there is no platform `merchants`"), "{missing}");
    fs::create_dir(world.dir().join("platforms")).unwrap();
    world.tenant("platforms/merchants.toml", PLATFORM);
    let mut watch = Watch::open(Folder::new(world.dir(), providers(), world.references())).unwrap();
    let tenants = watch.tenants();
    let claims = || tenants.tenant("acme").unwrap().app("checkout").unwrap().claims.len();
    assert_eq!(claims(), 2);
    assert!(matches!(watch.look(), Look::Unchanged));
    world.tenant("platforms/merchants.toml", &PLATFORM.replace(", \"birth_date\"", ""));
    assert!(matches!(watch.look(), Look::Reloaded(1)));
    assert_eq!(claims(), 1);
    world.tenant("platforms/merchants.toml", &PLATFORM.replace("\"Merchants\"", "\" \""));
    assert!(
        matches!(watch.look(), Look::Refused(faults) if faults.count() == 1),
        "its tenants are not blamed"
    );
    assert_eq!(claims(), 1);
}
