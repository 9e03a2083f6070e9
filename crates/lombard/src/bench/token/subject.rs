//! A server under test with its clients, and what is measured of it in a round.

use super::Plan;
use super::client::Client;
use crate::bench::BenchError;
use crate::bench::load::{self, Cost, Lane};
use crate::bench::server::ServerProcess;
use crate::context::Context;
use crate::process::Role;
use jiff::{SignedDuration, Timestamp};
use service_kit::SharedClock;
use tokio::task::JoinSet;

/// Clients that share the connections.
const CLIENTS: u32 = 4;
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Requests of a lane that might be sent in the same second.
const A_SECOND: i64 = 64;
const ISSUED: u16 = 200;
const REFUSED: u16 = 401;

/// A key manager on one database.
#[derive(Debug)]
pub struct Subject {
    name: &'static str,
    server: ServerProcess,
    clients: Vec<Client>,
    unknown: Client,
    forger: Client,
    clock: SharedClock,
}

/// The costs of one round.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Tokens over connections that stay.
    pub keep_alive: Cost,
    /// Connections without a request.
    pub handshake: Cost,
    /// Tokens over a connection each.
    pub new_connection: Cost,
    /// Refusals of clients that nobody registered, one after the other.
    pub unknown_client: Cost,
    /// Refusals of wrong signatures, one after the other.
    pub bad_signature: Cost,
}

impl Subject {
    /// Starts a server on SQLite, or on the PostgreSQL database at `postgres`.
    pub async fn start(
        name: &'static str,
        postgres: Option<&str>,
        plan: &Plan,
        context: &Context,
    ) -> Result<Self, BenchError> {
        let mut settings = vec![
            format!("key_manager.token_signing_alg=\"{}\"", plan.algorithms.token),
            // Refusals are measured as well, and more of them than an honest client makes.
            "key_manager.failure_limit.per_minute=0".to_owned(),
        ];
        settings.extend(postgres.map(|url| format!("key_manager.database_url=\"{url}\"")));
        let server = ServerProcess::start(Role::KeyManager, &settings).await?;
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Client::register(&server, plan.algorithms, context).await?);
        }
        let unknown = clients[0].with_unknown_id();
        let forger = clients[0].with_foreign_key()?;
        Ok(Self { name, server, clients, unknown, forger, clock: context.clock.clone() })
    }

    /// What it is called in reports.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Measures everything once.
    pub async fn round(&self, plan: &Plan) -> Result<Round, BenchError> {
        let few = plan.part(8);
        Ok(Round {
            keep_alive: self.keep_alive(plan).await?,
            handshake: self.handshake(&few).await?,
            new_connection: self.new_connection(&few).await?,
            unknown_client: self.refusal(&self.unknown, &few).await?,
            bad_signature: self.refusal(&self.forger, &few).await?,
        })
    }

    async fn keep_alive(&self, plan: &Plan) -> Result<Cost, BenchError> {
        let lanes = load::connect(self.lanes(plan).await?).await?;
        let work = load::over_open_connections(lanes);
        let (cost, connections) = self.server.cost_of(work).await?;
        for connection in connections {
            connection.close().await?;
        }
        Ok(cost)
    }

    async fn handshake(&self, plan: &Plan) -> Result<Cost, BenchError> {
        let lanes = self.lanes(plan).await?;
        let work = async { Ok((load::handshakes_alone(lanes).await?, ())) };
        Ok(self.server.cost_of(work).await?.0)
    }

    async fn new_connection(&self, plan: &Plan) -> Result<Cost, BenchError> {
        let lanes = self.lanes(plan).await?;
        let work = async { Ok((load::over_new_connections(lanes).await?, ())) };
        Ok(self.server.cost_of(work).await?.0)
    }

    /// One connection and one request at a time, so that the time on the wall is the answer's.
    async fn refusal(&self, client: &Client, plan: &Plan) -> Result<Cost, BenchError> {
        let lane = lane(client, plan.requests, REFUSED, self.clock.now())?;
        let lanes = load::connect(vec![lane]).await?;
        let work = load::over_open_connections(lanes);
        Ok(self.server.cost_of(work).await?.0)
    }

    /// The requests of `plan`, shared out to its connections, the connections to the clients.
    async fn lanes(&self, plan: &Plan) -> Result<Vec<Lane>, BenchError> {
        let mut signing = JoinSet::new();
        let requests = plan.requests.div_ceil(plan.connections);
        for (_, client) in (0..plan.connections).zip(self.clients.iter().cycle()) {
            let (client, now) = (client.clone(), self.clock.now());
            signing.spawn_blocking(move || lane(&client, requests, ISSUED, now));
        }
        signing.join_all().await.into_iter().collect()
    }
}

/// The requests of one lane. Assertions are signed beforehand but expire as if each had been signed
/// when it is sent: together they would crowd one place of the index by expiry.
fn lane(client: &Client, requests: u32, expected: u16, now: Timestamp) -> Result<Lane, BenchError> {
    let request = |number| {
        let seconds = LIFETIME.saturating_add(SignedDuration::from_secs(number / A_SECOND));
        client.request(now, now.saturating_add(seconds).unwrap_or(now))
    };
    let requests = (0..i64::from(requests)).map(request).collect::<Result<_, _>>()?;
    Ok(Lane { door: client.door.clone(), requests, expected })
}
