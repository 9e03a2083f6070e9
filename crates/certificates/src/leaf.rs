//! What each profile puts into a certificate.

use crate::template::Template;
use crate::{IssueError, LeafProfile, Validity, subject};
use openssl::error::ErrorStack;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Extension, X509Name};
use std::net::IpAddr;

/// The certificate that `profile` asks for.
pub(crate) fn template(profile: &LeafProfile, validity: Validity) -> Result<Template, IssueError> {
    let mut extensions = vec![not_an_authority()?];
    extensions.extend(usage(profile)?);
    extensions.extend(alternative_names(profile)?);
    Ok(Template { subject: name(profile)?, validity, extensions })
}

fn name(profile: &LeafProfile) -> Result<X509Name, IssueError> {
    match profile {
        LeafProfile::Server { dns_names, ip_addresses } => {
            let first = dns_names.first().or(ip_addresses.first());
            subject::common_name(first.ok_or(IssueError::Unrepresentable("lack of a host name"))?)
        }
        LeafProfile::Service(role) => subject::common_name(role.as_str()),
        LeafProfile::TppSigning(tpp) | LeafProfile::TppTransport(tpp) => {
            subject::tpp(&tpp.software_id, &tpp.organisation_id)
        }
    }
}

fn usage(profile: &LeafProfile) -> Result<Vec<X509Extension>, ErrorStack> {
    let mut key_usage = KeyUsage::new();
    key_usage.critical().digital_signature();
    let mut extended = ExtendedKeyUsage::new();
    match profile {
        LeafProfile::Server { .. } => extended.server_auth(),
        LeafProfile::Service(_) | LeafProfile::TppTransport(_) => {
            extended.client_auth().server_auth()
        }
        LeafProfile::TppSigning(_) => {
            return Ok(vec![key_usage.non_repudiation().build()?]);
        }
    };
    Ok(vec![key_usage.build()?, extended.build()?])
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
        LeafProfile::TppSigning(_) | LeafProfile::TppTransport(_) => return Ok(None),
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
