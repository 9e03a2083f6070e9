//! base64url as JOSE defines it (RFC 7515 §2): no padding, no stray bits, nothing else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Encodes without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends what [`encode`] gives to `text`.
pub(crate) fn encode_onto(text: &mut String, bytes: impl AsRef<[u8]>) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Decodes the one canonical spelling of some bytes; padding, white space, other alphabets and set
/// unused bits are refused, so that two different texts never mean the same bytes.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_decoded() {
        for refused in ["Zg==", "Zg=", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm9+", "Zm9/", "Zm.v", "é"] {
            assert_eq!(decode(refused), None, "{refused:?}");
        }
        assert_eq!(decode("Zg").as_deref(), Some(&b"f"[..]));
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
        assert_eq!(decode("-_8").as_deref(), Some(&[0xFB, 0xFF][..]));
    }
}
