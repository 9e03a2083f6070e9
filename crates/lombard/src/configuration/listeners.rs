//! Where the process listens and how it is called from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// The TLS listeners of all roles.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listeners {
    /// The key manager's public listener: token endpoint, JWKS, discovery, the Accelerator's event doors.
    pub identity: Listener,
    /// The key manager's internal listener: client administration, token keys.
    pub key_manager_internal: Listener,
    /// The gateway's public listener: the published APIs.
    pub api: Listener,
    /// The event service's internal listener.
    pub events: Listener,
    /// The sandbox directory's listener; its public URL is what certificates and software statements name.
    pub directory: Listener,
}

/// One TLS listener.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Address and port to bind; port 0 takes a free one.
    #[schemars(with = "String")]
    pub bind: SocketAddr,
    /// The base URL by which others reach the listener, where it is not `https://localhost:PORT`.
    pub public_url: Option<String>,
    /// Worker threads; 0 chooses by the machine, at most 4.
    pub workers: usize,
}

/// The operations listener.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operations {
    /// Address and port to bind; plain HTTP, so never a public address.
    #[schemars(with = "String")]
    pub bind: SocketAddr,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            identity: Listener::on_port(9446),
            key_manager_internal: Listener::on_port(9449),
            api: Listener::on_port(8243),
            events: Listener::on_port(9447),
            directory: Listener::on_port(9448),
        }
    }
}

impl Listener {
    fn on_port(port: u16) -> Self {
        Self { bind: loopback(port), public_url: None, workers: 0 }
    }
}

impl Default for Operations {
    fn default() -> Self {
        Self { bind: loopback(9090) }
    }
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
