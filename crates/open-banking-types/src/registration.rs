//! Requests of dynamic client registration (OB DCR 3.2, 3.3 and 3.4; RFC 7591 §2).

use crate::members::{MemberError, Members};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The claims of a registration request; what it does not name is ignored.
#[derive(Clone, Debug)]
pub struct RegistrationRequest {
    /// The software.
    pub iss: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// From when on it is void, in seconds.
    pub exp: i64,
    /// Whom it is for.
    pub aud: Audience,
    /// Its id, good for one use.
    pub jti: String,
    /// The client, in an update.
    pub client_id: Option<String>,
    /// Where users may be sent back to; all of the software statement's where it is absent.
    pub redirect_uris: Option<Vec<String>>,
    /// How the client authenticates.
    pub token_endpoint_auth_method: String,
    /// With what it signs its assertions.
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// What it asks tokens with.
    pub grant_types: Vec<String>,
    /// What it asks the authorization endpoint for.
    pub response_types: Option<Vec<String>>,
    /// The software, again.
    pub software_id: Option<String>,
    /// Scopes, separated by spaces.
    pub scope: String,
    /// The software statement, a compact JWS.
    pub software_statement: String,
    /// `web`, `mobile` or `native`.
    pub application_type: String,
    /// With what the server signs ID tokens.
    pub id_token_signed_response_alg: String,
    /// With what the client signs request objects.
    pub request_object_signing_alg: String,
    /// The subject of its certificate, where that authenticates it.
    pub tls_client_auth_subject_dn: Option<String>,
    /// Members of the decoupled flow.
    pub backchannel: Backchannel,
    /// Where its keys are; the software statement says so already.
    pub jwks_uri: Option<String>,
    /// Keys by value.
    pub jwks: Option<Value>,
}

/// `aud` (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A string.
    One(String),
    /// A list of them.
    Several(Vec<String>),
}

/// Members of the decoupled flow (OB DCR 3.3, CIBA §4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backchannel {
    /// `poll`, `ping` or `push`.
    pub token_delivery_mode: Option<String>,
    /// Where the client is told.
    pub client_notification_endpoint: Option<String>,
    /// With what it signs.
    pub authentication_request_signing_alg: Option<String>,
    /// Whether it sends user codes.
    pub user_code_parameter_supported: Option<bool>,
}

impl RegistrationRequest {
    /// Reads a claims set; the member at fault is named.
    pub fn read(claims: Map<String, Value>) -> Result<Self, MemberError> {
        let mut members = Members::new(claims);
        let members = &mut members;
        Ok(Self {
            software_statement: members.required("software_statement")?,
            iss: members.required("iss")?,
            iat: members.required("iat")?,
            exp: members.required("exp")?,
            aud: members.required("aud")?,
            jti: members.required("jti")?,
            client_id: members.optional("client_id")?,
            redirect_uris: members.optional("redirect_uris")?,
            token_endpoint_auth_method: members.required("token_endpoint_auth_method")?,
            token_endpoint_auth_signing_alg: members.optional("token_endpoint_auth_signing_alg")?,
            grant_types: members.required("grant_types")?,
            response_types: members.optional("response_types")?,
            software_id: members.optional("software_id")?,
            scope: members.required("scope")?,
            application_type: members.required("application_type")?,
            id_token_signed_response_alg: members.required("id_token_signed_response_alg")?,
            request_object_signing_alg: members.required("request_object_signing_alg")?,
            tls_client_auth_subject_dn: members.optional("tls_client_auth_subject_dn")?,
            backchannel: Backchannel::read(members)?,
            jwks_uri: members.optional("jwks_uri")?,
            jwks: members.optional("jwks")?,
        })
    }
}

impl Audience {
    /// Its values.
    #[must_use]
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

impl Backchannel {
    fn read(members: &mut Members) -> Result<Self, MemberError> {
        Ok(Self {
            token_delivery_mode: members.optional("backchannel_token_delivery_mode")?,
            client_notification_endpoint: members
                .optional("backchannel_client_notification_endpoint")?,
            authentication_request_signing_alg: members
                .optional("backchannel_authentication_request_signing_alg")?,
            user_code_parameter_supported: members
                .optional("backchannel_user_code_parameter_supported")?,
        })
    }
}
