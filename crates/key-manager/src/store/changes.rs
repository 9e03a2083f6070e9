//! The ordered feed of changes that the other roles follow.

use super::ClientStatus;
use super::schema::{change, change_counter, client, client_role};
use database::{AnyConnection, UtcMicros};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

/// What has changed, for everybody who follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A client was registered.
    ClientCreated(String),
    /// A client's status, roles or other facts are different now.
    ClientChanged(String),
    /// A client may not authenticate any more, and its tokens count no longer.
    ClientDisabled(String),
    /// A client is gone.
    ClientDeleted(String),
    /// The set of keys that verify access tokens.
    TokenKeysChanged,
    /// One access token.
    TokenRevoked {
        /// Its `jti`.
        jti: String,
        /// Whose.
        client_id: String,
        /// Its `exp`.
        expires_at: UtcMicros,
    },
    /// The set of certificates trusted one by one.
    TrustChanged,
}

/// One change with its place in the order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct RecordedChange {
    pub(crate) position: i64,
    /// As it was recorded, maybe by another version: not read, passed on.
    #[serde(flatten)]
    pub(crate) entry: Map<String, Value>,
}

/// Changes after a position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ChangePage {
    /// The next ones in their order, maybe none.
    Changes {
        /// They.
        changes: Vec<RecordedChange>,
        /// That of the feed up to the last of them.
        history: String,
    },
    /// What came after the position is not kept any more, or the position is of no change of ours.
    Gone,
}

/// Until where a reader knows a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FeedPosition {
    /// Of the last change that it knows; 0 for none.
    pub(crate) position: i64,
    /// What the feed was up to there, where the reader says so.
    pub(crate) history: Option<String>,
}

/// Where a feed is.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = change_counter)]
pub(crate) struct FeedEnd {
    /// Of the last change; 0 before the first.
    #[diesel(column_name = last_position)]
    pub(crate) position: i64,
    /// Stands for all changes up to there.
    pub(crate) history: String,
}

/// The facts of a client that readers need to judge its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ClientFacts {
    pub(crate) client_id: String,
    pub(crate) status: &'static str,
    pub(crate) roles: Vec<String>,
    /// Unix seconds; tokens issued earlier count no longer.
    pub(crate) tokens_not_before: i64,
}

#[derive(Serialize)]
struct ClientEntry {
    r#type: &'static str,
    #[serde(flatten)]
    client: ClientFacts,
}

#[derive(Serialize)]
struct TokenRevokedEntry<'c> {
    r#type: &'static str,
    client_id: &'c str,
    jti: &'c str,
    /// Unix seconds.
    expires_at: i64,
}

#[derive(Serialize)]
struct BareEntry {
    r#type: &'static str,
}

impl Change {
    /// Records the change in the caller's unit of work, after everything else that the unit writes:
    /// other writers wait from here until it is committed. Gives the change's position.
    ///
    /// Positions have no gaps and become visible in their order, however many write at once.
    pub(crate) fn record(
        &self,
        connection: &mut AnyConnection,
        now: UtcMicros,
    ) -> QueryResult<i64> {
        let entry = self.entry(connection, now)?;
        let (position, before) = diesel::update(change_counter::table)
            .set(change_counter::last_position.eq(change_counter::last_position + 1))
            .returning((change_counter::last_position, change_counter::history))
            .get_result::<(i64, String)>(connection)?;
        diesel::update(change_counter::table)
            .set(change_counter::history.eq(history(&before, position, &entry, now)))
            .execute(connection)?;
        diesel::insert_into(change::table)
            .values((
                change::position.eq(position),
                change::entry.eq(entry),
                change::recorded_at.eq(now),
                change::history.eq(before),
            ))
            .execute(connection)?;
        Ok(position)
    }

