//! Which key signs an access token now: decided in memory, by time alone.

use super::token_key::{CreateKeyError, TokenSigner};
use crate::store::TokenKeyRecord;
use arc_swap::ArcSwap;
use database::{Database, DatabaseError, UtcMicros};
use jiff::{SignedDuration, Timestamp};
use jose::{Algorithm, MasterKey};
use std::sync::Arc;

/// How long this replica has known a key before it signs with it, whatever the database says: twice
/// the time after which every replica's key set holds what is in the database, so that not even a
/// slow commit or a clock that is ahead makes a token that no key set can verify.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(2);

/// The keys of one algorithm in the order in which they sign.
#[derive(Debug)]
pub(crate) struct TokenSigners {
    turns: ArcSwap<Vec<Turn>>,
    database: Database,
    master_key: Arc<MasterKey>,
    algorithm: Algorithm,
}

/// A key and from when it signs.
#[derive(Clone, Debug)]
struct Turn {
    kid: String,
    signs_from: UtcMicros,
    signer: Arc<TokenSigner>,
}

impl TokenSigners {
    /// The keys of `algorithm` in the database; `None` where there is none.
    pub(crate) async fn load(
        database: &Database,
        master_key: &Arc<MasterKey>,
        algorithm: Algorithm,
    ) -> Result<Option<Self>, CreateKeyError> {
        let signers = Self {
            turns: ArcSwap::default(),
            database: database.clone(),
            master_key: Arc::clone(master_key),
            algorithm,
        };
        signers.refresh(Timestamp::MIN).await?;
        Ok(signers.at(Timestamp::MAX).is_some().then_some(signers))
    }

    /// The key that signs at `now`: no lock, no database. Before the first one's time (the clock
    /// was set back) it is the first.
    pub(crate) fn at(&self, now: Timestamp) -> Option<Arc<TokenSigner>> {
        let (turns, now) = (self.turns.load(), UtcMicros::from(now));
        let current = turns.iter().rev().find(|turn| turn.signs_from <= now);
        current.or(turns.first()).map(|turn| Arc::clone(&turn.signer))
    }

    /// Takes in what the database has; keys seen for the first time at `now` sign a little later at
    /// the earliest. What cannot be read leaves everything as it is.
    pub(crate) async fn refresh(&self, now: Timestamp) -> Result<(), CreateKeyError> {
        let records = self
            .database
            .read(|connection| Ok::<_, DatabaseError>(TokenKeyRecord::all(connection)?))
            .await?;
        let records = records.iter().rev().filter(|key| key.alg == self.algorithm.as_str());
        let known = self.turns.load();
        let earliest = UtcMicros::from(now.saturating_add(KNOWN_FOR).unwrap_or(Timestamp::MAX));
        let mut turns = Vec::new();
        for record in records {
            turns.push(match known.iter().find(|turn| turn.kid == record.kid) {
                Some(turn) => turn.clone(),
                None => self.turn(record, earliest)?,
            });
        }
        if !turns.is_empty() && !turns.iter().map(|turn| &turn.kid).eq(known.iter().map(|t| &t.kid))
        {
            self.turns.store(Arc::new(turns));
        }
        Ok(())
    }

    fn turn(&self, record: &TokenKeyRecord, earliest: UtcMicros) -> Result<Turn, CreateKeyError> {
        let signer = Arc::new(TokenSigner::open(record, &self.master_key, self.algorithm)?);
        let signs_from = record.activates_at.max(earliest);
        Ok(Turn { kid: record.kid.clone(), signs_from, signer })
    }
}
