//! Signing keys made by a command, for processes that may create nothing.

use crate::configuration::Configuration;
use crate::data_directory::DataDirectory;
use crate::process::{DatabaseProblem, MaterialError, Role, RoleDatabase, master_key};
use database::Database;
use event_service::{SigningKeyError, create_signing_key, ensure_signing_key};
use jose::MasterKey;
use key_manager::{CreateKeyError, KeyManager, TokenKeyMaker};
use sandbox_directory::{Directory, SsaKeyError};
use service_kit::SharedClock;
use std::sync::Arc;

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// The database is of no use.
    #[error(transparent)]
    Database(#[from] DatabaseProblem),
    /// The directory's key.
    #[error(transparent)]
    Directory(#[from] SsaKeyError),
    /// The event service's key.
    #[error(transparent)]
    EventService(#[from] SigningKeyError),
    /// The key manager's key.
    #[error(transparent)]
    KeyManager(#[from] CreateKeyError),
    /// The master key is of no use.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// What making keys takes.
#[derive(Debug)]
pub struct KeyMaker<'m> {
    /// Says where the databases and the master key are, and which algorithm signs tokens.
    pub configuration: &'m Configuration,
    /// Where the files are.
    pub directory: &'m DataDirectory,
    /// The time.
    pub clock: &'m SharedClock,
}

impl KeyMaker<'_> {
    /// Makes the first signing key of `role` unless there is one.
    pub async fn ensure(&self, role: Role) -> Result<(), KeyProblem> {
        match role {
            Role::Directory => {
                let (database, master_key) = (self.directory().await?, self.master_key()?);
                let now = self.clock.now();
                Directory::ensure_ssa_key(&database, &master_key, now).await?;
            }
            Role::EventService => {
                let (database, master_key) = (self.event_service().await?, self.master_key()?);
                ensure_signing_key(&database, &master_key, self.clock).await?;
            }
            Role::Gateway => {}
            Role::KeyManager => {
                KeyManager::ensure_token_key(self.token_key_maker().await?).await?;
            }
        }
        Ok(())
    }

    /// Makes another signing key of `role`, which signs once it has been published for long enough;
    /// its `kid`. `None` for a role that signs nothing or with one key only.
    pub async fn create(&self, role: Role) -> Result<Option<String>, KeyProblem> {
        match role {
            Role::EventService => {
                let (database, master_key) = (self.event_service().await?, self.master_key()?);
                Ok(Some(create_signing_key(&database, &master_key, self.clock).await?))
            }
            // The directory's one key is made with its database.
            Role::Directory | Role::Gateway => Ok(None),
            Role::KeyManager => {
                Ok(Some(KeyManager::create_token_key(self.token_key_maker().await?).await?))
            }
        }
    }

    async fn directory(&self) -> Result<Database, DatabaseProblem> {
        RoleDatabase::directory(self.configuration, self.directory)?.open_current().await
    }

    async fn event_service(&self) -> Result<Database, DatabaseProblem> {
        RoleDatabase::event_service(self.configuration, self.directory)?.open_current().await
    }

    async fn token_key_maker(&self) -> Result<TokenKeyMaker, KeyProblem> {
        let database = RoleDatabase::key_manager(self.configuration, self.directory)?;
        Ok(TokenKeyMaker {
            config: self.configuration.key_manager.clone(),
            database: database.open_current().await?,
            clock: self.clock.clone(),
            master_key: Arc::new(self.master_key()?),
        })
    }

    fn master_key(&self) -> Result<MasterKey, MaterialError> {
        master_key(&self.directory.resolve(&self.configuration.keys.master_key_file))
    }
}
