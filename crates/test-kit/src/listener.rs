//! Listeners of tests.

use crate::{SeededRandom, TestPki};
use certificates::ServiceRole;
use service_kit::access::AccessRule;
use service_kit::listener::{Limits, Listener, ListenerOptions, ServerTls};
use service_kit::{SharedClock, TrustStore};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// A listener with the default limits on a free port of the loopback address.
#[must_use]
pub fn test_listener(name: &'static str, tls: ServerTls, clock: SharedClock) -> Listener {
    Listener::bind(ListenerOptions {
        name,
        bind: (Ipv4Addr::LOCALHOST, 0).into(),
        tls,
        limits: Limits::default(),
        // Two, so that requests that race do so.
        workers: 2,
        clock,
        random: Arc::new(SeededRandom::new(1)),
    })
    .expect("a free port")
}

impl TestPki {
    /// What a role's internal listener shows and trusts; without `access` nobody is kept from
    /// anything.
    #[must_use]
    pub fn internal_tls(
        &self,
        role: ServiceRole,
        access: Option<&'static [AccessRule]>,
    ) -> ServerTls {
        ServerTls {
            identities: vec![self.service(role).server_identity()],
            trust: TrustStore::new(&self.service_trust()).expect("trust anchors"),
            access,
        }
    }

    /// What a public listener shows and trusts.
    #[must_use]
    pub fn public_tls(&self) -> ServerTls {
        ServerTls {
            identities: vec![self.server_ecdsa().server_identity()],
            trust: TrustStore::new(&self.tpp_trust()).expect("trust anchors"),
            access: None,
        }
    }
}
