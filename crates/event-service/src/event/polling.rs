//! Taking events: releases applied, then a page of what waits, now or once something comes.

use super::{DeliveryError, EventId};
use crate::audit::{self, GaveUp};
use crate::clients::KnownClient;
use crate::last_poll::LastPoll;
use crate::long_poll::{Patience, Refused, WaitEnd, Waiter};
use crate::metrics;
use crate::service::State;
use crate::set::SigningError;
use crate::store::{ClientNo, Page, PageRequest, Release, ReleaseOutcome};
use open_banking_types::events::{PollRequest, PollResponse};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// How many SETs a door returns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize {
    /// When the receiver does not say.
    pub(crate) when_absent: usize,
    /// At most, whatever it says.
    pub(crate) cap: usize,
}

/// Why a well-formed poll was not answered.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct PollError(#[from] DeliveryError);

/// What a poll is answered, and how it came by it.
#[derive(Debug)]
pub(crate) struct Polled {
    /// The answer.
    pub(crate) response: PollResponse,
    /// Whether it waited.
    pub(crate) wait: Wait,
    /// For how long.
    pub(crate) waited: Duration,
}

/// Whether a poll waited, and how that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It was to be answered at once.
    NotAsked,
    /// There was something for it already.
    NotNeeded,
    /// As many polls of its client waited as may.
    OneTooMany,
    /// The process stopped.
    Stopping,
    /// Nothing came in time.
    TimedOut,
    /// Something came.
    Woken,
}

impl State {
    /// Applies the acknowledgements and error reports of `client`, then returns its oldest waiting
    /// SETs as they were signed, or signed anew. What is returned keeps waiting until it is acknowledged.
    pub(crate) async fn poll(
        &self,
        client: &KnownClient,
        poll: PollRequest,
        size: PageSize,
    ) -> Result<Polled, PollError> {
        let page = self.first_page(client, poll, size).await?;
        Ok(Polled { response: response(page), wait: Wait::NotAsked, waited: Duration::ZERO })
    }

    /// Like [`Self::poll`]; but where nothing waits for the client, the poll may wait for it. What it
    /// acknowledged is released for good before it does.
    pub(crate) async fn poll_or_wait(
        &self,
        client: &KnownClient,
        poll: PollRequest,
        size: PageSize,
    ) -> Result<Polled, PollError> {
        let config = &self.config.long_poll;
        let when_absent = self.client_settings.long_poll_when_absent(&client.client_id);
        let when_absent = when_absent.unwrap_or(config.when_absent);
        let Patience::Until(longest) = config.patience(&poll, when_absent, &*self.random) else {
            return self.poll(client, poll, size).await;
        };
        let began = Instant::now();
        let limit = size.of(poll.max_events);
        // Before the first look: what is created after it wakes this poll.
        let place = self.waiters.enter(client.client_no);
        let page = self.first_page(client, poll, size).await?;
        let (page, wait) = match place {
            _ if !page.sets.is_empty() => (page, Wait::NotNeeded),
            Err(Refused::Full) => (page, Wait::OneTooMany),
            Err(Refused::Stopping) => (page, Wait::Stopping),
            Ok(place) => {
                let request = PageRequest {
                    client_no: client.client_no,
                    releases: Vec::new(),
                    limit,
                    rules: self.config.delivery_rules(),
                };
                self.wait_for_page(place, request, began + longest).await?
            }
        };
        Ok(Polled { response: response(page), wait, waited: began.elapsed() })
    }

    async fn first_page(
        &self,
        client: &KnownClient,
        poll: PollRequest,
        size: PageSize,
    ) -> Result<Page, PollError> {
        let limit = size.of(poll.max_events);
        let reported = poll.ack.len() + poll.set_errs.len();
        let request = PageRequest {
            client_no: client.client_no,
            releases: releases(poll),
            limit,
            rules: self.config.delivery_rules(),
        };
        let page = self.page(request).await?;
        metrics::polled(page.sets.len(), page.released, reported - page.released.min(reported));
        self.note_poll(client.client_no, &page);
        audit::gave_up(&client.client_id, GaveUp::Exhausted, page.exhausted);
        Ok(page)
    }

