use crate::{
    front::{self, GET, answer},
    peer::Peer,
    upstream::{Connection, Upstream},
};
use actix_web::{HttpRequest, HttpResponse, web};
use certificates::ServiceRole;
use service_kit::outbound::{Forwarder, ServiceIdentity};
use std::time::Duration;
use test_kit::TestPki;

/// The front's answer to [`GET`] when the upstream writes `bytes` and closes.
async fn answer_to(bytes: &str) -> String {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let waiting = tokio::spawn(answer(front, GET));
    let mut connection = upstream.accept().await;
    connection.head().await;
    connection.write(bytes).await;
    drop(connection);
    waiting.await.expect("an answer")
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_no_connection() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = format!("http://{}", closed.local_addr().expect("a bound address"));
    drop(closed);
    let answer = answer(front::patient(&nobody), GET).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_in_time_is_a_timeout() {
    for beginning in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
    {
        let mut upstream = Upstream::start().await;
        let front = front::start(&TestPki::new(), &upstream.url(), Duration::from_millis(200));
        let waiting = tokio::spawn(answer(front, GET));
        let mut connection = upstream.accept().await;
        connection.head().await;
        connection.write(beginning).await;
        let answer = waiting.await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 504 "), "{beginning:?}: {answer}");
        assert_eq!(connection.until_closed().await, b"", "the connection is not kept");
    }
}

#[tokio::test]
async fn broken_answers_are_refused_as_a_whole() {
    let bomb =
        format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X: y\r\n".repeat(500));
    for bytes in [
        "",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nwhole",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        &bomb,
        &many,
    ] {
        let answer = answer_to(bytes).await;
        let start: String = bytes.chars().take(90).collect();
        assert!(answer.starts_with("HTTP/1.1 502 "), "{start:?}: {answer}");
    }
}

#[tokio::test]
async fn a_large_answer_that_breaks_off_has_no_proper_end() {
    let sized = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf";
    let answer = answer_to(sized).await;
    assert!(
        answer.contains("content-length: 100000") && answer.ends_with("\r\n\r\nhalf"),
        "{answer}"
    );
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let answer = answer_to(chunked).await;
    assert!(answer.ends_with("4\r\nhalf\r\n"), "{answer}");
}

#[tokio::test]
async fn an_upstream_that_stops_in_a_large_answer_is_given_up() {
    let mut upstream = Upstream::start().await;
    let front = front::start(&TestPki::new(), &upstream.url(), Duration::from_millis(200));
    let waiting = tokio::spawn(answer(front, GET));
    let mut connection = upstream.accept().await;
    connection.head().await;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf").await;
    assert!(waiting.await.expect("an end").ends_with("half"));
    assert_eq!(connection.until_closed().await, b"", "the connection is not kept");
}

#[tokio::test]
async fn a_second_answer_on_one_request_poisons_nothing() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    client.write("GET /1 HTTP/1.1\r\nHost: front\r\n\r\n").await;
    let mut connection = upstream.accept().await;
    connection.head().await;
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
    connection.write(format!("{first}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")).await;
    client.head().await;
    assert_eq!(client.exactly(5).await, b"first");
    assert_eq!(connection.until_closed().await, b"", "the connection is not kept");

    client.write("GET /2 HTTP/1.1\r\nHost: front\r\n\r\n").await;
    let mut connection = upstream.accept().await;
    assert!(connection.head().await.starts_with("get /2 "));
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond").await;
    client.head().await;
    assert_eq!(client.exactly(6).await, b"second");
}

#[tokio::test]
async fn a_connection_is_used_again_and_replaced_once_it_is_closed() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    let mut connection = None;
    for number in 1..=4 {
        client
            .write(format!("POST /{number} HTTP/1.1\r\nHost: front\r\nContent-Length: 1\r\n\r\nx"))
            .await;
        let mut current = match connection.take() {
            Some(connection) => connection,
            None => upstream.accept().await,
        };
        assert!(current.head().await.starts_with(&format!("post /{number} ")));
        current.exactly(1).await;
        current.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        client.head().await;
        client.exactly(2).await;
        // Closed at once after every second answer, so that the next request may meet the close.
        connection = (number % 2 == 1).then_some(current);
    }
}

