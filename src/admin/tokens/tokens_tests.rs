//! Who gets in by a token, and who does not any more.

use std::net::IpAddr;

use super::*;
use crate::{
    admin::{
        Expected,
        for_tests::{World, admin_of, caller, operator},
    },
    tenant::store::change::Part,
};

fn wanted(role: Role, tenant: Option<&str>) -> NewToken {
    let tenant = tenant.map(str::to_owned);
    NewToken { name: "Ada".to_owned(), role, platform: None, tenant, days: Some(1) }
}

async fn made(world: &World, role: Role, tenant: Option<&str>) -> CreatedToken {
    world.admin.create_token(&operator(), &wanted(role, tenant)).await.unwrap()
}

async fn enters(world: &World, token: &Hidden<String>) -> Result<Caller, AdminError> {
    enters_from(world, "192.0.2.1", token).await
}

async fn enters_from(world: &World, from: &str, token: &Hidden<String>) -> Result<Caller, AdminError> {
    let from: IpAddr = from.parse().unwrap();
    world.admin.tokens_kept().authenticate(token.expose_str(), from.into()).await
}

fn wrong(number: u32) -> Hidden<String> {
    Hidden::new(format!("tnsa_{number:043}"))
}

fn is_refused(result: &Result<Caller, AdminError>) -> bool {
    matches!(result, Err(AdminError::Unauthenticated))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lets_in_who_it_was_made_for() {
    let world = World::new().await;
    let created = made(&world, Role::TenantAdmin, Some("acme")).await;
    let token = created.token.expose_str();
    assert!(token.starts_with("tnsa_") && token.len() == 48);
    let entered = enters(&world, &created.token).await.unwrap();
    assert_eq!((entered.role, entered.scope), (Role::TenantAdmin, Scope::Tenant("acme".to_owned())));
    for other in ["", "tnsa_", "x", &token[..47], &token.replace("tnsa_", "tnsb_"), &format!("{token}x")] {
        assert!(is_refused(&enters(&world, &other.into()).await), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_revoked_token_opens_nothing() {
    let world = World::new().await;
    let (first, second) =
        (made(&world, Role::Operator, None).await, made(&world, Role::Operator, None).await);
    world.admin.revoke_token(&operator(), &first.info.id).await.unwrap();
    assert!(is_refused(&enters(&world, &first.token).await));
    assert!(world.admin.tokens_kept().caller_of(&first.info.id).await.is_err());
    world.pass(DAY - 1);
    assert!(enters(&world, &second.token).await.is_ok());
    world.pass(1);
    assert!(is_refused(&enters(&world, &second.token).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_token_ends_with_the_tenant() {
    let world = World::new().await;
    let created = made(&world, Role::TenantAdmin, Some("acme")).await;
    let acme = world.admin.part(&operator(), "acme", &Part::Tenant).await.unwrap();
    world.admin.remove(&operator(), "acme", &Part::Tenant, Expected::Revision(acme.revision)).await.unwrap();
    assert!(is_refused(&enters(&world, &created.token).await));
    world.put("acme", &Part::Tenant, Expected::Absent, crate::admin::for_tests::tenant()).await;
    assert!(is_refused(&enters(&world, &created.token).await), "nor does it come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_a_token_that_reaches_further() {
    let world = World::new().await;
    let mine = admin_of("acme");
    let make = |caller: Caller, wanted: NewToken| {
        let admin = world.admin.clone();
        async move { admin.create_token(&caller, &wanted).await }
    };
    assert!(make(mine.clone(), wanted(Role::Auditor, Some("acme"))).await.is_ok());
    assert!(matches!(make(mine.clone(), wanted(Role::Operator, None)).await, Err(AdminError::Forbidden)));
    let other = make(mine.clone(), wanted(Role::TenantAdmin, Some("other"))).await;
    assert!(matches!(other, Err(AdminError::NotFound)));
    let nowhere = make(operator(), wanted(Role::TenantAdmin, Some("nowhere"))).await;
    assert!(matches!(nowhere, Err(AdminError::NotFound)));
    let auditor = caller(Role::Auditor, Scope::All);
    assert!(matches!(make(auditor, wanted(Role::Auditor, None)).await, Err(AdminError::Forbidden)));
    let empty = make(operator(), wanted(Role::Auditor, Some(""))).await;
    assert!(matches!(empty, Err(AdminError::NotFound)), "an empty id is no id, and not all of them");
    for misfit in [wanted(Role::Operator, Some("acme")), wanted(Role::TenantAdmin, None)] {
        assert!(matches!(make(operator(), misfit).await, Err(AdminError::Faulty(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platforms_token_reaches_the_platform_and_ends_with_it() {
    let world = World::new().await;
    let wanted = NewToken { platform: Some("group".to_owned()), ..wanted(Role::PlatformAdmin, None) };
    let created = world.admin.create_token(&operator(), &wanted).await.unwrap();
    let mine = enters(&world, &created.token).await.unwrap();
    assert_eq!(mine.scope, Scope::Platform("group".to_owned()));
    made(&world, Role::TenantAdmin, Some("acme")).await;
    made(&world, Role::TenantAdmin, Some("other")).await;
    let listed = world.admin.tokens(&mine, None).await.unwrap().tokens;
    let mut seen: Vec<_> = listed.into_iter().map(|token| token.role.name()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["platform_admin", "tenant_admin"], "its own and those of its tenants");
    let of_rival = NewToken { platform: Some("rival".to_owned()), ..wanted };
    assert!(matches!(world.admin.create_token(&mine, &of_rival).await, Err(AdminError::NotFound)));
    let acme = world.admin.part(&operator(), "acme", &Part::Tenant).await.unwrap();
    world.admin.remove(&operator(), "acme", &Part::Tenant, Expected::Revision(acme.revision)).await.unwrap();
    let group = world.admin.platform(&operator(), "group").await.unwrap();
    world.admin.remove_platform(&operator(), "group", Expected::Revision(group.revision)).await.unwrap();
    assert!(is_refused(&enters(&world, &created.token).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_shows_no_token_and_no_hash() {
    let world = World::new().await;
    let created = made(&world, Role::TenantAdmin, Some("acme")).await;
    made(&world, Role::Operator, None).await;
    let seen = world.admin.tokens(&admin_of("acme"), None).await.unwrap().tokens;
    assert_eq!(seen, std::slice::from_ref(&created.info));
    assert_eq!(world.admin.tokens(&operator(), None).await.unwrap().tokens.len(), 2);
    let text = serde_json::to_string(&seen).unwrap();
    let hash = name_of(&sha256(created.token.expose_str()));
    assert!(!text.contains(created.token.expose_str()) && !text.contains(&hash));
    let revoked = world.admin.revoke_token(&admin_of("other"), &created.info.id).await;
    assert!(matches!(revoked, Err(AdminError::NotFound)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_token_is_made_where_there_is_none_at_all() {
    let world = World::empty().await;
    let first = world.admin.tokens_kept().first().await.unwrap().unwrap();
    assert_eq!(enters(&world, &first).await.unwrap().role, Role::Operator);
    assert!(world.admin.tokens_kept().first().await.unwrap().is_none());
    world.admin.revoke_token(&operator(), "bootstrap").await.unwrap();
    assert!(world.admin.tokens_kept().first().await.unwrap().is_none(), "a revoked one counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_turned_away_and_keeps_nobody_out() {
    let world = World::new().await;
    let created = made(&world, Role::Operator, None).await;
    enters(&world, &created.token).await.unwrap();
    for number in 0..10 {
        assert!(is_refused(&enters(&world, &wrong(number)).await));
    }
    for number in 10..50 {
        assert!(matches!(enters(&world, &wrong(number)).await, Err(AdminError::TooMany)));
    }
    assert!(enters(&world, &created.token).await.is_ok());
    let unseen = made(&world, Role::Operator, None).await;
    assert!(enters(&world, &unseen.token).await.is_ok(), "one that was never shown before");
    assert!(is_refused(&enters_from(&world, "192.0.2.2", &wrong(50)).await), "a slip of somebody else");
    world.pass(60);
    assert!(is_refused(&enters(&world, &wrong(51)).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_from_many_addresses_is_turned_away_too() {
    let world = World::new().await;
    for number in 0..20 {
        let from = format!("192.0.2.{number}");
        assert!(is_refused(&enters_from(&world, &from, &wrong(number)).await));
    }
    for number in 20..500 {
        let from = format!("2001:db8:{number:x}::1");
        assert!(matches!(enters_from(&world, &from, &wrong(number)).await, Err(AdminError::TooMany)));
    }
    let unseen = made(&world, Role::Operator, None).await;
    assert!(enters_from(&world, "198.51.100.1", &unseen.token).await.is_ok());
    world.pass(1);
    assert!(is_refused(&enters_from(&world, "198.51.100.2", &wrong(1)).await));
}

#[tokio::test]
async fn who_waits_among_those_who_guess_holds_up_nobody_else() {
    let (guard, now) = (Guard::default(), Timestamp(1_000));
    let [guesser, other] = ["192.0.2.1", "192.0.2.2"].map(|from| from.parse::<IpAddr>().unwrap().into());
    for number in 0..200 {
        guard.learn([number; 32], guesser, false, now);
    }
    let turn = guard.admit(&[201; 32], guesser, now).await;
    assert!(turn.is_some());
    assert!(guard.admit(&[202; 32], other, now).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_comes_in_pages_and_misses_none() {
    let world = World::new().await;
    let mut all = std::collections::BTreeSet::new();
    for number in 0..PAGE + 5 {
        all.insert(made(&world, Role::TenantAdmin, Some("acme")).await.info.id);
        world.pass(i64::from(number % 2 == 0));
    }
    for caller in [operator(), admin_of("acme")] {
        let first = world.admin.tokens(&caller, None).await.unwrap();
        assert_eq!(first.tokens.len(), PAGE);
        assert!(first.tokens.is_sorted_by_key(|token| std::cmp::Reverse(token.created_at)));
        let second = world.admin.tokens(&caller, first.next.as_deref()).await.unwrap();
        assert_eq!((second.tokens.len(), second.next), (5, None));
        let seen = first.tokens.into_iter().chain(second.tokens).map(|token| token.id);
        assert_eq!(seen.collect::<std::collections::BTreeSet<_>>(), all);
    }
    for nonsense in ["", "x", "1", "1.a b", "x.id", "1.'", "99999999999999999999.id"] {
        let refused = world.admin.tokens(&operator(), Some(nonsense)).await;
        assert!(matches!(refused, Err(AdminError::Faulty(_))), "{nonsense}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_forgotten_some_months_after_its_end_and_with_the_next_one() {
    let world = World::new().await;
    let listed = async || world.admin.tokens(&operator(), None).await.unwrap().tokens.len();
    let expiring = made(&world, Role::Operator, None).await;
    let revoked = made(&world, Role::Operator, None).await;
    world.admin.revoke_token(&operator(), &revoked.info.id).await.unwrap();
    world.pass(91 * DAY);
    made(&world, Role::Operator, None).await;
    assert_eq!(listed().await, 2, "the one that was revoked 91 days ago is not listed any more");
    world.pass(DAY);
    assert!(is_refused(&enters(&world, &expiring.token).await));
    world.pass(400 * DAY);
    assert!(world.admin.tokens_kept().first().await.unwrap().is_none(), "nobody gets in by waiting");
    made(&world, Role::Operator, None).await;
    assert_eq!(listed().await, 1);
}
