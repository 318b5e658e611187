//! Owns the flags of the commands on an existing site.

use crate::answers::choice;
use crate::error::{Error, Result};
use crate::messages::error as msg;
use crate::site::PolicyHome;
use crate::site::names::BucketName;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

/// How roles are guarded while their policies are written.
#[derive(Debug, Default, ClapArgs)]
pub struct LockArgs {
    /// Bucket to lock roles in [default: the system bucket that the roles' policies name]
    #[arg(long, value_name = "BUCKET", conflicts_with = "no_lock")]
    pub lock_bucket: Option<String>,
    /// Write policies without a lock against other operators
    #[arg(long)]
    pub no_lock: bool,
}

impl LockArgs {
    /// Reads `--lock-bucket`.
    pub fn bucket(&self) -> Result<Option<BucketName>> {
        match &self.lock_bucket {
            Some(name) => BucketName::parse(name)
                .map(Some)
                .map_err(|reason| Error::usage(msg::flag("--lock-bucket", reason))),
            None => Ok(None),
        }
    }
}

/// Where the roles' grants are kept.
#[derive(Debug, Default, ClapArgs)]
pub struct HomeArgs {
    /// Where the roles' access is kept: inline (their inline policies) or managed (a customer managed policy of each role) [default: inline]
    #[arg(long, value_name = "HOME")]
    pub policy_home: Option<String>,
}

impl HomeArgs {
    /// Reads `--policy-home`.
    pub fn home(&self) -> Result<Option<PolicyHome>> {
        let read = |word: &String| choice(word, &PolicyHome::WORDS);
        let home = self.policy_home.as_ref().map(read).transpose();
        home.map_err(|reason| Error::usage(msg::flag("--policy-home", reason)))
    }
}

/// How a changing command goes on without or with questions.
#[derive(Debug, Default, ClapArgs)]
pub struct Consent {
    /// Carry the plan out without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `add-bucket`.
#[derive(Debug, Default, ClapArgs)]
pub struct AddBucket {
    /// Bucket to add, by what it is for: data, sql or program
    #[arg(long, value_name = "KIND=BUCKET")]
    pub bucket: Vec<String>,
    /// Folder of the data exchange buckets that are added
    #[arg(long, value_name = "FOLDER")]
    pub data_folder: Vec<String>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Home of the grants
    #[command(flatten)]
    pub home: HomeArgs,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `remove-bucket`.
#[derive(Debug, Default, ClapArgs)]
pub struct RemoveBucket {
    /// Bucket to take out; with KIND= only from that use
    #[arg(long, value_name = "[KIND=]BUCKET", required = true)]
    pub bucket: Vec<String>,
    /// Site file of another site whose needs are respected
    #[arg(long, value_name = "FILE")]
    pub also: Vec<PathBuf>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `plan`.
#[derive(Debug, Default, ClapArgs)]
pub struct PlanArgs {
    /// Save the plan for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Home of the grants
    #[command(flatten)]
    pub home: HomeArgs,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `apply`.
#[derive(Debug, Default, ClapArgs)]
pub struct Apply {
    /// Plan saved by `plan --out`; carried out exactly, or refused if AWS has changed
    #[arg(id = "plan_file", value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Home of the grants
    #[command(flatten)]
    pub home: HomeArgs,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `check`.
#[derive(Debug, Default, ClapArgs)]
pub struct Check {
    /// Site files to check [default: the file of --site]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Report only findings of this code
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,
    /// Write a JUnit XML report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Exit with 0 although something could not be told
    #[arg(long)]
    pub allow_unknown: bool,
    /// Read the database password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Seconds that each phase of the connection test may take [default: DNS 5, TCP and TLS 10, login and query 30]
    #[arg(long, value_name = "SECONDS")]
    pub connect_timeout: Option<String>,
    /// Leave the connection test out
    #[arg(long)]
    pub skip_connection_test: bool,
}

/// Flags of `undo`.
#[derive(Debug, Default, ClapArgs)]
pub struct Undo {
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// What to do with locks.
#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Show who holds the locks of the site's roles
    Show(LockArgs),
    /// Release a lock whose run is dead
    Release {
        /// Id of the lock, as shown
        #[arg(long, value_name = "ID")]
        id: String,
        /// Locks
        #[command(flatten)]
        lock: LockArgs,
    },
}
