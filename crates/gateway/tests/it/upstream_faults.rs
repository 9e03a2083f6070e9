//! Upstreams that do not answer as they should.

use crate::harness::{POLL, RawUpstream, Script, Setup, TestGateway, request};
use test_kit::TestAnswer;

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

/// A gateway whose upstream follows `scripts`, and which gives it one second.
async fn gateway(scripts: Vec<Script>) -> TestGateway {
    let upstream = RawUpstream::start(scripts).await;
    with_peer(upstream.url()).await
}

async fn with_peer(peer: String) -> TestGateway {
    let api = include_str!("../../definitions/aggregated-polling/api.toml");
    let api = api.replace("timeout_seconds = 65", "timeout_seconds = 1");
    let files = vec![("apis/aggregated-polling/api.toml", api)];
    TestGateway::with(Setup { files, peer: Some(peer), ..Setup::default() }).await
}

fn assert_fault(answer: &TestAnswer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let expected = format!(r#"{{"code":"{code}","type":"Status report","message":"Runtime Error""#);
    assert!(answer.body.starts_with(&expected), "{}", answer.body);
}

#[tokio::test]
async fn no_connection_is_503() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gateway = with_peer(format!("http://127.0.0.1:{port}")).await;
    assert_fault(&gateway.poll(&gateway.token().sign()).await, 503, "101503");
}

#[tokio::test]
async fn a_stranger_in_the_upstreams_place_is_no_connection() {
    let stranger = TestGateway::start().await;
    let gateway = with_peer(format!("https://localhost:{}", stranger.address.port())).await;
    assert_fault(&gateway.poll(&gateway.token().sign()).await, 503, "101503");
}

#[tokio::test]
async fn no_answer_in_time_is_504() {
    let gateway = gateway(vec![Script::KeepSilent]).await;
    assert_fault(&gateway.poll(&gateway.token().sign()).await, 504, "101504");
}

#[tokio::test]
async fn a_broken_answer_is_502() {
    let headers = format!("X-Bomb: {}\r\n", "x".repeat(1000)).repeat(200);
    for script in [
        Script::SayAndClose(String::new()),
        Script::SayAndClose("HTTP/1.1 200 OK\r\n".to_owned()),
        Script::SayAndClose("SSH-2.0-OpenSSH\r\n\r\n".to_owned()),
        Script::SayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_owned()),
        Script::SayAndClose(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbad!".to_owned(),
        ),
        Script::Say(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                .to_owned(),
        ),
        Script::SayAndClose(format!("HTTP/1.1 200 OK\r\n{headers}\r\n")),
    ] {
        let case = format!("{script:?}").chars().take(80).collect::<String>();
        let gateway = gateway(vec![script, Script::Say(GOOD.to_owned())]).await;
        let token = gateway.token().sign();
        let answer = gateway.poll(&token).await;
        assert_eq!(answer.status, 502, "{case}: {answer:?}");
        assert_fault(&answer, 502, "101500");
        assert_eq!(gateway.poll(&token).await.body, "good", "after {case}");
    }
}

#[tokio::test]
async fn what_an_upstream_says_for_one_hop_stays_on_it() {
    let answer = "HTTP/1.1 200 OK\r\nConnection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                  Proxy-Authenticate: Basic\r\nX-End: 1\r\nContent-Length: 4\r\n\r\ngood";
    let gateway = gateway(vec![Script::Say(answer.to_owned())]).await;
    let answer = gateway.poll(&gateway.token().sign()).await;
    assert_eq!((answer.status, answer.header("x-end")), (200, "1"));
    for name in ["x-hop", "connection", "keep-alive", "proxy-authenticate"] {
        assert!(answer.headers(name).is_empty(), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn a_second_answer_is_nobodys() {
    let twice = format!("{GOOD}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    let gateway = gateway(vec![Script::Say(twice), Script::Say(GOOD.to_owned())]).await;
    let token = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let mut connection = gateway.connect().await;
    for _ in 0..3 {
        let answer = connection.ask(&request(&format!("POST {POLL}"), &token, "{}")).await;
        assert_ne!(answer.body, "evil");
        assert!(answer.status == 200 || answer.status == 502, "{answer:?}");
    }
}
