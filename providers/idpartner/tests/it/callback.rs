//! The return from the bank: one form, for one attempt, of one issuer.

use std::time::Duration;

use tunnus_sdk::{Candidate, Fault, Leg, LoginRequest, ProviderState, Reason, Stage};
use tunnus_simulator::Click;

use crate::desk::{Desk, MUTUAL_TLS, PLACEHOLDER, SECRET, SPECIMEN, inbound, login};

async fn refused(desk: &Desk, login: &LoginRequest, state: ProviderState, pairs: &[(&str, &str)]) -> Reason {
    let error = desk.finish(login, (state, inbound(Leg::CALLBACK, pairs))).await.unwrap_err();
    assert_eq!(error.stage, Stage::Callback);
    assert_eq!(desk.host.sends(Stage::Token), 0);
    error.reason().unwrap_or_else(|| panic!("{error}"))
}

#[tokio::test]
async fn a_plain_return_is_a_downgrade() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let login = login("s1");
        let (state, _) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
        let issuer = desk.issuer("/specimen/oidc");
        for pairs in [
            &[("code", "c"), ("state", "s1"), ("iss", issuer.as_str())][..],
            &[("error", "access_denied"), ("state", "s1")],
            &[("response", "")],
            &[],
        ] {
            assert_eq!(refused(&desk, &login, state.clone(), pairs).await, Reason::NotJarm);
        }
    }
}

#[tokio::test]
async fn nothing_unprotected_stands_beside_the_response() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let (state, back) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
    let response = back.params.one("response").unwrap();
    for name in ["code", "error", "state", "id_token"] {
        let pairs = [("response", response), (name, "x")];
        assert_eq!(refused(&desk, &login, state.clone(), &pairs).await, Reason::Malformed, "{name}");
    }
    let other_issuer = [("response", response), ("iss", "https://bank.evil.example/oidc")];
    assert_eq!(refused(&desk, &login, state.clone(), &other_issuer).await, Reason::Issuer);
    let doubled = [("response", response), ("response", response)];
    assert_eq!(refused(&desk, &login, state, &doubled).await, Reason::NotJarm);
}

#[tokio::test]
async fn a_response_in_the_form_of_the_other_registration_is_refused() {
    for (connection, other, expected) in
        [(SECRET, MUTUAL_TLS, Reason::NotSigned), (MUTUAL_TLS, SECRET, Reason::NotEncrypted)]
    {
        let (desk, foreign) = (Desk::new(connection), Desk::new(other));
        let login = login("s1");
        let (state, _) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
        let (_, back) = foreign.returned(&login, SPECIMEN, "john").await.unwrap();
        let pairs = [("response", back.params.one("response").unwrap())];
        assert_eq!(refused(&desk, &login, state, &pairs).await, expected, "{connection}");
    }
}

#[tokio::test]
async fn another_banks_response_is_not_believed() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let login = login("s1");
        let (state, _) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
        let (_, back) = desk.returned(&login, PLACEHOLDER, "john").await.unwrap();
        let pairs = [("response", back.params.one("response").unwrap())];
        assert_eq!(refused(&desk, &login, state, &pairs).await, Reason::KeyUnknown);
    }
}

#[tokio::test]
async fn another_attempts_response_is_not_believed() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let (one, other) = (login("s1"), login("s2"));
        let (state, _) = desk.returned(&one, SPECIMEN, "john").await.unwrap();
        let (_, back) = desk.returned(&other, SPECIMEN, "john").await.unwrap();
        let pairs = [("response", back.params.one("response").unwrap())];
        assert_eq!(refused(&desk, &one, state, &pairs).await, Reason::State);
    }
}

#[tokio::test]
async fn a_late_response_is_refused() {
    let desk = Desk::apart(MUTUAL_TLS);
    let login = login("s1");
    let (state, back) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
    desk.clock.advance(Duration::from_secs(700));
    let pairs = [("response", back.params.one("response").unwrap())];
    assert_eq!(refused(&desk, &login, state, &pairs).await, Reason::Expired);
}

