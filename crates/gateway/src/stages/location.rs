//! `Location` of an upstream's answer as the public may see it.

use crate::declarative::ApiDefinition;
use actix_web::http::header::HeaderValue;

/// What becomes of a `Location`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublicLocation {
    /// Below the part of the upstream that the API publishes: the same below the API's context.
    Below(HeaderValue),
    /// Another site's, left as it is.
    Elsewhere,
    /// The upstream's own, outside of what the API publishes: not to be shown.
    Inside,
}

impl PublicLocation {
    /// Judges the `Location` that the upstream of `api` sent.
    pub(super) fn of(location: &HeaderValue, api: &ApiDefinition) -> Self {
        let (origin, base) = api.upstream.split_at(origin_length(&api.upstream));
        let path = location.to_str().ok().map(|text| text.strip_prefix(origin).unwrap_or(text));
        let Some(path) = path.filter(|path| path.starts_with('/')) else {
            return Self::Elsewhere;
        };
        let below = path.strip_prefix(base);
        below
            .filter(|below| below.is_empty() || below.starts_with(['/', '?']))
            .filter(|below| !below.starts_with("//"))
            .and_then(|below| HeaderValue::from_str(&[&api.context, below].concat()).ok())
            .map_or(Self::Inside, Self::Below)
    }
}

/// Length of scheme and authority.
fn origin_length(url: &str) -> usize {
    let authority = url.find("://").map_or(0, |end| end + "://".len());
    url[authority..].find('/').map_or(url.len(), |length| authority + length)
}
