//! What the pages of a trial show, and of whom.

use tunnus_sdk::Timestamp;

use super::*;
use crate::{
    error::Code,
    flow::{
        identification::{Outcome, Report, Settled},
        trial::TrialReport,
    },
    host::observed::{Header, Seen},
};

const TRIALS: &str = "/console/tenants/acme/connections/bank/trials";

/// Begins a trial; answers the page with the way on, and the trial's id.
async fn begin(site: &Site, browser: &Browser) -> (Answer, String) {
    let page = site.post(browser, TRIALS, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let id = page.body.split("/trials/").nth(1).unwrap()[..22].to_owned();
    (page, id)
}

/// Ends a trial with what an upstream may have sent.
async fn end(site: &Site, id: &str, steps: Vec<Seen>) {
    let flows = &site.broker.flows;
    let identification = flows.identification(id).await.unwrap().unwrap();
    let failure = Report {
        code: Code::ClaimsNotReceived,
        reason: None,
        stage: None,
        upstream_code: Some("<script>alert(2)</script>".to_owned()),
        fields: Vec::new(),
    };
    let report = TrialReport { steps, arrived: None, failure: Some(failure) };
    let finished_at = Timestamp(flows.ambient.now().0);
    let outcome = Outcome { identification, finished_at, result: Settled::Tried(Box::new(report)) };
    assert!(flows.settle(&outcome).await.unwrap());
}

#[actix_web::test]
async fn what_an_upstream_calls_its_claims_is_text_on_the_page() {
    let site = Site::new().await;
    let browser = site.enter(Role::Operator, None).await;
    let (page, id) = begin(&site, &browser).await;
    assert!(page.body.contains("https://id.example/t/acme/identify/"), "{}", page.body);
    let waiting = site.get(&browser, &format!("{TRIALS}/{id}")).await;
    assert!(waiting.body.contains("The login has not ended yet."), "{}", waiting.body);
    assert!(!waiting.body.contains("/identify/"), "the way on is shown once");
    let evil = "\"><script>alert(1)</script><img/src=x>".to_owned();
    let header = Header { kid: Some(evil.clone()), ..Header::default() };
    let opened = Seen::Opened {
        message: "id_token".to_owned(),
        headers: vec![header],
        claims: Some(vec![evil]),
        rejected: None,
    };
    end(&site, &id, vec![opened]).await;
    for language in ["fi", "sv", "en"] {
        let request = browser.with(test::TestRequest::get().uri(&format!("{TRIALS}/{id}")));
        let body = site.call(request.insert_header(("Accept-Language", language))).await.body;
        assert!(!body.contains("<script") && !body.contains("<img"), "{body}");
        assert!(body.contains("&#60;script") && body.contains("claims_not_received"), "{body}");
    }
}

#[actix_web::test]
async fn an_auditor_reads_a_trial_and_another_tenants_admin_does_not() {
    let site = Site::new().await;
    let (_, id) = begin(&site, &site.enter(Role::TenantAdmin, Some("acme")).await).await;
    let path = format!("{TRIALS}/{id}");
    let auditor = site.enter(Role::Auditor, Some("acme")).await;
    let page = site.get(&auditor, &path).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Try once more"), "{}", page.body);
    assert_eq!(site.get(&auditor, TRIALS).await.status, 403);
    let other = site.enter(Role::TenantAdmin, Some("other")).await;
    assert_eq!(site.get(&other, &path).await.status, 404);
    let elsewhere = path.replace("/acme/", "/other/");
    assert_eq!(site.get(&other, &elsewhere).await.status, 404);
}
