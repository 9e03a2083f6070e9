//! The `Authorization` header of Basic authentication (RFC 7617).

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A name and a password that somebody claims.
pub(super) struct ClaimedCredentials {
    pub(super) name: String,
    pub(super) password: String,
}

/// The one `Authorization` value of a request; repeated ones could mean two users.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

impl ClaimedCredentials {
    /// Reads `Basic` credentials; the scheme in any case, the rest as RFC 7617 §2 says.
    pub(super) fn parse(value: &HeaderValue) -> Option<Self> {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::ClaimedCredentials;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn the_documented_header_names_the_documented_pair() {
        let value = HeaderValue::from_static("Basic YWRtaW5Ad3NvMi5jb206d3NvMjEyMw==");
        let claimed = ClaimedCredentials::parse(&value).unwrap();
        assert_eq!((&*claimed.name, &*claimed.password), ("admin@wso2.com", "wso2123"));
    }

    #[test]
    fn anything_but_basic_credentials_is_nobody() {
        for value in [
            "",
            "Basic",
            "Basic ",
            "Basic !!!",
            "Bearer YTpi",
            "Basic bm9jb2xvbg==",
            "YTpi",
            "Basic /////w==",
        ] {
            assert!(
                ClaimedCredentials::parse(&HeaderValue::from_static(value)).is_none(),
                "{value}"
            );
        }
        assert!(
            ClaimedCredentials::parse(&HeaderValue::from_bytes(b"Basic \xff").unwrap()).is_none()
        );
    }
}
