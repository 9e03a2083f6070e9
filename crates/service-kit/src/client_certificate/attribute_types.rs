//! Names of attribute types in distinguished names.

/// Short names and their dotted object identifiers: RFC 4514 §3 first, then those that certificates
/// of open banking and OpenSSL's output use.
const NAMES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("title", "2.5.4.12"),
    ("businessCategory", "2.5.4.15"),
    ("postalCode", "2.5.4.17"),
    ("GN", "2.5.4.42"),
    ("dnQualifier", "2.5.4.46"),
    ("organizationIdentifier", "2.5.4.97"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
    ("jurisdictionC", "1.3.6.1.4.1.311.60.2.1.3"),
];

/// Further spellings that are read but not written.
const ALIASES: &[(&str, &str)] = &[
    ("commonName", "2.5.4.3"),
    ("countryName", "2.5.4.6"),
    ("domainComponent", "0.9.2342.19200300.100.1.25"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
    ("givenName", "2.5.4.42"),
    ("jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3"),
    ("localityName", "2.5.4.7"),
    ("organizationName", "2.5.4.10"),
    ("organizationalUnitName", "2.5.4.11"),
    ("S", "2.5.4.8"),
    ("stateOrProvinceName", "2.5.4.8"),
    ("streetAddress", "2.5.4.9"),
    ("surname", "2.5.4.4"),
    ("userId", "0.9.2342.19200300.100.1.1"),
];

/// The dotted identifier of a short name in any case, or of an identifier itself, with or without
/// the prefix `OID.`.
pub(super) fn identifier(name: &str) -> Option<String> {
    let known = NAMES.iter().chain(ALIASES).find(|(short, _)| short.eq_ignore_ascii_case(name));
    if let Some((_, oid)) = known {
        return Some((*oid).to_owned());
    }
    let dotted = match name.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("OID.") => &name[4..],
        _ => name,
    };
    is_dotted(dotted).then(|| dotted.to_owned())
}

/// The short name of a dotted identifier.
pub(super) fn short_name(oid: &str) -> Option<&'static str> {
    NAMES.iter().find(|(_, known)| *known == oid).map(|(short, _)| *short)
}

/// At least two arcs, decimal without leading zeros (RFC 4512 §1.4 `numericoid`).
fn is_dotted(text: &str) -> bool {
    let arc = |arc: &str| {
        !arc.is_empty()
            && arc.len() <= 39
            && arc.bytes().all(|byte| byte.is_ascii_digit())
            && (arc.len() == 1 || !arc.starts_with('0'))
    };
    text.contains('.') && text.split('.').all(arc)
}
