//! Who is at the door: verified once, remembered for a minute.

use super::credentials::{ClaimedCredentials, authorization};
use super::password::StoredHash;
use super::{BankUser, InvalidBankUser};
use crate::audit;
use crate::doors::accelerator;
use crate::service::State;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, dev::Payload, web,
};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use service_kit::access::{Caller, CallerRole};
use service_kit::errors::problem::problem;
use service_kit::{InteractionId, SharedClock, SharedRandom};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The name of a bank user whose password was verified; handlers cannot have one otherwise.
#[derive(Clone, Debug)]
pub(crate) struct BankUserName(Arc<str>);

/// The configured users.
#[derive(Debug)]
pub(crate) struct BankUsers {
    users: Vec<(Arc<str>, StoredHash)>,
    /// Keyed hash of a verified header → who it is and until when that is believed.
    verified: Cache<String, (BankUserName, Timestamp)>,
    key: [u8; 32],
    clock: SharedClock,
    /// Each verification takes 46 MiB: a few at a time, whoever knocks.
    verifications: Arc<Semaphore>,
    /// Callers whose password is being verified or waits to be: no more than so many.
    places: Semaphore,
}

/// As many callers wait for their verification as may.
#[derive(Debug)]
struct Busy;

/// Lets a request pass only with the credentials of a bank user; everything else is answered 401,
/// before anything is said about which paths there are.
pub(crate) async fn require_bank_user(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    admit(state, request, next, Refusals::Accelerator).await
}

/// Lets a request of the operator pass, and every other one only with the credentials of a bank user.
pub(crate) async fn require_bank(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = Caller::extract(request.request()).await;
    if caller.is_ok_and(|caller| caller.role() == CallerRole::Operator) {
        request.extensions_mut().insert(BankUserName(OPERATOR.into()));
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    admit(state, request, next, Refusals::Problem).await
}

/// How an API says that a caller may not pass.
#[derive(Clone, Copy, Debug)]
enum Refusals {
    Accelerator,
    Problem,
}

async fn admit(
    state: web::Data<State>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    refusals: Refusals,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (http, mut payload) = request.into_parts();
    let authenticated = state.bank_users.authenticate(&http).await;
    if let Ok(Some(user)) = authenticated {
        http.extensions_mut().insert(user);
        let request = ServiceRequest::from_parts(http, payload);
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let interaction_id = InteractionId::extract(&http).await?;
    audit::bank_user_refused(&interaction_id, if authenticated.is_ok() { WRONG } else { BUSY });
    // An answer to an unread body closes the connection under the client.
    drop(web::Payload::from_request(&http, &mut payload).await?.to_bytes_limited(DRAINED).await);
    let answer = match authenticated {
        Ok(_) => refusals.unauthorized(&state.config.realm, &interaction_id),
        Err(Busy) => refusals.busy(),
    };
    Ok(ServiceResponse::new(http, answer))
}

impl Refusals {
    fn unauthorized(self, realm: &str, interaction_id: &InteractionId) -> HttpResponse {
        match self {
            Self::Accelerator => accelerator::unauthorized(realm, interaction_id),
            Self::Problem => {
                let text = "The credentials of a bank user are required";
                let mut answer = problem(StatusCode::UNAUTHORIZED, "unauthenticated", text);
                let scheme = HeaderValue::from_str(&format!("Basic realm=\"{realm}\""));
                let scheme = scheme.unwrap_or(HeaderValue::from_static("Basic"));
                answer.headers_mut().insert(WWW_AUTHENTICATE, scheme);
                answer
            }
        }
    }

    fn busy(self) -> HttpResponse {
        match self {
            Self::Accelerator => accelerator::busy(),
            Self::Problem => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let text = "Too many credentials are being verified";
                let mut answer = problem(status, "unavailable", text);
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                answer
            }
        }
    }
}

impl BankUsers {
    /// Reads the configured users.
    pub(crate) fn new(
        users: &[BankUser],
        clock: SharedClock,
        random: &SharedRandom,
    ) -> Result<Self, InvalidBankUser> {
        let mut key = [0; 32];
        random.fill(&mut key);
        let users = users
            .iter()
            .map(|user| Ok((user.name.as_str().into(), StoredHash::parse(user)?)))
            .collect::<Result<_, _>>()?;
        let verified = Cache::new(REMEMBERED);
        Ok(Self {
            users,
            verified,
            key,
            clock,
            verifications: Arc::new(Semaphore::new(AT_A_TIME)),
            places: Semaphore::new(PLACES),
        })
    }

    /// Whether any user has the password that the toolkit's documentation prints.
    pub(crate) fn documented_password(&self) -> Option<&str> {
        self.users
            .iter()
            .find(|(_, hash)| hash.matches(DOCUMENTED_PASSWORD))
            .map(|(name, _)| name.as_ref())
    }

    async fn authenticate(&self, request: &HttpRequest) -> Result<Option<BankUserName>, Busy> {
        let Some(header) = authorization(request.headers()) else { return Ok(None) };
        let remembered = self.remembered_as(header);
        if let Some((user, until)) = self.verified.get(&remembered) {
            if self.clock.now() < until {
                return Ok(Some(user));
            }
            self.verified.invalidate(&remembered);
        }
        let Some(claimed) = ClaimedCredentials::parse(header) else { return Ok(None) };
        let _place = self.places.try_acquire().map_err(|_| Busy)?;
        let Some(user) = self.verify(claimed).await else { return Ok(None) };
        if let Ok(until) = self.clock.now().saturating_add(REMEMBERED_FOR) {
            self.verified.insert(remembered, (user.clone(), until));
        }
        Ok(Some(user))
    }

    /// A digest that is worth nothing to somebody who reads this process's memory dump without the
    /// key in it; the header itself is never kept.
    fn remembered_as(&self, header: &HeaderValue) -> String {
        jose::sha256_base64url(&[&self.key, header.as_bytes()].concat())
    }

    async fn verify(&self, claimed: ClaimedCredentials) -> Option<BankUserName> {
        let known = self.users.iter().find(|(name, _)| **name == *claimed.name);
        // An unknown name costs as much as a wrong password, or the time would tell names.
        let (_, hash) = known.or(self.users.first())?.clone();
        let permit = Arc::clone(&self.verifications).acquire_owned().await.ok()?;
        let verification = web::block(move || {
            // Held until the memory is free again, also when the caller has left.
            let _permit = permit;
            hash.matches(&claimed.password)
        });
        let matches = verification.await.ok()?;
        known.filter(|_| matches).map(|(name, _)| BankUserName(Arc::clone(name)))
    }
}

impl BankUserName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromRequest for BankUserName {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user = request.extensions().get::<Self>().cloned();
        std::future::ready(user.ok_or_else(|| {
            actix_web::error::ErrorInternalServerError("the route is outside the Basic doors")
        }))
    }
}

