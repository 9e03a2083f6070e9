//! `lombard tpp listen`.

use crate::api_client::ApiClient;
use crate::context::Context;
use crate::event_receiver::{EventReceiver, Manner};
use crate::failure::Failure;
use crate::files::read_text;
use crate::output::print_line;
use crate::process::Signals;
use crate::target::Target;
use crate::tpp_files::TppFiles;
use actix_web::http::StatusCode;
use clap::Args;
use serde_json::json;
use service_kit::TrustStore;
use service_kit::listener::{Limits, Listener, ListenerOptions, ServerIdentity, ServerTls};
use service_kit::shutdown::Shutdown;
use service_kit::trust_store::TrustAnchors;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// `lombard tpp listen`.
#[derive(Args, Debug)]
pub struct Listen {
    /// The TPP: SETs for other clients are refused [default: any]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// A deployment other than the data directory's, as a TOML file
    #[arg(long, value_name = "FILE")]
    target: Option<PathBuf>,
    /// The port on the loopback address; 0 takes a free one
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// Listen on this address instead of the loopback address alone
    #[arg(long, value_name = "ADDRESS", conflicts_with = "port")]
    bind: Option<SocketAddr>,
    /// The name by which the event service reaches it
    #[arg(long, default_value = "localhost", value_name = "NAME")]
    host: String,
    /// A certificate chain to show, PEM [default: one of the sandbox's authority]
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Answer everything with this status, as a bad receiver does
    #[arg(long, value_name = "STATUS")]
    answer: Option<u16>,
    /// Answer after so many seconds, as a slow one does
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    delay: u64,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Print JSON, a line for each event
    #[arg(long)]
    json: bool,
}

impl Listen {
    /// Does what was asked, until a signal.
    pub async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut signals = Signals::listen()?;
        let target = Target::find(&context.data_directory(), self.target.as_deref())?;
        let receiver = EventReceiver::new(
            ApiClient::anonymous(&target.ca)?,
            target.key_set(),
            self.manner(&target)?,
        );
        let listener = self.listener(context)?;
        self.announce(listener.address().port())?;
        let shutdown = Shutdown::new();
        let enough = async {
            receiver.enough().await;
            tokio::time::sleep(LAST_ANSWER).await;
        };
        tokio::select! {
            served = listener.serve(receiver.routes(), shutdown.signal()) => served?,
            () = signals.next() => {}
            () = enough => {}
        }
        Ok(())
    }

    fn manner(&self, target: &Target) -> Result<Manner, Failure> {
        let audience = self.name.as_deref().map(|name| {
            TppFiles::named(&target.tpp_directory, name).and_then(|files| files.client_id())
        });
        let answer = self.answer.map(StatusCode::from_u16).transpose();
        Ok(Manner {
            audience: audience.transpose()?,
            answer: answer.map_err(|_| Failure::Usage("--answer wants a status".to_owned()))?,
            delay: Duration::from_secs(self.delay),
            count: self.count,
            json: self.json,
        })
    }

    fn listener(&self, context: &Context) -> Result<Listener, Failure> {
        let trust = TrustStore::new(&TrustAnchors::default())
            .map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Listener::bind(ListenerOptions {
            name: "receiver",
            bind: self.bind.unwrap_or((Ipv4Addr::LOCALHOST, self.port).into()),
            tls: ServerTls { identities: vec![self.identity(context)?], trust, access: None },
            limits: Limits::default(),
            workers: 1,
            clock: context.clock.clone(),
            random: context.random.clone(),
        })?)
    }

    /// The given certificate, or one that a sandbox's event service trusts.
    fn identity(&self, context: &Context) -> Result<ServerIdentity, Failure> {
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            return Ok(ServerIdentity {
                chain_pem: read_text(certificate)?,
                key_pem: read_text(key)?,
            });
        }
        let certificates = context.data_directory().certificates();
        let (chain_pem, key_pem) = certificates.issue_server(&self.host, context.now())?;
        Ok(ServerIdentity { chain_pem, key_pem })
    }

    /// Where it listens, and what lets a sandbox's event service call an address that is not public.
    fn announce(&self, port: u16) -> Result<(), Failure> {
        let origin = format!("https://{}:{port}", self.host);
        let callback = format!("{origin}{CALLBACK_PATH}");
        if self.json {
            let line = json!({ "callback_url": callback, "allowed_origin": origin });
            return Ok(print_line(&line.to_string())?);
        }
        print_line(&format!(
            "listening; the callback URL is {callback}\n\
             the event service calls it with this in lombard.toml, after a restart:\n\
             [outbound]\n\
             allowed_origins = [\"{origin}\"]"
        ))?;
        Ok(())
    }
}

/// The form that Open Banking asks of a callback URL.
const CALLBACK_PATH: &str = "/open-banking/v3.1/event-notifications";
/// For the answer to the last event to be read.
const LAST_ANSWER: Duration = Duration::from_millis(200);
