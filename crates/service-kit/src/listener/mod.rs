//! A TLS listener with every limit that a public door needs and actix's own server lacks.
//!
//! One connection: `accept` takes a permit and shakes hands, `stream` bounds heads, idleness and
//! stalled writes, `guard` stands before the application and bounds bodies and ages. What belongs to
//! the connection, its phase and its certificate, is a `Connection`.

mod accept;
mod answer;
mod body;
mod connection;
mod guard;
mod head;
mod limits;
mod measure;
mod stream;
mod tls;
mod watchdog;

pub use limits::Limits;
pub use tls::{CertificateReloader, ServerIdentity, ServerTls, TlsError};

pub(crate) use connection::Connection;

use crate::shutdown::StopSignal;
use accept::{AcceptError, Door};
use actix_http::HttpService;
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{App, dev::AppConfig, web};
use std::{
    net::{SocketAddr, TcpListener},
    pin::pin,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

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
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    door: Arc<Door>,
    workers: usize,
}

impl Listener {
    /// Takes the port.
    pub fn bind(options: ListenerOptions) -> std::io::Result<Self> {
        let socket = listen(options.bind)?;
        let address = socket.local_addr()?;
        let workers = options.workers.max(1);
        let door = Door::new(options, address).map_err(std::io::Error::other)?;
        Ok(Self { socket, address, door: Arc::new(door), workers })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What replaces the listener's certificates while it serves.
    #[must_use]
    pub fn certificates(&self) -> CertificateReloader {
        self.door.certificates()
    }

    /// Serves `routes` until `stop`, then drains for at most `limits.shutdown_grace` and returns.
    pub async fn serve<F>(self, routes: F, mut stop: StopSignal) -> std::io::Result<()>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let Self { socket, door, workers, .. } = self;
        let mut server = pin!(server(socket, workers, Arc::clone(&door), routes, stop.clone())?);
        tokio::select! {
            ended = &mut server => return ended,
            () = stop.stopped() => {}
        }
        let stopping = server.handle().stop(true);
        let drained = tokio::time::timeout(door.limits().shutdown_grace, door.drained());
        tokio::select! {
            ended = &mut server => return ended,
            drained = drained => if drained.is_err() {
                tracing::warn!(listener = door.name(), "connections cut at the end of the grace period");
            },
        }
        drop(stopping);
        // Dropping the server, on return, ends its workers without waiting for the connections left.
        Ok(())
    }
}

/// A listening socket with a backlog that bears a burst of clients.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Each worker's chain of services: the door, then HTTP/1.1 on its stream, the guard before the
/// application.
fn server<F>(
    socket: TcpListener,
    workers: usize,
    door: Arc<Door>,
    routes: F,
    stop: StopSignal,
) -> std::io::Result<Server>
where
    F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
{
    let name = door.name();
    let factory = move || {
        let application =
            map_config(application(&routes, door.limits()), |()| AppConfig::default());
        let stop = stop.clone();
        let http = HttpService::build()
            // Idle connections are closed by the stream, which costs no timer for each request.
            .keep_alive(actix_http::KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            // Otherwise handlers and upstream calls run on after the client has left.
            .h1_allow_half_closed(false)
            .graceful_shutdown_signal(move || {
                let mut stop = stop.clone();
                async move { stop.stopped().await }
            })
            .secure()
            .on_connect_ext(|stream: &stream::LimitedStream, data| {
                data.insert(Rc::clone(stream.connection()));
            })
            .finish(guard::GuardFactory::new(application, &door));
        let door = Arc::clone(&door);
        fn_service(move |socket| accept::accept(Arc::clone(&door), socket))
            .and_then(http.map_err(AcceptError::Http))
    };
    let builder = Server::build()
        .workers(workers)
        .disable_signals()
        // The door counts connections itself: actix would leave the excess waiting unanswered.
        .max_concurrent_connections(usize::MAX);
    Ok(builder.listen(name, socket, factory)?.run())
}

/// The application with the listener's body limit as the default of every extractor.
fn application<F>(
    routes: &F,
    limits: &Limits,
) -> App<
    impl actix_service::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    > + use<F>,
>
where
    F: Fn(&mut web::ServiceConfig),
{
    App::new()
        .app_data(web::PayloadConfig::new(limits.body_bytes))
        .app_data(web::FormConfig::default().limit(limits.body_bytes))
        .app_data(web::JsonConfig::default().limit(limits.body_bytes))
        .configure(routes)
}

/// How long a closing connection may still be read, so that the client sees the answer and no reset.
const LINGER: Duration = Duration::from_secs(1);

const BACKLOG: i32 = 2048;
