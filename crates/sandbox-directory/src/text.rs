//! Text that callers bring, judged once; what passes is kept and given back byte for byte.

use url::Url;

/// A member that is not what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {reason}")]
pub(crate) struct InvalidMember {
    pub(crate) member: &'static str,
    pub(crate) reason: String,
}

impl InvalidMember {
    pub(crate) fn new(member: &'static str, reason: impl Into<String>) -> Self {
        Self { member, reason: reason.into() }
    }
}

/// Text of 1 to `longest` characters without control characters.
pub(crate) fn plain(
    member: &'static str,
    text: String,
    longest: usize,
) -> Result<String, InvalidMember> {
    let characters = text.chars().count();
    if !(1..=longest).contains(&characters) {
        return Err(InvalidMember::new(member, format!("must have 1 to {longest} characters")));
    }
    if text.contains(char::is_control) {
        return Err(InvalidMember::new(member, "must not have control characters"));
    }
    Ok(text)
}

/// An absolute URL of at most 256 characters, of any scheme: testers need SSAs with bad ones.
pub(crate) fn url(member: &'static str, text: String) -> Result<String, InvalidMember> {
    let text = plain(member, text, MAX_URL)?;
    if text.contains(char::is_whitespace) || Url::parse(&text).is_err() {
        return Err(InvalidMember::new(member, "must be an absolute URL"));
    }
    Ok(text)
}

/// The same of every member of a list of at most `most`.
pub(crate) fn urls(
    member: &'static str,
    list: Vec<String>,
    most: usize,
) -> Result<Vec<String>, InvalidMember> {
    if list.len() > most {
        return Err(InvalidMember::new(member, format!("must have at most {most} members")));
    }
    list.into_iter().map(|text| url(member, text)).collect()
}

/// The longest URL in an SSA.
const MAX_URL: usize = 256;
