use open_banking_types::events::{PollRequest, limits};
use open_banking_types::poll_request::Dialect;
use serde_json::Value;

/// Polls: everything that is read is within its limits, is read the same once it is written again,
/// and a refusal names its place within the limit of OBIE's `Path`.
pub fn poll_request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(document) = jose::from_str_strict::<Value>(text) else { return };
    for dialect in [Dialect::Accelerator, Dialect::OpenBanking] {
        match PollRequest::read(&document, dialect) {
            Ok(poll) => check(&poll, dialect),
            Err(invalid) => assert!(invalid.path.chars().count() <= 500),
        }
    }
}

fn check(poll: &PollRequest, dialect: Dialect) {
    let within = |text: &str, most| (1..=most).contains(&text.chars().count());
    assert!(poll.ack.iter().all(|id| within(id, limits::JTI)));
    for (id, error) in poll.set_errs.iter() {
        assert!(within(id, limits::JTI));
        assert!(within(&error.err, limits::ERR) && !error.err.contains('\0'));
        assert!(within(&error.description, limits::DESCRIPTION));
        assert!(!error.description.contains('\0'));
    }
    let written = serde_json::to_value(poll).unwrap_or_default();
    assert_eq!(PollRequest::read(&written, dialect).as_ref(), Ok(poll));
}
