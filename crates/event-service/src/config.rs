//! Configuration of the event service.

use crate::bank_user::BankUser;
use crate::client_settings::ClientSettings;
use crate::event::SignMode;
use crate::long_poll::LongPollConfig;
use crate::message_signing::MessageSigningConfig;
use crate::push::PushConfig;
use crate::resource_check::ResourceCheckConfig;
use crate::set::SetProfile;
use crate::store::DeliveryRules;
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
    /// The most events of one request to the bank's own API.
    pub max_events_per_batch: usize,
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
    /// How often an event may be returned by polling without being acknowledged, after which it is given up; 0: without end, and nothing is counted.
    pub max_deliveries: u32,
    /// Whether an event that its client reported as erroneous is returned again, as OBIE words it; needs `max_deliveries`.
    pub redeliver_errored: bool,
    /// Days after which an event that nobody took is given up; 0: never.
    pub max_event_age_days: u32,
    /// The shape of SETs.
    pub set: SetConfig,
    /// Notification in real time.
    pub push: PushConfig,
    /// Whether a client without a subscription gets nothing by polling; otherwise it gets every event.
    pub require_subscription_to_poll: bool,
    /// The supported event types; a subscription to one of the names of a type gets the events of all of them.
    pub event_type: Vec<EventTypeNames>,
    /// The page that lists the supported event types, which refusals of others name.
    pub event_types_url: String,
    /// The most active subscriptions of a client at the Accelerator endpoints; 1: none beside another.
    pub max_subscriptions: usize,
    /// Polls that wait for events.
    pub long_poll: LongPollConfig,
    /// Messages of the Open Banking endpoints that are signed.
    pub message_signing: MessageSigningConfig,
    /// Whether `x-lombard-fault` makes SETs that are wrong on purpose; by default in a sandbox only, and refused in production.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faulty_events: Option<bool>,
    /// Clients for which something else holds.
    pub client: Vec<ClientSettings>,
    /// How long what is not waiting is kept.
    pub retention: RetentionConfig,
    /// Whether the resource of an event must exist.
    pub resource_check: ResourceCheckConfig,
    /// Users of the Accelerator endpoints; without any these endpoints refuse everybody.
    pub bank_user: Vec<BankUser>,
}

/// Section `[event_service.set]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SetConfig {
    /// `wso2`: as the toolkit's SETs; `obie`: by Open Banking's signing rules; `ssf`: OpenID Shared Signals. The setting of clients without one of their own.
    pub profile: SetProfile,
    /// The claim `iss` in profile `wso2`.
    pub issuer: String,
    /// The claim `iss` in profiles `obie` and `ssf`; by default the base URL of listener `identity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_url: Option<String>,
    /// The bank's organisation id, the header claim `http://openbanking.org.uk/iss`; needed by profile `obie`. A sandbox has one by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_id: Option<String>,
    /// The domain of the trust anchor, the header claim `http://openbanking.org.uk/tan`.
    pub trust_anchor: String,
    /// Base URL of resources: in profile `obie` the claim `sub` is this and the resource id, unless that is a URL itself; by default `/resources` below the issuer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_url: Option<String>,
    /// `create`: a SET is signed once and handed out byte for byte; `deliver`: it is signed anew at each poll, as the toolkit does, with another `iat` and, in profile `wso2`, another `txn`.
    pub sign_mode: SignMode,
}

/// Section `[event_service.retention]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Hours for which a request that creates events may be repeated under its `x-idempotency-key`.
    pub idempotency_key_hours: u32,
    /// Days after its creation for which an event that does not wait any more is kept with its SET; 0: for ever.
    pub event_days: u32,
    /// Days for which it is kept how events ended, at least `event_days`; 0: for ever.
    pub outcome_days: u32,
    /// Seconds between two sweeps of what need not be kept any more.
    pub sweep_interval_seconds: u32,
}

impl Config {
    /// Settings that contradict one another.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let RetentionConfig { event_days, outcome_days, .. } = self.retention;
        let outcomes_go_first = outcome_days > 0 && (event_days == 0 || outcome_days < event_days);
        if self.redeliver_errored && self.max_deliveries == 0 {
            Some(
                "redeliver_errored needs max_deliveries, or erroneous events would come back for ever",
            )
        } else if outcomes_go_first {
            Some(
                "retention.outcome_days must be 0 or at least event_days, which must not be 0 then",
            )
        } else {
            None
        }
    }

    /// How often events are returned.
    pub(crate) fn delivery_rules(&self) -> DeliveryRules {
        let most = i32::try_from(self.max_deliveries).unwrap_or(i32::MAX);
        DeliveryRules {
            max_deliveries: (most > 0).then_some(most),
            redeliver_errored: self.redeliver_errored,
        }
    }

    /// A number that is zero where zero makes no sense.
    pub(crate) fn zero(&self) -> Option<&'static str> {
        [
            ("number_of_sets_to_return", self.number_of_sets_to_return),
            ("max_sets_per_poll", self.max_sets_per_poll),
            ("max_events_per_batch", self.max_events_per_batch),
            ("signing_threads", self.signing_threads),
            ("max_subscriptions", self.max_subscriptions),
            ("key_retention_days", self.key_retention_days as usize),
            ("retention.idempotency_key_hours", self.retention.idempotency_key_hours as usize),
            ("retention.sweep_interval_seconds", self.retention.sweep_interval_seconds as usize),
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
            max_events_per_batch: 100,
            signing_threads: 2,
            client_recheck_seconds: 60,
            key_publication_seconds: 120,
            key_retention_days: 90,
            key_rotation_days: 90,
            realm: "localhost".to_owned(),
            set: SetConfig::default(),
            push: PushConfig::default(),
            require_subscription_to_poll: false,
            event_type: EventTypeNames::standard(),
            event_types_url: "https://openbankinguk.github.io/read-write-api-site3/v4.0/references/namespaced-enumerations.html".to_owned(),
            max_subscriptions: 100,
            max_deliveries: 0,
            redeliver_errored: false,
            max_event_age_days: 0,
            long_poll: LongPollConfig::default(),
            message_signing: MessageSigningConfig::default(),
            faulty_events: None,
            client: Vec::new(),
            retention: RetentionConfig::default(),
            resource_check: ResourceCheckConfig::default(),
            bank_user: Vec::new(),
        }
    }
}

impl Default for SetConfig {
    fn default() -> Self {
        Self {
            profile: SetProfile::default(),
            issuer: "www.wso2.com".to_owned(),
            issuer_url: None,
            organisation_id: None,
            trust_anchor: "openbanking.org.uk".to_owned(),
            resource_url: None,
            sign_mode: SignMode::default(),
        }
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            idempotency_key_hours: 24,
            event_days: 0,
            outcome_days: 0,
            sweep_interval_seconds: 60,
        }
    }
}
