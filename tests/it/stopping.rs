//! A broker that is asked to stop: what a balancer, a browser and an app see of it.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{program::Program, sandbox::Bench};

/// A program that goes on for `drain` seconds when it is asked to stop.
fn start(drain: u32) -> Program {
    Program::start(|_| vec![("TUNNUS_SERVER__DRAIN", drain.to_string())])
}

/// A response as it comes, up to the end of the connection.
async fn jwks(program: &Program) -> String {
    let mut stream = TcpStream::connect(program.public).await.unwrap();
    stream.write_all(b"GET /t/main/jwks HTTP/1.1\r\nHost: broker\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A minute at most.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), work).await.expect("within a minute")
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_goes_first_requests_in_flight_finish_and_the_program_ends_well() {
    let mut program = start(60);
    assert_eq!(program.readiness().await, (200, "ready\n".to_owned()));
    assert!(!jwks(&program).await.contains("connection: close"));
    let mut half = TcpStream::connect(program.public).await.unwrap();
    let head = "POST /t/main/token HTTP/1.1\r\nHost: broker\r\nConnection: close\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\ngrant";
    half.write_all(head.as_bytes()).await.unwrap();

    program.terminate();
    while soon(program.readiness()).await != (503, "stopping\n".to_owned()) {}
    let answer = jwks(&program).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "a balancer has not noticed yet: {answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "and it shall use no connection again: {answer}");

    // Who asks again does not wait for a balancer.
    program.terminate();
    soon(async { while TcpStream::connect(program.public).await.is_ok() {} }).await;
    half.write_all(b"_type").await.unwrap();
    let mut answer = String::new();
    soon(half.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 4") && answer.contains("invalid_"), "{answer}");
    let ended = tokio::task::spawn_blocking(move || {
        let status = program.process.wait();
        (status, program)
    });
    let (status, _program) = soon(ended).await.unwrap();
    assert_eq!(status.unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_waits_is_answered_at_once() {
    let bench = Bench::start();
    let id = bench.create(json!({})).await["id"].as_str().unwrap().to_owned();
    bench.sandbox.broker.stopping.store(true, Ordering::Relaxed);
    let path = format!("identifications/{id}?wait=25");
    let polled = timeout(Duration::from_secs(15), bench.rest("GET", &path, None));
    let (status, body) = polled.await.expect("long before the 25 seconds are over");
    assert_eq!((status, &body["status"]), (200, &json!("pending")));
}
