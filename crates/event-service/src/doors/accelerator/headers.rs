//! `x-wso2-client_id` and `x-wso2-resource_id`, in either spelling.

use super::Version;
use actix_web::http::header::HeaderMap;

/// A header of these doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DoorHeader {
    ClientId,
    ResourceId,
}

/// Why a header has no usable value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidHeader {
    /// Repeated, or the two spellings differ.
    #[error("ambiguous header")]
    Ambiguous,
    /// Characters that this header must not have.
    #[error("unacceptable characters")]
    Characters,
    /// Absent or blank; with the name to say so.
    #[error("missing header {0}")]
    Missing(&'static str),
}

impl DoorHeader {
    /// The name in texts, which follows the version.
    pub(super) fn name(self, version: Version) -> &'static str {
        let [underscore, hyphen] = self.spellings();
        match version {
            Version::V3 => underscore,
            Version::V4 => hyphen,
        }
    }

    /// The one value, whichever spelling it came in.
    pub(super) fn read(
        self,
        headers: &HeaderMap,
        version: Version,
    ) -> Result<String, InvalidHeader> {
        let mut found: Option<&str> = None;
        for spelling in self.spellings() {
            let mut values = headers.get_all(spelling);
            let Some(value) = values.next() else { continue };
            let value = value.to_str().map_err(|_| InvalidHeader::Characters)?.trim();
            if values.next().is_some() || found.is_some_and(|other| other != value) {
                return Err(InvalidHeader::Ambiguous);
            }
            found = Some(value);
        }
        match found {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(InvalidHeader::Missing(self.name(version))),
        }
    }

    fn spellings(self) -> [&'static str; 2] {
        match self {
            Self::ClientId => ["x-wso2-client_id", "x-wso2-client-id"],
            Self::ResourceId => ["x-wso2-resource_id", "x-wso2-resource-id"],
        }
    }
}

/// The one value of a header that need not be there.
pub(super) fn optional<'h>(
    headers: &'h HeaderMap,
    name: &str,
) -> Result<Option<&'h str>, InvalidHeader> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(InvalidHeader::Ambiguous);
    }
    value.to_str().map(|value| Some(value.trim())).map_err(|_| InvalidHeader::Characters)
}

/// A resource id without the characters that WSO2 refuses: underscore, dot, colon and slash are
/// among them, the hyphen of a UUID is not.
pub(super) fn resource_id(value: String) -> Result<String, InvalidHeader> {
    if value.contains(|c| REFUSED_IN_RESOURCE_ID.contains(c)) {
        return Err(InvalidHeader::Characters);
    }
    Ok(value)
}

const REFUSED_IN_RESOURCE_ID: &str = "!@#$%&*()'+,./:;<=>?[]^_`{|}";

#[cfg(test)]
mod tests {
    use super::{DoorHeader, InvalidHeader, Version, resource_id};
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    fn read(headers: &[(&'static str, &'static [u8])]) -> Result<String, InvalidHeader> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        DoorHeader::ClientId.read(&map, Version::V3)
    }

    #[test]
    fn either_spelling_names_the_client_and_both_may_agree() {
        assert_eq!(read(&[("x-wso2-client_id", b"abc")]).unwrap(), "abc");
        assert_eq!(read(&[("x-wso2-client-id", b" abc ")]).unwrap(), "abc");
        assert!(read(&[("x-wso2-client_id", b"abc"), ("x-wso2-client-id", b"abc")]).is_ok());
    }

    #[test]
    fn a_repeated_or_contradictory_header_is_refused() {
        for headers in [
            [("x-wso2-client_id", &b"abc"[..]), ("x-wso2-client_id", b"abc")],
            [("x-wso2-client_id", b"abc"), ("x-wso2-client-id", b"abd")],
            [("x-wso2-client_id", b""), ("x-wso2-client-id", b"abd")],
        ] {
            assert_eq!(read(&headers), Err(InvalidHeader::Ambiguous));
        }
        assert_eq!(read(&[("x-wso2-client_id", b"\xff")]), Err(InvalidHeader::Characters));
    }

    #[test]
    fn a_blank_header_is_missing_under_the_name_of_the_version() {
        assert_eq!(
            read(&[("x-wso2-client_id", b" ")]),
            Err(InvalidHeader::Missing("x-wso2-client_id"))
        );
        assert_eq!(read(&[]), Err(InvalidHeader::Missing("x-wso2-client_id")));
        assert_eq!(DoorHeader::ClientId.name(Version::V4), "x-wso2-client-id");
    }

    #[test]
    fn a_resource_id_has_none_of_the_refused_characters() {
        for c in "!@#$%&*()'+,./:;<=>?[]^_`{|}".chars() {
            assert_eq!(resource_id(format!("a{c}b")), Err(InvalidHeader::Characters), "{c}");
        }
        assert!(resource_id("1d80478b-1d18-4e44-8e3b-92cf2a35e4b0".to_owned()).is_ok());
    }
}
