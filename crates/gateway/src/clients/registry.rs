//! All clients and all revoked tokens, as the feed has told of them.

use super::document::{NamedClient, RevokedToken};
use super::known_client::{KnownClient, Status};
use super::shards::Shards;

/// Read by every call, written by the feed alone.
#[derive(Debug)]
pub(super) struct Registry {
    clients: Shards<Entry>,
    /// Revoked tokens with the time they expire, seconds since the epoch.
    revoked: Shards<i64>,
    most_revoked: usize,
}

/// A client, and when the feed last told of it, seconds since the epoch.
#[derive(Clone, Copy, Debug)]
struct Entry {
    client: KnownClient,
    told_at: i64,
}

impl Registry {
    /// Nobody is known.
    pub(super) fn new() -> Self {
        Self { clients: Shards::new(), revoked: Shards::new(), most_revoked: MOST_REVOKED }
    }

    /// The client with this id.
    pub(super) fn client(&self, id: &str) -> Option<KnownClient> {
        self.clients.get(id).map(|entry| entry.client)
    }

    /// Whether the token with this id is revoked.
    pub(super) fn is_revoked(&self, token_id: &str) -> bool {
        self.revoked.get(token_id).is_some()
    }

    /// Notes what a client is now. What refuses its older tokens stays.
    pub(super) fn tell(&self, named: &NamedClient, now: i64) {
        let mut client = named.client;
        if let Some(before) = self.client(&named.client_id) {
            client.tokens_not_before = client.tokens_not_before.max(before.tokens_not_before);
        }
        self.clients.insert(&named.client_id, Entry { client, told_at: now });
    }

    /// Notes a revoked token. Beyond [`MOST_REVOKED`] it takes all older tokens of its client with
    /// it: memory is bounded, and no revoked token ever works again.
    pub(super) fn revoke(&self, token: &RevokedToken, now: i64) {
        if self.revoked.len() < self.most_revoked {
            self.revoked.insert(&token.jti, token.expires_at);
            return;
        }
        if let Some(mut client) = self.client(&token.client_id) {
            client.tokens_not_before = client.tokens_not_before.max(now.saturating_add(1));
            self.clients.insert(&token.client_id, Entry { client, told_at: now });
        }
        tracing::error!(
            client_id = token.client_id,
            "too many revoked tokens, all tokens of the client are refused up to now"
        );
    }

    /// Forgets revoked tokens that nobody accepts any more, and clients deleted so long ago that no
    /// answer from before their deletion can be under way.
    pub(super) fn sweep(&self, now: i64, skew: i64) {
        self.revoked.retain(|expires_at| expires_at.saturating_add(skew) > now);
        self.clients.retain(|entry| {
            entry.client.status != Status::Deleted
                || entry.told_at.saturating_add(DELETED_SECONDS) > now
        });
    }

    /// How many clients and revoked tokens there are.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.clients.len(), self.revoked.len())
    }
}

/// Revoked tokens that are remembered one by one.
const MOST_REVOKED: usize = 500_000;
/// Longer than a question to the key manager and the memory of its answer take together.
const DELETED_SECONDS: i64 = 60;

#[cfg(test)]
mod tests {
    use super::super::role::Roles;
    use super::*;

    fn client(status: Status, tokens_not_before: i64) -> NamedClient {
        let client = KnownClient { status, roles: Roles::default(), tokens_not_before };
        NamedClient { client_id: "c".to_owned(), client }
    }

    fn token(jti: &str, expires_at: i64) -> RevokedToken {
        RevokedToken { jti: jti.to_owned(), client_id: "c".to_owned(), expires_at }
    }

    #[test]
    fn a_revoked_token_is_remembered_until_nobody_accepts_it() {
        let registry = Registry::new();
        registry.revoke(&token("a", 100), 0);
        registry.sweep(129, 30);
        assert!(registry.is_revoked("a"));
        registry.sweep(130, 30);
        assert!(!registry.is_revoked("a"));
    }

    #[test]
    fn more_revoked_tokens_than_are_remembered_take_their_clients_other_tokens_with_them() {
        let registry = Registry { most_revoked: 2, ..Registry::new() };
        registry.tell(&client(Status::Active, 5), 10);
        for jti in ["a", "b", "c"] {
            registry.revoke(&token(jti, 100), 10);
        }
        assert_eq!(registry.sizes(), (1, 2));
        assert_eq!(registry.client("c").unwrap().tokens_not_before, 11);
        registry.tell(&client(Status::Active, 5), 12);
        assert_eq!(registry.client("c").unwrap().tokens_not_before, 11, "whatever is told later");
    }

    #[test]
    fn a_deleted_client_is_remembered_for_a_while_and_forgotten_then() {
        let registry = Registry::new();
        registry.tell(&client(Status::Deleted, 0), 10);
        registry.sweep(69, 0);
        assert!(registry.client("c").is_some());
        registry.sweep(70, 0);
        assert!(registry.client("c").is_none());
    }

    #[test]
    fn other_clients_are_never_forgotten() {
        let registry = Registry::new();
        for status in [Status::Active, Status::Disabled] {
            registry.tell(&client(status, 0), 10);
            registry.sweep(i64::MAX, 0);
            assert!(registry.client("c").is_some());
        }
    }
}
