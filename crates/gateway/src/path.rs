//! The one form of a path that is both routed and forwarded.

use std::borrow::Cow;

/// A request path that every server behind the gateway reads the same way.
///
/// Percent-encoded unreserved characters are decoded and the hexadecimal digits of the others made
/// upper-case (RFC 3986 §6.2.2). What servers are known to read differently is not normalised but
/// refused: empty, `.` and `..` segments, encoded separators, path parameters (`;`), backslashes,
/// NUL, an encoded percent sign (decoded twice somewhere), bytes that are not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NormalPath<'r>(Cow<'r, str>);

/// A path that is refused because two servers could read it differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AmbiguousPath;

impl<'r> NormalPath<'r> {
    /// Normalises the path of a request target.
    pub(crate) fn parse(raw: &'r str) -> Result<Self, AmbiguousPath> {
        if !raw.starts_with('/') {
            return Err(AmbiguousPath);
        }
        let path =
            if raw.bytes().all(is_plain) { Cow::Borrowed(raw) } else { decoded(raw)?.into() };
        if segments_are_ambiguous(&path) {
            return Err(AmbiguousPath);
        }
        Ok(Self(path))
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Decodes what may be decoded, keeps what must stay encoded, refuses the rest.
fn decoded(raw: &str) -> Result<String, AmbiguousPath> {
    let bytes = raw.as_bytes();
    let mut normal = String::with_capacity(raw.len());
    let mut meant = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < bytes.len() {
        if is_plain(bytes[at]) {
            normal.push(char::from(bytes[at]));
            meant.push(bytes[at]);
            at += 1;
        } else if bytes[at] == b'%' {
            let byte = encoded_byte(bytes.get(at + 1..at + 3).ok_or(AmbiguousPath)?)?;
            push_encoded(&mut normal, byte)?;
            meant.push(byte);
            at += 3;
        } else {
            return Err(AmbiguousPath);
        }
    }
    std::str::from_utf8(&meant).map_err(|_| AmbiguousPath)?;
    Ok(normal)
}

fn encoded_byte(digits: &[u8]) -> Result<u8, AmbiguousPath> {
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(AmbiguousPath);
    let byte = digit(digits[0])? << 4 | digit(digits[1])?;
    u8::try_from(byte).map_err(|_| AmbiguousPath)
}

fn push_encoded(normal: &mut String, byte: u8) -> Result<(), AmbiguousPath> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    match byte {
        0..=0x1f | 0x7f | b'/' | b'\\' | b';' | b'%' => return Err(AmbiguousPath),
        unreserved if is_unreserved(unreserved) => normal.push(char::from(unreserved)),
        other => {
            normal.push('%');
            normal.push(char::from(DIGITS[usize::from(other >> 4)]));
            normal.push(char::from(DIGITS[usize::from(other & 0xf)]));
        }
    }
    Ok(())
}

/// After decoding, so that encoded dots count.
fn segments_are_ambiguous(path: &str) -> bool {
    let mut segments = path[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if segment == "." || segment == ".." || (segment.is_empty() && !is_last) {
            return true;
        }
    }
    false
}

/// `pchar` of RFC 3986 §3.3 without `;` and the percent sign, and the separator.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b':'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b'='
        )
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_that_servers_read_differently_are_refused() {
        for raw in [
            "",
            "events",
            "*",
            "//events",
            "/a//b",
            "/./events",
            "/a/../events",
            "/a/..",
            "/.",
            "/%2e/events",
            "/%2E%2e/events",
            "/a/%2e%2e",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/events;x",
            "/events%3bx",
            "/events%00",
            "/events%0d%0a",
            "/events%7f",
            "/%252e",
            "/events%",
            "/events%4",
            "/events%zz",
            "/%c0%ae",
            "/%c0%af",
            "/%ff",
            "/caf\u{e9}",
            "/a b",
            "/a\"b",
            "/a<b",
            "/{id}",
        ] {
            assert_eq!(NormalPath::parse(raw), Err(AmbiguousPath), "{raw}");
        }
    }

    #[test]
    fn unreserved_characters_are_decoded_and_digits_made_upper_case() {
        let normal = |raw| NormalPath::parse(raw).unwrap().as_str().to_owned();
        assert_eq!(normal("/open-banking/v3%2e1/%65vents"), "/open-banking/v3.1/events");
        assert_eq!(normal("/caf%c3%a9/%20"), "/caf%C3%A9/%20");
        assert_eq!(normal("/events/"), "/events/");
        assert_eq!(normal("/a:b@c"), "/a:b@c");
    }

    proptest! {
        #[test]
        fn a_normal_path_is_its_own_normal_form(raw in "/[ -~\u{80}-\u{ff}]{0,40}") {
            if let Ok(path) = NormalPath::parse(&raw) {
                prop_assert_eq!(NormalPath::parse(path.as_str()), Ok(path.clone()));
            }
        }

        #[test]
        fn no_normal_path_hides_a_separator_or_a_dot_segment(raw in "/([a.;/\\\\]|%2[eEfF5]|%5[cC]|%3[bB]|%00|%[0-9a-f]{2}){0,12}") {
            if let Ok(path) = NormalPath::parse(&raw) {
                let lower = path.as_str().to_ascii_lowercase();
                for hidden in ["%2e", "%2f", "%5c", "%3b", "%25", "%00", "//", "/./", "/../", ";", "\\"] {
                    prop_assert!(!lower.contains(hidden), "{} in {}", hidden, lower);
                }
                prop_assert!(!lower.ends_with("/.") && !lower.ends_with("/.."));
            }
        }
    }
}
