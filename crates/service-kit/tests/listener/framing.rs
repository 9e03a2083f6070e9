//! Requests that two readers could understand in two ways (RFC 9112 §11.2).

use crate::{client::Client, server::TestServer};

/// Sends one odd request with another behind it: the first is refused, the connection ends, and
/// nothing reaches a handler.
async fn assert_refused(server: &TestServer, request: &str, statuses: &[u16]) {
    let mut client = Client::plain(server).await;
    let behind = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nsmuggled";
    let answer = client.ask(&format!("{request}{behind}")).await;
    assert!(statuses.contains(&answer.status), "{request:?}: {answer:?}");
    client.closed().await;
    assert_eq!(server.seen.requests(), Vec::<String>::new(), "{request:?}");
}

#[tokio::test]
async fn an_upgrade_is_refused_and_what_follows_is_no_request() {
    let server = TestServer::public();
    assert_refused(
        &server,
        "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n\r\n",
        &[400],
    )
    .await;
    for (upgrade, fields) in [
        ("websocket", "\r\n"),
        ("WebSocket", "Connection: Upgrade\r\n\r\n"),
        ("websocket", "Content-Length: 0\r\n\r\n"),
        ("websocket", "Content-Length: 5\r\n\r\nabcde"),
        ("websocket", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("h2c", "\r\n"),
        ("h2c", "Content-Length: 5\r\n\r\nabcde"),
        ("TLS/1.0, websocket", "\r\n"),
    ] {
        let line = "POST /echo HTTP/1.1\r\nHost: localhost\r\n";
        assert_refused(&server, &format!("{line}Upgrade: {upgrade}\r\n{fields}"), &[400]).await;
    }
}

#[tokio::test]
async fn nothing_behind_a_last_request_is_looked_at() {
    let server = TestServer::public();
    for last in ["HTTP/1.1\r\nHost: localhost\r\nConnection: close", "HTTP/1.0"] {
        let mut client = Client::plain(&server).await;
        let behind = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nbehind";
        let answer = client.ask(&format!("GET /who {last}\r\n\r\n{behind}")).await;
        assert_eq!(answer.body, "missing");
        client.closed().await;
    }
    assert!(server.seen.requests().is_empty());
}

#[tokio::test]
async fn connect_is_refused_and_what_follows_is_no_request() {
    let server = TestServer::public();
    for head in [
        "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert_refused(&server, head, &[400, 405]).await;
    }
}

#[tokio::test]
async fn ambiguous_lengths_are_refused() {
    let server = TestServer::public();
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
        "Content-Length: 3, 3\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x3\r\n\r\nabc",
        "Content-Length: 99999999999999999999\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n",
        "X: a\r\n folded\r\n\r\n",
        "X: a\rb\r\n\r\n",
        "X: a\0b\r\n\r\n",
        "Host: other\r\n\r\n",
    ] {
        assert_refused(
            &server,
            &format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{fields}"),
            &[400],
        )
        .await;
    }
    let old =
        "POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_refused(&server, old, &[400]).await;
    assert_refused(&server, "POST /echo HTTP/1.1\r\n\r\n", &[400]).await;
}

#[tokio::test]
async fn bad_chunks_are_refused() {
    let server = TestServer::public();
    for chunks in ["g\r\n", "-1\r\n", "0x3\r\nabc\r\n", "3\r\nabcd\r\n", "ffffffffffffffffff\r\n"] {
        let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_refused(&server, &format!("{head}{chunks}"), &[400]).await;
    }
}

#[tokio::test]
async fn a_target_that_disagrees_with_host_is_refused() {
    let server = TestServer::public();
    for (target, host) in [
        ("http://other/who", "localhost"),
        ("https://localhost:1/who", "localhost"),
        ("https://localhost@other/who", "localhost"),
        ("https://user@localhost/who", "localhost"),
    ] {
        assert_refused(&server, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400])
            .await;
    }
}

#[tokio::test]
async fn a_target_that_agrees_with_host_is_served() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let request = "GET https://LOCALHOST:9446/who HTTP/1.1\r\nHost: localhost:9446\r\n\r\n";
    assert_eq!(client.ask(request).await.body, "missing");
}

#[tokio::test]
async fn a_host_that_is_no_host_is_refused() {
    let server = TestServer::public();
    for host in
        ["a b", "", "a/b", "user@localhost", "localhost,other", "a\tb", "\u{e9}", "a?b", "a#b"]
    {
        assert_refused(&server, &format!("GET /who HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400])
            .await;
    }
}

#[tokio::test]
async fn a_nul_in_the_target_is_refused() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    for target in ["/items/a%00b", "/%00", "/who?a=%00"] {
        assert_eq!(client.get(target).await.status, 400, "{target}");
    }
    assert_eq!(client.get("/items/a%01b").await.status, 200);
}

#[tokio::test]
async fn trace_is_not_allowed() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    for path in ["/who", "/nowhere"] {
        let answer = client.ask(&format!("TRACE {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!(answer.status, 405);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order_each_with_its_own_body() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let requests = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\none\
                    POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
                    3\r\ntwo\r\n0\r\n\r\n\
                    GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(client.ask(requests).await.body, "one");
    assert_eq!(client.answer().await.body, "two");
    assert_eq!(client.answer().await.body, "missing");
    assert_eq!(server.seen.requests(), ["POST /echo one", "POST /echo two"]);
}

#[tokio::test]
async fn a_client_that_asks_to_continue_is_told_to() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    client
        .send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.ask("abc").await.body, "abc");
}

#[tokio::test]
async fn a_preface_of_http_2_is_refused() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answer = client.try_answer().await;
    assert!(answer.is_none_or(|answer| answer.status == 400));
}
