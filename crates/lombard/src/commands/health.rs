//! `lombard health`: whether the running process is ready; for container health checks.

use crate::api_client::innermost;
use crate::context::Context;
use crate::failure::Failure;
use crate::files::read_text_if_present;
use crate::output::print_line;
use crate::ready_file::ReadyUrls;
use clap::Args;
use std::time::Duration;

const DEFAULT_URL: &str = "http://127.0.0.1:9090";
const TIMEOUT: Duration = Duration::from_secs(5);

/// `lombard health`.
#[derive(Args, Debug)]
pub struct Health {
    /// The operations listener [default: the data directory's process, else port 9090 here]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Health {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let base = self.url.unwrap_or_else(|| operations_url(context));
        let url = format!("{}/health/ready", base.trim_end_matches('/'));
        let away =
            |error: reqwest::Error| Failure::NotReady(format!("{url}: {}", innermost(&error)));
        let response = client().map_err(away)?.get(&url).send().await.map_err(away)?;
        let status = response.status();
        let body = response.text().await.unwrap_or_default();
        if status.is_success() {
            Ok(print_line("ready")?)
        } else {
            Err(Failure::NotReady(format!("not ready: {body}")))
        }
    }
}

fn operations_url(context: &Context) -> String {
    let file = context.data_directory().ready_file();
    let urls = read_text_if_present(&file).ok().flatten();
    urls.and_then(|text| serde_json::from_str::<ReadyUrls>(&text).ok())
        .and_then(|urls| urls.operations)
        .unwrap_or_else(|| DEFAULT_URL.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "one plain request to this machine's own operations listener"
)]
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()
}
