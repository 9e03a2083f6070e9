//! Which operation a call means. Before authentication, as in WSO2: paths and methods are public.

use crate::declarative::Security;
use crate::path::NormalPath;
use crate::refusal::{Envelope, Refusal};
use crate::snapshot::{Api, Route, Routes};
use actix_web::HttpRequest;

/// A call that means one operation of one API, by what the operation asks of its callers.
#[derive(Debug)]
pub(crate) enum Routed<'c> {
    /// A trusted certificate.
    Certificate(CertificateCall<'c>),
    /// A token.
    Token(TokenCall<'c>),
}

/// A call of an operation that asks for a trusted certificate and no token.
#[derive(Debug)]
pub(crate) struct CertificateCall<'c>(Call<'c>);

/// A call of an operation that asks for a token.
#[derive(Debug)]
pub(crate) struct TokenCall<'c>(Call<'c>);

/// Which operation, and the path that means it.
#[derive(Debug)]
pub(crate) struct Call<'c> {
    route: &'c Route,
    path: NormalPath<'c>,
}

/// The operation of the request's method and path; refusals below a context take its `envelope`.
pub(crate) fn route<'c>(
    routes: &'c Routes,
    request: &'c HttpRequest,
    envelope: &mut Envelope,
) -> Result<Routed<'c>, Refusal> {
    let path = NormalPath::parse(request.uri().path()).map_err(|_| Refusal::AmbiguousPath)?;
    let Some(resource) = routes.resource(path.as_str()) else {
        *envelope = routes.context(path.as_str()).ok_or(Refusal::NoSuchContext)?;
        return Err(Refusal::NoSuchResource);
    };
    let Some(route) = resource.operation(request.method()) else {
        *envelope = routes.context(path.as_str()).unwrap_or_default();
        return Err(Refusal::MethodNotAllowed(resource.allow().cloned()));
    };
    *envelope = route.api.envelope;
    let call = Call { route, path };
    Ok(match route.operation.security {
        Security::Certificate => Routed::Certificate(CertificateCall(call)),
        Security::Token => Routed::Token(TokenCall(call)),
    })
}

impl<'c> Routed<'c> {
    /// The API.
    pub(crate) fn api(&self) -> &'c Api {
        match self {
            Self::Certificate(CertificateCall(call)) | Self::Token(TokenCall(call)) => call.api(),
        }
    }
}

impl<'c> CertificateCall<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        &self.0
    }
}

impl<'c> TokenCall<'c> {
    /// The call.
    pub(crate) fn call(&self) -> &Call<'c> {
        &self.0
    }
}

impl<'c> Call<'c> {
    /// The API.
    pub(crate) fn api(&self) -> &'c Api {
        &self.route.api
    }

    /// The operation's path template below the context.
    pub(crate) fn template(&self) -> &'c str {
        &self.route.operation.template
    }

    /// The path below the context, in the form that was routed.
    pub(crate) fn path_below_context(&self) -> &str {
        let context = self.route.api.definition.context.as_str();
        // The router matched the path below exactly this context.
        self.path.as_str().strip_prefix(context).unwrap_or_default()
    }
}
