use crate::{
    front::{self, BODY_LIMIT, GET, answer},
    upstream::{Connection, Upstream},
};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn post(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: front\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_body_over_the_limit_by_its_length_never_reaches_the_upstream() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let answer = answer(front, &post(BODY_LIMIT + 1)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(upstream.is_untouched());
}

#[tokio::test]
async fn a_chunked_body_over_the_limit_breaks_off_at_the_upstream() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    let reading = tokio::spawn(async move {
        let mut connection = upstream.accept().await;
        connection.head().await;
        connection.until_closed().await
    });
    client.write("POST / HTTP/1.1\r\nHost: front\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let piece = vec![b'x'; 0x8000];
    for _ in 0..=BODY_LIMIT / piece.len() {
        client.write("8000\r\n").await;
        client.write(&piece).await;
        client.write("\r\n").await;
    }
    assert!(client.head().await.starts_with("http/1.1 413 "));
    let seen = reading.await.expect("the upstream reads");
    assert!(!seen.ends_with(b"0\r\n\r\n"), "a proper end");
}

#[tokio::test]
async fn a_client_that_breaks_off_in_a_large_body_gives_the_upstream_no_end() {
    for framing in ["Content-Length: 200000", "Transfer-Encoding: chunked"] {
        let mut upstream = Upstream::start().await;
        let front = front::patient(&upstream.url());
        let mut client = Connection::to(front).await;
        client.write(format!("POST / HTTP/1.1\r\nHost: front\r\n{framing}\r\n\r\n")).await;
        client.write("3e8\r\n").await;
        client.write(vec![b'x'; 1000]).await;
        let mut connection = upstream.accept().await;
        connection.head().await;
        drop(client);
        let seen = connection.until_closed().await;
        assert!(seen.len() < 2000 && !seen.ends_with(b"0\r\n\r\n"), "{framing}");
    }
}

#[tokio::test]
async fn a_client_that_breaks_off_in_a_small_body_costs_the_upstream_nothing() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    client.write(post(100)).await;
    client.write("half of it").await;
    drop(client);
    // The next call is served, so the one before has been given up.
    let waiting = tokio::spawn(async move { answer(front, GET).await });
    let mut connection = upstream.accept().await;
    assert!(connection.head().await.starts_with("get /a?b=c "));
    connection.write(OK).await;
    assert!(waiting.await.expect("an answer").ends_with("ok"));
    assert!(upstream.is_untouched());
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_call() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    client.write("GET / HTTP/1.1\r\nHost: front\r\n\r\n").await;
    let mut connection = upstream.accept().await;
    connection.head().await;
    drop(client);
    assert_eq!(connection.until_closed().await, b"");
}

#[tokio::test]
async fn hop_by_hop_headers_stay_behind_and_connection_cannot_remove_ours() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let request = "GET / HTTP/1.1\r\nHost: front\r\nConnection: close, Authorization, X-Ours\r\n\
                   Authorization: Bearer t\r\nX-Ours: forged\r\nX-WSO2-Client-Id: forged\r\n\
                   Keep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\n\
                   Proxy-Connection: close\r\nTrailer: X-T\r\nExpect: 100-continue\r\n\
                   X-Many: 1\r\nX-Many: 2\r\nX-Bytes: \u{e9}\r\n\r\n";
    let waiting = tokio::spawn(answer(front, request));
    let mut connection = upstream.accept().await;
    let head = connection.head().await;
    connection.write(OK).await;
    waiting.await.expect("an answer");
    let mut lines: Vec<&str> = head.lines().skip(1).collect();
    lines.sort_unstable();
    let host = format!("host: {}", upstream.address);
    let bytes = "x-bytes: \u{e9}";
    assert_eq!(lines, [&host, bytes, "x-many: 1", "x-many: 2", "x-ours: set by the front"]);
}

#[tokio::test]
async fn an_upgrade_is_never_forwarded() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let request = "GET / HTTP/1.1\r\nHost: front\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    let mut client = Connection::to(front).await;
    client.write(request).await;
    let mut connection = upstream.accept().await;
    let head = connection.head().await;
    assert!(!head.contains("upgrade") && !head.contains("connection"), "{head}");
}

#[tokio::test]
async fn bodies_arrive_whole_with_their_own_framing() {
    for length in [0, 1, 64 * 1024, 64 * 1024 + 1, BODY_LIMIT] {
        let mut upstream = Upstream::start().await;
        let front = front::patient(&upstream.url());
        let body: Vec<u8> = (0..=250).cycle().take(length).collect();
        let mut client = Connection::to(front).await;
        let sending = tokio::spawn({
            let body = body.clone();
            async move {
                client.write(post(length)).await;
                client.write(body).await;
                client.head().await
            }
        });
        let mut connection = upstream.accept().await;
        let head = connection.head().await;
        assert!(head.contains(&format!("content-length: {length}")), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert!(connection.exactly(length).await == body, "{length} bytes");
        connection.write(OK).await;
        assert!(sending.await.expect("an answer").starts_with("http/1.1 200 "));
    }
}

#[tokio::test]
async fn a_chunked_body_arrives_chunked() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let request = "POST / HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\
                   Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    let waiting = tokio::spawn(answer(front, request));
    let mut connection = upstream.accept().await;
    let head = connection.head().await;
    assert!(
        head.contains("transfer-encoding: chunked") && !head.contains("content-length"),
        "{head}"
    );
    assert_eq!(connection.chunked().await, b"hello world");
    connection.write(OK).await;
    assert!(waiting.await.expect("an answer").ends_with("ok"));
}

#[tokio::test]
async fn an_upstream_may_answer_before_it_has_the_whole_body() {
    let mut upstream = Upstream::start().await;
    let front = front::patient(&upstream.url());
    let mut client = Connection::to(front).await;
    client.write(post(500_000)).await;
    client.write(vec![b'x'; 1000]).await;
    let mut connection = upstream.accept().await;
    connection.head().await;
    connection.write("HTTP/1.1 422 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    assert!(client.head().await.starts_with("http/1.1 422 "));
}
