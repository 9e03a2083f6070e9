//! Stopping.

use crate::{
    client::{Client, soon},
    server::TestServer,
};
use service_kit::listener::Limits;
use std::time::Duration;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_listener_stops_at_once_when_nobody_is_connected() {
    let server = TestServer::public();
    drop(Client::plain(&server).await);
    server.shutdown.trigger();
    soon(server.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn idle_connections_are_closed_and_do_not_hold_the_stop_up() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    assert_eq!(client.get("/who").await.status, 200);
    let mut silent = Client::plain(&server).await;
    server.shutdown.trigger();
    client.closed().await;
    silent.closed().await;
    soon(server.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_in_hand_is_answered_and_then_the_connection_closes() {
    let server = TestServer::public();
    let mut client = Client::plain(&server).await;
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na").await;
    // A second connection that is answered shows that the first one's head has been read.
    assert_eq!(Client::plain(&server).await.get("/who").await.status, 200);
    server.shutdown.trigger();
    let answer = client.ask("bc").await;
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("abc", "close"));
    client.closed().await;
    soon(server.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_never_reads_and_a_handler_that_never_ends_do_not_hold_the_stop_up_for_ever()
{
    let grace = Duration::from_millis(300);
    let server = TestServer::with_limits(Limits { shutdown_grace: grace, ..Limits::default() });
    let mut deaf = Client::plain(&server).await;
    deaf.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut waiting = Client::plain(&server).await;
    waiting.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    soon(server.seen.waiting.notified()).await;
    server.shutdown.trigger();
    soon(server.served).await.unwrap().unwrap();
    soon(server.seen.cancelled.notified()).await;
    waiting.closed().await;
}
