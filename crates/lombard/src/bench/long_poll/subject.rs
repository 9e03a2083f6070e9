//! The polls that wait, and what is measured of the processes that hold them.

use super::Plan;
use super::deployment::Deployment;
use super::polls::{Arrival, PollHead};
use super::wake_ups::{Bank, Latencies};
use crate::bench::BenchError;
use crate::bench::connection::{Door, HttpConnection};
use crate::bench::load::Cost;
use crate::bench::memory;
use crate::bench::server::ServerProcess;
use crate::context::Context;
use certificates::ServiceRole;
use service_kit::outbound::Connector;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// Connections that are made at the same time.
const CONNECTING: usize = 32;
const LONGEST_ARRIVAL: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// For memory that was needed for a moment to be given back.
const SETTLING: Duration = Duration::from_secs(2);

/// Connections with their polls.
#[derive(Debug)]
pub struct Subject<'d> {
    deployment: &'d Deployment,
    plan: &'d Plan,
    idle: Vec<(PollHead, HttpConnection)>,
    waiting: JoinSet<Result<(), BenchError>>,
    arrivals: UnboundedReceiver<Arrival>,
    arrived: UnboundedSender<Arrival>,
}

/// The memory of each measured process.
pub type Memory = Vec<(&'static str, f64)>;
/// The CPU time of each measured process.
pub type Cpu = Vec<(&'static str, Cost)>;

impl<'d> Subject<'d> {
    /// Opens the connections; a poll was answered on each, so that all have what a connection needs.
    pub async fn connect(
        plan: &'d Plan,
        deployment: &'d Deployment,
        context: &Context,
    ) -> Result<Self, BenchError> {
        let heads = heads(plan, deployment, context).await?;
        let mut connecting = JoinSet::new();
        let mut idle = Vec::with_capacity(plan.waiters as usize);
        for head in heads {
            if connecting.len() >= CONNECTING
                && let Some(opened) = connecting.join_next().await
            {
                idle.push(opened??);
            }
            connecting.spawn(async move {
                let connection = head.open().await?;
                Ok::<_, BenchError>((head, connection))
            });
        }
        while let Some(opened) = connecting.join_next().await {
            idle.push(opened??);
        }
        let (arrived, arrivals) = unbounded_channel();
        Ok(Self { deployment, plan, idle, waiting: JoinSet::new(), arrivals, arrived })
    }

    /// The memory of the processes as they are now.
    pub async fn look(&self) -> Result<Memory, BenchError> {
        tokio::time::sleep(SETTLING).await;
        self.processes()
            .map(|(name, process)| Ok((name, memory::anonymous_bytes(process.id())?)))
            .collect()
    }

    /// Lets a poll wait on every connection; returns when the event service says that all do.
    pub async fn begin_waiting(&mut self) -> Result<(), BenchError> {
        for (head, connection) in self.idle.drain(..) {
            self.waiting.spawn(head.keep_waiting(connection, self.arrived.clone()));
        }
        let began = Instant::now();
        while self.deployment.events().metric(WAITERS).await? < f64::from(self.plan.waiters) {
            self.check()?;
            if began.elapsed() > LONGEST_ARRIVAL {
                return Err(BenchError::NotWaiting);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }

    /// What it costs when nothing comes for `window`: time-outs and the polls that follow them.
    pub async fn cpu_of_waiting(&mut self, window: Duration) -> Result<Cpu, BenchError> {
        let mut before = Vec::new();
        for (name, process) in self.processes() {
            before.push((name, process, process.times().await?));
        }
        let began = Instant::now();
        tokio::time::sleep(window).await;
        let mut costs = Vec::new();
        for (name, process, before) in before {
            let cpu = process.times().await?.since(&before);
            costs.push((name, Cost { cpu, wall: began.elapsed(), operations: 1 }));
        }
        self.check()?;
        Ok(costs)
    }

    /// Creates events at `events`, one client after the other, and waits for each to arrive at every
    /// poll of its client.
    pub async fn wake_ups(
        &mut self,
        events: &ServerProcess,
        count: u32,
    ) -> Result<Latencies, BenchError> {
        let mut bank = Bank::open(events).await?;
        let mut latencies = Latencies::default();
        let clients = self.deployment.clients();
        for client in clients.iter().cycle().take(count as usize) {
            let created = bank.create(client.id()).await?;
            for _ in 0..self.plan.waiters_per_client {
                let arrival = tokio::time::timeout(LONGEST_ARRIVAL, self.arrivals.recv()).await;
                let Ok(Some(arrival)) = arrival else {
                    self.check()?;
                    return Err(BenchError::NotWaiting);
                };
                if arrival.jti == created.jti {
                    latencies.add(&created, arrival.at);
                }
            }
        }
        Ok(latencies)
    }

    fn processes(&self) -> impl Iterator<Item = (&'static str, &'d ServerProcess)> + use<'d> {
        let gateway = self.deployment.gateway().map(|process| ("gateway", process));
        gateway.into_iter().chain([("event-service", self.deployment.events())])
    }

    /// A poll that has ended has failed.
    fn check(&mut self) -> Result<(), BenchError> {
        match self.waiting.try_join_next() {
            Some(ended) => ended?.and(Err(BenchError::NotWaiting)),
            None => Ok(()),
        }
    }
}

/// How each poll looks, those of a client one after the other.
async fn heads(
    plan: &Plan,
    deployment: &Deployment,
    context: &Context,
) -> Result<Vec<PollHead>, BenchError> {
    let mut heads = Vec::with_capacity(plan.waiters as usize);
    // They share their certificate, and so may this connection.
    let mut tokens = match deployment.clients().first() {
        Some(client) => Some(client.door.open().await?),
        None => None,
    };
    for client in deployment.clients() {
        let head = match (deployment.gateway(), &mut tokens) {
            (Some(gateway), Some(tokens)) => {
                let token = client.token(tokens, context.now()).await?;
                PollHead {
                    door: client.door.at(&gateway.urls()?.api.unwrap_or_default()),
                    path: PATH,
                    client: format!("Authorization: Bearer {token}"),
                }
            }
            _ => PollHead {
                door: door(deployment)?,
                path: PATH,
                client: format!("x-wso2-client-id: {}", client.id()),
            },
        };
        heads.extend(std::iter::repeat_n(head, plan.waiters_per_client as usize));
    }
    heads.truncate(plan.waiters as usize);
    Ok(heads)
}

/// The event service, as the gateway calls it.
fn door(deployment: &Deployment) -> Result<Door, BenchError> {
    let events = deployment.events();
    let connector = Connector::new(&events.identity(ServiceRole::Gateway)?)?;
    Ok(Door::new(connector, &events.urls()?.events.unwrap_or_default()))
}

const PATH: &str = "/open-banking/v3.1/events";
const WAITERS: &str = "lombard_event_poll_waiters";
