//! The role: how it starts, which routes it serves.

use crate::authentication::{AssertionRules, DecoyKeys};
use crate::changes::ChangeFeed;
use crate::clients::{Directory, RemoteKeys};
use crate::config::Config;
use crate::dependencies::{Dependencies, TokenKeyMaker};
use crate::keys::{self, CreateKeyError, PublishedKeys, TokenKeyRotation, TokenSigners};
use crate::registration::{self, Door, Registrar};
use crate::{discovery, event_doors, internal, introspection, not_found, paths, revocation, token};
use actix_web::{FromRequest, Handler, Responder, web};
use database::Database;
use jose::Algorithm;
use service_kit::failure_limit::FailureLimit;
use service_kit::health::Gate;
use service_kit::outbound::Forwarder;
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom, TrustStore};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Why the key manager did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A key that is compiled in.
    #[error("a key that is compiled in: {0}")]
    Decoy(#[from] jose::KeyError),
    /// The discovery document.
    #[error("the discovery document: {0}")]
    Discovery(#[from] serde_json::Error),
    /// No key to sign with, and none is to be made.
    #[error("there is no {algorithm} key for access tokens; `lombard keys new` makes one")]
    NoTokenKey {
        /// The algorithm that the configuration asks for.
        algorithm: Algorithm,
    },
    /// A setting that cannot be meant.
    #[error("key_manager.{key} {reason}")]
    Setting {
        /// Which one.
        key: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The certificates trusted one by one.
    #[error("the trusted certificates: {0}")]
    Trust(String),
    /// A token key.
    #[error(transparent)]
    TokenKey(#[from] CreateKeyError),
}

/// The key manager: cheap to clone, clones share.
#[derive(Clone, Debug)]
pub struct KeyManager {
    server: Arc<Server>,
}

/// What the handlers work with.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) allow_client_secrets: bool,
    pub(crate) assertion_rules: AssertionRules,
    pub(crate) changes: ChangeFeed,
    pub(crate) clients: Directory,
    pub(crate) clock: SharedClock,
    pub(crate) config: Config,
    pub(crate) database: Database,
    pub(crate) database_gate: Gate,
    pub(crate) discovery: web::Bytes,
    pub(crate) event_service_url: String,
    pub(crate) event_timeout: Duration,
    pub(crate) failure_limit: FailureLimit,
    pub(crate) forwarder: Forwarder,
    /// Whether there may be uses of assertions in the table of an earlier version.
    pub(crate) has_older_uses: AtomicBool,
    pub(crate) issuer: String,
    pub(crate) published_keys: PublishedKeys,
    pub(crate) random: SharedRandom,
    pub(crate) remote_keys: RemoteKeys,
    pub(crate) tpp_trust: TrustStore,
    pub(crate) trust_loading: tokio::sync::Mutex<()>,
    pub(crate) token_key_rotation: TokenKeyRotation,
    pub(crate) token_signers: TokenSigners,
    pub(crate) registrar: Registrar,
}

impl KeyManager {
    /// Loads the token key, or makes the first one where that is allowed; needs the database and no
    /// network.
    pub async fn start(dependencies: Dependencies) -> Result<Self, StartError> {
        check(&dependencies.config)?;
        let token_signers = token_signers(&dependencies).await?;
        let server = Server::new(dependencies, token_signers)?;
        server.load_trust().await.map_err(|error| StartError::Trust(error.to_string()))?;
        Ok(Self { server: Arc::new(server) })
    }

    /// Makes a token key of the configured algorithm and keeps it sealed; its `kid`. It is published
    /// at once; the first one of its algorithm signs at once, later ones after the configured time,
    /// in processes that run as in those that start later.
    pub async fn create_token_key(given: TokenKeyMaker) -> Result<String, CreateKeyError> {
        let publication = given.config.key_publication();
        Ok(given.rotation().rotate(publication).await?.kid)
    }

    /// Makes the first token key of the configured algorithm, unless there is one; for a command
    /// that prepares the database before processes start that may create nothing.
    pub async fn ensure_token_key(given: TokenKeyMaker) -> Result<(), CreateKeyError> {
        let algorithm = given.config.token_signing_alg.into();
        if TokenSigners::load(&given.database, &given.master_key, algorithm).await?.is_none() {
            given.rotation().first().await?;
        }
        Ok(())
    }

    /// Routes of the public `identity` listener.
    pub fn identity_routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> {
        let server = Arc::clone(&self.server);
        move |routes| {
            routes
                .app_data(web::Data::from(Arc::clone(&server)))
                .app_data(web::Data::new(server.forwarder.for_worker()))
                .service(form_endpoint(paths::TOKEN, token::post))
                .service(form_endpoint(paths::REVOKE, revocation::post))
                .service(form_endpoint(paths::INTROSPECT, introspection::post))
                .service(document(paths::JWKS, keys::get))
                .service(document(paths::OPENID_CONFIGURATION, discovery::get))
                .service(document(paths::AUTHORIZATION_SERVER_METADATA, discovery::get))
                .default_service(web::to(not_found::oauth_not_found));
            registration::routes(routes, Door::Direct);
            for base in paths::EVENT_DOORS {
                routes.service(
                    web::resource(format!("{base}{{path:.*}}"))
                        .route(web::to(event_doors::forward)),
                );
            }
        }
    }

    /// Routes of the internal listener; [`INTERNAL_ACCESS`](crate::INTERNAL_ACCESS) says who may
    /// call them.
    pub fn internal_routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> {
        let server = Arc::clone(&self.server);
        move |routes| {
            routes.app_data(web::Data::from(Arc::clone(&server)));
            registration::routes(routes, Door::Gateway);
            internal::routes(routes);
        }
    }

    /// How many calls wait for the next change.
    #[must_use]
    pub fn waiting_for_changes(&self) -> usize {
        self.server.changes.waiting()
    }

    /// Sweeps what has expired, follows the changes of other replicas, keeps the token keys up to
    /// date and watches the database, until `stop`; then answers whoever waits for changes.
    pub async fn run(&self, mut stop: StopSignal) {
        let Server { database, database_gate, .. } = &*self.server;
        let alive = || database.is_alive();
        tokio::select! {
            () = stop.stopped() => {}
            () = self.server.sweep() => {}
            () = self.server.follow_changes() => {}
            () = self.server.follow_token_keys() => {}
            () = self.server.tend_token_keys() => {}
            () = database_gate.follow(DATABASE_CHECK, "the database does not answer", alive) => {}
        }
        self.server.changes.close();
    }
}

impl Server {
    fn new(given: Dependencies, token_signers: TokenSigners) -> Result<Self, StartError> {
        let token_key_rotation = given.token_key_maker().rotation();
        let identity_url = given.identity_url.trim_end_matches('/');
        let issuer = format!("{identity_url}{}", paths::TOKEN);
        let audiences =
            std::iter::once(&issuer).chain(&given.config.token_endpoint_aliases).cloned().collect();
        Ok(Self {
            allow_client_secrets: given.allow_client_secrets,
            assertion_rules: AssertionRules {
                audiences,
                skew: given.config.clock_skew_seconds.into(),
                lifetime_cap: given.config.assertion_lifetime_cap_seconds.into(),
                decoys: DecoyKeys::new()?,
            },
            changes: ChangeFeed::new(given.database.clone(), given.config.change_waiters),
            clients: Directory::new(given.database.clone(), &given.config),
            failure_limit: FailureLimit::new(&given.config.failure_limit, given.clock.clone()),
            remote_keys: RemoteKeys::of_clients(
                given.outbound.clone(),
                given.clock.clone(),
                &given.config,
            ),
            database_gate: given.database_gate,
            discovery: discovery::document(
                identity_url,
                &issuer,
                given.registration_endpoint.as_deref(),
                &given.config.common_scopes,
                given.allow_client_secrets,
            )?,
            event_service_url: given.event_service_url.trim_end_matches('/').to_owned(),
            event_timeout: Duration::from_secs(given.config.event_timeout_seconds.into()),
            forwarder: given.forwarder,
            has_older_uses: AtomicBool::new(true),
            registrar: Registrar::new(
                &given.config,
                &issuer,
                given.registration_endpoint.as_deref(),
                given.outbound,
                given.clock.clone(),
            )?,
            clock: given.clock,
            issuer,
            published_keys: PublishedKeys::new(given.database.clone()),
            random: given.random,
            tpp_trust: given.tpp_trust,
            trust_loading: tokio::sync::Mutex::default(),
            token_key_rotation,
            token_signers,
            config: given.config,
            database: given.database,
        })
    }
}

/// An endpoint that takes forms.
fn form_endpoint<H, A>(path: &str, handler: H) -> actix_web::Resource
where
    H: Handler<A>,
    A: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler)).default_service(not_found::only("POST"))
}

