//! Distinguished names, compared by their parts.

use super::{attribute_types, der};
use openssl::x509::X509NameRef;
use std::fmt::Write as _;

/// A distinguished name (RFC 4514). Two are equal when their RDNs are, whatever the spelling: names
/// or OIDs, hexadecimal values, spaces around separators, the order inside a multi-valued RDN.
/// Values are compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    /// Most specific first, as RFC 4514 writes them; each a sorted set of (dotted OID, value).
    rdns: Vec<Vec<(String, Value)>>,
}

/// Not a distinguished name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name")]
pub struct InvalidDistinguishedName;

/// An attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Value {
    /// Of one of the string types.
    Text(String),
    /// Of any other type: its DER.
    Der(Vec<u8>),
}

impl DistinguishedName {
    /// The first value of the attribute with dotted `oid` (`2.5.4.3` is the common name).
    #[must_use]
    pub fn attribute(&self, oid: &str) -> Option<&str> {
        self.rdns.iter().flatten().find_map(|(attribute, value)| match value {
            Value::Text(text) if attribute == oid => Some(text.as_str()),
            _ => None,
        })
    }

    /// The name that OpenSSL holds.
    pub(crate) fn of(name: &X509NameRef) -> Option<Self> {
        Self::from_der(&name.to_der().ok()?)
    }

    /// Reads a `Name` (RFC 5280 §4.1.2.4), which is written least specific first.
    fn from_der(name: &[u8]) -> Option<Self> {
        let mut rest = der::read_only(name, der::SEQUENCE)?;
        let mut rdns = Vec::new();
        while !rest.is_empty() {
            let rdn = der::read(rest)?;
            if rdn.tag != der::SET {
                return None;
            }
            rdns.push(read_rdn(rdn.content)?);
            rest = rdn.rest;
        }
        rdns.reverse();
        Some(Self { rdns })
    }
}

impl std::str::FromStr for DistinguishedName {
    type Err = InvalidDistinguishedName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Ok(Self { rdns: Vec::new() });
        }
        let mut rdns = Vec::new();
        for rdn in split_unescaped(text, &[',', ';']) {
            let mut attributes = Vec::new();
            for attribute in split_unescaped(rdn, &['+']) {
                attributes.push(parse_attribute(attribute).ok_or(InvalidDistinguishedName)?);
            }
            attributes.sort();
            rdns.push(attributes);
        }
        Ok(Self { rdns })
    }
}

/// RFC 4514 form, with attribute names where there are registered ones.
impl std::fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, rdn) in self.rdns.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            for (index, (oid, value)) in rdn.iter().enumerate() {
                if index > 0 {
                    f.write_char('+')?;
                }
                f.write_str(attribute_types::short_name(oid).unwrap_or(oid))?;
                f.write_char('=')?;
                write_value(f, value)?;
            }
        }
        Ok(())
    }
}

fn read_rdn(mut rest: &[u8]) -> Option<Vec<(String, Value)>> {
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let attribute = der::read(rest)?;
        let kind = der::read(attribute.content)?;
        let value = der::read(kind.rest)?;
        if attribute.tag != der::SEQUENCE
            || kind.tag != der::OBJECT_IDENTIFIER
            || !value.rest.is_empty()
        {
            return None;
        }
        attributes.push((der::dotted(kind.content)?, read_value(kind.rest)?));
        rest = attribute.rest;
    }
    attributes.sort();
    (!attributes.is_empty()).then_some(attributes)
}

fn read_value(encoded: &[u8]) -> Option<Value> {
    let element = der::read(encoded)?;
    if !element.rest.is_empty() {
        return None;
    }
    let text = der::text(element.tag, element.content);
    Some(text.map_or_else(|| Value::Der(encoded.to_vec()), Value::Text))
}

/// The pieces between `separators` that no backslash precedes and no quotation marks enclose.
fn split_unescaped<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let (mut start, mut escaped, mut quoted) = (0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && separators.contains(&character) => {
                pieces.push(&text[start..index]);
                start = index + character.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

fn parse_attribute(text: &str) -> Option<(String, Value)> {
    let (name, value) = text.split_once('=')?;
    Some((attribute_types::identifier(name.trim())?, parse_value(value)?))
}

fn parse_value(text: &str) -> Option<Value> {
    let text = trim_unescaped(text);
    if let Some(hexadecimal) = text.strip_prefix('#') {
        return read_value(&decode_hexadecimal(hexadecimal)?);
    }
    // RFC 2253 wrote values with separators between quotation marks; RFC 4514 §2.4 no longer does,
    // but such names are still around.
    if let Some(inner) = text.strip_prefix('"') {
        return unescape(inner.strip_suffix('"')?).map(Value::Text);
    }
    if text.contains('"') && !text.contains("\\\"") {
        return None;
    }
    unescape(text).map(Value::Text)
}

/// Without spaces at both ends, but with the last one where a backslash stands before it.
fn trim_unescaped(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    let trimmed = text.trim_end_matches(' ');
    let backslashes = trimmed.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 && trimmed.len() < text.len() {
        &text[..=trimmed.len()]
    } else {
        trimmed
    }
}

/// RFC 4514 §2.4: a backslash before a special character or before two hexadecimal digits.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            if byte == 0 {
                return None;
            }
            bytes.push(byte);
            continue;
        }
        match rest {
            [special, after @ ..] if b" \"#+,;<=>\\".contains(special) => {
                bytes.push(*special);
                rest = after;
            }
            [high, low, after @ ..] => {
                bytes.push(digit(*high)? << 4 | digit(*low)?);
                rest = after;
            }
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

fn decode_hexadecimal(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn write_value(f: &mut std::fmt::Formatter<'_>, value: &Value) -> std::fmt::Result {
    match value {
        Value::Der(der) => {
            f.write_char('#')?;
            der.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        }
        Value::Text(text) => {
            let last = text.chars().count().saturating_sub(1);
            text.chars().enumerate().try_for_each(|(index, character)| {
                write_character(f, character, index == 0, index == last)
            })
        }
    }
}

fn write_character(
    f: &mut std::fmt::Formatter<'_>,
    character: char,
    first: bool,
    last: bool,
) -> std::fmt::Result {
    match character {
        '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}"),
        '#' if first => f.write_str("\\#"),
        ' ' if first || last => f.write_str("\\ "),
        character if character.is_control() => {
            let mut buffer = [0; 4];
            let bytes = character.encode_utf8(&mut buffer).as_bytes();
            bytes.iter().try_for_each(|byte| write!(f, "\\{byte:02x}"))
        }
        character => f.write_char(character),
    }
}

#[cfg(test)]
#[path = "distinguished_name_tests.rs"]
mod tests;
