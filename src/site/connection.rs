//! Owns what a site says of the screen 「Redshift接続」: where the warehouse is, who logs in, and how the
//! connection is secured.

use super::names::{ClusterId, Identifier, Port, Workgroup};
use super::text;
use crate::plan::policy::trust;
use crate::redshift::password::PasswordSource;
use serde::{Deserialize, Serialize};

/// How to reach the warehouse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redshift {
    /// The host name, without port.
    #[serde(deserialize_with = "text::host")]
    pub host: String,
    /// The port.
    pub port: Port,
    /// The database.
    pub database: Identifier,
    /// The database user.
    pub user: Identifier,
    /// Where the password comes from; never the password.
    pub password: PasswordSource,
    /// The cluster or workgroup behind the host name.
    pub warehouse: Warehouse,
    /// How the connection is secured.
    #[serde(default, skip_serializing_if = "Tls::is_default")]
    pub tls: Tls,
    /// Whether the connection was tested from this machine.
    pub connection_test: ConnectionTest,
}

/// The cluster or workgroup that a host name belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warehouse {
    /// A provisioned cluster.
    Cluster(ClusterId),
    /// A Redshift Serverless workgroup.
    Workgroup(Workgroup),
}

impl Warehouse {
    /// Returns the services that must be allowed to assume its role.
    pub fn services(&self) -> &'static [&'static str] {
        match self {
            Self::Cluster(_) => &[trust::REDSHIFT],
            Self::Workgroup(_) => &[trust::REDSHIFT_SERVERLESS, trust::REDSHIFT],
        }
    }

    /// Returns the identifier.
    pub fn id(&self) -> &str {
        match self {
            Self::Cluster(id) => id.as_str(),
            Self::Workgroup(name) => name.as_str(),
        }
    }
}

/// Whether the connection test ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionTest {
    /// It ran and passed.
    Passed,
    /// It was left out by `--skip-connection-test`.
    Skipped,
}

/// How the connection is secured, where it differs from verify-full with public roots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// How far the certificate is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<crate::redshift::tls::TlsMode>,
    /// A file of further roots, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<std::path::PathBuf>,
    /// The name in the certificate, where it is not the host.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text::some_certificate_name"
    )]
    pub server_name: Option<String>,
}

impl Tls {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