/// A document to read.
fn document<H, A>(path: &str, handler: H) -> actix_web::Resource
where
    H: Handler<A> + Clone,
    A: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(not_found::only("GET, HEAD"))
}

fn check(config: &Config) -> Result<(), StartError> {
    if config.token_lifetime_seconds == 0 {
        return Err(StartError::Setting {
            key: "token_lifetime_seconds",
            reason: "must be at least 1",
        });
    }
    if config.change_retention_days == 0 {
        return Err(StartError::Setting {
            key: "change_retention_days",
            reason: "must be at least 1",
        });
    }
    if config.key_publication() < keys::SHORTEST_PUBLICATION {
        return Err(StartError::Setting {
            key: "key_publication_seconds",
            reason: "must be at least 5",
        });
    }
    if !config.common_scopes.iter().all(|scope| token::is_scope_token(scope)) {
        return Err(StartError::Setting {
            key: "common_scopes",
            reason: "must hold scope tokens (RFC 6749 section 3.3)",
        });
    }
    Ok(())
}

async fn token_signers(given: &Dependencies) -> Result<TokenSigners, StartError> {
    let algorithm = Algorithm::from(given.config.token_signing_alg);
    let load = || TokenSigners::load(&given.database, &given.master_key, algorithm);
    if let Some(signers) = load().await? {
        return Ok(signers);
    }
    if !given.create {
        return Err(StartError::NoTokenKey { algorithm });
    }
    given.token_key_maker().rotation().first().await?;
    load().await?.ok_or(StartError::NoTokenKey { algorithm })
}

/// How often the database is asked whether it is there.
const DATABASE_CHECK: Duration = Duration::from_secs(2);
