//! What an upstream sees, and what a client sees of it.

use crate::harness::{CLIENT_ID, POLL, TestGateway, request};
use test_kit::TestAnswer;

const INTERACTION: &str = "93bac548-d2de-4546-b106-880a5018460d";

async fn ask(gateway: &TestGateway, headers: &str) -> TestAnswer {
    let token = gateway.token().sign();
    gateway.poll_with(&format!("Authorization: Bearer {token}\r\n{headers}")).await
}

#[tokio::test]
async fn an_allowed_call_is_passed_on_and_answered() {
    let gateway = TestGateway::start().await;
    gateway.upstream.answers(
        200,
        &[("content-type", "application/json; charset=utf-8")],
        "{\"a\":1}",
    );
    let answer =
        ask(&gateway, &format!("x-fapi-interaction-id: {INTERACTION}\r\nAccept: */*\r\n")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{\"a\":1}"));
    assert_eq!(answer.headers("content-type"), ["application/json; charset=utf-8"]);
    assert_eq!(answer.headers("x-fapi-interaction-id"), [INTERACTION]);

    let recorded = gateway.upstream.only_request();
    assert_eq!((recorded.method.as_str(), recorded.target.as_str()), ("POST", POLL));
    assert_eq!(recorded.body, "{}");
    assert_eq!(recorded.headers("x-wso2-client-id"), [CLIENT_ID]);
    assert_eq!(recorded.headers("x-fapi-interaction-id"), [INTERACTION]);
    assert_eq!(recorded.headers("accept"), ["*/*"]);
    assert_eq!(recorded.headers("content-type"), ["application/json"]);
    assert!(recorded.headers("authorization").is_empty());
    assert_eq!(recorded.caller, ["urn:lombard:role:gateway"]);
}

#[tokio::test]
async fn an_upstream_never_sees_what_a_client_says_in_our_name() {
    let gateway = TestGateway::start().await;
    let names = [
        "X-WSO2-Client-Id",
        "x-wso2-client_id",
        "x_wso2_client_id",
        "X-Wso2-Mutual-Auth-Cert",
        "x-wso2-anything",
        "X-Client-Cert",
        "x_client_cert",
        "Client-Cert",
        "Client-Cert-Chain",
        "SSL-Client-Cert",
        "x-ssl-client-cert",
        "X-SSL-CERT",
        "x-amzn-mtls-clientcert",
        "X-Forwarded-Client-Cert",
        "X-Forwarded-For",
        "x_forwarded_host",
        "X-Forwarded-Proto",
        "Forwarded",
        "X-Real-IP",
        "x_fapi_interaction_id",
        "X-JWT-Assertion",
    ];
    let lines = names.join(": forged\r\n") + ": forged\r\n";
    assert_eq!(ask(&gateway, &lines).await.status, 200);
    let recorded = gateway.upstream.only_request();
    let forged: Vec<_> = recorded.headers.iter().filter(|(_, value)| value == "forged").collect();
    assert!(forged.is_empty(), "{forged:?}");
    assert_eq!(recorded.headers("x-wso2-client-id"), [CLIENT_ID]);
}

