//! What takes too long or is too much is let go. Limits are tiny here, and the tests wait for the
//! close or the answer itself.

use crate::{
    client::{Client, soon},
    server::TestServer,
};
use service_kit::listener::Limits;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const SHORT: Duration = Duration::from_millis(200);

const LONG: Duration = Duration::from_hours(1);

/// Nothing takes too long, so that it is the limit under test that ends a test.
fn patient() -> Limits {
    Limits {
        handshake: LONG,
        head: LONG,
        body_idle: LONG,
        body_total: LONG,
        keep_alive: LONG,
        write_stall: LONG,
        connection_age: LONG,
        ..Limits::default()
    }
}

async fn closes(mut socket: TcpStream) {
    let mut bytes = Vec::new();
    // A reset is a close too.
    let _ = soon(socket.read_to_end(&mut bytes)).await;
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go_at_the_handshake_limit() {
    let server = TestServer::with_limits(Limits { handshake: SHORT, ..patient() });
    closes(TcpStream::connect(server.address).await.unwrap()).await;
}

#[tokio::test]
async fn a_client_that_stalls_in_the_handshake_is_let_go() {
    let server = TestServer::with_limits(Limits { handshake: SHORT, ..patient() });
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    closes(socket).await;
}

#[tokio::test]
async fn a_client_that_speaks_plain_http_is_let_go_at_once() {
    let server = TestServer::public();
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    closes(socket).await;
}

#[tokio::test]
async fn a_first_head_that_never_begins_closes_without_a_word() {
    let server = TestServer::with_limits(Limits { head: SHORT, ..patient() });
    Client::plain(&server).await.closed().await;
}

#[tokio::test]
async fn a_first_head_that_never_ends_is_answered_408() {
    let server = TestServer::with_limits(Limits { head: SHORT, ..patient() });
    let mut client = Client::plain(&server).await;
    assert_eq!(client.ask("GET /who HTTP/1.1\r\nHost: loc").await.status, 408);
    client.closed().await;
}

#[tokio::test]
async fn a_later_head_that_never_ends_is_answered_408() {
    let server = TestServer::with_limits(Limits { head: SHORT, ..patient() });
    let mut client = Client::plain(&server).await;
    for _ in 0..2 {
        assert_eq!(client.get("/who").await.status, 200);
    }
    assert_eq!(client.ask("GET /who HTTP/1.1\r\nHost: loc").await.status, 408);
    client.closed().await;
}

#[tokio::test]
async fn a_head_that_trickles_is_answered_408_though_bytes_keep_coming() {
    let server = TestServer::with_limits(Limits { head: SHORT, ..patient() });
    let client = Client::plain(&server).await;
    assert_answered_408_while_sending(client, b'G').await;
}

#[tokio::test]
async fn a_second_head_begun_behind_a_first_request_has_its_own_time() {
    let server = TestServer::with_limits(Limits { head: SHORT, ..patient() });
    let mut client = Client::plain(&server).await;
    client.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    soon(server.seen.waiting.notified()).await;
    client.send("GET /who HTTP/1.1\r\nHo").await;
    server.seen.release.notify_one();
    assert_eq!(client.answer().await.body, "later");
    assert_eq!(client.answer().await.status, 408);
    client.closed().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = TestServer::with_limits(Limits { keep_alive: SHORT, ..patient() });
    let mut client = Client::plain(&server).await;
    assert_eq!(client.get("/who").await.status, 200);
    client.closed().await;
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_408() {
    let server = TestServer::with_limits(Limits { body_idle: SHORT, ..patient() });
    for head in ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
    {
        let mut client = Client::plain(&server).await;
        let answer = client.ask(&format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{head}")).await;
        assert_eq!(answer.status, 408);
        assert_eq!(answer.header("connection"), "close");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(!answer.header("x-fapi-interaction-id").is_empty());
        client.closed().await;
    }
    assert!(server.seen.requests().is_empty());
}

#[tokio::test]
async fn a_body_that_trickles_is_answered_408_at_the_limit_for_the_whole() {
    let server = TestServer::with_limits(Limits { body_total: SHORT, ..patient() });
    let mut client = Client::plain(&server).await;
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n").await;
    assert_answered_408_while_sending(client, b'x').await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go_and_frees_its_place() {
    let limits = Limits { write_stall: SHORT, connections: 1, ..patient() };
    let server = TestServer::with_limits(limits);
    let mut stalled = Client::plain(&server).await;
    stalled.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let next = async {
        loop {
            let context = crate::client::context(None, openssl::ssl::SslVersion::TLS1_3).build();
            if let Ok(mut client) = Client::handshake(&server, &context).await
                && let Some(answer) = {
                    client.send("GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
                    client.try_answer().await
                }
            {
                return answer.status;
            }
        }
    };
    assert_eq!(soon(next).await, 200);
}

#[tokio::test]
async fn an_old_connection_is_closed_after_its_next_answer_and_not_before() {
    let limits = Limits { connection_age: SHORT, ..patient() };
    let server = TestServer::with_limits(limits);
    let mut client = Client::plain(&server).await;
    loop {
        let answer = client.get("/who").await;
        assert_eq!(answer.status, 200);
        if answer.header("connection") == "close" {
            break;
        }
    }
    client.closed().await;
}

#[tokio::test]
async fn a_connection_too_many_is_closed_at_once_and_let_in_when_another_ends() {
    let server = TestServer::with_limits(Limits { connections: 2, ..Limits::default() });
    let mut first = Client::plain(&server).await;
    let mut second = Client::plain(&server).await;
    closes(TcpStream::connect(server.address).await.unwrap()).await;
    assert_eq!(first.get("/who").await.status, 200);
    let bye = "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(second.ask(bye).await.status, 200);
    second.closed().await;
    let context = crate::client::context(None, openssl::ssl::SslVersion::TLS1_3).build();
    let mut third = soon(async {
        loop {
            if let Ok(client) = Client::handshake(&server, &context).await {
                break client;
            }
        }
    })
    .await;
    assert_eq!(third.get("/who").await.status, 200);
}

#[tokio::test]
async fn a_head_above_the_limit_is_answered_431() {
    let server = TestServer::public();
    for bytes in [33 * 1024, 100 * 1024, 200 * 1024] {
        let mut client = Client::plain(&server).await;
        let head =
            format!("GET /who HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(bytes));
        assert_eq!(client.ask(&head).await.status, 431, "{bytes}");
        client.closed().await;
    }
    let mut client = Client::plain(&server).await;
    let head =
        format!("GET /who HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(31 * 1024));
    assert_eq!(client.ask(&head).await.status, 200);
}

#[tokio::test]
async fn a_body_above_the_limit_reaches_no_handler() {
    let server = TestServer::with_limits(Limits { body_bytes: 100, ..Limits::default() });
    let mut client = Client::plain(&server).await;
    let body = "x".repeat(101);
    let declared =
        format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n{body}");
    assert_eq!(client.ask(&declared).await.status, 413);
    let mut client = Client::plain(&server).await;
    let chunked = format!(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n"
    );
    assert_eq!(client.ask(&chunked).await.status, 413);
    assert!(server.seen.requests().is_empty());
}

#[tokio::test]
async fn a_handler_ends_when_its_client_leaves() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    soon(server.seen.waiting.notified()).await;
    drop(client);
    soon(server.seen.cancelled.notified()).await;
}

#[tokio::test]
async fn a_refusal_that_left_a_small_body_unread_leaves_the_connection_usable() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let body = "x".repeat(1000);
    for framing in [
        format!("Content-Length: 1000\r\n\r\n{body}"),
        format!("Transfer-Encoding: chunked\r\n\r\n3e8\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let request = format!("POST /ignore HTTP/1.1\r\nHost: localhost\r\n{framing}");
        for _ in 0..3 {
            let answer = client.ask(&request).await;
            assert_eq!((answer.status, answer.body.as_str()), (401, "refused"));
        }
    }
    assert_eq!(client.get("/who").await.status, 200);
}

#[tokio::test]
async fn a_refusal_that_left_a_large_body_unread_closes_the_connection_after_the_answer() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let request = "POST /ignore HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\nx";
    let answer = client.ask(request).await;
    assert_eq!((answer.status, answer.header("connection")), (401, "close"));
    client.closed().await;
}

/// Sends `byte` again and again until the answer 408 and the end of the connection.
async fn assert_answered_408_while_sending(client: Client, byte: u8) {
    let (reader, mut writer) = tokio::io::split(client.stream);
    let trickle = tokio::spawn(async move {
        let mut tick = tokio::time::interval(SHORT / 10);
        while writer.write_u8(byte).await.is_ok() {
            tick.tick().await;
        }
    });
    let mut client = Client::over(tokio::io::join(reader, tokio::io::sink()));
    assert_eq!(client.answer().await.status, 408);
    client.closed().await;
    trickle.abort();
}
