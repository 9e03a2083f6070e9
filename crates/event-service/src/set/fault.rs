//! SETs that are wrong on purpose, so that a TPP can test what it reports in `setErrs`.

use crate::event::EventId;
use std::fmt;

/// What is wrong with a SET, and nothing else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultName {
    /// The signature is not the key's.
    BadSignature,
    /// `iat` lies a day ahead.
    FutureIat,
    /// `iat` is missing.
    MissingClaim,
    /// `jti` is that of an older event of the client which still waits.
    RepeatedJti,
    /// `kid` names no published key.
    UnknownKid,
    /// `aud` is another client.
    WrongAud,
    /// `iss` is somebody else.
    WrongIss,
}

/// A fault that this deployment makes: proof that it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PermittedFault(FaultName);

/// Whether this deployment makes faulty SETs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultyEvents {
    allowed: bool,
}

/// Why no fault is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FaultRefused {
    /// This deployment makes none.
    #[error("faulty events are not enabled")]
    Disabled,
    /// There is no such fault.
    #[error("there is no fault of this name")]
    Unknown,
}

/// A fault with what it takes to make it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SetFault {
    BadSignature,
    FutureIat,
    MissingClaim,
    RepeatedJti(EventId),
    UnknownKid,
    WrongAud,
    WrongIss,
}

impl FaultyEvents {
    /// Makes faults where `allowed`.
    pub(crate) fn new(allowed: bool) -> Self {
        Self { allowed }
    }

    /// The fault of that name, where any may be made.
    pub(crate) fn permit(self, name: &str) -> Result<PermittedFault, FaultRefused> {
        if !self.allowed {
            return Err(FaultRefused::Disabled);
        }
        let fault = FaultName::ALL.into_iter().find(|fault| fault.as_str() == name);
        fault.map(PermittedFault).ok_or(FaultRefused::Unknown)
    }
}

impl PermittedFault {
    /// The fault.
    pub(crate) fn name(self) -> FaultName {
        self.0
    }

    /// What is made, `older` being another event of the client; `None` where it takes one and there is
    /// none.
    pub(crate) fn with(self, older: Option<EventId>) -> Option<SetFault> {
        Some(match self.0 {
            FaultName::BadSignature => SetFault::BadSignature,
            FaultName::FutureIat => SetFault::FutureIat,
            FaultName::MissingClaim => SetFault::MissingClaim,
            FaultName::RepeatedJti => SetFault::RepeatedJti(older?),
            FaultName::UnknownKid => SetFault::UnknownKid,
            FaultName::WrongAud => SetFault::WrongAud,
            FaultName::WrongIss => SetFault::WrongIss,
        })
    }
}

impl FaultName {
    /// Every fault, in the order of the names.
    pub(crate) const ALL: [Self; 7] = [
        Self::BadSignature,
        Self::FutureIat,
        Self::MissingClaim,
        Self::RepeatedJti,
        Self::UnknownKid,
        Self::WrongAud,
        Self::WrongIss,
    ];

    /// The name in `x-lombard-fault` and in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BadSignature => "bad-signature",
            Self::FutureIat => "future-iat",
            Self::MissingClaim => "missing-claim",
            Self::RepeatedJti => "repeated-jti",
            Self::UnknownKid => "unknown-kid",
            Self::WrongAud => "wrong-aud",
            Self::WrongIss => "wrong-iss",
        }
    }
}

impl fmt::Display for FaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{FaultName, FaultRefused, FaultyEvents};

    #[test]
    fn no_fault_is_made_where_none_may_be() {
        for name in FaultName::ALL.map(FaultName::as_str) {
            assert_eq!(FaultyEvents::new(false).permit(name), Err(FaultRefused::Disabled));
            assert_eq!(FaultyEvents::new(true).permit(name).unwrap().name().as_str(), name);
        }
    }

    #[test]
    fn a_fault_has_one_spelling() {
        for name in ["", "none", "BAD-SIGNATURE", "bad_signature", "bad-signature ", "wrong-aud,"] {
            assert_eq!(FaultyEvents::new(true).permit(name), Err(FaultRefused::Unknown), "{name}");
        }
    }

    #[test]
    fn a_jti_is_repeated_only_where_there_is_an_older_one() {
        let fault = FaultyEvents::new(true).permit("repeated-jti").unwrap();
        assert!(fault.with(None).is_none());
        assert!(FaultyEvents::new(true).permit("wrong-iss").unwrap().with(None).is_some());
    }
}
