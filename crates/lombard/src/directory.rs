//! What a TPP's owner asks the sandbox directory for: identity, certificates over keys made here, SSAs.

use crate::api_client::{Answer, ApiClient, CallError};
use crate::target::{Target, TargetError};
use crate::tpp_files::{
    AuthenticationMethod, CertificateUse, NewTpp, OwnCertificate, TppFilesError, TppKind, TppRecord,
};
use certificates::{IssueError, KeyKind, PrivateKey, SigningRequest};
use serde_json::{Map, Value, json};

/// The sandbox directory, called as the operator.
#[derive(Debug)]
pub struct DirectoryClient {
    client: ApiClient,
    base_url: String,
}

/// What a new TPP is to be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The TPP's name, also the software's and a new organisation's.
    pub name: String,
    /// What it is authorised for.
    pub roles: Vec<String>,
    /// An organisation that there is; without one, a new one.
    pub organisation: Option<String>,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// The form of its certificates.
    pub kind: TppKind,
    /// What is wrong with the transport certificate on purpose.
    pub transport_defect: Option<String>,
    /// What is wrong with the signing certificate on purpose.
    pub signing_defect: Option<String>,
}

/// Why the directory did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// An answer without what it has to hold.
    #[error("{request} answered without {member}")]
    Answer {
        /// What was called.
        request: String,
        /// What is missing.
        member: &'static str,
    },
    /// A call failed.
    #[error("the sandbox directory: {0}")]
    Call(#[from] CallError),
    /// The TPP's files are of no use.
    #[error(transparent)]
    Files(#[from] TppFilesError),
    /// A key or a signing request cannot be made.
    #[error("cannot ask for a certificate: {0}")]
    Request(#[from] IssueError),
    /// There is nothing to call.
    #[error(transparent)]
    Target(#[from] TargetError),
}

impl DirectoryClient {
    /// The directory of `target`.
    pub fn of(target: &Target) -> Result<Self, DirectoryError> {
        let base_url = target.directory()?.to_owned();
        Ok(Self { client: ApiClient::of_operator(target)?, base_url })
    }

    /// Makes a TPP: an organisation unless it names one, a software statement, two keys with
    /// certificates, an SSA.
    pub async fn new_tpp(&self, wish: &Wish) -> Result<NewTpp, DirectoryError> {
        let organisation = self.organisation(wish).await?;
        let software = self.software(wish, &organisation.id).await?;
        let record = TppRecord {
            client_id: None,
            software_id: text(&software, "software_id")?,
            organisation_id: organisation.id,
            roles: wish.roles.clone(),
            kind: wish.kind,
            organisation_name: organisation.name,
            registration_id: organisation.registration_id,
            token_endpoint_auth_method: AuthenticationMethod::default(),
            software_jwks_endpoint: Some(text(&software, "software_jwks_endpoint")?),
        };
        let defect = wish.transport_defect.as_deref();
        let transport = self.certificate(&record, CertificateUse::Transport, defect).await?;
        let defect = wish.signing_defect.as_deref();
        let signing = self.certificate(&record, CertificateUse::Signing, defect).await?;
        let ssa = self.ssa(&record, None).await?;
        Ok(NewTpp { record, signing, transport, ssa })
    }

    /// A new key with a certificate; the key never leaves this machine.
    pub async fn certificate(
        &self,
        record: &TppRecord,
        purpose: CertificateUse,
        defect: Option<&str>,
    ) -> Result<OwnCertificate, DirectoryError> {
        let key = PrivateKey::generate(KeyKind::Rsa2048)?;
        let kind = match (record.kind, purpose) {
            (TppKind::Eidas, CertificateUse::Signing) => "obseal",
            (TppKind::Eidas, CertificateUse::Transport) => "obwac",
            (TppKind::Legacy, CertificateUse::Signing) => "ob-signing",
            (TppKind::Legacy, CertificateUse::Transport) => "ob-transport",
        };
        let csr = SigningRequest::make(&key, &record.software_id)?;
        let order = with(json!({ "kind": kind, "csr": csr }), "defect", defect);
        let url = format!("{}/certificates", self.software_url(record));
        let issued = self.client.post(&url, &order).await?;
        created(&issued)?;
        let chain_pem = text(&issued, "certificate")?;
        Ok(OwnCertificate { chain_pem, key_pem: key.to_pem()? })
    }

    /// A fresh SSA.
    pub async fn ssa(
        &self,
        record: &TppRecord,
        defect: Option<&str>,
    ) -> Result<String, DirectoryError> {
        let url = format!("{}/ssa", self.software_url(record));
        let answer = self.client.post(&url, &with(json!({}), "defect", defect)).await?;
        if answer.status == 200 { Ok(answer.body) } else { Err(CallError::Refused(answer).into()) }
    }

    async fn organisation(&self, wish: &Wish) -> Result<Organisation, DirectoryError> {
        let url = format!("{}/api/v1/organisations", self.base_url);
        let answer = if let Some(id) = &wish.organisation {
            let answer = self.client.get(&format!("{url}/{id}")).await?;
            answer.clone().expect(200)?;
            answer
        } else {
            let body = json!({ "name": wish.name, "roles": wish.roles });
            let answer = self.client.post(&url, &body).await?;
            created(&answer)?;
            answer
        };
        Ok(Organisation {
            id: text(&answer, "organisation_id")?,
            name: text(&answer, "name")?,
            registration_id: text(&answer, "registration_id").ok(),
        })
    }

    async fn software(&self, wish: &Wish, organisation_id: &str) -> Result<Answer, DirectoryError> {
        let url =
            format!("{}/api/v1/organisations/{organisation_id}/software-statements", self.base_url);
        let name: String = wish.name.chars().take(LONGEST_SOFTWARE_NAME).collect();
        let body = json!({
            "client_name": name,
            "roles": wish.roles,
            "redirect_uris": wish.redirect_uris,
        });
        let answer = self.client.post(&url, &body).await?;
        created(&answer)?;
        Ok(answer)
    }

    fn software_url(&self, record: &TppRecord) -> String {
        format!(
            "{}/api/v1/organisations/{}/software-statements/{}",
            self.base_url, record.organisation_id, record.software_id
        )
    }
}

struct Organisation {
    id: String,
    name: String,
    registration_id: Option<String>,
}

fn created(answer: &Answer) -> Result<(), CallError> {
    answer.clone().expect(201).map(drop)
}

/// `body` with one more member, where there is one.
fn with(body: Value, member: &str, value: Option<&str>) -> Value {
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.extend(value.map(|value| (member.to_owned(), Value::from(value))));
    Value::Object(members)
}

fn text(answer: &Answer, member: &'static str) -> Result<String, DirectoryError> {
    answer.json()[member]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| DirectoryError::Answer { request: answer.request.clone(), member })
}

/// What an SSA takes.
const LONGEST_SOFTWARE_NAME: usize = 40;

/// A place to send users back to that nobody can have (RFC 2606); nothing calls it.
pub const REDIRECT_URI: &str = "https://tpp.example/redirect";
