//! Owns the flags that say where the warehouse is and who logs in, for every
//! command that connects to it.

use super::REDSHIFT;
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// Flags of the connection.
#[derive(Debug, Default, ClapArgs)]
pub struct Connection {
    /// Redshift endpoint: host, host:port, host:port/database, or a JDBC URL
    #[arg(long, value_name = "HOST", help_heading = REDSHIFT)]
    pub host: Option<String>,
    /// Redshift port [default: 5439]
    #[arg(long, value_name = "PORT", help_heading = REDSHIFT)]
    pub port: Option<String>,
    /// Database
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub database: Option<String>,
    /// Database user
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub user: Option<String>,
    /// Read the database password from standard input
    #[arg(long, help_heading = REDSHIFT)]
    pub password_stdin: bool,
    /// Take the database password from this secret of AWS Secrets Manager
    #[arg(long, value_name = "ARN", help_heading = REDSHIFT, conflicts_with = "password_stdin")]
    pub password_secret: Option<String>,
    /// How to log in: password, or iam for temporary credentials of AWS [default: password]
    #[arg(long, value_name = "HOW", help_heading = REDSHIFT)]
    pub auth: Option<String>,
    /// Database user that the temporary credentials are for [default: the caller's own]
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT, requires = "auth")]
    pub db_user: Option<String>,
    /// Kind of warehouse where the host does not tell: provisioned or serverless
    #[arg(long, value_name = "KIND", help_heading = REDSHIFT)]
    pub warehouse: Option<String>,
    /// Cluster identifier where the host does not tell
    #[arg(long, value_name = "ID", help_heading = REDSHIFT, conflicts_with = "workgroup")]
    pub cluster: Option<String>,
    /// Serverless workgroup where the host does not tell
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub workgroup: Option<String>,
    /// TLS checks: verify-full, verify-ca, require, or disable (loopback only) [default: verify-full]
    #[arg(long, value_name = "MODE", help_heading = REDSHIFT)]
    pub tls: Option<String>,
    /// PEM file of further certificate authorities
    #[arg(long, value_name = "FILE", help_heading = REDSHIFT)]
    pub ca_file: Option<PathBuf>,
    /// Name to expect in the certificate, for CNAMEs, tunnels and addresses
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub tls_server_name: Option<String>,
    /// Seconds that each phase of the connection test may take [default: DNS 5, TCP and TLS 10, login and query 30]
    #[arg(long, value_name = "SECONDS", help_heading = REDSHIFT)]
    pub connect_timeout: Option<String>,
}
