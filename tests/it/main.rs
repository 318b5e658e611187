//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

#[path = "../sandbox/mod.rs"]
pub mod sandbox;

mod policy;
mod connection;
mod connection_failures;
#[path = "../sandbox/warehouse/mod.rs"]
mod warehouse;
