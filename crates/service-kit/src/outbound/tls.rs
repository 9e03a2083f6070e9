//! Client-side TLS.

use super::ServiceIdentity;
use openssl::{
    error::ErrorStack,
    pkey::PKey,
    ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVersion},
    x509::{X509, store::X509StoreBuilder},
};

/// Shows `identity` and trusts its CA alone; TLS 1.2 and above, HTTP/1.1.
pub(super) fn builder(identity: &ServiceIdentity) -> Result<SslConnectorBuilder, ErrorStack> {
    let mut tls = SslConnector::builder(SslMethod::tls_client())?;
    tls.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    tls.set_alpn_protos(b"\x08http/1.1")?;
    // One read per record instead of two.
    tls.set_read_ahead(true);
    let mut trusted = X509StoreBuilder::new()?;
    for issuer in X509::stack_from_pem(identity.ca_pem.as_bytes())? {
        trusted.add_cert(issuer)?;
    }
    tls.set_cert_store(trusted.build());
    let mut chain = X509::stack_from_pem(identity.chain_pem.as_bytes())?.into_iter();
    if let Some(leaf) = chain.next() {
        tls.set_certificate(&leaf)?;
    }
    for above in chain {
        tls.add_extra_chain_cert(above)?;
    }
    tls.set_private_key(&*PKey::private_key_from_pem(identity.key_pem.as_bytes())?)?;
    tls.check_private_key()?;
    Ok(tls)
}
