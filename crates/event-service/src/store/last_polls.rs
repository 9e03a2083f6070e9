//! When clients last polled.

use super::schema::last_poll;
use super::{ClientNo, Store};
use crate::last_poll::LastPoll;
use database::{DatabaseError, UtcMicros, each};
use diesel::prelude::*;
use jiff::Timestamp;

impl Store {
    /// The last poll of a client that was written.
    pub(crate) async fn last_poll(
        &self,
        client_no: ClientNo,
    ) -> Result<Option<LastPoll>, DatabaseError> {
        self.database
            .read(move |conn| {
                let row = last_poll::table
                    .find(client_no.0)
                    .select((
                        last_poll::at,
                        last_poll::sets,
                        last_poll::released,
                        last_poll::more_available,
                    ))
                    .first::<(UtcMicros, i32, i32, bool)>(conn)
                    .optional()?;
                Ok(row.and_then(|(at, sets, released, more_available)| {
                    Some(LastPoll {
                        at: Timestamp::try_from(at).ok()?,
                        sets: usize::try_from(sets).unwrap_or_default(),
                        released: usize::try_from(released).unwrap_or_default(),
                        more_available,
                    })
                }))
            })
            .await
    }

    /// Writes the polls that are later than what is written.
    pub(crate) async fn write_last_polls(
        &self,
        polls: Vec<(ClientNo, LastPoll)>,
    ) -> Result<(), DatabaseError> {
        self.database
            .write(move |conn| {
                for (client_no, poll) in &polls {
                    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
                    let row = (
                        last_poll::client_no.eq(client_no.0),
                        last_poll::at.eq(UtcMicros::from(poll.at)),
                        last_poll::sets.eq(number(poll.sets)),
                        last_poll::released.eq(number(poll.released)),
                        last_poll::more_available.eq(poll.more_available),
                    );
                    let inserted = each!(conn => diesel::insert_into(last_poll::table)
                        .values(row)
                        .on_conflict_do_nothing()
                        .execute(conn))?;
                    if inserted == 0 {
                        let earlier = last_poll::table
                            .find(client_no.0)
                            .filter(last_poll::at.lt(UtcMicros::from(poll.at)));
                        diesel::update(earlier).set((row.1, row.2, row.3, row.4)).execute(conn)?;
                    }
                }
                Ok(())
            })
            .await
    }
}
