//! Whose token a call carries (RFC 6750 §2.1).

use super::route::{Call, TokenCall};
use crate::refusal::Refusal;
use crate::token::{TokenVerifier, VerifiedToken};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use std::sync::Arc;

/// A routed call with one access token of ours that is valid now, whoever sent it.
#[derive(Debug)]
pub(crate) struct Authenticated<'c> {
    routed: TokenCall<'c>,
    token: Arc<VerifiedToken>,
}

/// Verifies the one bearer token of the `Authorization` header. Tokens in queries and forms are
/// never read (RFC 9700 §4.3.2).
pub(crate) async fn authenticate<'c>(
    routed: TokenCall<'c>,
    headers: &HeaderMap,
    verifier: &TokenVerifier,
) -> Result<Authenticated<'c>, Refusal> {
    let token = verifier.verify(bearer(headers)?).await?;
    Ok(Authenticated { routed, token })
}

impl<'c> Authenticated<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        self.routed.call()
    }

    /// The token.
    pub(crate) fn token(&self) -> &VerifiedToken {
        &self.token
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION);
    let value = values.next().ok_or(Refusal::NoBearer)?;
    if values.next().is_some() {
        return Err(Refusal::RepeatedAuthorization);
    }
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Refusal::NoBearer)?;
    let token = token.trim_matches(' ');
    // The scheme's case does not matter (RFC 9110 §11.1).
    if scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(Refusal::NoBearer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn another_scheme_or_no_token_is_a_missing_credential() {
        for values in [&[][..], &["Basic YTpi"], &["Bearer"], &["Bearer "], &["token"], &[""]] {
            assert!(matches!(bearer(&headers(values)), Err(Refusal::NoBearer)), "{values:?}");
        }
    }

    #[test]
    fn two_authorization_headers_are_refused_even_when_equal() {
        let refused = headers(&["Bearer a.b.c", "Bearer a.b.c"]);
        assert!(matches!(bearer(&refused), Err(Refusal::RepeatedAuthorization)));
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c"] {
            assert_eq!(bearer(&headers(&[value])).unwrap(), "a.b.c");
        }
    }
}
