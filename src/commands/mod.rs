//! Owns the commands: each is one way through the pipe.

pub mod init;
pub mod pipe;
pub mod session;
pub mod test_connection;
