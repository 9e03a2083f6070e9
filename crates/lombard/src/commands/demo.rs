//! `lombard demo`: the main job, step by step.

use crate::context::Context;
use crate::demo::{Deployment, Report, Story, commands};
use crate::failure::Failure;
use crate::output::print_line;
use crate::process::Signals;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// `lombard demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Print one JSON object a step
    #[arg(long)]
    json: bool,
    /// Stay up after the story and print the equivalent curl commands
    #[arg(long)]
    keep: bool,
    /// Tell the story to a deployment that runs already, described by a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
}

impl Demo {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut signals = Signals::listen()?;
        let report = Report { json: self.json };
        let found = match &self.target {
            Some(file) => Deployment::elsewhere(file, context),
            None => Deployment::start(context, report).await,
        };
        let mut deployment = match found {
            Ok(deployment) => deployment,
            Err(failure) => {
                report.not_started(&failure)?;
                return Err(Failure::Story);
            }
        };
        let target = deployment.target.clone();
        let mut story = Story::about(target, context.clock.clone(), context.random.clone());
        let told = tokio::select! {
            told = story.tell(report) => told?,
            () = signals.next() => false,
        };
        if told && self.keep {
            deployment.keep();
            self.print_commands(&story)?;
            if deployment.is_our_own() {
                report.remark("\nServing until Ctrl-C.")?;
                signals.next().await;
            }
        }
        signals.exit_on_next();
        deployment.stop().await?;
        if told { Ok(()) } else { Err(Failure::Story) }
    }

    fn print_commands(&self, story: &Story) -> Result<(), Failure> {
        let commands = commands(story, self.target.as_deref())?;
        if self.json {
            print_line(&json!({ "commands": commands }).to_string())?;
        } else {
            print_line(&format!("\n{commands}"))?;
        }
        Ok(())
    }
}
