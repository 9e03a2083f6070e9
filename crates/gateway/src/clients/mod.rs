//! The clients of the key manager: who they are now, and which of their tokens were revoked.

mod document;
mod following;
mod known_client;
mod newcomers;
mod registry;
mod role;
mod shards;

pub(crate) use following::ClientsFeed;
pub(crate) use known_client::KnownClient;
pub(crate) use role::{Role, Roles, UnknownRole};

use crate::refusal::{ClientFault, Refusal, TokenFault};
use crate::token::VerifiedToken;
use arc_swap::ArcSwapOption;
use newcomers::{Newcomer, Newcomers};
use registry::Registry;
use service_kit::outbound::ServiceClient;
use std::sync::Arc;

/// What the gateway knows of clients; nothing before the first state has been read.
#[derive(Debug)]
pub(crate) struct Clients {
    registry: ArcSwapOption<Registry>,
    newcomers: Newcomers,
}

impl Clients {
    /// Nothing is known yet; whoever is missing later is asked about at `key_manager_url`.
    pub(crate) fn new(client: ServiceClient, key_manager_url: &str) -> Self {
        let newcomers = Newcomers::new(client, key_manager_url);
        Self { registry: ArcSwapOption::empty(), newcomers }
    }

    /// The client of `token`, when it may use it: known, active, registered before the token was
    /// issued, and the token not revoked since. Judged anew at each use, whatever was remembered.
    pub(crate) async fn recognise(&self, token: &VerifiedToken) -> Result<KnownClient, Refusal> {
        let id = token.client_id();
        let client = match self.find(id)? {
            Some(client) => client,
            None => self.meet(id).await?,
        };
        client.check()?;
        if token.issued_at() < client.tokens_not_before {
            return Err(TokenFault::BeforeRegistration.into());
        }
        if self.is_revoked(token.id()) {
            return Err(TokenFault::Revoked.into());
        }
        Ok(client)
    }

    /// Asks about a client that the feed has not told of. What the feed says meanwhile counts more.
    async fn meet(&self, id: &str) -> Result<KnownClient, ClientFault> {
        let newcomer = self.newcomers.ask(id).await;
        if let Some(client) = self.find(id)? {
            return Ok(client);
        }
        match newcomer {
            Newcomer::Known(client) => Ok(client),
            Newcomer::Stranger => Err(ClientFault::Unknown),
            Newcomer::NobodyTells => Err(ClientFault::KeyManagerAway),
        }
    }

    fn find(&self, id: &str) -> Result<Option<KnownClient>, ClientFault> {
        let registry = self.registry.load();
        let registry = registry.as_ref().ok_or(ClientFault::NotKnownYet)?;
        Ok(registry.client(id))
    }

    fn is_revoked(&self, token_id: &str) -> bool {
        self.registry.load().as_ref().is_some_and(|registry| registry.is_revoked(token_id))
    }

    /// Puts a whole state in the place of what was known.
    fn replace(&self, registry: Registry) {
        self.registry.store(Some(Arc::new(registry)));
        self.newcomers.forget();
    }

    fn registry(&self) -> Option<Arc<Registry>> {
        self.registry.load_full()
    }
}
