//! The role: what it is made of, how it starts, which routes it serves.

use crate::config::Config;
use crate::documents::{self, RevocationLists};
use crate::error::ApiError;
use crate::ssa::{self, SsaKeyError, SsaSigner};
use crate::{issuing, organisations, paths, software};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, Handler, Resource, Responder, ResponseError, web};
use certificates::CertificateAuthority;
use database::Database;
use jiff::{SignedDuration, Timestamp};
use jose::MasterKey;
use service_kit::health::Gate;
use service_kit::shutdown::StopSignal;
use service_kit::{SharedClock, SharedRandom};
use std::sync::Arc;
use std::time::Duration;

/// Everything the directory is given.
#[derive(Debug)]
pub struct Dependencies {
    /// Section `[directory]`.
    pub config: Config,
    /// Its database, migrated.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub random: SharedRandom,
    /// Seals the key that signs SSAs.
    pub master_key: Arc<MasterKey>,
    /// Whether a missing key for SSAs is made at the start or stops it.
    pub create: bool,
    /// Issues TPP certificates.
    pub authority: CertificateAuthority,
    /// The root above it, PEM.
    pub root_pem: String,
    /// The base URL of the listener as SSAs and certificates name it, without a path.
    pub public_url: String,
    /// Open while the database answers.
    pub database_gate: Gate,
}

/// Why the directory did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// No key to sign SSAs with, and none is to be made.
    #[error(
        "there is no key for software statement assertions; `lombard migrate directory` makes one"
    )]
    NoSsaKey,
    /// A setting that cannot be meant.
    #[error("directory.{0} must be at least 1")]
    Setting(&'static str),
    /// The key for SSAs.
    #[error(transparent)]
    SsaKey(#[from] SsaKeyError),
}

/// The sandbox directory: cheap to clone, clones share.
#[derive(Clone, Debug)]
pub struct Directory {
    state: Arc<State>,
}

/// What the handlers work with.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) authority: CertificateAuthority,
    pub(crate) clock: SharedClock,
    pub(crate) config: Config,
    pub(crate) database: Database,
    database_gate: Gate,
    pub(crate) public_url: String,
    pub(crate) random: SharedRandom,
    pub(crate) revocation_lists: RevocationLists,
    pub(crate) root_pem: String,
    pub(crate) ssa_signer: SsaSigner,
}

