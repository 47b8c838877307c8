//! Whole trails on the pages: checked, kept as a file, counted.

use tunnus_jose::PublicKeys;

use super::*;
use crate::audit::{export, leader::Leader, records::COMPLETED, retention::Retention};

const AUDIT: &str = "/console/tenants/acme/audit";

impl Site {
    /// Chains and signs what was recorded.
    async fn sign_trail(&self) {
        let retention = Retention { identification_years: 5, administration_years: 5, statutory: true };
        let mut leader = Leader::of(&self.broker.audit, &self.broker.flows.ambient, retention).unwrap();
        assert!(leader.look().await.unwrap().chained > 0);
    }

    /// Somebody has identified at `acme`.
    async fn identified(&self, outcome: &str) {
        let mut event = Event::new("acme", Kind::IdentificationFinished);
        event.body.connection = Some("bank".to_owned());
        event.body.method = Some("<b>fi-op</b>".to_owned());
        event.body.outcome = Some(outcome.to_owned());
        self.broker.audit.record(event).await.unwrap();
    }
}

#[actix_web::test]
async fn a_trail_is_checked_on_its_page_and_a_change_is_found() {
    let site = Site::new().await;
    site.identified(COMPLETED).await;
    let browser = site.enter(Role::Auditor, Some("acme")).await;
    let verify = format!("{AUDIT}/verify");
    let unchained = site.post(&browser, &verify, &[]).await.body;
    assert!(unchained.contains("Sound") && unchained.contains("Not chained yet"), "{unchained}");
    site.sign_trail().await;
    let sound = site.post(&browser, &verify, &[]).await;
    assert_eq!(sound.status, 200);
    assert!(sound.body.contains("Sound: nothing was changed"), "{}", sound.body);
    let change = "UPDATE audit_events SET happened_at = happened_at - 1 WHERE tenant = 'acme' AND seq = 2";
    sqlx::query(change).execute(site.world.store.sql().pool()).await.unwrap();
    let changed = site.post(&browser, &verify, &[]).await.body;
    assert!(changed.contains("Not sound") && changed.contains("event 2"), "{changed}");
    assert_eq!(site.post(&browser, "/console/audit/verify", &[]).await.status, 404, "the operator's own");
}

#[actix_web::test]
async fn a_trail_is_kept_as_a_file_that_its_public_key_verifies() {
    let site = Site::new().await;
    site.identified(COMPLETED).await;
    site.sign_trail().await;
    let browser = site.enter(Role::TenantAdmin, Some("acme")).await;
    let file = site.get(&browser, &format!("{AUDIT}/export")).await;
    let header = |name: &str| file.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(file.status, 200);
    assert_eq!(header("Content-Disposition"), "attachment; filename=\"audit-acme.jsonl\"");
    assert_eq!(header("Content-Type"), "application/x-ndjson");
    let keys = site.get(&browser, "/console/audit/keys").await.body;
    let keys = PublicKeys::parse(keys.as_bytes()).unwrap();
    let verified = export::verify(file.body.as_bytes(), &keys).unwrap();
    assert!(verified.is_sound() && verified.events > 0, "{verified:?}");
    let page = site.get(&browser, AUDIT).await.body;
    for way in ["/audit/export", "/audit/verify", "/console/audit/keys", "/usage"] {
        assert!(page.contains(way), "{way}: {page}");
    }
    assert_eq!(site.get(&browser, "/console/audit/export").await.status, 404, "the operator's own");
}

#[actix_web::test]
async fn a_trail_is_read_as_a_whole_by_one_at_a_time() {
    let site = Site::new().await;
    site.sign_trail().await;
    let browser = site.enter(Role::Operator, None).await;
    let reading = site.world.reading("acme");
    assert_eq!(site.post(&browser, &format!("{AUDIT}/verify"), &[]).await.status, 429);
    assert_eq!(site.get(&browser, &format!("{AUDIT}/export")).await.status, 429);
    drop(reading);
    for _ in 0..3 {
        assert_eq!(site.get(&browser, &format!("{AUDIT}/export")).await.status, 200, "and each ends");
        assert_eq!(site.post(&browser, &format!("{AUDIT}/verify"), &[]).await.status, 200);
    }
}

#[actix_web::test]
async fn a_month_is_counted_and_what_is_no_month_is_told() {
    let site = Site::new().await;
    for outcome in [COMPLETED, COMPLETED, "provider_unavailable"] {
        site.identified(outcome).await;
    }
    let browser = site.enter(Role::Auditor, Some("acme")).await;
    let path = "/console/tenants/acme/usage";
    let now = site.get(&browser, path).await.body;
    assert!(now.contains("value=\"2026-11\"") && now.contains("&#60;b&#62;fi-op") && !now.contains("<b>"));
    assert!(now.contains(">2</td>") && now.contains(">1</td>"), "{now}");
    let before = site.get(&browser, &format!("{path}?month=2026-10")).await.body;
    assert!(before.contains("No identifications in this month."), "{before}");
    for wrong in ["2026-13", "%22%3E%3Cscript%3E", "2026-11-01"] {
        let answer = site.get(&browser, &format!("{path}?month={wrong}")).await;
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(!answer.body.contains("<script"), "{}", answer.body);
    }
    assert_eq!(site.get(&browser, "/console/usage").await.status, 404, "all are the operator's to see");
}
