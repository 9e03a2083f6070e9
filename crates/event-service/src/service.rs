//! The event service: what it is given, what it serves, what it does in the background.

use crate::bank;
use crate::bank_user::{BankUsers, InvalidBankUser};
use crate::client_feed;
use crate::client_settings::{RepeatedClient, SettingsByClient};
use crate::clients::{Clients, KeyManager};
use crate::config::Config;
use crate::doors::{accelerator, open_banking};
use crate::event::EventIds;
use crate::internal;
use crate::keys::{KeyPublisher, SHORTEST_PUBLICATION, SetKeys, SigningKeyError};
use crate::last_poll::LastPolls;
use crate::long_poll::{InvalidLongPoll, Waiters, WakeUps};
use crate::message_signing::{InvalidMessageSigning, Signers};
use crate::push::PushScheduler;
use crate::resource_check::{InvalidResourceCheck, ResourceCheck};
use crate::set::{FaultyEvents, InvalidTerms, SetProfile, SetSigner, SetTerms};
use crate::store::Store;
use crate::subscriptions::{EventTypes, FanOut, InvalidEventTypes, Register};
use actix_web::web;
use database::Database;
use jiff::SignedDuration;
use jose::MasterKey;
use service_kit::health::{Gate, Readiness};
use service_kit::outbound::{FeedSource, GuardedClient, ServiceClient};
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Everything the event service is given.
#[derive(Debug)]
pub struct Dependencies {
    /// Section `[event_service]`.
    pub config: Config,
    /// Its database, migrated.
    pub database: Database,
    /// Opens its signing keys.
    pub master_key: Arc<MasterKey>,
    /// Whether the first signing key may be made by this start.
    pub create_keys: bool,
    /// Whether bank users may have the password printed in the toolkit's documentation.
    pub allow_documented_password: bool,
    /// Whether SETs may be made that are wrong on purpose.
    pub allow_faulty_events: bool,
    /// Calls the key manager.
    pub service_client: ServiceClient,
    /// Base URL at which clients reach the Open Banking API, for the links in answers.
    pub open_banking_url: String,
    /// Base URL of the key manager's internal listener.
    pub key_manager_url: Url,
    /// Calls addresses that clients choose: their callback URLs.
    pub outbound: GuardedClient,
    /// Base URL of the key manager's public listener, by which SETs name their issuer.
    pub identity_url: String,
    /// The clock.
    pub clock: SharedClock,
    /// The source of ids.
    pub random: SharedRandom,
    /// Where its conditions for readiness are added.
    pub readiness: Readiness,
}

