//! Distinguished names, compared by their parts.

/// A distinguished name (RFC 4514). Two are equal when their RDNs are, whatever the spelling: names
/// or OIDs, hexadecimal values, spaces around separators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    /// Most specific first, as RFC 4514 writes them; each a set of (dotted OID, value).
    rdns: Vec<Vec<(String, String)>>,
}

/// Not a distinguished name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct InvalidDistinguishedName;

impl DistinguishedName {
    /// The first value of the attribute with dotted `oid` (`2.5.4.3` is the common name).
    #[must_use]
    pub fn attribute(&self, oid: &str) -> Option<&str> {
        self.rdns
            .iter()
            .flatten()
            .find(|(attribute, _)| attribute == oid)
            .map(|(_, value)| value.as_str())
    }
}

impl std::str::FromStr for DistinguishedName {
    type Err = InvalidDistinguishedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _ = text;
        todo!()
    }
}

/// RFC 4514 form, with attribute names where there are registered ones.
impl std::fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let _ = f;
        todo!()
    }
}
