//! Pushing over real TLS to receivers of our own, on both databases.

mod deliveries;
mod endpoints;
mod fixture;
mod receiver;
mod replicas;
