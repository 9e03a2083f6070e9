//! Pages of lists: `?limit=&after=`.

use crate::error::ApiError;
use crate::text::InvalidMember;
use serde::{Deserialize, Serialize};

/// Entries of a page unless the caller asks for fewer or more.
const PAGE: i64 = 20;
/// The most entries of a page.
const MAX_PAGE: i64 = 100;
/// The longest key after which a page can begin.
const MAX_KEY: usize = 64;

/// Which page, as the query says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    limit: Option<String>,
    after: Option<String>,
}

/// Which page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Entries after this key.
    pub(crate) after: String,
    limit: i64,
}

/// A page of a list, in the order of its keys.
#[derive(Serialize)]
pub(crate) struct PageOf<T> {
    items: Vec<T>,
    /// `after` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl PageQuery {
    /// Reads the query. Keys of all lists are letters and digits.
    pub(crate) fn page(self) -> Result<Page, ApiError> {
        let limit = self.limit.as_deref().map_or(Ok(PAGE), str::parse);
        let limit = limit.ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
        let limit = limit.ok_or(InvalidMember::new("limit", "must be 1 to 100"))?;
        let after = self.after.unwrap_or_default();
        if after.len() > MAX_KEY || !after.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidMember::new("after", "is not an id").into());
        }
        Ok(Page { after, limit })
    }
}

impl Page {
    /// How many rows to read: one more than the page has, which shows that there is a next one.
    pub(crate) fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Makes a page of `rows`, the keys of which `key` gives.
    pub(crate) fn of<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> String) -> PageOf<T> {
        let more = i64::try_from(rows.len()).is_ok_and(|found| found > self.limit);
        if more {
            rows.pop();
        }
        let next = rows.last().filter(|_| more).map(key);
        PageOf { items: rows, next }
    }
}
