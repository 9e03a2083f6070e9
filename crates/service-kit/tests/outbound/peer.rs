//! A TLS server with routes, for clients to call.

use actix_web::{http::Method, web};
use service_kit::{
    SystemClock, TrustStore,
    access::{AccessRule, CallerRole},
    listener::{Limits, Listener, ListenerOptions, ServerTls},
    shutdown::Shutdown,
};
use std::{net::SocketAddr, sync::Arc};
use test_kit::{SeededRandom, TestIdentity, TestPki};

/// A running peer; dropped, it stops.
pub(crate) struct Peer {
    address: SocketAddr,
    _shutdown: Shutdown,
}

impl Peer {
    /// Serves `routes` with `identity` to whoever comes.
    pub(crate) fn public<F>(pki: &TestPki, identity: &TestIdentity, routes: F) -> Self
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        Self::start(pki, identity, None, routes)
    }

    /// Serves `routes` with `identity` to the gateway alone, by its service certificate.
    pub(crate) fn internal<F>(pki: &TestPki, identity: &TestIdentity, routes: F) -> Self
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        Self::start(pki, identity, Some(GATEWAY_ONLY), routes)
    }

    /// Its base URL, by the name in its certificate.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    fn start<F>(
        pki: &TestPki,
        identity: &TestIdentity,
        access: Option<&'static [AccessRule]>,
        routes: F,
    ) -> Self
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let trust = TrustStore::new(&pki.service_trust()).expect("a service CA");
        let listener = Listener::bind(ListenerOptions {
            name: "peer",
            bind: "127.0.0.1:0".parse().expect("an address"),
            tls: ServerTls { identities: vec![identity.server_identity()], trust, access },
            limits: Limits::default(),
            workers: 1,
            clock: Arc::new(SystemClock),
            random: Arc::new(SeededRandom::new(1)),
        })
        .expect("a free port");
        let (address, shutdown) = (listener.address(), Shutdown::new());
        tokio::spawn(listener.serve(routes, shutdown.signal()));
        Self { address, _shutdown: shutdown }
    }
}

static GATEWAY_ONLY: &[AccessRule] = &[
    AccessRule { method: Method::DELETE, path: "/", callers: &[CallerRole::Gateway] },
    AccessRule { method: Method::GET, path: "/", callers: &[CallerRole::Gateway] },
    AccessRule { method: Method::POST, path: "/", callers: &[CallerRole::Gateway] },
    AccessRule { method: Method::PUT, path: "/", callers: &[CallerRole::Gateway] },
];
