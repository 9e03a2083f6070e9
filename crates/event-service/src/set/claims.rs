//! What a SET says, and how each profile spells it.

use super::profile::TransactionSource;
use super::terms::is_address;
use super::{SetFault, SetProfile, SetTerms};
use crate::event::{AcceptedEvents, EventId};
use jiff::Timestamp;
use open_banking_types::security_event_token::{
    RawEvents, SetClaims, SharedSignalsClaims, SubjectIdentifier,
};

/// What a SET says, before a profile gives it its shape.
#[derive(Debug)]
pub(crate) struct SetContent {
    pub(crate) id: EventId,
    pub(crate) profile: SetProfile,
    pub(crate) client_id: String,
    /// In the bank's spelling; in profile `obie` it becomes an address.
    pub(crate) resource_id: String,
    pub(crate) events: AcceptedEvents,
    /// Fixed at creation, so that every delivery carries the same.
    pub(crate) transaction: String,
    pub(crate) transaction_source: TransactionSource,
    pub(crate) happened_at: Timestamp,
    pub(crate) issued_at: Timestamp,
    /// What is wrong with it on purpose.
    pub(crate) fault: Option<SetFault>,
}

impl SetContent {
    /// The same event with fewer types.
    pub(crate) fn with_events(&self, events: AcceptedEvents) -> Self {
        Self {
            events,
            client_id: self.client_id.clone(),
            resource_id: self.resource_id.clone(),
            transaction: self.transaction.clone(),
            ..*self
        }
    }

    /// The claims as JSON text.
    pub(super) fn claims(&self, terms: &SetTerms) -> serde_json::Result<String> {
        let claims = match self.profile {
            SetProfile::Wso2 => serde_json::to_string(&self.wso2_claims(terms)),
            SetProfile::Obie => serde_json::to_string(&self.obie_claims(terms)),
            SetProfile::Ssf => serde_json::to_string(&self.ssf_claims(terms)),
        }?;
        match self.fault {
            Some(SetFault::MissingClaim) => without_iat(&claims),
            _ => Ok(claims),
        }
    }

    fn jti(&self) -> String {
        match self.fault {
            Some(SetFault::RepeatedJti(older)) => older.to_string(),
            _ => self.id.to_string(),
        }
    }

    fn iat(&self) -> i64 {
        let issued_at = self.issued_at.as_second();
        match self.fault {
            Some(SetFault::FutureIat) => issued_at + A_DAY,
            _ => issued_at,
        }
    }

    fn aud(&self) -> String {
        match self.fault {
            Some(SetFault::WrongAud) => format!("not-{}", self.client_id),
            _ => self.client_id.clone(),
        }
    }

    fn iss(&self, issuer: &str) -> String {
        match self.fault {
            Some(SetFault::WrongIss) => WRONG_ISSUER.to_owned(),
            _ => issuer.to_owned(),
        }
    }

    fn wso2_claims(&self, terms: &SetTerms) -> SetClaims<impl serde::Serialize> {
        SetClaims {
            sub: self.client_id.clone(),
            aud: self.aud(),
            iss: self.iss(&terms.issuer),
            txn: self.transaction.clone(),
            // Milliseconds of a whole second: the toolkit's database keeps no fractions.
            toe: self.happened_at.as_second() * 1000,
            iat: self.iat(),
            jti: self.jti(),
            events: self.events.as_claim(),
        }
    }

    fn obie_claims(&self, terms: &SetTerms) -> SetClaims<impl serde::Serialize> {
        SetClaims {
            sub: terms.resource(&self.resource_id),
            iss: self.iss(&terms.issuer_url),
            toe: self.happened_at.as_second(),
            ..self.wso2_claims(terms)
        }
    }

    fn ssf_claims(&self, terms: &SetTerms) -> SharedSignalsClaims<impl serde::Serialize> {
        let resource_id = self.resource_id.clone();
        SharedSignalsClaims {
            iss: self.iss(&terms.issuer_url),
            iat: self.iat(),
            jti: self.jti(),
            aud: self.aud(),
            txn: self.transaction.clone(),
            toe: self.happened_at.as_second(),
            sub_id: if is_address(&resource_id) {
                SubjectIdentifier::Uri { uri: resource_id }
            } else {
                SubjectIdentifier::Opaque { id: resource_id }
            },
            events: self.events.as_claim(),
        }
    }
}

fn without_iat(claims: &str) -> serde_json::Result<String> {
    let members: RawEvents = serde_json::from_str(claims)?;
    let kept = members.iter().filter(|(name, _)| *name != "iat");
    let kept: RawEvents = kept.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    serde_json::to_string(&kept)
}

const A_DAY: i64 = 86_400;
const WRONG_ISSUER: &str = "https://somebody-else.example";
