//! The verdict on a connection's certificate, judged anew at each request.

use super::{CertificateRejection, ClientCertificate};
use crate::{SharedClock, TrustStore, listener::Connection, trust_store::Verified};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

/// What a connection brought in the way of a client certificate; an extractor that never fails.
#[derive(Clone, Debug)]
pub enum PresentedCertificate {
    /// None.
    Missing,
    /// One that must not be relied on.
    Rejected(CertificateRejection),
    /// One the listener's trust store accepts, now (validity is checked again at each request).
    Trusted(Arc<ClientCertificate>),
}

impl FromRequest for PresentedCertificate {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let connection = request.conn_data::<Rc<Connection>>();
        let presented =
            connection.map_or(Self::Missing, |connection| connection.certificate().judge());
        std::future::ready(Ok(presented))
    }
}

/// The certificate of one connection with the last verdict on it.
pub(crate) struct ConnectionCertificate {
    /// DER of the leaf and of the certificates that came with it.
    presented: Option<(Vec<u8>, Vec<Vec<u8>>)>,
    trust: TrustStore,
    clock: SharedClock,
    /// The generation of the trust store that gave the verdict.
    generation: Cell<u64>,
    verdict: RefCell<Result<Verified, CertificateRejection>>,
}

impl ConnectionCertificate {
    /// Judges what a handshake, full or resumed, has brought.
    pub(crate) fn new(
        presented: Option<(Vec<u8>, Vec<Vec<u8>>)>,
        trust: TrustStore,
        clock: SharedClock,
    ) -> Self {
        let certificate = Self {
            presented,
            generation: Cell::new(trust.generation()),
            trust,
            clock,
            verdict: RefCell::new(Err(CertificateRejection::Other)),
        };
        if certificate.presented.is_some() {
            certificate.verify();
        }
        certificate
    }

    /// The verdict that holds now: the last one where neither the trust store nor the validity of
    /// anything in the chain has changed since, otherwise a new one.
    pub(crate) fn judge(&self) -> PresentedCertificate {
        if self.presented.is_none() {
            return PresentedCertificate::Missing;
        }
        if !self.still_holds() {
            self.verify();
        }
        match &*self.verdict.borrow() {
            Ok(verified) => PresentedCertificate::Trusted(Arc::clone(&verified.certificate)),
            Err(rejection) => PresentedCertificate::Rejected(*rejection),
        }
    }

    fn still_holds(&self) -> bool {
        if self.trust.generation() != self.generation.get() {
            return false;
        }
        match &*self.verdict.borrow() {
            Ok(verified) => verified.holds_at(self.clock.now()),
            // These depend on the time.
            Err(
                CertificateRejection::Expired
                | CertificateRejection::NotYetValid
                | CertificateRejection::RevocationUnknown,
            ) => false,
            Err(_) => true,
        }
    }

    fn verify(&self) {
        let Some((leaf, intermediates)) = &self.presented else { return };
        // Read before verifying: a replacement in between then leads to one verification more.
        self.generation.set(self.trust.generation());
        let verdict = self.trust.verify_chain(leaf, intermediates, self.clock.now());
        if let Err(rejection) = &verdict {
            tracing::info!(reason = rejection.as_str(), "client certificate rejected");
        }
        *self.verdict.borrow_mut() = verdict;
    }
}
