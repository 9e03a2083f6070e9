//! The two ways to the registration endpoints, and the certificate that comes over each.

use super::error::RegisterError;
use crate::key_manager::Server;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpRequest, dev};
use service_kit::client_certificate::header;
use service_kit::{ClientCertificate, PresentedCertificate};
use std::sync::Arc;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// From the TPP itself, over the public listener.
    Direct,
    /// From the gateway, which passes on the certificate that it saw (RFC 9440).
    Gateway,
}

/// Proof that the TPP has a certificate that the TPP trust store accepts now.
#[derive(Debug)]
pub(super) struct TransportCertificate(Arc<ClientCertificate>);

impl TransportCertificate {
    /// The certificate.
    pub(super) fn get(&self) -> &ClientCertificate {
        &self.0
    }
}

impl Server {
    /// The certificate of `request`. A header counts at the gateway's door alone, whose callers the
    /// access table has checked; what it holds is verified again.
    pub(super) async fn transport_certificate(
        &self,
        request: &HttpRequest,
    ) -> Result<TransportCertificate, RegisterError> {
        let verdict = match request.app_data::<Door>() {
            Some(Door::Gateway) => self.forwarded_certificate(request)?,
            Some(Door::Direct) | None => presented(request).await,
        };
        match verdict {
            PresentedCertificate::Missing => Err(RegisterError::CertificateMissing),
            PresentedCertificate::Rejected(rejection) => {
                Err(RegisterError::CertificateRejected(rejection.as_str()))
            }
            PresentedCertificate::Trusted(certificate) => Ok(TransportCertificate(certificate)),
        }
    }

    fn forwarded_certificate(
        &self,
        request: &HttpRequest,
    ) -> Result<PresentedCertificate, RegisterError> {
        let values = request.headers().get_all(header::NAME).map(HeaderValue::as_bytes);
        let der = match header::parse(values) {
            Ok(der) => der,
            Err(header::InvalidHeader::Missing) => return Ok(PresentedCertificate::Missing),
            Err(_) => return Err(RegisterError::CertificateRejected("certificate_header")),
        };
        // The header carries the leaf alone: the trust store holds the intermediates.
        Ok(match self.tpp_trust.verify(&der, &[], self.clock.now()) {
            Ok(certificate) => PresentedCertificate::Trusted(certificate),
            Err(rejection) => PresentedCertificate::Rejected(rejection),
        })
    }
}

async fn presented(request: &HttpRequest) -> PresentedCertificate {
    match PresentedCertificate::from_request(request, &mut dev::Payload::None).await {
        Ok(presented) => presented,
        Err(impossible) => match impossible {},
    }
}