    fn entry(&self, connection: &mut AnyConnection, now: UtcMicros) -> QueryResult<String> {
        let r#type = self.as_str();
        match self {
            Self::ClientCreated(id) | Self::ClientChanged(id) | Self::ClientDisabled(id) => {
                let client = ClientFacts::find(connection, id)?;
                json(&ClientEntry { r#type, client })
            }
            Self::ClientDeleted(id) => {
                json(&ClientEntry { r#type, client: ClientFacts::deleted(id, now) })
            }
            Self::TokenRevoked { jti, client_id, expires_at } => {
                let expires_at = seconds(*expires_at);
                json(&TokenRevokedEntry { r#type, client_id, jti, expires_at })
            }
            Self::TokenKeysChanged | Self::TrustChanged => json(&BareEntry { r#type }),
        }
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::ClientCreated(_) => "client_created",
            Self::ClientChanged(_) => "client_changed",
            Self::ClientDisabled(_) => "client_disabled",
            Self::ClientDeleted(_) => "client_deleted",
            Self::TokenKeysChanged => "token_keys_changed",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::TrustChanged => TRUST_CHANGED,
        }
    }
}

impl ChangePage {
    /// At most `limit` changes after `known`.
    pub(crate) fn read(
        connection: &mut AnyConnection,
        known: &FeedPosition,
        limit: i64,
    ) -> QueryResult<Self> {
        let end = feed_end(connection)?;
        let mut rows = change::table
            .filter(change::position.gt(known.position).and(change::position.le(end.position)))
            .order(change::position)
            .limit(limit.saturating_add(1))
            .select((change::position, change::entry, change::history))
            .load::<(i64, String, String)>(connection)?;
        // Positions have no gaps: whatever follows something that is missing starts later.
        let (follows, history) = match rows.first() {
            Some((first, _, before)) => (*first == known.position.saturating_add(1), before),
            None => (end.position == known.position, &end.history),
        };
        if !follows || known.history.as_ref().is_some_and(|known| known != history) {
            return Ok(Self::Gone);
        }
        let beyond = rows.split_off(rows.len().min(usize::try_from(limit).unwrap_or(usize::MAX)));
        let history = beyond.into_iter().next().map_or(end.history, |(.., before)| before);
        let changes = rows.into_iter().map(|(position, entry, _)| (position, entry));
        let changes = changes.map(RecordedChange::read).collect::<QueryResult<_>>()?;
        Ok(Self::Changes { changes, history })
    }
}

impl From<FeedEnd> for FeedPosition {
    fn from(end: FeedEnd) -> Self {
        Self { position: end.position, history: Some(end.history) }
    }
}

impl RecordedChange {
    fn read((position, entry): (i64, String)) -> QueryResult<Self> {
        let entry = serde_json::from_str(&entry)
            .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
        Ok(Self { position, entry })
    }
}

impl ClientFacts {
    /// Of all clients, in the order of their ids.
    pub(crate) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Self>> {
        let clients = client::table
            .order(client::client_id)
            .select((client::client_id, client::status, client::created_at))
            .load::<(String, String, UtcMicros)>(connection)?;
        let mut roles = client_role::table
            .order((client_role::client_id, client_role::role))
            .select((client_role::client_id, client_role::role))
            .load::<(String, String)>(connection)?
            .into_iter()
            .peekable();
        let with_roles = clients.into_iter().map(|(client_id, status, created_at)| {
            let mut own = Vec::new();
            while let Some((_, role)) = roles.next_if(|(owner, _)| *owner == client_id) {
                own.push(role);
            }
            Self::of(client_id, &status, own, created_at)
        });
        Ok(with_roles.collect())
    }

    fn find(connection: &mut AnyConnection, id: &str) -> QueryResult<Self> {
        let (status, created_at) = client::table
            .find(id)
            .select((client::status, client::created_at))
            .first::<(String, UtcMicros)>(connection)?;
        let roles = client_role::table
            .filter(client_role::client_id.eq(id))
            .order(client_role::role)
            .select(client_role::role)
            .load(connection)?;
        Ok(Self::of(id.to_owned(), &status, roles, created_at))
    }

    fn of(client_id: String, status: &str, roles: Vec<String>, created_at: UtcMicros) -> Self {
        Self {
            client_id,
            status: ClientStatus::from_column(status).as_str(),
            roles,
            tokens_not_before: seconds(created_at),
        }
    }

    fn deleted(id: &str, now: UtcMicros) -> Self {
        Self {
            client_id: id.to_owned(),
            status: "deleted",
            roles: Vec::new(),
            tokens_not_before: seconds(now),
        }
    }
}

/// The position of the last change; 0 before the first.
pub(crate) fn last_position(connection: &mut AnyConnection) -> QueryResult<i64> {
    change_counter::table.select(change_counter::last_position).first(connection)
}

/// Where the feed is.
pub(crate) fn feed_end(connection: &mut AnyConnection) -> QueryResult<FeedEnd> {
    change_counter::table.select(FeedEnd::as_select()).first(connection)
}

/// The history up to and with a change; `before` is that before it.
fn history(before: &str, position: i64, entry: &str, now: UtcMicros) -> String {
    let text = format!("{before}\n{position}\n{}\n{entry}", now.0);
    let mut digest = jose::sha256_base64url(text.as_bytes());
    digest.truncate(HISTORY_LENGTH);
    digest
}

/// 96 bits: enough for what nobody forges.
const HISTORY_LENGTH: usize = 16;

/// Deletes at most `limit` of the oldest changes recorded before `before`; the number deleted.
pub(crate) fn sweep_changes(
    connection: &mut AnyConnection,
    before: UtcMicros,
    limit: i64,
) -> QueryResult<usize> {
    let oldest = change::table
        .order(change::position)
        .limit(limit)
        .select((change::position, change::recorded_at))
        .load::<(i64, UtcMicros)>(connection)?;
    // From the oldest on without a gap, whatever the clocks of the replicas said.
    let last = oldest.into_iter().take_while(|(_, recorded_at)| *recorded_at < before).last();
    let Some((last, _)) = last else { return Ok(0) };
    diesel::delete(change::table.filter(change::position.le(last))).execute(connection)
}

/// The type of [`Change::TrustChanged`].
pub(crate) const TRUST_CHANGED: &str = "trust_changed";

fn seconds(at: UtcMicros) -> i64 {
    at.0.div_euclid(1_000_000)
}

fn json(entry: &impl Serialize) -> QueryResult<String> {
    serde_json::to_string(entry)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))
}
