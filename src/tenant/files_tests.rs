use super::*;
use crate::tenant::for_tests::{GOOD, World, providers};

fn folder(world: &World) -> Folder {
    Folder::new(world.dir(), providers(), world.references())
}

fn told(world: &World) -> Vec<String> {
    folder(world).load().unwrap_err().iter().map(|fault| world.relative(&fault.to_string())).collect()
}

#[test]
fn every_toml_file_is_a_tenant() {
    let world = World::new();
    world.tenant("acme.toml", GOOD);
    world.tenant("other.toml", &GOOD.replace("\"acme\"", "\"other\""));
    world.tenant(".hidden.toml", "not read");
    world.tenant("acme.toml.bak", "not read");
    let set = folder(&world).load().unwrap();
    assert_eq!(set.iter().map(|tenant| tenant.id.as_str()).collect::<Vec<_>>(), ["acme", "other"]);
    assert!(set.tenant("acme").is_some() && set.tenant("none").is_none());
}

#[test]
fn an_empty_folder_has_no_tenants_and_a_missing_one_is_a_fault() {
    let world = World::new();
    assert!(folder(&world).load().unwrap().is_empty());
    let gone = Folder::new(world.dir().join("gone"), providers(), world.references());
    let told = world.relative(&gone.load().unwrap_err().to_string());
    assert_eq!(told, "tenants/gone: the folder of tenants cannot be read: entity not found");
}

#[test]
fn the_faults_of_all_files_are_told_at_once() {
    let world = World::new();
    world.tenant("a.toml", "[tenant\n");
    world.tenant("b.toml", &GOOD.replace("\"shop\"", "\"Shop\"").replace("\"stub\"", "\"stab\""));
    world.tenant("c.toml", GOOD);
    world.tenant("d.toml", GOOD);
    let told = told(&world);
    assert_eq!(
        told[1..],
        [
            "tenants/b.toml:11: apps[0].id: expected lower case letters, digits and hyphens, at most 63, not beginning with a hyphen",
            "tenants/b.toml:21: connections[0].provider: there is no provider `stab` among stub; did you mean `stub`?",
            "tenants/d.toml:2: tenant.id: another file has the tenant `acme`",
        ]
    );
    assert!(told[0].starts_with("tenants/a.toml:1: "), "{}", told[0]);
}

#[test]
fn the_apps_of_a_file_can_be_read_alone() {
    let world = World::new();
    world.tenant("acme.toml", GOOD);
    let apps = "[[apps]]\nid = \"app\"\nname = \"App\"\nauthentication = \"none\"\nconnections = [\"ftn\"]\nredirect_uris = [\"http://127.0.0.1/cb\"]\n";
    world.tenant("apps.toml", apps);
    world.tenant("wrong.toml", &apps.replace("redirect_uris", "redirect_urls").replace("\"app\"", "\"App\""));
    let load = |name: &str| load_apps(&world.dir().join(name), &providers(), &world.references());
    let ids = |name: &str| load(name).unwrap().iter().map(|app| app.id.clone()).collect::<Vec<_>>();
    assert_eq!((ids("acme.toml"), ids("apps.toml")), (vec!["shop".to_owned()], vec!["app".to_owned()]));
    let told: Vec<String> =
        load("wrong.toml").unwrap_err().iter().map(|fault| world.relative(&fault.to_string())).collect();
    assert_eq!(
        told,
        [
            "tenants/wrong.toml:2: apps[0].id: expected lower case letters, digits and hyphens, at most 63, not beginning with a hyphen",
            "tenants/wrong.toml:6: apps[0].redirect_urls: unknown key; did you mean `redirect_uris`?",
        ]
    );
}
