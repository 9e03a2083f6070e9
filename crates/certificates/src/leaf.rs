//! What each profile puts into a certificate.

use crate::eidas::{QualifiedType, qualified_statements};
use crate::template::Template;
use crate::{IssueError, LeafExtras, LeafProfile, Validity, der, subject};
use openssl::error::ErrorStack;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Extension, X509Name};
use std::net::IpAddr;

/// The certificate that `profile` asks for.
pub(crate) fn template(
    profile: &LeafProfile,
    extras: &LeafExtras,
    validity: Validity,
) -> Result<Template, IssueError> {
    let mut extensions = vec![not_an_authority()?];
    extensions.extend(usage(profile, extras.for_servers_only)?);
    extensions.extend(alternative_names(profile)?);
    extensions.extend(statements(profile)?);
    if let Some(url) = &extras.revocation_list_url {
        extensions.push(distribution_point(url)?);
    }
    Ok(Template { subject: name(profile)?, validity, extensions })
}

fn name(profile: &LeafProfile) -> Result<X509Name, IssueError> {
    match profile {
        LeafProfile::Server { dns_names, ip_addresses } => {
            let first = dns_names.first().or(ip_addresses.first());
            subject::common_name(first.ok_or(IssueError::Unrepresentable("lack of a host name"))?)
        }
        LeafProfile::Service(role) => subject::common_name(role.as_str()),
        LeafProfile::Obseal(tpp) | LeafProfile::Obwac(tpp) => subject::eidas(tpp),
        LeafProfile::TppSigning(tpp) | LeafProfile::TppTransport(tpp) => {
            subject::tpp(&tpp.software_id, &tpp.organisation_id)
        }
    }
}

fn usage(profile: &LeafProfile, for_servers_only: bool) -> Result<Vec<X509Extension>, ErrorStack> {
    let mut key_usage = KeyUsage::new();
    key_usage.critical().digital_signature();
    let mut extended = ExtendedKeyUsage::new();
    let signs_only = matches!(profile, LeafProfile::Obseal(_) | LeafProfile::TppSigning(_));
    if signs_only {
        key_usage.non_repudiation();
    }
    match profile {
        _ if for_servers_only => extended.server_auth(),
        LeafProfile::Server { .. } => extended.server_auth(),
        LeafProfile::Obwac(_) | LeafProfile::Service(_) | LeafProfile::TppTransport(_) => {
            extended.client_auth().server_auth()
        }
        LeafProfile::Obseal(_) | LeafProfile::TppSigning(_) => return Ok(vec![key_usage.build()?]),
    };
    Ok(vec![key_usage.build()?, extended.build()?])
}

fn statements(profile: &LeafProfile) -> Result<Option<X509Extension>, IssueError> {
    match profile {
        LeafProfile::Obseal(tpp) => qualified_statements(tpp, QualifiedType::Seal).map(Some),
        LeafProfile::Obwac(tpp) => qualified_statements(tpp, QualifiedType::Website).map(Some),
        LeafProfile::Server { .. }
        | LeafProfile::Service(_)
        | LeafProfile::TppSigning(_)
        | LeafProfile::TppTransport(_) => Ok(None),
    }
}

/// `cRLDistributionPoints` with one full name, a URI (RFC 5280 §4.2.1.13).
fn distribution_point(url: &str) -> Result<X509Extension, IssueError> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(IssueError::Unrepresentable("URL"));
    }
    let full_name = der::context_constructed(0, &der::context(6, url.as_bytes()));
    let point = der::sequence(&[der::context_constructed(0, &full_name)]);
    der::extension("2.5.29.31", &der::sequence(&[point]))
}

fn alternative_names(profile: &LeafProfile) -> Result<Option<X509Extension>, IssueError> {
    let mut names = SubjectAlternativeName::new();
    match profile {
        LeafProfile::Server { dns_names, ip_addresses } => {
            for dns_name in dns_names {
                names.dns(host_name(dns_name)?);
            }
            for address in ip_addresses {
                let address: IpAddr =
                    address.parse().map_err(|_| IssueError::Unrepresentable("address"))?;
                names.ip(&address.to_string());
            }
        }
        LeafProfile::Service(role) => {
            names.uri(&role.urn()).dns(role.as_str()).dns("localhost");
        }
        LeafProfile::Obseal(_)
        | LeafProfile::Obwac(_)
        | LeafProfile::TppSigning(_)
        | LeafProfile::TppTransport(_) => return Ok(None),
    }
    // The context is for extensions that refer to other certificates; this one does not.
    let scratch = X509::builder()?;
    Ok(Some(names.build(&scratch.x509v3_context(None, None))?))
}

/// Letters, digits, hyphens, underscores and dots, a wildcard label first if at all.
fn host_name(text: &str) -> Result<&str, IssueError> {
    let plain = text.strip_prefix("*.").unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if text.len() <= 253 && plain.split('.').all(is_label) {
        Ok(text)
    } else {
        Err(IssueError::Unrepresentable("host name"))
    }
}

fn not_an_authority() -> Result<X509Extension, ErrorStack> {
    BasicConstraints::new().critical().build()
}
