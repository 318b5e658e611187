//! Owns the commands: each is one way through the pipe.

pub mod buckets;
pub mod check;
pub mod init;
pub mod lock;
pub mod opened;
pub mod pipe;
pub mod plan;
pub mod session;
pub mod test_connection;
pub mod undo;
