//! `GET /crl/issuing.crl`: the issuing authority's revocation list, DER.

use super::{Document, DocumentError};
use crate::directory::State;
use crate::error::ApiError;
use crate::store::CertificateRecord;
use actix_web::{HttpRequest, HttpResponse, web};
use certificates::{CertificateAuthority, RevocationListTerms, RevokedCertificate};
use database::{DatabaseError, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

/// Signs lists: a new one when somebody was revoked, or half of the old one's time is over.
#[derive(Debug)]
pub(crate) struct RevocationLists {
    lifetime: SignedDuration,
    latest: Mutex<Option<List>>,
}

#[derive(Debug)]
struct List {
    revoked: Vec<(String, UtcMicros)>,
    made_at: Timestamp,
    document: Document,
}

/// The list as it is now.
pub(crate) async fn revocation_list(
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let document = state.revocation_lists.current(&state).await?;
    Ok(document.answer(&request, state.config.document_max_age_seconds))
}

impl RevocationLists {
    /// Lists that may be relied on for `lifetime`.
    pub(crate) fn new(lifetime: SignedDuration) -> Self {
        Self { lifetime, latest: Mutex::new(None) }
    }

    async fn current(&self, state: &State) -> Result<Document, ApiError> {
        // Held while reading: a list that was read earlier never follows one that was read later.
        let mut latest = self.latest.lock().await;
        let now = state.clock.now();
        let revoked = state
            .database
            .read(move |connection| {
                Ok::<_, DatabaseError>(CertificateRecord::revoked(connection, now.into())?)
            })
            .await?;
        if let Some(list) = latest.as_ref().filter(|list| self.serves(list, &revoked, now)) {
            return Ok(list.document.clone());
        }
        let document = self.sign(&state.authority, &revoked, now)?;
        *latest = Some(List { revoked, made_at: now, document: document.clone() });
        Ok(document)
    }

    fn serves(&self, list: &List, revoked: &[(String, UtcMicros)], now: Timestamp) -> bool {
        let age = now.duration_since(list.made_at);
        list.revoked == revoked && age >= SignedDuration::ZERO && age < self.lifetime / 2
    }

    fn sign(
        &self,
        authority: &CertificateAuthority,
        revoked: &[(String, UtcMicros)],
        now: Timestamp,
    ) -> Result<Document, DocumentError> {
        let terms = RevocationListTerms {
            this_update: now,
            next_update: now.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX),
            // Greater than before as long as time does not stand still (RFC 5280 §5.2.3).
            number: u64::try_from(now.as_microsecond()).unwrap_or_default(),
        };
        let revoked = revoked.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let der = authority.revocation_list(&revoked, &terms)?;
        Ok(Document::new("application/pkix-crl", der))
    }
}

fn entry((serial, at): &(String, UtcMicros)) -> Result<RevokedCertificate, DocumentError> {
    Ok(RevokedCertificate {
        serial: serial.clone(),
        revoked_at: Timestamp::try_from(*at)
            .map_err(|_| DocumentError::RevokedAt(serial.clone()))?,
    })
}
