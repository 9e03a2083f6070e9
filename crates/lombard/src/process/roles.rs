//! Starting the roles: each receives everything it needs, and nothing else.

use super::binding::{Bound, BoundListeners};
use super::databases::RoleDatabase;
use super::material::{Material, master_key};
use super::outbound::{directory_url, guarded_client, identity_url};
use super::registration::{api_url, key_manager_configuration, registration_endpoint};
use super::role::Role;
use super::{ProcessOptions, StartError};
use crate::certificate_tree::Authority;
use crate::configuration::{Configuration, Mode};
use crate::files::read_text;
use crate::sandbox::documented_bank_user;
use event_service::EventService;
use gateway::Gateway;
use jose::MasterKey;
use key_manager::KeyManager;
use sandbox_directory::Directory;
use service_kit::health::Readiness;
use service_kit::outbound::GuardedClient;
use std::sync::Arc;

const DEFAULT_API: &str = "https://localhost:8243";
const DEFAULT_KEY_MANAGER: &str = "https://localhost:9449";
const EVENT_SERVICE: &str = "event-service";
const KEY_MANAGER: &str = "key-manager";
/// The organisation id of a sandbox's bank.
const SANDBOX_BANK: &str = "lombard-sandbox-bank";
const DEFAULT_EVENT_SERVICE: &str = "https://localhost:9447";

/// The roles of this process.
#[derive(Debug, Default)]
pub struct StartedRoles {
    /// The key manager.
    pub key_manager: Option<KeyManager>,
    /// The gateway.
    pub gateway: Option<Gateway>,
    /// The event service.
    pub event_service: Option<EventService>,
    /// The directory.
    pub directory: Option<Directory>,
}

/// What starting a role takes.
struct Starter<'s> {
    options: &'s ProcessOptions,
    material: &'s Material,
    readiness: &'s Readiness,
    key_manager_url: String,
    event_service_url: String,
    directory_url: String,
    identity_url: String,
    registration_endpoint: Option<String>,
    api_url: Option<String>,
}

impl StartedRoles {
    /// Starts the roles of `options`; needs their databases and no network.
    pub async fn start(
        options: &ProcessOptions,
        material: &Material,
        listeners: &BoundListeners,
        readiness: &Readiness,
    ) -> Result<Self, StartError> {
        let peers = &options.configuration.peers;
        let starter = Starter {
            options,
            material,
            readiness,
            key_manager_url: peer_url(
                peers.key_manager.as_deref(),
                listeners.key_manager_internal.as_ref(),
                DEFAULT_KEY_MANAGER,
            ),
            event_service_url: peer_url(
                peers.event_service.as_deref(),
                listeners.events.as_ref(),
                DEFAULT_EVENT_SERVICE,
            ),
            directory_url: directory_url(&options.configuration, listeners.directory.as_ref()),
            identity_url: identity_url(&options.configuration, listeners.identity.as_ref()),
            registration_endpoint: registration_endpoint(
                &options.configuration,
                listeners.api.as_ref(),
            ),
            api_url: api_url(&options.configuration, listeners.api.as_ref()),
        };
        let mut roles = Self::default();
        if let Some(identity) = &listeners.identity {
            roles.key_manager = Some(starter.key_manager(&identity.url).await?);
        }
        if listeners.events.is_some() {
            roles.event_service = Some(starter.event_service().await?);
        }
        if listeners.api.is_some() {
            roles.gateway = Some(starter.gateway().await);
        }
        if listeners.directory.is_some() {
            roles.directory = Some(starter.directory().await?);
        }
        Ok(roles)
    }
}

