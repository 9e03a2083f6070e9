//! Pages of lists, by the name of their entries.

use super::error::invalid;
use crate::clients::RegistrationError;
use serde::Deserialize;

/// Entries of a page unless the caller asks for fewer or more.
const PAGE: i64 = 20;
/// The most entries of a page.
const MAX_PAGE: i64 = 100;

/// Which page.
#[derive(Deserialize)]
pub(super) struct Page {
    limit: Option<String>,
    after: Option<String>,
}

impl Page {
    /// How many entries.
    pub(super) fn limit(&self) -> Result<i64, RegistrationError> {
        limit(self.limit.as_deref())
    }

    /// The name after which the page begins; empty for the first. What no name can contain must not
    /// reach the database either (PostgreSQL refuses NUL).
    pub(super) fn after(&self, is_name: fn(&str) -> bool) -> Result<&str, RegistrationError> {
        after(self.after.as_deref(), is_name)
    }

    /// Cuts what was read beyond `limit`, and gives the last entry left where there was more.
    pub(super) fn next<T>(read: &mut Vec<T>, limit: i64) -> Option<&T> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = read.len() > limit;
        read.truncate(limit);
        read.last().filter(|_| more)
    }
}

/// The number of entries that a call asks for.
pub(super) fn limit(text: Option<&str>) -> Result<i64, RegistrationError> {
    let limit =
        text.map_or(Ok(PAGE), str::parse).ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
    limit.ok_or_else(|| invalid("limit", "must be 1 to 100"))
}

/// The name after which a page begins; empty for the first.
pub(super) fn after(
    text: Option<&str>,
    is_name: fn(&str) -> bool,
) -> Result<&str, RegistrationError> {
    let after = text.unwrap_or_default();
    if after.is_empty() || is_name(after) {
        Ok(after)
    } else {
        Err(invalid("after", "is not a name of this list"))
    }
}
