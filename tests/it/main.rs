//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

mod connection;
mod connection_failures;
#[path = "../sandbox/warehouse/mod.rs"]
mod warehouse;
