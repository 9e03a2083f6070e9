//! `lombard tpp new`.

use super::TppArguments;
use crate::context::Context;
use crate::directory::{DirectoryClient, REDIRECT_URI, Wish};
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp_files::TppKind;
use clap::Args;

/// `lombard tpp new`.
#[derive(Args, Debug)]
pub struct New {
    #[command(flatten)]
    tpp: TppArguments,
    /// What the TPP is authorised for
    #[arg(long = "role", default_values = ["AISP", "PISP", "CBPII"], value_name = "ROLE")]
    roles: Vec<String>,
    /// An organisation of the directory [default: a new one]
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// Where users may be sent back to
    #[arg(long = "redirect-uri", default_values = [REDIRECT_URI], value_name = "URL")]
    redirect_uris: Vec<String>,
    /// The form of the certificates
    #[arg(long, default_value = "legacy", value_name = "KIND")]
    kind: TppKind,
    /// What shall be wrong with the transport certificate: expired, not-yet-valid, revoked, wrong-eku, wrong-issuer
    #[arg(long, value_name = "DEFECT")]
    defect: Option<String>,
    /// The same for the signing certificate
    #[arg(long, value_name = "DEFECT")]
    signing_defect: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl New {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        files.check_new()?;
        let wish = Wish {
            name: self.tpp.name,
            roles: self.roles,
            organisation: self.organisation,
            redirect_uris: self.redirect_uris,
            kind: self.kind,
            transport_defect: self.defect,
            signing_defect: self.signing_defect,
        };
        let new = DirectoryClient::of(&target)?.new_tpp(&wish).await?;
        files.create(&new)?;
        Ok(self.output.print(&new.record, || {
            format!("made {} (software id {})", files.directory().display(), new.record.software_id)
        })?)
    }
}