#[tokio::test]
async fn end_to_end_headers_come_back_and_hop_by_hop_ones_do_not() {
    let answer = answer_to(
        "HTTP/1.1 201 Whatever\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\n\
         Trailer: X\r\nProxy-Authenticate: Basic\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\
         Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
    )
    .await
    .to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let mut lines: Vec<&str> = head.lines().collect();
    lines[1..].sort_unstable();
    assert_eq!(
        lines,
        [
            "http/1.1 201 created",
            "connection: close",
            "content-length: 2",
            "content-type: text/plain",
            "date: thu, 01 jan 2026 00:00:00 gmt",
            "set-cookie: a=1",
            "set-cookie: b=2",
        ]
    );
    assert_eq!(body, "ok");
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let no_content = answer_to("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert!(no_content.starts_with("HTTP/1.1 204 ") && no_content.ends_with("\r\n\r\n"));
    assert!(!no_content.contains("content-length"), "{no_content}");
    let unchanged =
        answer_to("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n").await;
    assert!(
        unchanged.contains("content-length: 7") && unchanged.ends_with("\r\n\r\n"),
        "{unchanged}"
    );
}

#[tokio::test]
async fn the_answer_to_head_keeps_its_length() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let waiting =
        tokio::spawn(answer(front, "HEAD / HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"));
    let mut connection = upstream.accept().await;
    connection.head().await;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n").await;
    let answer = waiting.await.expect("an answer");
    assert!(answer.contains("content-length: 70000") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn pieces_of_an_answer_arrive_before_its_end() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    client.write(GET).await;
    let mut connection = upstream.accept().await;
    connection.head().await;
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").await;
    client.head().await;
    assert_eq!(client.exactly(8).await, b"3\r\none\r\n");
    connection.write("3\r\ntwo\r\n0\r\n\r\n").await;
    assert_eq!(client.until_closed().await, b"3\r\ntwo\r\n0\r\n\r\n");
}

#[tokio::test]
async fn https_upstreams_see_our_certificate_and_foreign_ones_are_not_called() {
    let pki = TestPki::new();
    let routes = |config: &mut web::ServiceConfig| {
        config.default_service(web::to(|request: HttpRequest| async move {
            HttpResponse::Ok().body(request.uri().to_string())
        }));
    };
    let ours = pki.service(ServiceRole::EventService);
    let peer = Peer::internal(&pki, &ours, routes);
    let reached = answer(front::start(&pki, &peer.url(), Duration::from_mins(1)), GET).await;
    assert!(reached.starts_with("HTTP/1.1 200 ") && reached.ends_with("/a?b=c"), "{reached}");

    let foreign = Peer::public(&pki, &pki.server_ecdsa(), routes);
    let refused = answer(front::start(&pki, &foreign.url(), Duration::from_mins(1)), GET).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
}

#[tokio::test]
async fn a_forwarder_given_another_identity_shows_it_whatever_connections_are_open() {
    let pki = TestPki::new();
    let identity = pki.service(ServiceRole::KeyManager);
    let peer = Peer::internal(&pki, &identity, |config| {
        config.default_service(web::to(|| async { HttpResponse::Ok().body("ours") }));
    });
    let stranger = pki.service_identity(ServiceRole::EventService);
    let forwarder = Forwarder::new(&stranger).expect("an identity");
    let front = front::start_with(forwarder.clone(), &peer.url(), Duration::from_secs(5));
    for _ in 0..2 {
        let refused = answer(front, GET).await;
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    }

    let gateway = pki.service_identity(ServiceRole::Gateway);
    forwarder.replace_identity(&gateway).expect("an identity");
    let answered = answer(front, GET).await;
    assert!(answered.starts_with("HTTP/1.1 200 "), "{answered}");

    let bad = ServiceIdentity { key_pem: "no key".to_owned(), ..stranger };
    forwarder.replace_identity(&bad).expect_err("an unusable identity");
    let answered = answer(front, GET).await;
    assert!(answered.starts_with("HTTP/1.1 200 "), "{answered}");
}
