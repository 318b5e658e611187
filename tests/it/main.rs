//! The integration tests, in one binary: each further one would link the whole AWS SDK again.

#[path = "../sandbox/mod.rs"]
pub mod sandbox;
use sandbox::warehouse;

mod conformance;
mod connection;
mod connection_address;
mod connection_facts;
mod connection_failures;
mod connection_framing;
mod connection_oracle;
mod connection_password;
mod connection_postgres;
#[cfg(unix)]
mod endure;
#[cfg(unix)]
mod endure_disk;
#[cfg(target_os = "linux")]
mod endure_hangup;
mod endure_input;
#[cfg(unix)]
mod endure_meanwhile;
#[cfg(unix)]
mod endure_secrets;
#[cfg(unix)]
mod endure_signals;
#[path = "../fuzz/checks.rs"]
mod fuzz;
mod grow_broken;
mod grow_buckets;
mod grow_check;
mod grow_growth;
mod grow_home;
mod grow_lock;
mod grow_plan;
#[cfg(unix)]
mod grow_race;
mod grow_report;
mod grow_undo;
mod init_answers;
mod init_aws;
mod init_denied;
mod init_files;
#[cfg(unix)]
mod init_output;
mod init_plain;
#[cfg(unix)]
mod init_terminal;
mod init_wizard;
mod localstack;
mod permissions;
mod plan;
mod policy;
#[path = "../oracle/postgres.rs"]
mod postgres;
#[cfg(unix)]
mod prompt;
#[cfg(unix)]
mod pty;
mod readme;
mod sandbox_doors;
mod sandbox_faults;
mod sandbox_iam;
mod sandbox_loud;
mod sandbox_parts;
mod sandbox_redshift;
mod sandbox_s3;
mod sandbox_secrets;
mod sandbox_serve;
mod sandbox_sns;
mod seen;
mod support;
mod survive;
mod test_connection;
mod test_connection_failures;
mod test_connection_hints;
mod test_connection_login;
mod units;
