use tokio::task::JoinSet;
use tunnus_sdk::Host;

use super::{
    super::for_tests::{Answer, Clock, Setup, Upstream as Bank, get, json, response},
    *,
};

fn limits(calls: usize) -> OutboundLimits {
    OutboundLimits { calls, failures: 3, ..OutboundLimits::default() }
}

/// Nobody waits long here.
const WAIT: Duration = Duration::from_millis(20);

fn upstreams(calls: usize, clock: &Clock) -> Upstreams {
    Upstreams::new(&limits(calls), clock.ambient())
}

fn url(origin: &str) -> Url {
    Url::parse(origin).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "the end of a call")]
const fn answered(status: u16) -> Result<Response, SendError> {
    Ok(Response { status, content_type: None, www_authenticate: None, date: None, body: Vec::new() })
}

async fn fail(upstreams: &Upstreams, stage: Stage, url: &Url) -> Option<Turn> {
    upstreams.enter(stage, url).await.unwrap().settle(&Err(SendError::TimedOut))
}

#[tokio::test]
async fn no_answer_and_status_5xx_are_failures_and_every_other_answer_is_none() {
    let bank = url("https://bank.example/token");
    for (end, fails) in [
        (answered(500), true),
        (answered(503), true),
        (Err(SendError::Unreachable(None)), true),
        (Err(SendError::TimedOut), true),
        (answered(200), false),
        (answered(400), false),
        (answered(401), false),
        (answered(429), false),
        (Err(SendError::TooLarge), false),
        (Err(SendError::Forbidden), false),
        (Err(SendError::CredentialMissing), false),
    ] {
        let upstreams = upstreams(1, &Clock::new());
        for _ in 0..3 {
            upstreams.enter(Stage::Token, &bank).await.unwrap().settle(&end);
        }
        let next = upstreams.enter(Stage::Token, &bank).await.map(drop);
        assert_eq!(matches!(next, Err(SendError::CircuitOpen)), fails, "{end:?}: {next:?}");
    }
}

#[tokio::test]
async fn a_circuit_opens_lets_one_call_try_and_closes() {
    let (clock, bank) = (Clock::new(), url("https://bank.example/token"));
    let upstreams = upstreams(8, &clock);
    assert_eq!(fail(&upstreams, Stage::Token, &bank).await, None);
    assert_eq!(fail(&upstreams, Stage::Token, &bank).await, None);
    assert_eq!(fail(&upstreams, Stage::Token, &bank).await, Some(Turn::Opened));
    assert!(matches!(upstreams.enter(Stage::Token, &bank).await, Err(SendError::CircuitOpen)));
    clock.pass(15);
    let trial = upstreams.enter(Stage::Token, &bank).await.unwrap();
    assert!(matches!(upstreams.enter(Stage::Token, &bank).await, Err(SendError::CircuitOpen)));
    assert_eq!(trial.settle(&answered(400)), Some(Turn::Closed));
    assert_eq!(upstreams.enter(Stage::Token, &bank).await.unwrap().settle(&answered(200)), None);
}

#[tokio::test]
async fn a_trial_that_is_given_up_leaves_the_next_to_another() {
    let (clock, bank) = (Clock::new(), url("https://bank.example/token"));
    let upstreams = upstreams(8, &clock);
    for _ in 0..3 {
        fail(&upstreams, Stage::Token, &bank).await;
    }
    clock.pass(15);
    drop(upstreams.enter(Stage::Token, &bank).await.unwrap());
    let refused = upstreams.enter(Stage::Token, &bank).await.unwrap();
    assert_eq!(refused.settle(&Err(SendError::Forbidden)), None);
    assert!(upstreams.enter(Stage::Token, &bank).await.is_ok());
}

#[tokio::test]
async fn endpoints_and_upstreams_have_circuits_of_their_own() {
    let upstreams = upstreams(8, &Clock::new());
    let (one, other) = (url("https://bank.example/token"), url("https://other.example/token"));
    for _ in 0..3 {
        fail(&upstreams, Stage::Token, &one).await;
    }
    let spared = |at_one, at_all| Spared { at_one, at_all };
    assert_eq!(upstreams.endpoints(), [(Stage::Token, spared(true, true))].into());
    upstreams.enter(Stage::Par, &one).await.unwrap().settle(&answered(201));
    upstreams.enter(Stage::Token, &other).await.unwrap().settle(&answered(200));
    let expected = [(Stage::Token, spared(true, false)), (Stage::Par, spared(false, false))];
    assert_eq!(upstreams.endpoints(), expected.into());
    assert!(matches!(upstreams.enter(Stage::Token, &one).await, Err(SendError::CircuitOpen)));
}

