//! Owns the commands: each is one way through the pipe.

pub mod init;
pub mod session;
