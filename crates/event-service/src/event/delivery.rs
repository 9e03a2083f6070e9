//! How kept SETs are handed out: as they are, or signed anew.

use crate::service::State;
use crate::set::{Renewal, SigningError, SigningPlaces};
use crate::store::{Page, PageRequest};
use database::DatabaseError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a SET that is handed out was signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignMode {
    /// Once, when its event was created: the same bytes at every delivery.
    #[default]
    Create,
    /// Anew at each poll, as the toolkit does.
    Deliver,
}

/// Why SETs were not handed out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryError {
    /// The database is away.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// They could not be signed anew.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl State {
    /// The page that `request` asks for as it is handed out. Where SETs are signed anew, there must be
    /// room for that before anything is released, so that a poll that is sent away had no effect.
    pub(super) async fn page(&self, request: PageRequest) -> Result<Page, DeliveryError> {
        let room = match self.config.set.sign_mode {
            SignMode::Create => None,
            SignMode::Deliver => Some(self.signer.reserve(request.limit)?),
        };
        let page = self.store.page(request, self.clock.now()).await?;
        self.handed_out(page, room).await
    }

    /// What was signed at creation stays so where there is no `room`, and where no key is published yet
    /// that could sign anew.
    async fn handed_out(
        &self,
        page: Page,
        room: Option<SigningPlaces<'_>>,
    ) -> Result<Page, DeliveryError> {
        let now = self.clock.now();
        let (Some(room), Some(key)) = (room, self.keys.published(now)) else { return Ok(page) };
        if page.sets.is_empty() {
            return Ok(page);
        }
        let ids: Vec<_> = page.sets.iter().map(|(id, _)| *id).collect();
        let mut profiles = self.store.profiles(ids.clone()).await?;
        let kept = page.sets.into_iter().map(|(id, compact)| Renewal {
            logged_as: profiles.remove(&id).unwrap_or_default(),
            compact,
            transaction: self.random.uuid_v4().to_string(),
        });
        let renewed = self.signer.renew(room, key, kept.collect(), now).await?;
        Ok(Page { sets: ids.into_iter().zip(renewed).collect(), ..page })
    }
}