/// Why the event service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A configured bank user is unusable.
    #[error(transparent)]
    BankUser(#[from] InvalidBankUser),
    /// Polls would wait for too long or not at all.
    #[error(transparent)]
    LongPoll(#[from] InvalidLongPoll),
    /// A configured number is out of bounds.
    #[error("event_service.{0} must be at least 1")]
    Zero(&'static str),
    /// Settings contradict one another.
    #[error("event_service.{0}")]
    Contradiction(&'static str),
    /// The check of resources cannot be done as configured.
    #[error("event_service.{0}")]
    ResourceCheck(#[from] InvalidResourceCheck),
    /// Receivers could not know a key before it signs.
    #[error("event_service.key_publication_seconds must be at least 5")]
    Publication,
    /// A bank user has the password that everybody knows.
    #[error(
        "event_service.bank_user {0:?} has the password of the toolkit's documentation; set another"
    )]
    DocumentedPassword(String),
    /// A configured name of an event type is unusable.
    #[error("event_service.{0}")]
    EventTypes(#[from] InvalidEventTypes),
    /// SETs that are wrong on purpose, where clients rely on them.
    #[error("event_service.faulty_events is for sandboxes; remove it in production")]
    FaultyEvents,
    /// A configured number is out of other bounds.
    #[error("event_service.{0} must be {1}")]
    OutOfBounds(&'static str, &'static str),
    /// The signing keys cannot be had.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The signing threads cannot be started.
    #[error("cannot start signing threads: {0}")]
    SigningThreads(#[from] rayon::ThreadPoolBuildError),
    /// A client is configured twice.
    #[error(transparent)]
    RepeatedClient(#[from] RepeatedClient),
    /// Messages cannot be signed as configured.
    #[error("event_service.{0}")]
    MessageSigning(#[from] InvalidMessageSigning),
    /// What SETs say of their issuer cannot be said.
    #[error("event_service.{0}")]
    SetTerms(#[from] InvalidTerms),
}

/// The event service.
#[derive(Clone, Debug)]
pub struct EventService {
    state: web::Data<State>,
    feed: FeedSource,
    keys_gate: Gate,
    database_gate: Gate,
}

/// What the doors work with.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) clients: Clients,
    pub(crate) client_settings: SettingsByClient,
    pub(crate) keys: SetKeys,
    pub(crate) publisher: KeyPublisher,
    pub(crate) signer: SetSigner,
    pub(crate) signers: Signers,
    pub(crate) faulty_events: FaultyEvents,
    pub(crate) bank_users: BankUsers,
    pub(crate) subscriptions: Register,
    pub(crate) fan_out: FanOut,
    pub(crate) outbound: GuardedClient,
    /// Without a slash at its end.
    pub(crate) open_banking_url: String,
    pub(crate) push: PushScheduler,
    pub(crate) event_ids: EventIds,
    pub(crate) waiters: Arc<Waiters>,
    pub(crate) wake_ups: WakeUps,
    pub(crate) last_polls: LastPolls,
    pub(crate) resource_check: ResourceCheck,
    pub(crate) clock: SharedClock,
    pub(crate) random: SharedRandom,
}

impl EventService {
    /// Loads or creates the signing keys; needs no network to succeed.
    pub async fn start(dependencies: Dependencies) -> Result<Self, StartError> {
        let readiness = dependencies.readiness.clone();
        let feed = FeedSource {
            client: dependencies.service_client.clone(),
            base_url: dependencies.key_manager_url.as_str().trim_end_matches('/').to_owned(),
            state_path: client_feed::STATE_PATH,
            changes_path: client_feed::CHANGES_PATH,
            clock: dependencies.clock.clone(),
            random: dependencies.random.clone(),
        };
        let state = web::Data::new(State::new(dependencies).await?);
        let keys_gate = readiness.gate("event-service-keys");
        keys_gate.close("the signing keys are not published yet");
        let database_gate = readiness.gate("event-service-database");
        Ok(Self { state, feed, keys_gate, database_gate })
    }

    /// The doors, for the internal listener `events`.
    pub fn routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
        let state = self.state.clone();
        move |config| {
            config.app_data(state.clone());
            for version in accelerator::Version::ALL {
                config.configure(accelerator::routes(version));
            }
            for version in open_banking::Version::ALL {
                config.configure(open_banking::routes(version));
            }
            config.configure(bank::routes);
            config.configure(internal::routes);
        }
    }

    /// Publishes the signing keys, again and again, replaces them in time, follows the changes of
    /// clients, wakes waiting polls for what other processes create, pushes events, forgets what need
    /// not be kept any more and watches the database, until `stop`; then answers the polls that wait
    /// and records the pushes under way.
    pub async fn run(&self, stop: StopSignal) {
        tokio::join!(self.upkeep(stop.clone()), self.push(stop));
    }

    async fn upkeep(&self, stop: StopSignal) {
        let alive = || self.state.store.is_alive();
        let reason = "the database does not answer";
        let State { store, waiters, wake_ups, config, .. } = &**self.state;
        let recheck = Duration::from_secs(config.long_poll.recheck_seconds.into());
        let mut stopping = stop.clone();
        tokio::select! {
            () = self.state.keep_keys_published(&self.keys_gate, stop.clone()) => {}
            () = client_feed::follow(&self.state.clients, self.feed.clone(), stop) => {}
            () = self.state.keep_retention() => {}
            () = self.state.keep_last_polls() => {}
            () = self.database_gate.follow(DATABASE_CHECK, reason, alive) => {}
            () = wake_ups.exchange(store) => {}
            () = waiters.keep_rechecking(store, recheck) => {}
            () = stopping.stopped() => {}
        }
        waiters.close();
        self.state.write_last_polls().await;
    }

    async fn push(&self, stop: StopSignal) {
        if self.state.config.push.enabled {
            self.state.push.run(stop).await;
        }
    }
}

impl State {
    async fn new(dependencies: Dependencies) -> Result<Self, StartError> {
        let Dependencies { config, clock, random, master_key, .. } = dependencies;
        check(&config, dependencies.allow_faulty_events)?;
        let faulty_events = FaultyEvents::new(
            dependencies.allow_faulty_events && config.faulty_events != Some(false),
        );
        let client_settings = SettingsByClient::new(&config.client, config.set.profile)?;
        let signs_as_obie =
            client_settings.uses(SetProfile::Obie) || config.message_signing.signs_answers();
        let terms = SetTerms::new(&config.set, &dependencies.identity_url, signs_as_obie)?;
        let signer = SetSigner::new(terms, config.signing_threads)?;
        let bank_users = BankUsers::new(&config.bank_user, clock.clone(), &random)?;
        if !dependencies.allow_documented_password
            && let Some(name) = bank_users.documented_password()
        {
            return Err(StartError::DocumentedPassword(name.to_owned()));
        }
        let fan_out = FanOut {
            types: EventTypes::new(&config.event_type)?,
            require_subscription: config.require_subscription_to_poll,
        };
        let resource_check =
            ResourceCheck::new(&config.resource_check, dependencies.outbound.clone())?;
        let store = Store::new(dependencies.database);
        let keys = SetKeys::start(&store, &master_key, &clock, dependencies.create_keys).await?;
        let publisher = KeyPublisher {
            client: dependencies.service_client.clone(),
            key_manager: dependencies.key_manager_url.clone(),
        };
        let key_manager =
            KeyManager { client: dependencies.service_client, url: dependencies.key_manager_url };
        let key_cache = SignedDuration::from_secs(config.message_signing.key_cache_seconds.into());
        let signers = Signers::new(key_manager.clone(), clock.clone(), key_cache);
        let clients = Clients::new(
            store.clone(),
            key_manager,
            clock.clone(),
            SignedDuration::from_secs(config.client_recheck_seconds.into()),
        );
        let event_ids = EventIds::new(random.clone());
        let waiters = Waiters::new(config.long_poll.max_waiting_per_client);
        let wake_ups = WakeUps::new(Arc::clone(&waiters), &store, &*random);
        let time = (clock.clone(), random.clone());
        let push =
            PushScheduler::new(&config.push, store.clone(), dependencies.outbound.clone(), time);
        Ok(Self {
            config,
            subscriptions: Register::new(store.clone()),
            fan_out,
            outbound: dependencies.outbound,
            open_banking_url: dependencies.open_banking_url.trim_end_matches('/').to_owned(),
            push,
            store,
            clients,
            client_settings,
            keys,
            publisher,
            signer,
            signers,
            faulty_events,
            bank_users,
            event_ids,
            waiters,
            wake_ups,
            last_polls: LastPolls::default(),
            resource_check,
            clock,
            random,
        })
    }
}

/// What the sections of the configuration say must be possible and fit together.
fn check(config: &Config, allow_faulty_events: bool) -> Result<(), StartError> {
    if let Some(key) = config.zero() {
        return Err(StartError::Zero(key));
    }
    if let Some(contradiction) = config.contradiction() {
        return Err(StartError::Contradiction(contradiction));
    }
    if let Some((key, bound)) = config.push.out_of_bounds() {
        return Err(StartError::OutOfBounds(key, bound));
    }
    if i64::from(config.key_publication_seconds) < SHORTEST_PUBLICATION.as_secs() {
        return Err(StartError::Publication);
    }
    config.long_poll.check()?;
    if config.faulty_events == Some(true) && !allow_faulty_events {
        return Err(StartError::FaultyEvents);
    }
    config.message_signing.check()?;
    Ok(())
}

const DATABASE_CHECK: Duration = Duration::from_secs(5);
