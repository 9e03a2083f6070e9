//! Everything that readers of the feed start from, in one consistent read.

use super::changes::{ClientFacts, FeedEnd, feed_end};
use super::schema::{revoked_token, trusted_certificate};
use database::{AnyConnection, UtcMicros};
use diesel::prelude::*;

/// What there is at a position of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) end: FeedEnd,
    pub(crate) clients: Vec<ClientFacts>,
    pub(crate) revoked_tokens: Vec<RevokedToken>,
    /// DER.
    pub(crate) trusted_certificates: Vec<Vec<u8>>,
}

/// A token that counts no longer although it has not expired.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = revoked_token)]
pub(crate) struct RevokedToken {
    pub(crate) jti: String,
    pub(crate) client_id: String,
    pub(crate) expires_at: UtcMicros,
}

impl State {
    /// Reads the state; tokens that have expired by `now` are left out.
    pub(crate) fn read(connection: &mut AnyConnection, now: UtcMicros) -> QueryResult<Self> {
        Ok(Self {
            end: feed_end(connection)?,
            clients: ClientFacts::all(connection)?,
            revoked_tokens: revoked_token::table
                .filter(revoked_token::expires_at.gt(now))
                .order(revoked_token::jti)
                .select(RevokedToken::as_select())
                .load(connection)?,
            trusted_certificates: trusted_certificate::table
                .order(trusted_certificate::alias)
                .select(trusted_certificate::certificate)
                .load(connection)?,
        })
    }
}
