//! Certificates and revocation lists as OpenSSL sees them.

use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{CrlStatus, X509, X509Crl, X509PurposeId, X509StoreContext};

/// What a certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestPurpose {
    /// Anything that its key usage allows.
    Any,
    /// A TLS client.
    TlsClient,
    /// A TLS server.
    TlsServer,
}

/// The first certificate of `pem` in words.
#[must_use]
pub fn certificate_text(pem: &str) -> String {
    let certificate = X509::from_pem(pem.as_bytes()).expect("PEM");
    String::from_utf8_lossy(&certificate.to_text().expect("text")).into_owned()
}

/// Verifies `chain_pem`, leaf first, against the authority in `root_pem` at `unix_seconds`; with
/// `list_der`, the leaf must not be on that revocation list. The reason in OpenSSL's words, if not.
pub fn verify_chain(
    chain_pem: &str,
    root_pem: &str,
    purpose: TestPurpose,
    unix_seconds: i64,
    list_der: Option<&[u8]>,
) -> Result<(), String> {
    let chain = X509::stack_from_pem(chain_pem.as_bytes()).expect("a chain");
    let mut above = Stack::new().expect("memory");
    for certificate in &chain[1..] {
        above.push(certificate.clone()).expect("memory");
    }
    let mut param = X509VerifyParam::new().expect("memory");
    param.set_time(unix_seconds);
    match purpose {
        TestPurpose::Any => Ok(()),
        TestPurpose::TlsClient => param.set_purpose(X509PurposeId::SSL_CLIENT),
        TestPurpose::TlsServer => param.set_purpose(X509PurposeId::SSL_SERVER),
    }
    .expect("a known purpose");
    let mut store = X509StoreBuilder::new().expect("memory");
    store.add_cert(X509::from_pem(root_pem.as_bytes()).expect("a root")).expect("a new root");
    store.set_param(&param).expect("parameters");
    let mut context = X509StoreContext::new().expect("memory");
    let mut reason = String::new();
    let verified = context.init(&store.build(), &chain[0], &above, |context| {
        let verified = context.verify_cert()?;
        context.error().error_string().clone_into(&mut reason);
        Ok(verified)
    });
    if !verified.expect("a verdict") {
        return Err(reason);
    }
    let list = list_der.map(|der| X509Crl::from_der(der).expect("a revocation list"));
    match list.as_ref().map(|list| list.get_by_cert(&chain[0])) {
        Some(CrlStatus::Revoked(_)) => Err("certificate revoked".to_owned()),
        Some(CrlStatus::NotRevoked | CrlStatus::RemoveFromCrl(_)) | None => Ok(()),
    }
}

/// The serial numbers (lower-case hexadecimal) of a revocation
/// list, once its signature is found to be that of the authority in `issuer_pem`.
///
/// # Panics
///
/// Where it is not.
#[must_use]
pub fn revoked_serials(list_der: &[u8], issuer_pem: &str) -> Vec<String> {
    let list = X509Crl::from_der(list_der).expect("a revocation list");
    let issuer = X509::from_pem(issuer_pem.as_bytes()).expect("an authority");
    let key = issuer.public_key().expect("a key");
    assert!(list.verify(&key).expect("a verdict"), "the list is not signed by its issuer");
    assert!(list.next_update().is_some(), "the list never ends");
    let revoked = list.get_revoked().into_iter().flatten();
    revoked
        .map(|entry| {
            let number = entry.serial_number().to_bn().and_then(|number| number.to_hex_str());
            number.expect("a number").to_lowercase()
        })
        .collect()
}
