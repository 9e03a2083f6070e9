//! `lombard tpp renew`.

use super::TppArguments;
use crate::context::Context;
use crate::directory::DirectoryClient;
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp_files::CertificateUse;
use clap::Args;
use serde_json::json;

/// `lombard tpp renew`.
#[derive(Args, Debug)]
pub struct Renew {
    #[command(flatten)]
    tpp: TppArguments,
    /// The signing certificate instead of the transport certificate
    #[arg(long)]
    signing: bool,
    /// What shall be wrong with it: expired, not-yet-valid, revoked, wrong-eku, wrong-issuer
    #[arg(long, value_name = "DEFECT")]
    defect: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl Renew {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        let record = files.record()?;
        let purpose =
            if self.signing { CertificateUse::Signing } else { CertificateUse::Transport };
        let directory = DirectoryClient::of(&target)?;
        let own = directory.certificate(&record, purpose, self.defect.as_deref()).await?;
        files.write_certificate(purpose, &own)?;
        let certificate = files.path(&format!("{}.crt", purpose.as_str()));
        let value = json!({ "certificate": certificate, "software_id": record.software_id });
        Ok(self.output.print(&value, || format!("made {}", certificate.display()))?)
    }
}
