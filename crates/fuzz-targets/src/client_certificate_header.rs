use jose::VerificationKey;
use service_kit::client_certificate::header;

/// `Client-Cert` (RFC 9440): what is read is what was written, and never more than a certificate is.
pub fn client_certificate_header(data: &[u8]) {
    let Ok(der) = header::parse([data]) else { return };
    assert!((1..=header::LARGEST_CERTIFICATE).contains(&der.len()));
    assert_eq!(header::format(&der).as_bytes(), data);
    assert!(header::parse([data, data]).is_err());
    if let Ok(key) = VerificationKey::from_certificate(&der) {
        assert_eq!(key.x5t_s256().map(str::len), Some(43));
        assert_eq!(key.x5t_s256(), Some(jose::x5t_s256(&der).as_str()));
    }
}
