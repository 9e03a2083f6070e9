//! Server-side TLS.

use crate::TrustStore;
use crate::access::AccessRule;
use arc_swap::ArcSwap;
use openssl::{
    error::ErrorStack,
    pkey::PKey,
    ssl::{
        AlpnError, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions,
        SslSessionCacheMode, SslVerifyMode, SslVersion, select_next_proto,
    },
    x509::X509,
};
use std::sync::Arc;

/// A certificate chain with its key, PEM.
#[derive(Clone)]
pub struct ServerIdentity {
    /// Leaf first.
    pub chain_pem: String,
    /// PKCS#8.
    pub key_pem: String,
}

/// How a listener speaks TLS: 1.2 and 1.3 only, ALPN `http/1.1`, a client certificate asked for.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// RSA and ECDSA side by side, one or both.
    pub identities: Vec<ServerIdentity>,
    /// Whose client certificates are trusted.
    pub trust: TrustStore,
    /// `None` on public listeners: handlers decide what a missing certificate means. On internal
    /// listeners the table that says which role may call what; all else is 403.
    pub access: Option<&'static [AccessRule]>,
}

/// Certificates or keys that OpenSSL does not take.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve TLS with {what}: {reason}")]
pub struct TlsError {
    /// Which file or option.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// Replaces a listener's certificates while it serves; cheap to clone.
#[derive(Clone)]
pub struct CertificateReloader {
    context: Arc<ArcSwap<SslContext>>,
    session_context: Arc<[u8]>,
}

/// The context that new connections get.
pub(super) struct TlsContext {
    reloader: CertificateReloader,
}

impl CertificateReloader {
    /// Serves new connections with `identities`; on an error the old ones stay. Connections that are
    /// open stay as they are, and clients cannot resume older sessions.
    pub fn reload(&self, identities: &[ServerIdentity]) -> Result<(), TlsError> {
        self.context.store(Arc::new(build(identities, &self.session_context)?));
        Ok(())
    }
}

impl TlsContext {
    pub(super) fn new(
        identities: &[ServerIdentity],
        session_context: Vec<u8>,
    ) -> Result<Self, TlsError> {
        let context = build(identities, &session_context)?;
        Ok(Self {
            reloader: CertificateReloader {
                context: Arc::new(ArcSwap::from_pointee(context)),
                session_context: session_context.into(),
            },
        })
    }

    pub(super) fn current(&self) -> Arc<SslContext> {
        self.reloader.context.load_full()
    }

    pub(super) fn reloader(&self) -> CertificateReloader {
        self.reloader.clone()
    }
}

fn build(identities: &[ServerIdentity], session_context: &[u8]) -> Result<SslContext, TlsError> {
    let built = try_build(identities, session_context);
    // Whatever failed must not stay in this thread's error queue.
    drop(ErrorStack::get());
    built
}

fn try_build(identities: &[ServerIdentity], session: &[u8]) -> Result<SslContext, TlsError> {
    if identities.is_empty() {
        return Err(TlsError { what: "no certificate".into(), reason: "one is needed".into() });
    }
    let mut builder = SslContextBuilder::new(SslMethod::tls_server()).map_err(unusable("TLS"))?;
    set_protocol(&mut builder).map_err(unusable("TLS versions and suites"))?;
    set_sessions(&mut builder, session).map_err(unusable("TLS sessions"))?;
    ask_for_client_certificate(&mut builder);
    let mut intermediates = Vec::new();
    for (index, identity) in identities.iter().enumerate() {
        let what = format!("certificate {}", index + 1);
        intermediates.extend(use_identity(&mut builder, identity).map_err(unusable(&what))?);
    }
    add_intermediates(&mut builder, intermediates).map_err(unusable("intermediates"))?;
    Ok(builder.build())
}

/// Versions, suites and protocol: FAPI 1.0 part 2 §8.5 and RFC 9325 §4.2.
fn set_protocol(builder: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    builder.set_cipher_list(TLS_1_2_SUITES)?;
    builder.set_ciphersuites(TLS_1_3_SUITES)?;
    // RSA of 2048 bits and SHA-256 at least.
    builder.set_security_level(2);
    builder.set_options(
        SslOptions::ALL
            | SslOptions::NO_COMPRESSION
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    builder.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS,
    );
    // One system call for a record's head and body.
    builder.set_read_ahead(true);
    // A client that offers ALPN without HTTP/1.1 is refused (RFC 7301 §3.2).
    builder.set_alpn_select_callback(|_, offered| {
        select_next_proto(ALPN, offered).ok_or(AlpnError::ALERT_FATAL)
    });
    Ok(())
}

/// Sessions are kept here and named by an id. Stateless tickets would lose the client's chain, which
/// every resumed connection needs for its certificate to be verified again.
fn set_sessions(builder: &mut SslContextBuilder, context: &[u8]) -> Result<(), ErrorStack> {
    builder.set_options(SslOptions::NO_TICKET);
    // Without it the second connection of a client with a certificate fails.
    builder.set_session_id_context(context)?;
    builder.set_session_cache_mode(SslSessionCacheMode::SERVER);
    builder.set_session_cache_size(SESSIONS);
    // TLS 1.3: one for each full handshake.
    builder.set_num_tickets(1)
}

/// The handshake takes any certificate or none; the listener verifies on its own afterwards, so that
/// the client gets an answer that says why. The list of acceptable authorities stays empty: with a
/// list, Java sends no certificate when none matches.
fn ask_for_client_certificate(builder: &mut SslContextBuilder) {
    builder.set_verify_callback(SslVerifyMode::PEER, |_, _| {
        // What OpenSSL's own verification leaves behind, the next `SSL_read` would take for its own.
        drop(ErrorStack::get());
        true
    });
}

/// Sets one leaf with its key; gives the certificates above it.
fn use_identity(
    builder: &mut SslContextBuilder,
    identity: &ServerIdentity,
) -> Result<Vec<X509>, ErrorStack> {
    let mut chain = X509::stack_from_pem(identity.chain_pem.as_bytes())?.into_iter();
    let key = PKey::private_key_from_pem(identity.key_pem.as_bytes())?;
    if let Some(leaf) = chain.next() {
        builder.set_certificate(&leaf)?;
    }
    builder.set_private_key(&key)?;
    builder.check_private_key()?;
    Ok(chain.collect())
}

/// OpenSSL's crate has one list of intermediates for all leaves; both kinds usually share it.
fn add_intermediates(
    builder: &mut SslContextBuilder,
    intermediates: Vec<X509>,
) -> Result<(), ErrorStack> {
    let mut added = Vec::new();
    for intermediate in intermediates {
        let der = intermediate.to_der()?;
        if !added.contains(&der) {
            builder.add_extra_chain_cert(intermediate)?;
            added.push(der);
        }
    }
    Ok(())
}

fn unusable(what: &str) -> impl FnOnce(ErrorStack) -> TlsError {
    move |error| {
        let reason = error.errors().first().and_then(openssl::error::Error::reason);
        TlsError {
            what: what.to_owned(),
            reason: reason.unwrap_or("not readable as PEM").to_owned(),
        }
    }
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerIdentity")
    }
}

impl std::fmt::Debug for CertificateReloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CertificateReloader")
    }
}

const TLS_1_2_SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
                              ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

const TLS_1_3_SUITES: &str =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

const ALPN: &[u8] = b"\x08http/1.1";

/// Sessions kept for resumption, some 8 KB each with a client's chain.
const SESSIONS: i32 = 2048;
