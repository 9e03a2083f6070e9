//! Self-signed certificates of signing keys.

use crate::template::Template;
use crate::{IssueError, PrivateKey, Validity, subject};
use openssl::x509::extension::KeyUsage;

/// A self-signed certificate over the PKCS#8 PEM key `key_pem`; DER.
pub fn self_signed(
    common_name: &str,
    key_pem: &str,
    validity: Validity,
) -> Result<Vec<u8>, IssueError> {
    let template = Template {
        subject: subject::common_name(common_name)?,
        validity,
        extensions: vec![KeyUsage::new().critical().digital_signature().build()?],
    };
    Ok(template.sign_itself(&PrivateKey::from_pem(key_pem)?)?.to_der()?)
}
