//! Subscribing a registered TPP to the published APIs, in the gateway's declarative files.

use crate::client_registration::RegisteredClient;
use crate::files::{FileError, read_text};
use crate::target::Target;
use crate::tpp::{TOOLKIT_SCOPE, Tpp, TppError};
use gateway::declarative::{SubscribeError, except, forget, subscribe};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use service_kit::Random;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Why a TPP could not be subscribed.
#[derive(Debug, thiserror::Error)]
pub enum SubscribingError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// An API definition is not one.
    #[error("{}: {reason}", path.display())]
    Definition {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: Box<toml::de::Error>,
    },
    /// The subscriptions file cannot be changed.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
}

/// The members of an `api.toml` that decide on a subscription.
#[derive(Deserialize)]
struct PublishedApi {
    name: String,
    #[serde(default = "unlimited")]
    plan: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default = "yes")]
    subscription_required: bool,
}

fn unlimited() -> String {
    "Unlimited".to_owned()
}

fn yes() -> bool {
    true
}

/// Subscribes `client` to each published API of which it has a scope, where none of its roles is
/// subscribed already; their names. Nothing where the target names no gateway directory.
pub fn subscribe_to_allowed(
    target: &Target,
    client: &RegisteredClient,
) -> Result<Vec<String>, SubscribingError> {
    let Some(directory) = &target.gateway_directory else { return Ok(Vec::new()) };
    let mut subscribed = Vec::new();
    for api in published(&directory.join("apis"))? {
        if api.subscription_required && api.allows(&client.scopes()) {
            let file = directory.join("subscriptions.toml");
            subscribe(&file, &client.client_id, &client.roles, &api.name, &api.plan)?;
            subscribed.push(api.name);
        }
    }
    Ok(subscribed)
}

/// Takes `client` out of what its roles are subscribed to; whether there was any such thing.
pub fn except_from_roles(
    target: &Target,
    client: &RegisteredClient,
) -> Result<bool, SubscribingError> {
    let Some(directory) = &target.gateway_directory else { return Ok(false) };
    Ok(except(&directory.join("subscriptions.toml"), &client.client_id)?)
}

/// Takes a client that is gone out of the subscriptions.
pub fn forget_subscriptions(target: &Target, client_id: &str) -> Result<(), SubscribingError> {
    let Some(directory) = &target.gateway_directory else { return Ok(()) };
    Ok(forget(&directory.join("subscriptions.toml"), client_id)?)
}

/// Waits until the gateway lets `tpp` poll, or refuses it for want of a subscription, as
/// `subscribed` says; whether it does. It takes a change in within its reload interval. Asks as the
/// TPP would, with a poll that takes nothing.
pub async fn await_subscription(
    tpp: &Tpp,
    subscribed: bool,
    now: Timestamp,
    random: &dyn Random,
) -> Result<bool, TppError> {
    let answer = tpp.token(TOOLKIT_SCOPE, now, random).await?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    for _ in 0..LOOKS {
        let answer = tpp.poll(token, &json!({ "maxEvents": 0 })).await?;
        if (answer.status != 403) == subscribed {
            return Ok(true);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(false)
}

fn published(directory: &Path) -> Result<Vec<PublishedApi>, SubscribingError> {
    let failed = |source| FileError::new("list", directory, source);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path().join("api.toml"));
    }
    paths.sort();
    paths.iter().filter(|path| path.exists()).map(|path| definition(path)).collect()
}

fn definition(path: &Path) -> Result<PublishedApi, SubscribingError> {
    toml::from_str(&read_text(path)?).map_err(|reason| SubscribingError::Definition {
        path: path.to_owned(),
        reason: Box::new(reason),
    })
}

impl PublishedApi {
    fn allows(&self, scopes: &[String]) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|scope| scopes.contains(scope))
    }
}
