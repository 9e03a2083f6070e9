//! Clients that were registered a moment ago: asked about, once each.

use super::document::CLIENTS;
use super::known_client::KnownClient;
use moka::future::Cache;
use service_kit::outbound::ServiceClient;
use std::time::Duration;

/// Asks the key manager about clients, one question at a time for each, and remembers the answers
/// for a second.
#[derive(Debug)]
pub(super) struct Newcomers {
    client: ServiceClient,
    key_manager_url: String,
    answers: Cache<String, Newcomer>,
}

/// What the key manager said.
#[derive(Clone, Copy, Debug)]
pub(super) enum Newcomer {
    /// It knows the client.
    Known(KnownClient),
    /// It did not answer as it should.
    NobodyTells,
    /// It knows no such client.
    Stranger,
}

impl Newcomers {
    /// Nobody has been asked about yet.
    pub(super) fn new(client: ServiceClient, key_manager_url: &str) -> Self {
        let answers = Cache::builder().max_capacity(MOST_ANSWERS).time_to_live(MEMORY).build();
        Self { client, key_manager_url: key_manager_url.to_owned(), answers }
    }

    /// Asks about `id`, or shares the question that is under way.
    pub(super) async fn ask(&self, id: &str) -> Newcomer {
        if !can_be_an_id(id) {
            return Newcomer::Stranger;
        }
        self.answers.get_with_by_ref(id, self.fetch(id)).await
    }

    /// Forgets all answers.
    pub(super) fn forget(&self) {
        self.answers.invalidate_all();
    }

    async fn fetch(&self, id: &str) -> Newcomer {
        let url = [&self.key_manager_url, CLIENTS, id].concat();
        match self.client.get(&url).await {
            Ok(Some(client)) => Newcomer::Known(client),
            Ok(None) => Newcomer::Stranger,
            Err(error) => {
                tracing::warn!(%error, "the key manager does not tell about a client");
                Newcomer::NobodyTells
            }
        }
    }
}

/// Ids that the key manager gives: one path segment of unreserved characters (RFC 3986 §2.3).
fn can_be_an_id(id: &str) -> bool {
    let is_unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    id.bytes().all(is_unreserved) && id.bytes().any(|byte| byte != b'.')
}

const MOST_ANSWERS: u64 = 10_000;
const MEMORY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_the_address_is_no_id() {
        for id in ["", ".", "..", "a/b", "a%2fb", "a?b", "a#b", "a b", "a\u{e9}"] {
            assert!(!can_be_an_id(id), "{id}");
        }
        for id in ["a", "a.b", "IYpJFJJCZlHvTQzVXxu1y0fNhRga", "0b1c-2_3~4"] {
            assert!(can_be_an_id(id), "{id}");
        }
    }
}
