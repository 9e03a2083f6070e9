//! The key manager's feed of changes: a client that is changed, disabled or deleted counts at once.

use crate::clients::Clients;
use serde::Deserialize;
use service_kit::outbound::{FeedFollower, FeedNews, FeedSource};
use service_kit::shutdown::StopSignal;
use std::time::Duration;

/// Path of the state from which the feed goes on.
pub(crate) const STATE_PATH: &str = "/internal/v1/state";
/// Path of the feed.
pub(crate) const CHANGES_PATH: &str = "/internal/v1/changes";

/// What matters here of the state.
#[derive(Deserialize)]
struct State {
    clients: Vec<ClientStatus>,
}

#[derive(Deserialize)]
struct ClientStatus {
    client_id: String,
    status: String,
}

/// What matters here of a change; changes of other things have no status of a client.
#[derive(Deserialize)]
struct Change {
    client_id: Option<String>,
    status: Option<String>,
}

/// Follows the feed until `stop`. While the key manager does not answer, stored clients are asked for
/// again after a while.
pub(crate) async fn follow(clients: &Clients, source: FeedSource, mut stop: StopSignal) {
    let mut follower = FeedFollower::<State, Change>::new(source);
    while let Some(news) = follower.next(&mut stop).await {
        let taken_in = match news {
            FeedNews::State(State { clients: all }) => {
                let all = all.into_iter().map(|client| (client.client_id, client.status));
                clients.take_in_all(all.collect()).await
            }
            FeedNews::Changes(changes) => {
                let changes = changes.into_iter();
                let of_clients = changes.filter_map(|change| change.client_id.zip(change.status));
                clients.take_in(of_clients.collect()).await
            }
            FeedNews::Lost(error) => {
                tracing::debug!(%error, "the key manager's feed was not followed");
                clients.feed_lost();
                continue;
            }
        };
        if let Err(error) = taken_in {
            tracing::warn!(%error, "changes of clients were not taken in");
            clients.feed_lost();
            follower.read_state_again();
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// How long after a failure of the database the state is read again.
const RETRY: Duration = Duration::from_secs(1);
