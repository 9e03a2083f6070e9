//! SIGHUP: certificates, trust anchors and revocation lists are read again while the process serves.

use super::binding::BoundListeners;
use super::material::{Material, MaterialFiles, server_identity};
use super::outbound::PeerClients;
use super::role::{Role, Roles};
use crate::configuration::Certificates;
use crate::data_directory::DataDirectory;
use crate::files::FileError;
use service_kit::TrustStore;
use service_kit::listener::{CertificateReloader, TlsError};
use service_kit::outbound::PeerError;
use service_kit::shutdown::StopSignal;
use service_kit::trust_store::TrustStoreError;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a process can take in again.
#[derive(Debug)]
pub struct Reloader {
    hangup: Signal,
    directory: DataDirectory,
    files: Certificates,
    roles: Roles,
    public: Vec<CertificateReloader>,
    internal: Vec<(Role, CertificateReloader)>,
    tpp_trust: TrustStore,
    service_trust: TrustStore,
    peers: PeerClients,
}

/// Why nothing, or not everything, was taken in.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Trust(#[from] TrustStoreError),
}

impl Reloader {
    /// Listens for SIGHUP from now on, for the sake of `listeners` and `material`.
    pub(super) fn new(
        directory: &DataDirectory,
        files: &Certificates,
        material: &Material,
        listeners: &BoundListeners,
    ) -> io::Result<Self> {
        let certificates = |bound: &super::binding::Bound| bound.listener.certificates();
        let public = [&listeners.identity, &listeners.api, &listeners.directory];
        let internal = [
            (Role::KeyManager, &listeners.key_manager_internal),
            (Role::EventService, &listeners.events),
        ];
        let internal: Vec<_> = internal
            .into_iter()
            .filter_map(|(role, bound)| Some((role, certificates(bound.as_ref()?))))
            .collect();
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            directory: directory.clone(),
            files: files.clone(),
            roles: material.roles(),
            public: public.into_iter().flatten().map(certificates).collect(),
            internal,
            tpp_trust: material.tpp_trust().clone(),
            service_trust: material.service_trust().clone(),
            peers: material.peers().clone(),
        })
    }

    /// Reloads at every SIGHUP until stopping begins.
    pub(super) async fn run(mut self, mut stop: StopSignal) {
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                received = self.hangup.recv() => if received.is_none() { return },
            }
            match self.reload() {
                Ok(()) => tracing::info!("certificates and trust taken in again"),
                Err(error) => {
                    tracing::error!(%error, "certificates and trust not taken in; what cannot be used stays as it was");
                }
            }
        }
    }

    fn reload(&self) -> Result<(), ReloadError> {
        let files = MaterialFiles::read(&self.directory, &self.files, &self.roles)?;
        self.tpp_trust.replace(&files.tpp_anchors)?;
        self.service_trust.replace(&files.service_anchors)?;
        for certificates in &self.public {
            certificates.reload(&files.public)?;
        }
        for (role, certificates) in &self.internal {
            certificates.reload(&[server_identity(&files.services[role])])?;
        }
        Ok(self.peers.replace(&files.services)?)
    }
}
