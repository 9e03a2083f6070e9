//! Whether the client takes JSON (RFC 9110 §12.5.1).

use actix_web::http::header::{ACCEPT, HeaderMap};

/// Whether `Accept` is absent or allows `application/json`.
pub(super) fn allows_json(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(ACCEPT).peekable();
    if ranges.peek().is_none() {
        return true;
    }
    // The most specific range decides (RFC 9110 §12.5.1); `None` says nothing about JSON.
    let best = ranges
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .max_by_key(|range| range.specificity);
    best.is_some_and(|range| range.acceptable)
}

struct Range {
    specificity: u8,
    acceptable: bool,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let specificity = match parts.next()?.to_ascii_lowercase().as_str() {
            "application/json" => 2,
            "application/*" => 1,
            "*/*" => 0,
            _ => return None,
        };
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>())
        });
        // An unreadable weight is no reason to refuse.
        let acceptable = !matches!(quality, Some(Ok(quality)) if quality <= 0.0);
        Some(Self { specificity, acceptable })
    }
}

#[cfg(test)]
mod tests {
    use super::allows_json;
    use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

    fn accepts(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(value));
        allows_json(&headers)
    }

    #[test]
    fn a_client_that_does_not_take_json_is_told_so() {
        for value in [
            "application/jose+jwe",
            "text/html",
            "application/json;q=0",
            "",
            "*/*, application/json;q=0",
            "image/*",
        ] {
            assert!(!accepts(value), "{value}");
        }
    }

    #[test]
    fn json_is_taken_in_every_spelling() {
        assert!(allows_json(&HeaderMap::new()));
        for value in [
            "application/json",
            "application/json; charset=utf-8",
            "*/*",
            "application/*;q=0.1",
            "text/html, application/json;q=0.9",
            "Application/JSON",
            "application/jose+jwe, */*;q=0.1",
        ] {
            assert!(accepts(value), "{value}");
        }
    }
}
