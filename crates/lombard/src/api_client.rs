//! Calls to the public listeners, as a TPP or a bank makes them.

use crate::files::{FileError, read_text};
use crate::target::Target;
use crate::tpp_files::TppFiles;
use reqwest::{Certificate, Client, Identity, Method, RequestBuilder};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(70);

/// An HTTPS client that trusts one authority and shows at most one certificate.
#[derive(Clone, Debug)]
pub struct ApiClient {
    http: Client,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was called: method and URL.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Why a call brought nothing usable.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// No answer.
    #[error("{request}: {reason}")]
    NoAnswer {
        /// What was called.
        request: String,
        /// Why.
        reason: String,
    },
    /// Not the answer that was hoped for.
    #[error("{} answered {}: {}", .0.request, .0.status, .0.reason())]
    Refused(Answer),
    /// Certificate, key or authority cannot be used.
    #[error("cannot use {what}: {reason}")]
    Unusable {
        /// Which file.
        what: String,
        /// Why.
        reason: reqwest::Error,
    },
}

impl ApiClient {
    /// A client without certificate that trusts the authority in `ca`.
    pub fn anonymous(ca: &Path) -> Result<Self, CallError> {
        Self::new(ca, None)
    }

    /// A client that shows the transport certificate of `tpp`.
    pub fn of_tpp(ca: &Path, tpp: &TppFiles) -> Result<Self, CallError> {
        let certificate = tpp.path("transport.crt");
        let chain = read_text(&certificate)?;
        let key = read_text(&tpp.path("transport.key"))?;
        let identity = Identity::from_pkcs8_pem(chain.as_bytes(), key.as_bytes())
            .map_err(unusable(&certificate))?;
        Self::new(ca, Some(identity))
    }

    /// A client that shows the operator's certificate.
    pub fn of_operator(target: &Target) -> Result<Self, CallError> {
        let chain = read_text(&target.operator_certificate)?;
        let key = read_text(&target.operator_key)?;
        let identity = Identity::from_pkcs8_pem(chain.as_bytes(), key.as_bytes())
            .map_err(unusable(&target.operator_certificate))?;
        Self::new(&target.ca, Some(identity))
    }

    /// `GET url`.
    pub async fn get(&self, url: &str) -> Result<Answer, CallError> {
        send(format!("GET {url}"), self.http.get(url)).await
    }

    /// `POST url` with a form.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, CallError> {
        send(format!("POST {url}"), self.http.post(url).form(form)).await
    }

    /// `POST url` with a form, Basic authentication and headers.
    pub async fn post_form_as(
        &self,
        url: &str,
        form: &[(&str, &str)],
        (user, password): (&str, &str),
        headers: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        let request = self.http.post(url).form(form).basic_auth(user, Some(password));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(format!("POST {url}"), request).await
    }

    /// `method url` with Basic authentication and JSON, where there is any.
    pub async fn call_as(
        &self,
        method: Method,
        url: &str,
        (user, password): (&str, &str),
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let name = format!("{method} {url}");
        let request = self.http.request(method, url).basic_auth(user, Some(password));
        let request = body.into_iter().fold(request, RequestBuilder::json);
        send(name, request).await
    }

    /// `method url` with the bearer `token` and a JWT, where there are any.
    pub async fn call(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        jwt: Option<&str>,
    ) -> Result<Answer, CallError> {
        let name = format!("{method} {url}");
        let request = self.http.request(method, url).header("accept", "application/json");
        let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
        let request = match jwt {
            Some(jwt) => request.header("content-type", "application/jwt").body(jwt.to_owned()),
            None => request,
        };
        send(name, request).await
    }

    /// `POST url` with JSON.
    pub async fn post(&self, url: &str, body: &Value) -> Result<Answer, CallError> {
        send(format!("POST {url}"), self.http.post(url).json(body)).await
    }

    /// `POST url` with a bearer token and JSON, as the toolkit's page calls its APIs.
    pub async fn post_json(
        &self,
        url: &str,
        token: &str,
        body: &Value,
    ) -> Result<Answer, CallError> {
        self.call_json(Method::POST, url, token, Some(body)).await
    }

    /// `method url` with a bearer token, and JSON where there is a body.
    pub async fn call_json(
        &self,
        method: Method,
        url: &str,
        token: &str,
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let name = format!("{method} {url}");
        let request = self
            .http
            .request(method, url)
            .bearer_auth(token)
            .header("accept", "application/json; charset=utf-8");
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json; charset=utf-8")
                .body(body.to_string()),
            None => request,
        };
        send(name, request).await
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a TPP's own client, neither a role's peer client nor one for guarded addresses"
    )]
    fn new(ca: &Path, identity: Option<Identity>) -> Result<Self, CallError> {
        let authority = Certificate::from_pem(read_text(ca)?.as_bytes()).map_err(unusable(ca))?;
        let builder = Client::builder()
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .tls_certs_only([authority]);
        let builder = match identity {
            Some(identity) => builder.identity(identity),
            None => builder,
        };
        Ok(Self { http: builder.build().map_err(unusable(ca))? })
    }
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The code and the words of a refusal, in whichever of the documented shapes; else the body.
    pub fn reason(&self) -> String {
        let body = self.json();
        let text = |member: &str| body[member].as_str();
        let first = &body["Errors"][0];
        let code = text("error").or_else(|| text("code")).or_else(|| first["ErrorCode"].as_str());
        let words = ["error_description", "description", "detail"].into_iter().find_map(text);
        match (code, words.or_else(|| first["Message"].as_str())) {
            (Some(code), Some(words)) => format!("{code}: {words}"),
            _ => self.body.clone(),
        }
    }

    /// The JSON body of an answer with `status`; any other is an error.
    pub fn expect(self, status: u16) -> Result<Value, CallError> {
        if self.status == status { Ok(self.json()) } else { Err(CallError::Refused(self)) }
    }
}

async fn send(request: String, builder: RequestBuilder) -> Result<Answer, CallError> {
    let no_answer = |error: reqwest::Error| CallError::NoAnswer {
        request: request.clone(),
        reason: innermost(&error),
    };
    let response = builder.send().await.map_err(no_answer)?;
    let status = response.status().as_u16();
    let body = response.text().await.map_err(no_answer)?;
    Ok(Answer { request, status, body })
}

/// The innermost cause says what happened; reqwest's own text only that something did.
pub fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn unusable(path: &Path) -> impl FnOnce(reqwest::Error) -> CallError + '_ {
    move |reason| CallError::Unusable { what: path.display().to_string(), reason }
}