impl Starter<'_> {
    async fn key_manager(&self, identity_url: &str) -> Result<KeyManager, StartError> {
        let dependencies = key_manager::Dependencies {
            config: key_manager_configuration(self.configuration(), &self.directory_url),
            database: RoleDatabase::key_manager(self.configuration(), &self.options.directory)?
                .open_current()
                .await?,
            clock: self.options.clock.clone(),
            random: self.options.random.clone(),
            master_key: self.master_key()?,
            create: self.may_create(),
            identity_url: identity_url.to_owned(),
            registration_endpoint: self.registration_endpoint.clone(),
            event_service_url: self.event_service_url.clone(),
            forwarder: self.material.peers().forwarder(Role::KeyManager).clone(),
            allow_client_secrets: self.configuration().mode == Mode::Sandbox,
            outbound: self.guarded_client()?,
            tpp_trust: self.material.tpp_trust().clone(),
            database_gate: self.readiness.gate("key-manager-database"),
        };
        Ok(KeyManager::start(dependencies).await?)
    }

    async fn event_service(&self) -> Result<EventService, StartError> {
        let dependencies = event_service::Dependencies {
            config: self.event_service_configuration()?,
            database: RoleDatabase::event_service(self.configuration(), &self.options.directory)?
                .open_current()
                .await?,
            master_key: self.master_key()?,
            create_keys: self.may_create(),
            allow_documented_password: self.configuration().mode == Mode::Sandbox,
            allow_faulty_events: self.configuration().mode == Mode::Sandbox,
            service_client: self.material.peers().client(Role::EventService).clone(),
            open_banking_url: self.api_url.clone().unwrap_or_else(|| DEFAULT_API.to_owned()),
            key_manager_url: self.key_manager_url.parse().map_err(StartError::PeerUrl)?,
            outbound: self.guarded_client()?,
            identity_url: self.identity_url.clone(),
            clock: self.options.clock.clone(),
            random: self.options.random.clone(),
            readiness: self.readiness.clone(),
        };
        Ok(EventService::start(dependencies).await?)
    }

    async fn gateway(&self) -> Gateway {
        let config = self.gateway_configuration();
        let dependencies = gateway::Dependencies {
            config,
            clock: self.options.clock.clone(),
            random: self.options.random.clone(),
            client: self.material.peers().client(Role::Gateway).clone(),
            forwarder: self.material.peers().forwarder(Role::Gateway).clone(),
            tpp_trust: self.material.tpp_trust().clone(),
            readiness: self.readiness.clone(),
        };
        Gateway::start(dependencies).await
    }

    async fn directory(&self) -> Result<Directory, StartError> {
        let config = self.configuration().directory.clone();
        let authority = self.options.directory.resolve(&config.authority);
        let dependencies = sandbox_directory::Dependencies {
            config,
            database: RoleDatabase::directory(self.configuration(), &self.options.directory)?
                .open_current()
                .await?,
            clock: self.options.clock.clone(),
            random: self.options.random.clone(),
            master_key: self.master_key()?,
            create: self.may_create(),
            root_pem: read_text(&authority.join("root.crt"))?,
            authority: Authority::tpp_issuing(&authority).load()?,
            public_url: self.directory_url.clone(),
            database_gate: self.readiness.gate("directory-database"),
        };
        Ok(Directory::start(dependencies).await?)
    }

    /// What `[gateway]` leaves at its default follows `[peers]`.
    fn gateway_configuration(&self) -> gateway::Config {
        let default = gateway::Config::default();
        let mut config = self.configuration().gateway.clone();
        config.directory = self.options.directory.resolve(&config.directory);
        if config.key_manager_url == default.key_manager_url {
            config.key_manager_url.clone_from(&self.key_manager_url);
        }
        if config.peers == default.peers {
            config.peers.insert(EVENT_SERVICE.to_owned(), self.event_service_url.clone());
            config.peers.insert(KEY_MANAGER.to_owned(), self.key_manager_url.clone());
        }
        config
    }

    /// A sandbox without bank users has the documented one, and its bank an organisation id.
    fn event_service_configuration(&self) -> Result<event_service::Config, StartError> {
        let mut config = self.configuration().event_service.clone();
        if self.configuration().mode == Mode::Sandbox {
            config.set.organisation_id.get_or_insert_with(|| SANDBOX_BANK.to_owned());
        }
        if config.bank_user.is_empty() && self.configuration().mode == Mode::Sandbox {
            config.bank_user.push(documented_bank_user()?);
        }
        Ok(config)
    }

    fn configuration(&self) -> &Configuration {
        &self.options.configuration
    }

    fn may_create(&self) -> bool {
        self.configuration().mode == Mode::Sandbox && self.configuration().create
    }

    fn master_key(&self) -> Result<Arc<MasterKey>, StartError> {
        let file = &self.configuration().keys.master_key_file;
        Ok(Arc::new(master_key(&self.options.directory.resolve(file))?))
    }

    fn guarded_client(&self) -> Result<GuardedClient, StartError> {
        guarded_client(self.configuration(), &self.options.directory, &self.directory_url)
    }
}

/// The configured URL; else this process's own listener; else the documented one.
fn peer_url(configured: Option<&str>, own: Option<&Bound>, default: &str) -> String {
    let own = own.map(|bound| bound.local_url.as_str());
    configured.or(own).unwrap_or(default).trim_end_matches('/').to_owned()
}
