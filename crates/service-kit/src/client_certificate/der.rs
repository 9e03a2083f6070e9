//! The little DER that names need: tags, lengths, object identifiers and strings (X.690).

/// One element: its tag, its content, and what follows it.
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) rest: &'a [u8],
}

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;

/// Reads the first element of `der`; `None` where it is cut short or not in DER's shortest form.
pub(super) fn read(der: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) =
        if first < 0x80 { (usize::from(first), rest) } else { long_length(first, rest)? };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag, content, rest })
}

/// Reads the first element of `der`, which must have `tag` and be the only one.
pub(super) fn read_only(der: &[u8], tag: u8) -> Option<&[u8]> {
    let element = read(der)?;
    (element.tag == tag && element.rest.is_empty()).then_some(element.content)
}

/// The dotted form of an object identifier's content.
pub(super) fn dotted(content: &[u8]) -> Option<String> {
    let mut arcs = Vec::new();
    let mut arc: u64 = 0;
    for &byte in content {
        arc = arc.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    let (&first, others) = arcs.split_first()?;
    if content.last()? & 0x80 != 0 {
        return None;
    }
    let root = (first / 40).min(2);
    let mut text = format!("{root}.{}", first - 40 * root);
    for arc in others {
        text.push('.');
        text.push_str(&arc.to_string());
    }
    Some(text)
}

/// The text of a string type; `None` for any other type and for bytes the type does not allow.
pub(super) fn text(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        // UTF8String
        0x0c => String::from_utf8(content.to_vec()).ok(),
        // NumericString, PrintableString, IA5String, VisibleString
        0x12 | 0x13 | 0x16 | 0x1a => {
            content.is_ascii().then(|| content.iter().copied().map(char::from).collect())
        }
        // TeletexString, read as Latin-1 as OpenSSL does
        0x14 => Some(content.iter().copied().map(char::from).collect()),
        // UniversalString
        0x1c => content
            .chunks(4)
            .map(|unit| char::from_u32(u32::from_be_bytes(unit.try_into().ok()?)))
            .collect(),
        // BMPString
        0x1e => {
            let units: Option<Vec<u16>> = content
                .chunks(2)
                .map(|unit| Some(u16::from_be_bytes(unit.try_into().ok()?)))
                .collect();
            String::from_utf16(&units?).ok()
        }
        _ => None,
    }
}

fn long_length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if bytes.is_empty() || bytes.len() > 4 || bytes[0] == 0 {
        return None;
    }
    let length = bytes.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte));
    (length >= 0x80).then_some((length, rest))
}
