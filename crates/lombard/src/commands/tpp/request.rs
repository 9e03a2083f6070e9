//! `lombard tpp request`.

use super::TppArguments;
use crate::client_registration::{RegistrationWish, request};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::tpp_files::AuthenticationMethod;
use clap::Args;
use serde_json::json;

/// `lombard tpp request`.
#[derive(Args, Debug)]
pub struct Request {
    #[command(flatten)]
    tpp: TppArguments,
    /// How the TPP is going to authenticate
    #[arg(long, default_value = "private_key_jwt", value_name = "METHOD")]
    auth_method: AuthenticationMethod,
    #[command(flatten)]
    output: Output,
}

impl Request {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let target = self.tpp.target(context)?;
        let files = self.tpp.files(&target)?;
        let wish = RegistrationWish { method: self.auth_method, keep_ssa: false };
        let request = request(&target, &files, wish, context.now(), context.random()).await?;
        Ok(self.output.print(&json!({ "request": request }), || request.clone())?)
    }
}
