//! Certificates, keys and trust of a process, read once at the start.

use super::role::{Role, Roles};
use crate::configuration::Certificates;
use crate::data_directory::DataDirectory;
use crate::files::{FileError, read_text};
use jose::{MasterKey, SealingError};
use service_kit::TrustStore;
use service_kit::access::AccessRule;
use service_kit::listener::{ServerIdentity, ServerTls};
use service_kit::outbound::ServiceIdentity;
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
    /// Trust anchors cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustStoreError),
}

impl Material {
    /// Reads what `roles` need.
    pub fn load(
        directory: &DataDirectory,
        files: &Certificates,
        roles: &Roles,
    ) -> Result<Self, MaterialError> {
        let read = |path: &Path| read_text(&directory.resolve(path));
        let read_all = |paths: &[PathBuf]| -> Result<Vec<_>, FileError> {
            paths.iter().map(|path| read(path)).collect()
        };
        let internal_ca = read(&files.internal_ca)?;
        let mut public = Vec::new();
        for server in files.server.iter().filter(|_| has_public_listener(roles)) {
            let chain_pem = read(&server.certificate)?;
            public.push(ServerIdentity { chain_pem, key_pem: read(&server.key)? });
        }
        let mut services = BTreeMap::new();
        for role in roles {
            let name = role.service().as_str();
            let identity = ServiceIdentity {
                chain_pem: read(&files.internal.join(format!("{name}.crt")))?,
                key_pem: read(&files.internal.join(format!("{name}.key")))?,
                ca_pem: internal_ca.clone(),
            };
            services.insert(*role, identity);
        }
        let tpp_anchors = TrustAnchors {
            issuers_pem: if has_public_listener(roles) {
                read_all(&files.tpp_issuers)?
            } else {
                Vec::new()
            },
            certificates_pem: Vec::new(),
            revocation_lists_pem: read_all(&files.tpp_revocation_lists)?,
        };
        let service_anchors =
            TrustAnchors { issuers_pem: vec![internal_ca], ..TrustAnchors::default() };
        Ok(Self {
            public,
            tpp_trust: TrustStore::new(&tpp_anchors)?,
            service_trust: TrustStore::new(&service_anchors)?,
            services,
        })
    }

    /// TLS of a public listener: TPP certificates are asked for, handlers judge what is missing.
    pub fn public_tls(&self) -> ServerTls {
        ServerTls { identities: self.public.clone(), trust: self.tpp_trust.clone(), access: None }
    }

    /// TLS of `role`'s internal listener, for the callers in `access`.
    pub fn internal_tls(&self, role: Role, access: &'static [AccessRule]) -> ServerTls {
        let identity = self.identity(role);
        let identities = vec![ServerIdentity {
            chain_pem: identity.chain_pem.clone(),
            key_pem: identity.key_pem.clone(),
        }];
        ServerTls { identities, trust: self.service_trust.clone(), access: Some(access) }
    }

    /// What `role`, one of those the material was loaded for, shows its peers.
    pub fn identity(&self, role: Role) -> &ServiceIdentity {
        &self.services[&role]
    }
}

/// Reads the master key.
pub fn master_key(path: &Path) -> Result<MasterKey, MaterialError> {
    let text = read_text(path)?;
    MasterKey::from_hex(text.trim())
        .map_err(|SealingError| MaterialError::MasterKey(path.to_owned()))
}

fn has_public_listener(roles: &Roles) -> bool {
    roles.contains(&Role::KeyManager) || roles.contains(&Role::Gateway)
}
