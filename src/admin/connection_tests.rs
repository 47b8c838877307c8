use std::future::{pending, ready};

use super::*;

fn finding(severity: Severity, subject: &str, text: &str) -> Finding {
    let remedy = (severity != Severity::Fine).then(|| format!("help with {text}"));
    Finding { severity, subject: subject.to_owned(), text: text.to_owned(), remedy }
}

#[test]
fn whatever_is_wrong_with_an_upstream_is_told_in_the_same_words() {
    let refused = [finding(Severity::Fault, "metadata", "connection refused")];
    let of_a_bank = [finding(Severity::Fault, "https://10.0.0.1: metadata", "answered 302")];
    let clock = [
        finding(Severity::Fault, "clock", "this host's clock is 4711 s behind the upstream's"),
        finding(Severity::Warning, "metadata", "a list does not name a value"),
    ];
    let unheard_of = [finding(Severity::Fault, "what nobody has thought of", "port 22 says SSH-2.0")];
    for findings in [&refused[..], &of_a_bank, &clock, &unheard_of] {
        let told = narrowed(findings.to_vec());
        let [one] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((one.severity, one.subject.as_str()), (Severity::Fault, "upstream"));
        assert_eq!((one.text.as_str(), &one.remedy), (NARROWED, &None));
    }
}

#[test]
fn what_is_fine_is_told_as_it_is_and_a_warning_is_no_fault() {
    let fine = finding(Severity::Fine, "metadata", "reachable, and names this issuer");
    assert_eq!(narrowed(vec![fine.clone()]).len(), 1);
    let told = narrowed(vec![finding(Severity::Warning, "clock", "20 s ahead"), fine]);
    let told: Vec<_> = told.iter().map(|one| (one.severity, one.text.as_str())).collect();
    let expected = [(Severity::Fine, "reachable, and names this issuer"), (Severity::Warning, NARROWED)];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_upstream_that_never_ends_is_at_fault_when_the_deadline_has_passed() {
    let late = within(Duration::ZERO, pending()).await;
    assert_eq!((late.len(), late[0].severity), (1, Severity::Fault));
    let fine = vec![finding(Severity::Fine, "keys", "published")];
    assert_eq!(within(DEADLINE, ready(fine.clone())).await, fine);
}
