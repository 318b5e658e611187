//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

#[cfg(unix)]
mod prompt;
#[cfg(unix)]
mod pty;
