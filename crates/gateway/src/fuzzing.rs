//! Readers of what strangers send, for the fuzz targets; no part of the interface.

use crate::path::NormalPath;

/// The one form of a request path; `None` where it is refused.
#[must_use]
pub fn normal_path(raw: &str) -> Option<String> {
    NormalPath::parse(raw).ok().map(|path| path.as_str().to_owned())
}
