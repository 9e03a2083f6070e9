//! Which media type a body is said to have.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};

/// Whether the one `Content-Type` is `expected`, in UTF-8 where it names a character set.
pub(crate) fn is(headers: &HeaderMap, expected: &str) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(expected))
        && parts.all(is_utf8_or_unrelated)
}

fn is_utf8_or_unrelated(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return parameter.is_empty() };
    !name.trim().eq_ignore_ascii_case("charset")
        || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

#[cfg(test)]
mod tests {
    use super::is;
    use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

    fn json(values: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        is(&headers, "application/json")
    }

    #[test]
    fn another_missing_or_repeated_type_or_character_set_is_refused() {
        assert!(!json(&[]));
        assert!(!json(&["application/json", "application/json"]));
        for value in [
            "",
            "text/plain",
            "application/jsonx",
            "application/json; charset=iso-8859-1",
            "application/json, text/plain",
            "application/json; x",
        ] {
            assert!(!json(&[value]), "{value}");
        }
    }

    #[test]
    fn case_and_a_utf_8_character_set_do_not_matter() {
        for value in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json;",
        ] {
            assert!(json(&[value]), "{value}");
        }
    }
}