/// How long a verified header is believed without asking argon2 again.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_secs(60);
const REMEMBERED: u64 = 1_000;
/// Verifications at a time.
const AT_A_TIME: usize = 2;
/// Verified or waiting at a time; each takes tens of milliseconds.
const PLACES: usize = 32;
/// What the operator is called as a caller; no bank user's name has a colon.
const OPERATOR: &str = "role:operator";
/// Reason codes.
const WRONG: &str = "invalid_credentials";
const BUSY: &str = "busy";
/// The most of a refused request's body that is read before the answer.
const DRAINED: usize = 64 * 1024;
/// Printed in the toolkit's documentation, so known to everybody.
const DOCUMENTED_PASSWORD: &str = "wso2123";

#[cfg(test)]
mod tests {
    use super::{AT_A_TIME, BankUsers, Busy, ClaimedCredentials, PLACES};
    use crate::bank_user::{BankUser, hash_password};
    use crate::doors::accelerator;
    use actix_web::http::StatusCode;
    use actix_web::http::header::{AUTHORIZATION, RETRY_AFTER};
    use actix_web::test::TestRequest;
    use futures_util::poll;
    use service_kit::SharedRandom;
    use std::pin::pin;
    use std::sync::Arc;
    use test_kit::{SeededRandom, TestClock};

    fn users() -> BankUsers {
        let password_hash = hash_password("a password").unwrap();
        let user = BankUser { name: "a bank".to_owned(), password_hash };
        let random: SharedRandom = Arc::new(SeededRandom::new(1));
        BankUsers::new(&[user], Arc::new(TestClock::default()), &random).unwrap()
    }

    #[actix_web::test]
    async fn who_finds_no_place_for_a_verification_is_told_when_to_come_again() {
        let users = users();
        // `a bank:a password`
        let basic = |credentials| {
            TestRequest::default().insert_header((AUTHORIZATION, credentials)).to_http_request()
        };
        let good = basic("Basic YSBiYW5rOmEgcGFzc3dvcmQ=");
        let places = users.places.try_acquire_many(u32::try_from(PLACES).unwrap()).unwrap();
        assert!(matches!(users.authenticate(&good).await, Err(Busy)));
        let answer = accelerator::busy();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "1");
        drop(places);
        assert_eq!(users.authenticate(&good).await.unwrap().unwrap().as_str(), "a bank");
        // Who was verified a moment ago needs no place.
        let _places = users.places.try_acquire_many(u32::try_from(PLACES).unwrap()).unwrap();
        assert!(users.authenticate(&good).await.unwrap().is_some());
        let wrong = basic("Basic YSBiYW5rOmFub3RoZXI=");
        assert!(matches!(users.authenticate(&wrong).await, Err(Busy)));
    }

    #[actix_web::test]
    async fn a_caller_that_leaves_does_not_make_room_before_its_verification_has_ended() {
        let users = users();
        for _ in 0..AT_A_TIME {
            let password = "another".to_owned();
            let claimed = ClaimedCredentials { name: "a bank".to_owned(), password };
            let verification = pin!(users.verify(claimed));
            assert!(poll!(verification).is_pending());
        }
        let (name, password) = ("a bank".to_owned(), "a password".to_owned());
        let mut next = pin!(users.verify(ClaimedCredentials { name, password }));
        assert!(poll!(&mut next).is_pending());
        assert_eq!(users.verifications.available_permits(), 0);
        assert_eq!(next.await.unwrap().as_str(), "a bank");
    }
}
