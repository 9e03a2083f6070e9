//! Load: lanes beside each other, each with its requests one after the other.

use super::BenchError;
use super::connection::{Answer, Door, HttpConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Requests of one client that follow each other.
#[derive(Debug)]
pub struct Lane {
    /// How the client reaches the listener.
    pub door: Door,
    /// Heads and bodies.
    pub requests: Vec<Vec<u8>>,
    /// The status that all answers must have.
    pub expected: u16,
}

/// What the server spent on a number of operations.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// CPU time of the server process.
    pub cpu: Duration,
    /// What the clock on the wall says.
    pub wall: Duration,
    /// Operations done.
    pub operations: u32,
}

impl Cost {
    /// CPU time of an operation in microseconds.
    pub fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / f64::from(self.operations)
    }

    /// Time of an operation in microseconds, where they follow each other.
    pub fn wall_micros(&self) -> f64 {
        self.wall.as_secs_f64() * 1e6 / f64::from(self.operations)
    }

    /// Operations a second.
    pub fn per_second(&self) -> f64 {
        f64::from(self.operations) / self.wall.as_secs_f64()
    }
}

/// Opens a connection for each lane.
pub async fn connect(lanes: Vec<Lane>) -> Result<Vec<(HttpConnection, Lane)>, BenchError> {
    let mut connected = Vec::with_capacity(lanes.len());
    for lane in lanes {
        connected.push((lane.door.open().await?, lane));
    }
    Ok(connected)
}

/// Every lane over its one connection; the operations done, and the connections back.
pub async fn over_open_connections(
    lanes: Vec<(HttpConnection, Lane)>,
) -> Result<(u32, Vec<HttpConnection>), BenchError> {
    let mut running = JoinSet::new();
    for (mut connection, lane) in lanes {
        running.spawn(async move {
            for request in &lane.requests {
                check(&connection.exchange(request).await?, lane.expected)?;
            }
            Ok::<_, BenchError>((count(lane.requests.len()), connection))
        });
    }
    let mut done = (0, Vec::new());
    while let Some(lane) = running.join_next().await {
        let (operations, connection) = lane??;
        done.0 += operations;
        done.1.push(connection);
    }
    Ok(done)
}

/// Every request over a new connection; the operations done.
pub async fn over_new_connections(lanes: Vec<Lane>) -> Result<u32, BenchError> {
    each_lane(lanes, |lane| async move {
        for request in &lane.requests {
            let mut connection = lane.door.open().await?;
            check(&connection.exchange(request).await?, lane.expected)?;
            connection.close().await?;
        }
        Ok(())
    })
    .await
}

/// A new connection for each request, over which nothing is sent; the operations done.
pub async fn handshakes_alone(lanes: Vec<Lane>) -> Result<u32, BenchError> {
    each_lane(lanes, |lane| async move {
        for _ in &lane.requests {
            lane.door.open().await?.close().await?;
        }
        Ok(())
    })
    .await
}

async fn each_lane<F>(lanes: Vec<Lane>, work: impl Fn(Arc<Lane>) -> F) -> Result<u32, BenchError>
where
    F: Future<Output = Result<(), BenchError>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut operations = 0;
    for lane in lanes {
        operations += count(lane.requests.len());
        running.spawn(work(Arc::new(lane)));
    }
    while let Some(lane) = running.join_next().await {
        lane??;
    }
    Ok(operations)
}

fn check(answer: &Answer, expected: u16) -> Result<(), BenchError> {
    if answer.status == expected {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    Err(BenchError::Unexpected { expected, status: answer.status, body })
}

fn count(requests: usize) -> u32 {
    u32::try_from(requests).unwrap_or(u32::MAX)
}