#[tokio::test]
async fn a_connection_header_cannot_take_our_headers_away() {
    let gateway = TestGateway::start().await;
    let connection = "Connection: Authorization, x-wso2-client-id, x-fapi-interaction-id, x-mine\r\n\
                      X-Mine: 1\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\n";
    assert_eq!(ask(&gateway, connection).await.status, 200);
    let recorded = gateway.upstream.only_request();
    assert_eq!(recorded.headers("x-wso2-client-id"), [CLIENT_ID]);
    assert_eq!(recorded.headers("x-fapi-interaction-id").len(), 1);
    for name in ["x-mine", "te", "keep-alive"] {
        assert!(recorded.headers(name).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_judged_one_by_one() {
    let gateway = TestGateway::start().await;
    let good = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let mut both = request(&format!("POST {POLL}"), &good, "{}");
    both.extend(request(&format!("POST {POLL}"), "", "{}"));
    let mut connection = gateway.connect().await;
    connection.send(&both).await;
    assert_eq!(connection.answer().await.unwrap().status, 200);
    assert_eq!(connection.answer().await.unwrap().status, 401);
    assert_eq!(gateway.upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_refusal_keeps_the_connection_usable() {
    let gateway = TestGateway::start().await;
    let good = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let mut connection = gateway.connect().await;
    for _ in 0..3 {
        let body = "x".repeat(4096);
        assert_eq!(connection.ask(&request(&format!("POST {POLL}"), "", &body)).await.status, 401);
        assert_eq!(connection.ask(&request("POST /nothing", "", &body)).await.status, 404);
        assert_eq!(
            connection.ask(&request(&format!("POST {POLL}"), &good, "{}")).await.status,
            200
        );
    }
}

#[tokio::test]
async fn the_inside_does_not_show_in_an_answer() {
    let gateway = TestGateway::start().await;
    let inside = gateway.upstream.url();
    for (sent, seen) in [
        (format!("{inside}/open-banking/v3.1/events/7"), vec!["/open-banking/v3.1/events/7"]),
        ("/open-banking/v3.1/events/7".to_owned(), vec!["/open-banking/v3.1/events/7"]),
        (format!("{inside}/internal/secrets"), vec![]),
        ("//event-service:9447/x".to_owned(), vec![]),
        ("https://elsewhere.example/x".to_owned(), vec!["https://elsewhere.example/x"]),
    ] {
        gateway.upstream.answers(
            201,
            &[
                ("location", sent.as_str()),
                ("server", "Inside/1.0"),
                ("x-powered-by", "Inside"),
                ("x-fapi-interaction-id", "theirs"),
                ("x-end-to-end", "1"),
            ],
            "{}",
        );
        let answer = ask(&gateway, &format!("x-fapi-interaction-id: {INTERACTION}\r\n")).await;
        assert_eq!(answer.headers("location"), seen, "{sent}");
        for name in ["server", "x-powered-by"] {
            assert!(answer.headers(name).is_empty(), "{name}");
        }
        assert_eq!(answer.headers("x-fapi-interaction-id"), [INTERACTION]);
        assert_eq!(answer.headers("x-end-to-end"), ["1"]);
    }
}

#[tokio::test]
async fn an_interaction_id_is_echoed_only_when_it_is_one() {
    let gateway = TestGateway::start().await;
    for id in
        [INTERACTION, "93bac548d2de4546b106880a5018460d", "93BAC548-D2DE-4546-B106-880A5018460D"]
    {
        let answer = ask(&gateway, &format!("x-fapi-interaction-id: {id}\r\n")).await;
        assert_eq!(answer.headers("x-fapi-interaction-id"), [id]);
    }
    for given in ["", "x-fapi-interaction-id: <script>\r\n", "x-fapi-interaction-id: 1\r\n"] {
        let answer = ask(&gateway, given).await;
        let [id] = answer.headers("x-fapi-interaction-id")[..] else {
            panic!("one id: {answer:?}")
        };
        assert_eq!(id.len(), 36, "{given}: {id}");
        let recorded = gateway.upstream.requests().pop().unwrap();
        assert_eq!(recorded.headers("x-fapi-interaction-id"), [id]);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_with_and_without_a_length() {
    let gateway = TestGateway::start().await;
    let token = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let body = "x".repeat(64 * 1024 + 1);
    let mut connection = gateway.connect().await;
    let answer = connection.ask(&request(&format!("POST {POLL}"), &token, &body)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains(r#""code":"413","type":"Status report""#), "{}", answer.body);
    assert!(gateway.upstream.requests().is_empty());

    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(17);
    let chunked = format!(
        "POST {POLL} HTTP/1.1\r\nHost: localhost\r\n{token}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    let mut connection = gateway.connect().await;
    assert_eq!(connection.ask(chunked.as_bytes()).await.status, 413);
    assert!(gateway.upstream.requests().is_empty(), "aborted, so never complete");
}

#[tokio::test]
async fn a_body_at_the_limit_is_passed_on_whole() {
    let gateway = TestGateway::start().await;
    let token = format!("Authorization: Bearer {}\r\n", gateway.token().sign());
    let body = "x".repeat(64 * 1024);
    let mut connection = gateway.connect().await;
    let answer = connection.ask(&request(&format!("POST {POLL}"), &token, &body)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(gateway.upstream.only_request().body, body);
}
