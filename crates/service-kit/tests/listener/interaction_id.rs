//! `x-fapi-interaction-id` on every answer.

use crate::{client::Client, server::TestServer};

const HEADER: &str = "x-fapi-interaction-id";

async fn interaction(client: &mut Client, fields: &str) -> (String, String) {
    let answer =
        client.ask(&format!("GET /interaction HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")).await;
    (answer.header(HEADER).to_owned(), answer.body)
}

#[tokio::test]
async fn anything_but_one_uuid_is_replaced() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let good = "93bac548-d2de-4546-b106-880a5018460d";
    for fields in [
        String::new(),
        format!("{HEADER}: \r\n"),
        format!("{HEADER}: 1234\r\n"),
        format!("{HEADER}: <script>\r\n"),
        format!("{HEADER}: {good}x\r\n"),
        format!("{HEADER}: {good}, {good}\r\n"),
        format!("{HEADER}: {good}\r\n{HEADER}: {good}\r\n"),
    ] {
        let (header, seen) = interaction(&mut client, &fields).await;
        assert_eq!(header.len(), 36, "{fields:?}");
        assert_ne!(header, good, "{fields:?}");
        assert_eq!(header, seen, "the handler sees what the client is told");
    }
    let (first, _) = interaction(&mut client, "").await;
    let (second, _) = interaction(&mut client, "").await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_uuid_is_echoed_as_it_came() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    for id in [
        "93bac548-d2de-4546-b106-880a5018460d",
        "93BAC548-D2DE-4546-B106-880A5018460D",
        "93bac548d2de4546b106880a5018460d",
    ] {
        let (header, seen) = interaction(&mut client, &format!("{HEADER}: {id}\r\n")).await;
        assert_eq!((header.as_str(), seen.as_str()), (id, id));
    }
}

#[tokio::test]
async fn errors_carry_it_too() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    let id = "93bac548-d2de-4546-b106-880a5018460d";
    for (line, status) in [
        ("GET /nowhere", 404),
        ("GET /fail", 500),
        ("GET /items/%00", 400),
        ("TRACE /who", 405),
        ("GET /caller", 403),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{HEADER}: {id}\r\n\r\n");
        let answer = client.ask(&request).await;
        assert_eq!((answer.status, answer.header(HEADER)), (status, id), "{line}");
    }
}
