//! Certificates, keys and trust of a process, read at the start and again at SIGHUP.

use super::outbound::PeerClients;
use super::role::{Role, Roles};
use crate::configuration::{Certificates, ServerCertificate};
use crate::data_directory::DataDirectory;
use crate::files::{FileError, read_text};
use jose::{MasterKey, SealingError};
use service_kit::TrustStore;
use service_kit::access::AccessRule;
use service_kit::listener::{ServerIdentity, ServerTls};
use service_kit::outbound::{PeerError, ServiceIdentity};
use service_kit::trust_store::{TrustAnchors, TrustStoreError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the process shows and whom it trusts.
#[derive(Debug)]
pub struct Material {
    public: Vec<ServerIdentity>,
    tpp_trust: TrustStore,
    service_trust: TrustStore,
    services: BTreeMap<Role, ServiceIdentity>,
    peers: PeerClients,
}

/// The same as its files have it.
#[derive(Debug)]
pub(super) struct MaterialFiles {
    pub(super) public: Vec<ServerIdentity>,
    pub(super) tpp_anchors: TrustAnchors,
    pub(super) service_anchors: TrustAnchors,
    pub(super) services: BTreeMap<Role, ServiceIdentity>,
}

/// Why the material is of no use.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The master key file is not one.
    #[error("{}: not a master key (64 hexadecimal digits); `lombard keys new` makes one", .0.display())]
    MasterKey(PathBuf),
    /// A service certificate cannot be used.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// Trust anchors cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustStoreError),
}

/// Reads the files that the configuration names.
struct Reader<'r> {
    directory: &'r DataDirectory,
    files: &'r Certificates,
}

impl Material {
    /// Reads what `roles` need.
    pub fn load(
        directory: &DataDirectory,
        files: &Certificates,
        roles: &Roles,
    ) -> Result<Self, MaterialError> {
        let MaterialFiles { public, tpp_anchors, service_anchors, services } =
            MaterialFiles::read(directory, files, roles)?;
        Ok(Self {
            public,
            tpp_trust: TrustStore::new(&tpp_anchors)?,
            service_trust: TrustStore::new(&service_anchors)?,
            peers: PeerClients::new(&services)?,
            services,
        })
    }

    /// The roles it was loaded for.
    pub fn roles(&self) -> Roles {
        self.services.keys().copied().collect()
    }

    /// The trust store of public listeners; clones share what it holds.
    pub fn tpp_trust(&self) -> &TrustStore {
        &self.tpp_trust
    }

    /// The trust store of internal listeners; clones share what it holds.
    pub fn service_trust(&self) -> &TrustStore {
        &self.service_trust
    }

    /// TLS of a public listener: TPP certificates are asked for, handlers judge what is missing.
    pub fn public_tls(&self) -> ServerTls {
        ServerTls { identities: self.public.clone(), trust: self.tpp_trust.clone(), access: None }
    }

    /// TLS of the directory's listener: everybody reads, and the operator is known by its service
    /// certificate.
    pub fn directory_tls(&self) -> ServerTls {
        let identities = self.public.clone();
        ServerTls { identities, trust: self.service_trust.clone(), access: None }
    }

    /// TLS of `role`'s internal listener, for the callers in `access`.
    pub fn internal_tls(&self, role: Role, access: &'static [AccessRule]) -> ServerTls {
        let identities = vec![server_identity(self.identity(role))];
        ServerTls { identities, trust: self.service_trust.clone(), access: Some(access) }
    }

    /// What the roles that it was loaded for call their peers with; clones share.
    pub fn peers(&self) -> &PeerClients {
        &self.peers
    }

    fn identity(&self, role: Role) -> &ServiceIdentity {
        &self.services[&role]
    }
}

/// What a role shows its callers is what it shows its peers.
pub(super) fn server_identity(identity: &ServiceIdentity) -> ServerIdentity {
    ServerIdentity { chain_pem: identity.chain_pem.clone(), key_pem: identity.key_pem.clone() }
}

impl MaterialFiles {
    /// Reads what `roles` need.
    pub(super) fn read(
        directory: &DataDirectory,
        files: &Certificates,
        roles: &Roles,
    ) -> Result<Self, FileError> {
        let reader = Reader { directory, files };
        let judges_tpps = roles.contains(&Role::KeyManager) || roles.contains(&Role::Gateway);
        let has_public = judges_tpps || roles.contains(&Role::Directory);
        let internal_ca = reader.read(&files.internal_ca)?;
        let services: Result<_, FileError> =
            roles.iter().map(|role| reader.service(*role, &internal_ca)).collect();
        Ok(Self {
            public: if has_public { reader.public()? } else { Vec::new() },
            tpp_anchors: if judges_tpps { reader.tpp_anchors()? } else { TrustAnchors::default() },
            service_anchors: TrustAnchors {
                issuers_pem: vec![internal_ca],
                ..TrustAnchors::default()
            },
            services: services?,
        })
    }
}

impl Reader<'_> {
    fn public(&self) -> Result<Vec<ServerIdentity>, FileError> {
        let identity = |server: &ServerCertificate| {
            let chain_pem = self.read(&server.certificate)?;
            Ok(ServerIdentity { chain_pem, key_pem: self.read(&server.key)? })
        };
        self.files.server.iter().map(identity).collect()
    }

    fn service(&self, role: Role, ca_pem: &str) -> Result<(Role, ServiceIdentity), FileError> {
        let name = role.service().as_str();
        let identity = ServiceIdentity {
            chain_pem: self.read(&self.files.internal.join(format!("{name}.crt")))?,
            key_pem: self.read(&self.files.internal.join(format!("{name}.key")))?,
            ca_pem: ca_pem.to_owned(),
        };
        Ok((role, identity))
    }

    fn tpp_anchors(&self) -> Result<TrustAnchors, FileError> {
        Ok(TrustAnchors {
            issuers_pem: self.read_all(&self.files.tpp_issuers)?,
            certificates_pem: Vec::new(),
            revocation_lists_pem: self.read_all(&self.files.tpp_revocation_lists)?,
        })
    }

    fn read_all(&self, paths: &[PathBuf]) -> Result<Vec<String>, FileError> {
        paths.iter().map(|path| self.read(path)).collect()
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        read_text(&self.directory.resolve(path))
    }
}

/// Reads the master key.
pub fn master_key(path: &Path) -> Result<MasterKey, MaterialError> {
    let text = read_text(path)?;
    MasterKey::from_hex(text.trim())
        .map_err(|SealingError| MaterialError::MasterKey(path.to_owned()))
}