impl Directory {
    /// Loads the key for SSAs, or makes the first one where that is allowed; needs the database and
    /// no network.
    pub async fn start(given: Dependencies) -> Result<Self, StartError> {
        check(&given.config)?;
        let ssa_signer = ssa_signer(&given).await?;
        let hours = given.config.revocation_list_hours.into();
        let state = State {
            authority: given.authority,
            clock: given.clock,
            revocation_lists: RevocationLists::new(SignedDuration::from_hours(hours)),
            config: given.config,
            database: given.database,
            database_gate: given.database_gate,
            public_url: given.public_url.trim_end_matches('/').to_owned(),
            random: given.random,
            root_pem: given.root_pem,
            ssa_signer,
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Makes the first key for SSAs, unless there is one; for a command that prepares the database
    /// before processes start that may create nothing.
    pub async fn ensure_ssa_key(
        database: &Database,
        master_key: &MasterKey,
        now: Timestamp,
    ) -> Result<(), SsaKeyError> {
        if SsaSigner::load(database, master_key).await?.is_none() {
            SsaSigner::make_first(database, master_key, now).await?;
        }
        Ok(())
    }

    /// The routes: documents for everybody, the REST API for the operator. The listener asks for a
    /// client certificate and judges it by the trust store of *service* certificates.
    pub fn routes(&self) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + use<> {
        let state = Arc::clone(&self.state);
        move |routes| {
            routes
                .app_data(web::Data::from(Arc::clone(&state)))
                .app_data(web::QueryConfig::default().error_handler(|_, _| ApiError::Query.into()))
                .app_data(
                    web::PathConfig::default().error_handler(|_, _| ApiError::NotFound.into()),
                );
            rest(routes);
            routes
                .service(document(paths::KEYSTORE, documents::keystore))
                .service(document(paths::REVOCATION_LIST, documents::revocation_list))
                .service(document(paths::AUTHORITY, documents::authority))
                .service(document(paths::REVOKED_KEYS, documents::revoked_keys))
                .service(document(paths::KEYS, documents::keys))
                .default_service(web::to(async || ApiError::NotFound.error_response()));
        }
    }

    /// Watches the database until `stop`.
    pub async fn run(&self, mut stop: StopSignal) {
        let State { database, database_gate, .. } = &*self.state;
        let alive = || database.is_alive();
        tokio::select! {
            () = stop.stopped() => {}
            () = database_gate.follow(DATABASE_CHECK, "the database does not answer", alive) => {}
        }
    }
}

impl State {
    /// Where the keys of a software statement are; of the organisation where both ids are its own.
    pub(crate) fn keys_url(&self, organisation_id: &str, software_id: &str) -> String {
        format!("{}/{organisation_id}/{software_id}.jwks", self.public_url)
    }

    /// Where the revoked ones are.
    pub(crate) fn revoked_keys_url(&self, organisation_id: &str, software_id: &str) -> String {
        format!("{}/{organisation_id}/revoked/{software_id}.jwks", self.public_url)
    }

    /// Where the issuing authority's revocation list is.
    pub(crate) fn revocation_list_url(&self) -> String {
        format!("{}{}", self.public_url, paths::REVOCATION_LIST)
    }
}

/// The REST API; every handler asks for the proof that the operator is calling.
fn rest(routes: &mut web::ServiceConfig) {
    let list = |path| web::resource(path).default_service(only("GET, POST"));
    let order = |path| web::resource(path).default_service(only("POST"));
    let one = |path| web::resource(path).default_service(only("GET"));
    routes
        .service(
            list(paths::ORGANISATIONS)
                .route(web::get().to(organisations::list))
                .route(web::post().to(organisations::create)),
        )
        .service(one(paths::ORGANISATION).route(web::get().to(organisations::show)))
        .service(
            list(paths::SOFTWARE_STATEMENTS)
                .route(web::get().to(software::list))
                .route(web::post().to(software::create)),
        )
        .service(one(paths::SOFTWARE_STATEMENT).route(web::get().to(software::show)))
        .service(
            list(paths::CERTIFICATES)
                .route(web::get().to(issuing::list))
                .route(web::post().to(issuing::create)),
        )
        .service(order(paths::CERTIFICATE_REVOCATION).route(web::post().to(issuing::revoke)))
        .service(order(paths::KEY_REVOCATION).route(web::post().to(issuing::revoke_key)))
        .service(order(paths::SSA).route(web::post().to(ssa::create)));
}

/// A document to read.
fn document<H, A>(path: &str, handler: H) -> Resource
where
    H: Handler<A> + Clone,
    A: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(only("GET, HEAD"))
}

/// 405 with the methods that `allow` names.
fn only(allow: &'static str) -> actix_web::Route {
    web::to(move || async move {
        let mut answer = ApiError::MethodNotAllowed.error_response();
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        answer
    })
}

fn check(config: &Config) -> Result<(), StartError> {
    if config.certificate_days == 0 {
        return Err(StartError::Setting("certificate_days"));
    }
    if config.revocation_list_hours == 0 {
        return Err(StartError::Setting("revocation_list_hours"));
    }
    Ok(())
}

async fn ssa_signer(given: &Dependencies) -> Result<SsaSigner, StartError> {
    if let Some(signer) = SsaSigner::load(&given.database, &given.master_key).await? {
        return Ok(signer);
    }
    if !given.create {
        return Err(StartError::NoSsaKey);
    }
    SsaSigner::make_first(&given.database, &given.master_key, given.clock.now()).await?;
    SsaSigner::load(&given.database, &given.master_key).await?.ok_or(StartError::NoSsaKey)
}

/// How often the database is asked whether it is there.
const DATABASE_CHECK: Duration = Duration::from_secs(2);
