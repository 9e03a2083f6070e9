//! `lombard certs trust`: TPP certificates that are trusted one by one.

use crate::context::Context;
use crate::failure::Failure;
use crate::files::read_text;
use crate::output::Output;
use crate::target::Target;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service_kit::outbound::ServiceClient;
use std::path::PathBuf;

/// TPP certificates that are trusted one by one.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Trust a certificate as exactly itself, never as an issuer
    ///
    /// It holds at the key manager at once, at the gateways as soon as they hear of it.
    Add(Add),
    /// Print what is trusted
    List(List),
    /// Trust a certificate no longer, on open connections neither
    Remove(Remove),
}

/// Which deployment.
#[derive(Args, Debug)]
struct TargetArgument {
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
}

/// `lombard certs trust add`.
#[derive(Args, Debug)]
pub struct Add {
    /// The certificate, PEM; of a chain, its first certificate alone
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its name: letters, digits, `-`, `.`, `_`, `~`
    #[arg(long, value_name = "NAME")]
    alias: String,
    #[command(flatten)]
    target: TargetArgument,
    #[command(flatten)]
    output: Output,
}

/// `lombard certs trust list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    target: TargetArgument,
    #[command(flatten)]
    output: Output,
}

/// `lombard certs trust remove`.
#[derive(Args, Debug)]
pub struct Remove {
    /// The name under which it was added
    #[arg(value_name = "NAME")]
    alias: String,
    #[command(flatten)]
    target: TargetArgument,
    #[command(flatten)]
    output: Output,
}

/// A trusted certificate, as the key manager shows it.
#[derive(Debug, Deserialize, Serialize)]
struct TrustedCertificate {
    alias: String,
    subject: String,
    #[serde(rename = "x5t#S256")]
    x5t_s256: String,
    not_before: String,
    not_after: String,
}

#[derive(Deserialize)]
struct Page {
    certificates: Vec<TrustedCertificate>,
    next: Option<String>,
}

/// The key manager's list of trusted certificates.
struct TrustedCertificates {
    operator: ServiceClient,
    url: String,
}

impl TrustCommand {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Add(command) => command.run(context).await,
            Self::List(command) => command.run(context).await,
            Self::Remove(command) => command.run(context).await,
        }
    }
}

impl Add {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let pem = read_text(&self.file)?;
        let added = self.target.trusted(context)?.add(&self.alias, leaf(&pem)).await?;
        Ok(self.output.print(&added, || format!("trusted from now on: {}", added.line()))?)
    }
}

/// The first certificate of a chain, as `transport.crt` holds one; anything else is for the key
/// manager to judge.
fn leaf(pem: &str) -> &str {
    const END: &str = "-----END CERTIFICATE-----";
    pem.split_inclusive(END).next().filter(|first| first.ends_with(END)).unwrap_or(pem)
}

impl List {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let all = self.target.trusted(context)?.all().await?;
        Ok(self.output.print(&json!({ "certificates": all }), || {
            let lines: Vec<_> = all.iter().map(TrustedCertificate::line).collect();
            if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
        })?)
    }
}

impl Remove {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let trusted = self.target.trusted(context)?;
        if !trusted.all().await?.iter().any(|certificate| certificate.alias == self.alias) {
            return Err(Failure::NotTrusted(self.alias));
        }
        trusted.remove(&self.alias).await?;
        let value = json!({ "removed": self.alias });
        Ok(self.output.print(&value, || format!("{} is trusted no longer", self.alias))?)
    }
}

impl TargetArgument {
    fn trusted(&self, context: &Context) -> Result<TrustedCertificates, Failure> {
        let target = Target::find(&context.data_directory(), self.target.as_deref())?;
        Ok(TrustedCertificates {
            operator: ServiceClient::new(&target.operator()?)?,
            url: format!("{}/internal/v1/trusted-certificates", target.key_manager_internal),
        })
    }
}

impl TrustedCertificates {
    async fn add(&self, alias: &str, pem: &str) -> Result<TrustedCertificate, Failure> {
        Ok(self.operator.post(&self.url, &json!({ "alias": alias, "pem": pem })).await?)
    }

    async fn all(&self) -> Result<Vec<TrustedCertificate>, Failure> {
        let mut all = Vec::new();
        let mut after = Some(String::new());
        while let Some(last) = after {
            let page = self.operator.get(&format!("{}?limit=100&after={last}", self.url)).await?;
            let Some(Page { certificates, next }) = page else { break };
            all.extend(certificates);
            after = next;
        }
        Ok(all)
    }

    /// Of an alias that was read from the list, which therefore needs no escaping.
    async fn remove(&self, alias: &str) -> Result<(), Failure> {
        Ok(self.operator.delete(&format!("{}/{alias}", self.url)).await?)
    }
}

impl TrustedCertificate {
    fn line(&self) -> String {
        format!("{}  {}  until {}", self.alias, self.subject, self.not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::leaf;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----";

    #[test]
    fn of_a_chain_the_leaf_alone_is_added() {
        assert_eq!(leaf(&format!("{ONE}\n{ONE}\n")), ONE);
        assert_eq!(leaf(ONE), ONE);
    }

    #[test]
    fn what_is_not_a_certificate_goes_to_the_key_manager_as_it_is() {
        assert_eq!(leaf("nothing of the kind"), "nothing of the kind");
    }
}
