//! What an attempt came to: a class, which decides about the delivery and about the endpoint.

use super::backoff::RetryRule;
use super::breaker::Sign;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use service_kit::outbound::{GuardedAnswer, GuardedError, HeaderMap};

/// How an attempt ended. RFC 8935 §2.2 knows one success, 202; each other class is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptClass {
    /// 202: the receiver has the event.
    Accepted,
    /// 400, or another status that blames the request, without a code that says more.
    BadRequest,
    /// 404 or 410: there is no receiver.
    Gone,
    /// 3xx: not followed.
    Redirect,
    /// The guard does not dial the address that the name has now.
    RefusedAddress,
    /// 400 with a code by which the event will never be accepted.
    Rejected,
    /// 5xx.
    ServerError,
    /// 429.
    Throttled,
    /// No answer in time.
    Timeout,
    /// 401 or 403.
    Unauthorized,
    /// A status of success other than 202, which promises nothing.
    UnexpectedSuccess,
    /// No connection, no TLS or a broken answer.
    Unreachable,
    /// 400 with a code about keys or access, which the receiver may come to accept.
    Unverified,
}

/// An attempt's end with what the receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) class: AttemptClass,
    pub(crate) status: Option<u16>,
    /// What went wrong, for the bank.
    pub(crate) detail: Option<String>,
    pub(crate) retry_after: Option<SignedDuration>,
}

/// RFC 8935 §2.3.
#[derive(Deserialize)]
struct ErrorBody {
    err: String,
    #[serde(default)]
    description: String,
}

impl Verdict {
    /// Judges an attempt.
    pub(crate) fn of(answer: Result<GuardedAnswer, GuardedError>, now: Timestamp) -> Self {
        match answer {
            Ok(answer) => Self::of_answer(&answer, now),
            Err(error) => {
                let class = match error {
                    GuardedError::Refused(_) => AttemptClass::RefusedAddress,
                    GuardedError::TimedOut(_) => AttemptClass::Timeout,
                    _ => AttemptClass::Unreachable,
                };
                let detail = Some(excerpt(&error.to_string()));
                Self { class, status: None, detail, retry_after: None }
            }
        }
    }

    fn of_answer(answer: &GuardedAnswer, now: Timestamp) -> Self {
        let error: Option<ErrorBody> =
            (answer.status == 400).then(|| serde_json::from_slice(&answer.body).ok()).flatten();
        let class = AttemptClass::of_status(answer.status, error.as_ref().map(|body| &*body.err));
        let said = error.map(|body| excerpt(&format!("{}: {}", body.err, body.description)));
        let status = Some(answer.status);
        Self { class, status, detail: said, retry_after: retry_after(&answer.headers, now) }
    }
}

impl AttemptClass {
    fn of_status(status: u16, err: Option<&str>) -> Self {
        match status {
            202 => Self::Accepted,
            200..=299 => Self::UnexpectedSuccess,
            300..=399 => Self::Redirect,
            400 => match err {
                Some("invalid_request" | "invalid_issuer" | "invalid_audience") => Self::Rejected,
                Some("invalid_key" | "authentication_failed" | "access_denied") => Self::Unverified,
                Some(_) | None => Self::BadRequest,
            },
            401 | 403 => Self::Unauthorized,
            404 | 410 => Self::Gone,
            429 => Self::Throttled,
            402..=499 => Self::BadRequest,
            _ => Self::ServerError,
        }
    }

    /// When the delivery is tried again.
    pub(crate) fn retry_rule(self) -> RetryRule {
        match self {
            Self::Accepted | Self::Rejected => RetryRule::Never,
            Self::Throttled | Self::Timeout => RetryRule::NotBefore(PATIENCE),
            Self::Unauthorized => RetryRule::Attempts(UNAUTHORIZED_ATTEMPTS),
            Self::Unverified => RetryRule::NotBefore(RECONSIDERATION),
            Self::BadRequest
            | Self::Gone
            | Self::Redirect
            | Self::RefusedAddress
            | Self::ServerError
            | Self::UnexpectedSuccess
            | Self::Unreachable => RetryRule::Usual,
        }
    }

    /// What it says of the endpoint.
    pub(crate) fn sign(self) -> Sign {
        match self {
            Self::Accepted | Self::BadRequest | Self::Rejected | Self::Unverified => Sign::Alive,
            Self::Gone | Self::Redirect => Sign::Gone(self.as_str()),
            Self::RefusedAddress
            | Self::ServerError
            | Self::Throttled
            | Self::Timeout
            | Self::Unauthorized
            | Self::UnexpectedSuccess
            | Self::Unreachable => Sign::Failing,
        }
    }

    /// Its name in logs, metrics and `push_attempt.class`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::BadRequest => "bad_request",
            Self::Gone => "gone",
            Self::Redirect => "redirect",
            Self::RefusedAddress => "refused_address",
            Self::Rejected => "rejected",
            Self::ServerError => "server_error",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::UnexpectedSuccess => "unexpected_success",
            Self::Unreachable => "unreachable",
            Self::Unverified => "unverified",
        }
    }
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(at.timestamp().duration_since(now))
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(EXCERPT_CHARACTERS).collect()
}

/// After a time-out or 429.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
/// Before a receiver that could not verify a SET is asked again: it may have to fetch a key.
const RECONSIDERATION: SignedDuration = SignedDuration::from_secs(600);
const UNAUTHORIZED_ATTEMPTS: u32 = 3;
const EXCERPT_CHARACTERS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry: Option<&str>, body: &str) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(retry) = retry {
            headers.insert("retry-after", retry.parse().unwrap());
        }
        let answer = GuardedAnswer { status, headers, body: body.to_owned().into() };
        Verdict::of(Ok(answer), "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_202_accepts_and_codes_of_400_say_whether_to_go_on() {
        let rejected = r#"{"err":"invalid_issuer","description":"not mine"}"#;
        assert_eq!(answer(400, None, rejected).detail.unwrap(), "invalid_issuer: not mine");
        for (status, body, class) in [
            (202, "", AttemptClass::Accepted),
            (200, "", AttemptClass::UnexpectedSuccess),
            (204, "", AttemptClass::UnexpectedSuccess),
            (302, "", AttemptClass::Redirect),
            (400, "", AttemptClass::BadRequest),
            (400, r#"{"err":"jwtIss"}"#, AttemptClass::BadRequest),
            (400, rejected, AttemptClass::Rejected),
            (400, r#"{"err":"invalid_key"}"#, AttemptClass::Unverified),
            (401, "", AttemptClass::Unauthorized),
            (404, "", AttemptClass::Gone),
            (429, "", AttemptClass::Throttled),
            (418, "", AttemptClass::BadRequest),
            (503, "", AttemptClass::ServerError),
        ] {
            assert_eq!(answer(status, None, body).class, class, "{status} {body}");
        }
    }

    #[test]
    fn a_receiver_says_how_long_to_wait_in_seconds_or_as_a_date() {
        let seconds = |retry| answer(503, Some(retry), "").retry_after.map(|after| after.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Thu, 01 Jan 2026 00:01:00 GMT"), Some(60));
        for nothing in ["soon", "-1", "", "99999999999999999999"] {
            assert_eq!(seconds(nothing), None, "{nothing}");
        }
    }
}
