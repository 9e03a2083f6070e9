//! What certificate is asked for.

use crate::software::Software;
use certificates::{EidasIdentity, LeafExtras, LeafProfile, TppIdentity, Validity};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// The body of an order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub(super) kind: Kind,
    /// A PKCS#10 request, PEM; only its key is taken.
    pub(super) csr: String,
    pub(super) defect: Option<Defect>,
}

/// What the certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The directory's own form, for signatures.
    ObSigning,
    /// The directory's own form, for TLS.
    ObTransport,
    /// The form of a PSD2 seal.
    Obseal,
    /// The form of a PSD2 web-site certificate.
    Obwac,
}

/// What is wrong with it on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Defect {
    /// Its time was over yesterday.
    Expired,
    /// Its time begins in a month.
    NotYetValid,
    /// It is on the revocation list from the start.
    Revoked,
    /// Its extended key usage is for servers only.
    WrongEku,
    /// An authority that nobody trusts issued it.
    WrongIssuer,
}

impl Kind {
    /// The name in the REST API and in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ObSigning => "ob-signing",
            Self::ObTransport => "ob-transport",
            Self::Obseal => "obseal",
            Self::Obwac => "obwac",
        }
    }

    /// Whether its key signs, and so is published.
    pub(super) fn signs(self) -> bool {
        matches!(self, Self::ObSigning | Self::Obseal)
    }

    /// What the certificate says of `software`.
    pub(super) fn profile(self, software: &Software) -> LeafProfile {
        match self {
            Self::ObSigning => LeafProfile::TppSigning(legacy(software)),
            Self::ObTransport => LeafProfile::TppTransport(legacy(software)),
            Self::Obseal => LeafProfile::Obseal(eidas(software)),
            Self::Obwac => LeafProfile::Obwac(eidas(software)),
        }
    }
}

impl Defect {
    /// The name in the REST API, in the database, in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
            Self::WrongEku => "wrong-eku",
            Self::WrongIssuer => "wrong-issuer",
        }
    }
}

impl Order {
    /// From when to when, for a certificate of so many `days`.
    pub(super) fn validity(&self, now: Timestamp, days: u32) -> Validity {
        let after =
            |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
        let lifetime = 24 * i64::from(days);
        match self.defect {
            Some(Defect::Expired) => Validity { not_before: after(-48), not_after: after(-24) },
            Some(Defect::NotYetValid) => {
                Validity { not_before: after(24 * 30), not_after: after(24 * 30 + lifetime) }
            }
            // Clients whose clocks are a little behind must not find it "not yet valid".
            Some(Defect::Revoked | Defect::WrongEku | Defect::WrongIssuer) | None => {
                Validity { not_before: after(-1), not_after: after(lifetime) }
            }
        }
    }

    /// What it says beside its profile.
    pub(super) fn extras(&self, revocation_list_url: &str) -> LeafExtras {
        LeafExtras {
            revocation_list_url: Some(revocation_list_url.to_owned()),
            for_servers_only: self.defect == Some(Defect::WrongEku),
        }
    }
}

fn legacy(software: &Software) -> TppIdentity {
    TppIdentity {
        software_id: software.software_id.clone(),
        organisation_id: software.organisation_id.clone(),
    }
}

fn eidas(software: &Software) -> EidasIdentity {
    let organisation = &software.organisation;
    let (authority_name, authority_id) = organisation.authority();
    let registration = organisation.registration(&software.organisation_id);
    EidasIdentity {
        organisation_id: software.organisation_id.clone(),
        organisation_name: organisation.name.clone(),
        organization_identifier: format!("PSD{authority_id}-{registration}"),
        roles: software.details.roles.iter().map(|role| (*role).into()).collect(),
        authority_name: authority_name.to_owned(),
        authority_id: authority_id.to_owned(),
    }
}
