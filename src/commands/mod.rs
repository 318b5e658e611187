//! Owns the commands: each is one way through the pipe.

pub mod buckets;
mod carry_out;
pub mod check;
pub mod init;
pub mod lock;
pub mod opened;
pub mod pipe;
pub mod plan;
mod record;
pub mod session;
pub mod test_connection;
pub mod undo;
