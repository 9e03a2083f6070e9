//! A TLS listener with every limit of the design (§7), which actix's own server lacks.

mod limits;
mod tls;

pub use limits::Limits;
pub use tls::{ServerIdentity, ServerTls, TlsError};

use crate::shutdown::StopSignal;
use actix_web::web;
use std::net::SocketAddr;

/// What a listener is made of.
#[derive(Clone, Debug)]
pub struct ListenerOptions {
    /// Its name in logs, metrics and `ready.json` (`identity`, `api`, `events`, …).
    pub name: &'static str,
    /// Where it binds; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Its certificates and whom it trusts.
    pub tls: ServerTls,
    /// Its limits.
    pub limits: Limits,
    /// Worker threads.
    pub workers: usize,
    /// The clock that judges certificates.
    pub clock: crate::SharedClock,
    /// The source of interaction ids.
    pub random: crate::SharedRandom,
}

/// A listener whose port is taken but which does not answer yet.
#[derive(Debug)]
pub struct Listener {}

impl Listener {
    /// Takes the port.
    pub fn bind(options: ListenerOptions) -> std::io::Result<Self> {
        let _ = options;
        todo!()
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// Serves `routes` until `stop`, then drains for at most `limits.shutdown_grace` and returns.
    pub async fn serve<F>(self, routes: F, stop: StopSignal) -> std::io::Result<()>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let _ = (routes, stop);
        todo!()
    }
}
