//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

#[path = "../sandbox/mod.rs"]
pub mod sandbox;

mod connection;
mod connection_failures;
mod init_answers;
mod init_aws;
mod init_denied;
mod init_files;
mod init_output;
mod init_plain;
#[cfg(unix)]
mod init_terminal;
mod init_wizard;
mod plan;
mod policy;
#[cfg(unix)]
mod prompt;
#[cfg(unix)]
mod pty;
mod sandbox_doors;
mod sandbox_faults;
mod sandbox_iam;
mod sandbox_parts;
mod sandbox_redshift;
mod sandbox_s3;
mod sandbox_sns;
mod support;
#[path = "../sandbox/warehouse/mod.rs"]
mod warehouse;