    fn note_poll(&self, client_no: ClientNo, page: &Page) {
        let last = LastPoll {
            at: self.clock.now(),
            sets: page.sets.len(),
            released: page.released,
            more_available: page.more_available,
        };
        self.last_polls.note(client_no, last);
    }

    /// Looks at each wake-up until something is there. When the wait ends without one, there was
    /// nothing at the last look and no word since.
    async fn wait_for_page(
        &self,
        mut place: Waiter,
        request: PageRequest,
        deadline: Instant,
    ) -> Result<(Page, Wait), PollError> {
        loop {
            let since = match place.wait(deadline).await {
                WaitEnd::Woken(since) => since,
                WaitEnd::TimedOut => return Ok((Page::default(), Wait::TimedOut)),
                WaitEnd::Stopping => return Ok((Page::default(), Wait::Stopping)),
            };
            let page = self.page(request.clone()).await?;
            if !page.sets.is_empty() {
                metrics::poll_woken(since.elapsed());
                metrics::polled(page.sets.len(), 0, 0);
                self.note_poll(request.client_no, &page);
                return Ok((page, Wait::Woken));
            }
        }
    }
}

impl Wait {
    /// The word for it in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::NotNeeded => "not_needed",
            Self::OneTooMany => "one_too_many",
            Self::Stopping => "stopping",
            Self::TimedOut => "timed_out",
            Self::Woken => "woken",
        }
    }
}

impl PollError {
    /// The reason code in logs and metrics.
    pub(crate) fn reason(&self) -> &'static str {
        match self.0 {
            DeliveryError::Database(_) => "database",
            DeliveryError::Signing(SigningError::Busy) => "busy",
            DeliveryError::Signing(SigningError::Failed(_) | SigningError::Unreadable) => "signing",
        }
    }
}

impl PageSize {
    fn of(self, max_events: Option<u64>) -> usize {
        max_events
            .map_or(self.when_absent, |asked| usize::try_from(asked).unwrap_or(usize::MAX))
            .min(self.cap)
    }
}

/// Each id once; an acknowledgement wins over an error report of the same id. What cannot be an id
/// of ours is left out like any other unknown one.
fn releases(poll: PollRequest) -> Vec<Release> {
    let mut seen = HashSet::new();
    let acknowledged = poll.ack.into_iter().map(|id| (id, ReleaseOutcome::Acknowledged));
    let errored = poll.set_errs.into_iter().map(|(id, error)| {
        (id, ReleaseOutcome::Errored { err: error.err, description: error.description })
    });
    acknowledged
        .chain(errored)
        .filter_map(|(id, outcome)| Some(Release { id: EventId::from_delivered(&id)?, outcome }))
        .filter(|release| seen.insert(release.id))
        .collect()
}

fn response(page: Page) -> PollResponse {
    PollResponse {
        more_available: page.more_available,
        sets: page.sets.into_iter().map(|(id, set)| (id.to_string(), set)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{PageSize, releases};
    use crate::store::ReleaseOutcome;
    use open_banking_types::events::{PollRequest, SetError};

    #[test]
    fn an_acknowledgement_wins_over_an_error_report_of_the_same_id() {
        let id = "019b7661-8000-7000-8000-00000000abcd".to_owned();
        let error = SetError { err: "e".to_owned(), description: "d".to_owned() };
        let poll = PollRequest {
            ack: vec![id.clone(), id.clone()],
            set_errs: [(id, error)].into_iter().collect(),
            ..PollRequest::default()
        };
        let releases = releases(poll);
        assert_eq!(releases.len(), 1);
        assert!(matches!(releases[0].outcome, ReleaseOutcome::Acknowledged));
    }

    #[test]
    fn a_page_has_the_default_size_unless_the_receiver_asks_and_never_more_than_the_cap() {
        let size = PageSize { when_absent: 5, cap: 100 };
        assert_eq!(size.of(None), 5);
        assert_eq!(size.of(Some(0)), 0);
        assert_eq!(size.of(Some(100)), 100);
        assert_eq!(size.of(Some(u64::MAX)), 100);
    }
}