#[tokio::test]
async fn a_response_is_worth_one_login() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let (state, back) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
    desk.finish(&login, (state.clone(), back.clone())).await.unwrap();
    let error = desk.finish(&login, (state, back)).await.unwrap_err();
    assert_eq!((error.fault, error.stage), (Fault::ProviderRefused, Stage::Token));
}

#[tokio::test]
async fn cancelling_at_the_bank_is_a_cancel() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let login = login("s1");
        let chosen = desk.choose(&login, SPECIMEN).await;
        let returned = desk.visit(&login, chosen, Click::Cancel).await.unwrap();
        let error = desk.finish(&login, returned).await.unwrap_err();
        assert_eq!((error.fault, error.stage), (Fault::UserCancelled, Stage::Callback));
    }
}

#[tokio::test]
async fn settings_that_change_at_the_bank_end_the_attempt_before_the_code_is_redeemed() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let (state, back) = desk.returned(&login, SPECIMEN, "john").await.unwrap();
    let another_client = desk.rebuilt(|settings| settings["client_id"] = "another".into());
    let keys_registered = desk.rebuilt(|settings| settings["registered_keys"] = true.into());
    for changed in [another_client, keys_registered] {
        let error = changed.resume(&login, state.clone(), back.clone()).await.unwrap_err();
        assert_eq!((error.fault, error.stage), (Fault::ConnectionMisconfigured, Stage::Callback));
    }
    let unlisted = desk.rebuilt(|settings| drop(settings["issuers"].as_array_mut().unwrap().remove(0)));
    let error = unlisted.resume(&login, state.clone(), back.clone()).await.unwrap_err();
    assert_eq!((error.reason(), error.stage), (Some(Reason::Issuer), Stage::Callback));
    assert_eq!(desk.host.sends(Stage::Token), 0);
    assert!(desk.finish(&login, (state, back)).await.is_ok());
}

#[tokio::test]
async fn of_several_attempts_the_state_inside_the_response_chooses() {
    for connection in [SECRET, MUTUAL_TLS] {
        let desk = Desk::new(connection);
        let logins = [login("s1"), login("s2"), login("s3"), login("s4")];
        let first = desk.returned(&logins[0], SPECIMEN, "john").await.unwrap();
        let second = desk.returned(&logins[1], PLACEHOLDER, "john").await.unwrap();
        let third = desk.returned(&logins[2], SPECIMEN, "john").await.unwrap();
        let (at_selector, selected) = desk.choose(&logins[3], SPECIMEN).await;
        let states = [&at_selector, &third.0, &second.0, &first.0];
        let candidates: Vec<Candidate<'_>> =
            logins.iter().rev().zip(states).map(|(login, state)| Candidate { login, state }).collect();
        for (back, chosen) in [(&first.1, 3), (&second.1, 2), (&third.1, 1)] {
            assert_eq!(desk.provider.choose(&candidates, back).await, Some(chosen), "{connection}");
        }
        assert_eq!(desk.provider.choose(&candidates, &selected).await, None);
        assert_eq!(desk.provider.choose(&candidates[..1], &first.1).await, None);
        assert_eq!(desk.provider.choose(&candidates[..2], &second.1).await, None);
        let forged = inbound(Leg::CALLBACK, &[("response", "x.y.z")]);
        assert_eq!(desk.provider.choose(&candidates, &forged).await, None);
    }
}

#[tokio::test]
async fn no_error_names_the_person() {
    let desk = Desk::new(SECRET);
    let login = login("s1");
    let returned = desk.returned(&login, SPECIMEN, "maria").await.unwrap();
    let evidence = desk.finish(&login, returned.clone()).await.unwrap();
    let error = desk.finish(&login, returned).await.unwrap_err();
    let identity = desk.provider.normalise(&evidence).unwrap();
    let printed = format!("{evidence:?} {identity:?} {error:?} {error}");
    for private in tunnus_simulator::personas::find("maria").unwrap().private_values() {
        assert!(!printed.contains(private), "{private}");
    }
}
