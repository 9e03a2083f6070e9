//! Queries of lists.

use crate::event::EventId;
use crate::store::{EventStatus, OutcomeKind};
use actix_web::web;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A parameter at fault.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct InvalidQuery(pub(super) String);

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ListQuery {
    pub(super) client_id: Option<String>,
    pub(super) status: Option<String>,
    #[serde(rename = "type")]
    pub(super) event_type: Option<String>,
    pub(super) created_from: Option<String>,
    pub(super) created_before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) limit: Option<String>,
}

/// Whose backlog is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BacklogQuery {
    pub(super) client_id: String,
}

/// Reads a query string; unknown and repeated parameters are refused.
pub(super) fn read<T: DeserializeOwned>(query: &str) -> Result<T, InvalidQuery> {
    web::Query::<T>::from_query(query)
        .map(web::Query::into_inner)
        .map_err(|error| InvalidQuery(error.to_string()))
}

/// A time in RFC 3339.
pub(super) fn time(name: &str, text: &str) -> Result<Timestamp, InvalidQuery> {
    text.parse()
        .map_err(|_| InvalidQuery(format!("{name}: must be a time such as 2026-01-31T12:00:00Z")))
}

/// An event's id.
pub(super) fn event_id(name: &str, text: &str) -> Result<EventId, InvalidQuery> {
    EventId::from_delivered(text)
        .ok_or_else(|| InvalidQuery(format!("{name}: must be an event's id")))
}

/// How many, from 1 to `most`.
pub(super) fn limit(name: &str, text: &str, most: usize) -> Result<usize, InvalidQuery> {
    text.parse()
        .ok()
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| InvalidQuery(format!("{name}: must be a number from 1 to {most}")))
}

/// A status by its name.
pub(super) fn status(text: &str) -> Result<EventStatus, InvalidQuery> {
    Ok(match text {
        "open" => EventStatus::Open,
        "acknowledged" => EventStatus::Ended(OutcomeKind::Acknowledged),
        "errored" => EventStatus::Ended(OutcomeKind::Errored),
        "expired" => EventStatus::Ended(OutcomeKind::Expired),
        "exhausted" => EventStatus::Ended(OutcomeKind::Exhausted),
        "not_subscribed" => EventStatus::Ended(OutcomeKind::NotSubscribed),
        "forgotten" => EventStatus::Forgotten,
        _ => {
            let names =
                "open, acknowledged, errored, expired, exhausted, not_subscribed, forgotten";
            return Err(InvalidQuery(format!("status: must be one of {names}")));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{ListQuery, event_id, limit, read, status, time};

    #[test]
    fn a_parameter_that_is_unknown_repeated_or_no_value_is_refused() {
        assert!(read::<ListQuery>("").is_ok());
        assert!(read::<ListQuery>("type=a&client_id=b").is_ok());
        for query in ["x=1", "limit=1&limit=2", "Status=open"] {
            assert!(read::<ListQuery>(query).is_err(), "{query}");
        }
        for text in ["", "0", "-1", "1.5", "101", "99999999999999999999"] {
            assert!(limit("limit", text, 100).is_err(), "{text}");
        }
        assert_eq!(limit("limit", "100", 100), Ok(100));
        for text in ["", "yesterday", "2026-01-31", "2026-01-31T12:00:00"] {
            assert!(time("created_from", text).is_err(), "{text}");
        }
        assert!(time("created_from", "2026-01-31T12:00:00.5+01:00").is_ok());
        for text in ["", "x", "019B7661-8000-7000-8000-00000000ABCD"] {
            assert!(event_id("after", text).is_err(), "{text}");
        }
        assert!(status("reopened").is_err());
    }
}
