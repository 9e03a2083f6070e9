//! Configuration of the event service.

use crate::bank_user::BankUser;
use crate::long_poll::LongPollConfig;
use crate::set::SetProfile;
use crate::subscriptions::EventTypeNames;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Section `[event_service]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where its data are: `sqlite://FILE`, relative to the data directory, or `postgres://…`.
    pub database_url: String,
    /// Connections to the database (readers, where it is SQLite).
    pub database_connections: u32,
    /// SETs of a poll that does not say how many; on the Accelerator endpoints also the most.
    pub number_of_sets_to_return: usize,
    /// The most SETs of one poll on the Open Banking endpoints.
    pub max_sets_per_poll: usize,
    /// Threads that sign SETs.
    pub signing_threads: usize,
    /// Seconds after which the key manager is asked again about a known client.
    pub client_recheck_seconds: u32,
    /// Seconds for which a new signing key is published before it signs, at least 5; longer than receivers cache the key set, because SETs of profile `wso2` do not name their key.
    pub key_publication_seconds: u32,
    /// Days for which the key manager keeps publishing a signing key after it was replaced and its last SET was taken.
    pub key_retention_days: u32,
    /// After how many days the next signing key is made; 0: only on demand (`lombard keys rotate`).
    pub key_rotation_days: u32,
    /// The realm that 401 answers of the Accelerator endpoints name.
    pub realm: String,
    /// The shape of SETs.
    pub set: SetConfig,
    /// Whether a client without a subscription gets nothing by polling; otherwise it gets every event.
    pub require_subscription_to_poll: bool,
    /// The supported event types; a subscription to one of the names of a type gets the events of all of them.
    pub event_type: Vec<EventTypeNames>,
    /// Polls that wait for events.
    pub long_poll: LongPollConfig,
    /// Users of the Accelerator endpoints; without any these endpoints refuse everybody.
    pub bank_user: Vec<BankUser>,
}

/// Section `[event_service.set]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetConfig {
    /// `wso2`: as the toolkit's SETs. (`obie` and `ssf` are not supported by this release.)
    pub profile: SetProfile,
    /// The claim `iss` in profile `wso2`.
    pub issuer: String,
}

impl Config {
    /// A number that is zero where zero makes no sense.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        [
            ("number_of_sets_to_return", self.number_of_sets_to_return),
            ("max_sets_per_poll", self.max_sets_per_poll),
            ("signing_threads", self.signing_threads),
            ("key_retention_days", self.key_retention_days as usize),
        ]
        .into_iter()
        .find_map(|(key, value)| (value == 0).then_some(key))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://event-service.db".to_owned(),
            database_connections: 8,
            number_of_sets_to_return: 5,
            max_sets_per_poll: 100,
            signing_threads: 2,
            client_recheck_seconds: 60,
            key_publication_seconds: 120,
            key_retention_days: 90,
            key_rotation_days: 90,
            realm: "localhost".to_owned(),
            set: SetConfig::default(),
            require_subscription_to_poll: false,
            event_type: EventTypeNames::standard(),
            long_poll: LongPollConfig::default(),
            bank_user: Vec::new(),
        }
    }
}

impl Default for SetConfig {
    fn default() -> Self {
        Self { profile: SetProfile::default(), issuer: "www.wso2.com".to_owned() }
    }
}
