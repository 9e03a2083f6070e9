//! What is wrong below a request: framing, protocols, sizes, paths, and clients that stall.

use crate::bad_input::{Request, Target, assert_gateway_error};
use crate::harness::Storage;
use std::time::Duration;
use test_kit::TestConnection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const LISTENERS: [&str; 2] = ["identity", "api"];
const BASIC: &str = "Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==";
const POLL: &str = "/open-banking/v3.1/events";

#[tokio::test]
async fn an_upgrade_and_connect_are_refused_and_nothing_behind_them_is_read() {
    let target = Target::start().await;
    for listener in LISTENERS {
        for fields in [
            "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}",
            "Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
            "Connection: Upgrade\r\n\r\n",
        ] {
            let head = format!("POST {POLL} HTTP/1.1\r\nHost: localhost\r\n{fields}");
            assert_ends_with_a_refusal(&target, listener, head.as_bytes(), &[400]).await;
        }
        for line in ["CONNECT localhost:443", "CONNECT /"] {
            let head = format!("{line} HTTP/1.1\r\nHost: localhost:443\r\n\r\n");
            assert_ends_with_a_refusal(&target, listener, head.as_bytes(), &[400, 405]).await;
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_request_that_two_readers_would_frame_differently_is_refused() {
    let target = Target::start().await;
    for listener in LISTENERS {
        for fields in [
            &b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"[..],
            b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
            b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
            b"Content-Length: 2, 2\r\n\r\n{}",
            b"Content-Length: +2\r\n\r\n{}",
            b"Content-Length: 0x2\r\n\r\n{}",
            b"Content-Length: -1\r\n\r\n",
            b"Content-Length: 18446744073709551618\r\n\r\n{}",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
            b"X: a\r\n folded\r\n\r\n",
            b"X: a\rb\r\n\r\n",
            b"X: a\0b\r\n\r\n",
            b"X y: a\r\n\r\n",
            b": a\r\n\r\n",
            b"Host: other\r\n\r\n",
        ] {
            let start = start_of_a_good_head(&target, listener);
            let request = [start.as_bytes(), fields].concat();
            assert_ends_with_a_refusal(&target, listener, &request, &[400]).await;
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_chunked_body_that_cannot_be_read_ends_the_connection_and_never_in_a_success() {
    let target = Target::start().await;
    for listener in LISTENERS {
        for chunks in
            ["g\r\n", "-1\r\n", "0x2\r\n{}\r\n", "2\r\n{}x\r\n0\r\n\r\n", "fffffffffffffffff\r\n"]
        {
            let start = start_of_a_good_head(&target, listener);
            let request = format!("{start}Transfer-Encoding: chunked\r\n\r\n{chunks}");
            let mut connection = target.connect(listener).await;
            connection.send(request.as_bytes()).await;
            assert_let_go(connection).await;
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let target = Target::start().await;
    let doors = [("api", POLL), ("identity", "/api/openbanking/event-notifications/events")];
    for (listener, path) in doors {
        for (first, second) in [(target.bearer().as_str(), BASIC), (BASIC, BASIC), ("", BASIC)] {
            let request = Request::form(path, "request=e30%3D")
                .header("Authorization", first)
                .header("authorization", second);
            assert_eq!(target.ask(listener, &request).await.status, 401, "{path} {first}");
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_head_above_its_limit_is_431() {
    let target = Target::start().await;
    for listener in LISTENERS {
        for (name, bytes) in [("X", 33 * 1024), ("Authorization", 33 * 1024), ("X", 300 * 1024)] {
            let request = Request::json(POLL, "{}").header(name, "x".repeat(bytes));
            assert_eq!(target.ask(listener, &request).await.status, 431, "{name} {bytes}");
        }
        let long = Request::new(&format!("GET /{}", "x".repeat(64 * 1024)));
        let answer = target.ask(listener, &long).await;
        assert!([400, 414, 431].contains(&answer.status), "{answer:?}");
        let mut many = Request::json(POLL, "{}");
        for number in 0..500 {
            many = many.header(&format!("X-{number}"), "");
        }
        let answer = target.ask(listener, &many).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_path_that_servers_read_differently_reaches_no_api() {
    let target = Target::start().await;
    let events = "/api/openbanking/event-notifications";
    for (listener, path, statuses) in [
        ("api", "/open-banking/v3.1/x/../events".to_owned(), &[404][..]),
        ("api", "/open-banking/v3.1/%2e%2e/v3.1/events".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/%252e%252e/events".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/./events".to_owned(), &[404]),
        ("api", "/open-banking/v3.1//events".to_owned(), &[404]),
        ("api", "//open-banking/v3.1/events".to_owned(), &[404]),
        ("api", "/open-banking/v3.1%2fevents".to_owned(), &[404]),
        ("api", "/open-banking/v3.1%5cevents".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events;x=y".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events%3bx".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events%0d%0aX:y".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events%00".to_owned(), &[400]),
        ("api", "/open-banking/v3.1/%c0%ae%c0%ae/events".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events%ff".to_owned(), &[404]),
        ("api", "/open-banking/v3.1/events%".to_owned(), &[400, 404]),
        ("api", "/open-banking/v3.1/events/".to_owned(), &[404]),
        ("api", "/open-banking/v4.1/events".to_owned(), &[404]),
        ("identity", format!("{events}/x/../create-events"), &[400, 404]),
        ("identity", format!("{events}/%2e%2e%2f%2e%2e/internal/v1/clients"), &[400, 404]),
        ("identity", format!("{events}//create-events"), &[400, 404]),
        ("identity", format!("{events}%2fcreate-events"), &[400, 404]),
        ("identity", format!("{events}/create-events;x=y"), &[400, 404]),
        ("identity", format!("{events}/create-events%00"), &[400]),
        (
            "identity",
            "/api/openbanking/%65vent-notifications/create-events".to_owned(),
            &[400, 404],
        ),
        ("identity", "/oauth2/token/../token".to_owned(), &[400, 404]),
        ("identity", "/oauth2//token".to_owned(), &[400, 404]),
        ("identity", "/oauth2/token;x".to_owned(), &[400, 404]),
        ("identity", "/oauth2/token%00".to_owned(), &[400]),
        ("identity", "/internal/v1/clients".to_owned(), &[404]),
        ("identity", "/open-banking/v3.1/events".to_owned(), &[404]),
    ] {
        let credentials = if listener == "api" { target.bearer() } else { BASIC.to_owned() };
        let request = Request::json(&path, "{}").header("Authorization", credentials);
        let answer = target.ask(listener, &request).await;
        assert!(statuses.contains(&answer.status), "{path}: {answer:?}");
        if listener == "api" && answer.status == 404 {
            assert_gateway_error(&answer, 404, "404", &path);
        }
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn an_interaction_id_that_is_none_is_replaced_by_one() {
    let target = Target::start().await;
    let given = "93BAC548-d2de-4546-b106-880a5018460d";
    for listener in LISTENERS {
        for odd in [
            "",
            "x",
            "'; --",
            "93bac548-d2de-4546-b106-880a5018460d, x",
            "93bac548-d2de-4546-b106-880a5018460",
            "{93bac548-d2de-4546-b106-880a5018460d}",
            "g3bac548-d2de-4546-b106-880a5018460d",
            "\u{e9}",
            &"9".repeat(10_000),
        ] {
            let request = Request::json(POLL, "{").header("x-fapi-interaction-id", odd);
            let answer = target.ask(listener, &request).await;
            let ids = answer.headers("x-fapi-interaction-id");
            assert!(ids.len() == 1 && ids[0].len() == 36 && ids[0] != odd, "{odd}: {answer:?}");
        }
        let twice = Request::json(POLL, "{")
            .header("x-fapi-interaction-id", given)
            .header("X-Fapi-Interaction-Id", given.to_lowercase());
        let answer = target.ask(listener, &twice).await;
        assert_eq!(answer.headers("x-fapi-interaction-id").len(), 1, "{answer:?}");
        let request = Request::json(POLL, "{").header("x-fapi-interaction-id", given);
        let answer = target.ask(listener, &request).await;
        assert_eq!(answer.headers("x-fapi-interaction-id"), [given]);
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn another_protocol_on_the_tls_ports_is_let_go() {
    let target = Target::start().await;
    for listener in LISTENERS {
        for bytes in [
            &b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"[..],
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\xff\xff",
            b"\0\0\0\0",
            b"SSH-2.0-x\r\n",
        ] {
            let mut socket = TcpStream::connect(target.address(listener)).await.unwrap();
            socket.write_all(bytes).await.unwrap();
            socket.shutdown().await.unwrap();
            let mut answer = Vec::new();
            // Reset or closed: either way the server has let go.
            let ended = patiently(socket.read_to_end(&mut answer)).await;
            assert!(ended.is_err() || !answer.starts_with(b"HTTP/1.1 2"), "{bytes:?}: {answer:?}");
        }
        let mut connection = target.connect(listener).await;
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let answer = connection.answer().await;
        assert!(answer.is_none_or(|answer| answer.status == 400));
    }
    target.assert_unharmed().await;
}

#[tokio::test]
async fn a_client_that_stalls_in_handshake_head_or_body_is_let_go_and_others_are_served() {
    let limits = [
        ("LOMBARD__LIMITS__HANDSHAKE_SECONDS", "1"),
        ("LOMBARD__LIMITS__HEAD_SECONDS", "1"),
        ("LOMBARD__LIMITS__BODY_IDLE_SECONDS", "1"),
        ("LOMBARD__LIMITS__BODY_TOTAL_SECONDS", "2"),
        ("LOMBARD__LIMITS__KEEP_ALIVE_SECONDS", "1"),
    ];
    let target = Target::start_with(Storage::Sqlite, &limits).await;
    for listener in LISTENERS {
        let silent = TcpStream::connect(target.address(listener)).await.unwrap();
        let mut begun = TcpStream::connect(target.address(listener)).await.unwrap();
        begun.write_all(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03").await.unwrap();
        let quiet = target.connect(listener).await;
        let mut slow_head = target.connect(listener).await;
        slow_head.send(b"POST /oauth2/token HTTP/1.1\r\nHost: loc").await;
        let mut slow_body = target.connect(listener).await;
        let start = Request::json(POLL, "{}").header("Authorization", target.bearer()).bytes();
        slow_body.send(&start[..start.len() - 1]).await;

        let others = target.ask(listener, &Request::new("GET /nothing")).await;
        assert_eq!(others.status, 404);
        for mut socket in [silent, begun] {
            // A reset is an end as well.
            patiently(socket.read_to_end(&mut Vec::new())).await.ok();
        }
        for stalled in [quiet, slow_head, slow_body] {
            assert_let_go(stalled).await;
        }
    }
    target.assert_unharmed().await;
}

/// Request line and headers that an API would take a body with.
fn start_of_a_good_head(target: &Target, listener: &str) -> String {
    match listener {
        "api" => format!(
            "POST {POLL} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\n",
            target.bearer()
        ),
        _ => "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\n\
              Content-Type: application/x-www-form-urlencoded\r\n"
            .to_owned(),
    }
}

/// Sends an odd request with a second one behind it: one refusal, and then nothing more.
async fn assert_ends_with_a_refusal(
    target: &Target,
    listener: &str,
    request: &[u8],
    statuses: &[u16],
) {
    let behind = b"GET /.well-known/oauth-authorization-server/oauth2/token HTTP/1.1\r\n\
                   Host: localhost\r\n\r\n";
    let mut connection = target.connect(listener).await;
    connection.send(&[request, &behind[..]].concat()).await;
    let case = String::from_utf8_lossy(request);
    let answer = connection.answer().await.unwrap_or_else(|| panic!("{case}: no answer"));
    assert!(statuses.contains(&answer.status), "{listener} {case}: {answer:?}");
    let more = connection.answer().await;
    assert!(more.is_none(), "{listener} {case}: {answer:?}, then {more:?}");
}

/// At most a refusal, and then the end.
async fn assert_let_go(mut connection: TestConnection) {
    if let Some(answer) = connection.answer().await {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert!(connection.answer().await.is_none(), "{answer:?}");
    }
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("the server lets go")
}