#[tokio::test]
async fn what_was_published_and_is_at_hand_disturbs_no_login() {
    let bank = url("https://bank.example/jwks");
    for (stage, known, seconds, hurts) in [
        (Stage::Jwks, false, 0, true),
        (Stage::Jwks, true, 0, false),
        (Stage::Discovery, true, 86_399, false),
        (Stage::Discovery, true, 86_400, true),
        (Stage::Token, true, 0, true),
    ] {
        let clock = Clock::new();
        let upstreams = upstreams(8, &clock);
        if known {
            upstreams.enter(stage, &bank).await.unwrap().settle(&answered(200));
        }
        clock.pass(seconds);
        for _ in 0..3 {
            fail(&upstreams, stage, &bank).await;
        }
        assert_eq!(
            upstreams.endpoints()[&stage],
            Spared { at_one: true, at_all: hurts },
            "{stage} {seconds}"
        );
    }
}

#[tokio::test]
async fn who_finds_no_turn_waits_for_a_while_and_who_finds_no_place_does_not() {
    let limits = OutboundLimits { connect_timeout: WAIT, ..limits(1) };
    let upstreams = Upstreams::new(&limits, Clock::new().ambient());
    let bank = url("https://bank.example/par");
    let hanging = upstreams.enter(Stage::Par, &bank).await.unwrap();
    let (waiting, refused) = tokio::join!(upstreams.enter(Stage::Par, &bank), async {
        tokio::task::yield_now().await;
        upstreams.enter(Stage::Par, &bank).await.map(drop)
    });
    assert!(matches!(refused, Err(SendError::Busy)), "no place");
    assert!(matches!(waiting.map(drop), Err(SendError::Busy)), "no turn in time");
    let (next, ()) = tokio::join!(upstreams.enter(Stage::Par, &bank), async { drop(hanging) });
    assert!(next.is_ok());
    assert_eq!(upstreams.endpoints()[&Stage::Par], Spared { at_one: false, at_all: false });
}

#[tokio::test]
async fn who_waited_while_the_circuit_opened_is_not_sent() {
    let (upstreams, bank) = (upstreams(1, &Clock::new()), url("https://bank.example/par"));
    for _ in 0..2 {
        fail(&upstreams, Stage::Par, &bank).await;
    }
    let last = upstreams.enter(Stage::Par, &bank).await.unwrap();
    let (waited, opened) = tokio::join!(upstreams.enter(Stage::Par, &bank), async {
        tokio::task::yield_now().await;
        last.settle(&Err(SendError::TimedOut))
    });
    assert_eq!(opened, Some(Turn::Opened));
    assert!(matches!(waited.map(drop), Err(SendError::CircuitOpen)));
}

#[tokio::test]
async fn upstreams_are_bounded_in_number() {
    let upstreams = upstreams(1, &Clock::new());
    for bank in 0..1_000 {
        fail(&upstreams, Stage::Par, &url(&format!("https://bank{bank}.example/par"))).await;
        assert!(upstreams.known().len() <= UPSTREAMS);
    }
}

#[tokio::test]
async fn a_spared_upstream_is_not_called_and_metrics_do_not_count_it_as_a_call() {
    let bank = Bank::start(|_| response("503 Down", "text/plain", b""));
    let setup = Setup { limits: limits(8), ..Setup::calling(&bank) };
    let clock = setup.clock.clone();
    let host = setup.build().unwrap();
    for _ in 0..3 {
        assert_eq!(host.send(get(bank.url("/token"))).await.unwrap().status, 503);
    }
    assert!(!host.circuits().is_empty() && host.is_disturbed());
    let spared = host.send(get(bank.url("/token"))).await;
    assert!(matches!(spared, Err(SendError::CircuitOpen)), "{spared:?}");
    assert_eq!(bank.requests().len(), 3);
    clock.pass(15);
    assert!(!host.is_disturbed(), "somebody may try");
    assert_eq!(host.send(get(bank.url("/token"))).await.unwrap().status, 503);
    assert!(host.is_disturbed());
    let metrics = host.outbound.metrics.render();
    let count = r#"duration_seconds_count{endpoint="token",outcome="5xx",provider="acme-id"} 4"#;
    assert!(metrics.contains(count) && !metrics.contains("refused"), "{metrics}");
}

#[tokio::test]
async fn a_bank_that_hangs_takes_no_turn_of_anothers() {
    let hangs = Bank::start(|_| Answer::Silence(Vec::new()));
    let works = Bank::start(|_| json("{}"));
    let allow = vec![hangs.origin.clone(), works.origin.clone()];
    let host = Setup { allow, limits: limits(4), ..Setup::calling(&works) }.build().unwrap();
    let host = Arc::new(host);
    let mut stuck = JoinSet::new();
    for _ in 0..8 {
        let (host, request) = (Arc::clone(&host), get(hangs.url("/token")));
        stuck.spawn(async move { host.send(request).await });
    }
    while hangs.requests().len() < 4 {
        tokio::task::yield_now().await;
    }
    for _ in 0..50 {
        assert_eq!(host.send(get(works.url("/token"))).await.unwrap().status, 200);
    }
    assert_eq!((hangs.requests().len(), works.requests().len()), (4, 50));
    assert!(stuck.try_join_next().is_none(), "they hang all the while");
}
