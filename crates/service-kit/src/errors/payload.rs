//! What is wrong with a request body that did not arrive as a whole.

use actix_web::{error::PayloadError, http::StatusCode};

/// Why a body could not be read; each API family puts it into its own envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayloadFault {
    /// The client broke off, or its framing or encoding is wrong.
    Broken,
    /// It stopped sending.
    TimedOut,
    /// More than the limit.
    TooLarge,
}

impl PayloadFault {
    /// 400, 408 or 413.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    /// A sentence for the client.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Broken => "The request body could not be read",
            Self::TimedOut => "The request body did not arrive in time",
            Self::TooLarge => "The request body is too large",
        }
    }
}

impl From<&PayloadError> for PayloadFault {
    fn from(error: &PayloadError) -> Self {
        match error {
            PayloadError::Overflow => Self::TooLarge,
            // The listener lets a stalled body fail this way.
            PayloadError::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Self::TimedOut
            }
            _ => Self::Broken,
        }
    }
}
