//! The roles a TPP is authorised for, and the scopes they bring.

/// A role of PSD2 (RTS on SCA, article 34).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TppRole {
    /// Account information.
    Aisp,
    /// Card-based payment instruments.
    Cbpii,
    /// Payment initiation.
    Pisp,
}

/// A name that is none of these.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown role")]
pub(crate) struct UnknownRole;

impl TppRole {
    /// The Open Banking Directory's name of the role.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Aisp => "AISP",
            Self::Cbpii => "CBPII",
            Self::Pisp => "PISP",
        }
    }

    /// The scope of the role's API (OBIE Read/Write, security).
    pub(crate) fn scope(self) -> &'static str {
        match self {
            Self::Aisp => "accounts",
            Self::Cbpii => "fundsconfirmations",
            Self::Pisp => "payments",
        }
    }
}

impl std::str::FromStr for TppRole {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "AISP" => Ok(Self::Aisp),
            "CBPII" => Ok(Self::Cbpii),
            "PISP" => Ok(Self::Pisp),
            _ => Err(UnknownRole),
        }
    }
}
