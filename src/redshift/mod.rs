//! Owns talking to the warehouse itself: addresses, TLS, login and the connection test.

pub mod address;
mod connect;
pub mod digest;
pub mod endpoint;
pub mod facts;
mod failure;
pub mod password;
mod query;
mod role;
pub mod target;
pub mod tls;

pub use address::Address;
pub use connect::test;
pub use endpoint::Endpoint;
pub use facts::Facts;
pub use failure::Failure;
pub use password::PasswordSource;
pub use target::{Connected, Deadlines, Phase, PhaseDone, RoleUse, SchemaUse, Target};
pub use tls::{Certificate, TlsMode};
