//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

mod connection;
mod connection_address;
mod connection_failures;
mod connection_framing;
mod connection_password;
#[path = "../fuzz/checks.rs"]
mod fuzz;
#[path = "../sandbox/warehouse/mod.rs"]
mod warehouse;
