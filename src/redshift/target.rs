//! Owns where to connect and what a connection test found, as data. It connects to nothing.

use super::address::{Address, DEFAULT_PORT};
use super::digest::Method;
use super::tls::{Certificate, TlsMode, printable};
use crate::messages::{Text, connection as say};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use std::time::Duration;

/// The environment variable with an address to dial instead of the warehouse's own:
/// for tests, tunnels and bastions. TLS still verifies the warehouse's name.
pub const DIAL_VARIABLE: &str = "JMC_SITE_REDSHIFT_DIAL";

/// How long each phase may take; the test never takes longer than their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For name resolution.
    pub resolve: Duration,
    /// For the TCP connection.
    pub connect: Duration,
    /// For TLS.
    pub tls: Duration,
    /// For the login.
    pub login: Duration,
    /// For the queries.
    pub query: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            // A Serverless workgroup that has been idle takes a while to come back.
            login: Duration::from_secs(30),
            query: Duration::from_secs(30),
        }
    }
}

impl Deadlines {
    /// Gives every phase the same time.
    pub fn all(each: Duration) -> Self {
        Self {
            resolve: each,
            connect: each,
            tls: each,
            login: each,
            query: each,
        }
    }

    pub(super) fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Resolve => self.resolve,
            Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::Login => self.login,
            Phase::Query => self.query,
        }
    }
}

/// Where and how to connect.
#[derive(Clone, Debug)]
pub struct Target {
    /// The warehouse's host.
    pub host: String,
    /// The warehouse's port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
    /// How much of TLS is insisted on.
    pub tls: TlsMode,
    /// CA certificates (PEM) that are believed besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// The name that the certificate must be for, if it is not the host.
    pub server_name: Option<String>,
    /// A schema that the user should be able to use.
    pub schema: Option<String>,
    /// The ARN of an IAM role that the user should be able to use.
    pub role: Option<String>,
    /// An address to dial instead; see [`DIAL_VARIABLE`].
    pub dial: Option<(String, u16)>,
    /// How long each phase may take.
    pub deadlines: Deadlines,
}

impl Target {
    /// Makes a target with everything else at its default.
    pub fn new(host: &str, database: &str, user: &str) -> Self {
        Self {
            host: host.to_owned(),
            port: DEFAULT_PORT,
            database: database.to_owned(),
            user: user.to_owned(),
            tls: TlsMode::default(),
            ca_file: None,
            server_name: None,
            schema: None,
            role: None,
            dial: None,
            deadlines: Deadlines::default(),
        }
    }

    pub(super) fn dialled_host(&self) -> &str {
        self.dial.as_ref().map_or(&self.host, |(host, _)| host)
    }

    pub(super) fn dialled_port(&self) -> u16 {
        self.dial.as_ref().map_or(self.port, |(_, port)| *port)
    }

    pub(super) fn tls_name(&self) -> &str {
        self.server_name.as_deref().unwrap_or(&self.host)
    }
}

/// Reads [`DIAL_VARIABLE`]; an empty variable counts as unset.
pub fn dial_override(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<(String, u16)>, Text> {
    let Some(value) = variable(DIAL_VARIABLE).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    match Address::parse(&value) {
        Ok(Address {
            host,
            port: Some(port),
            database: None,
            user: None,
        }) => Ok(Some((host, port))),
        _ => Err(say::dial_invalid(printable(&value))),
    }
}

/// A step of the connection test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// From the name to addresses.
    Resolve,
    /// The TCP connection.
    Connect,
    /// TLS and the certificate.
    Tls,
    /// The login to the database.
    Login,
    /// A few simple queries.
    Query,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 5] = [
        Self::Resolve,
        Self::Connect,
        Self::Tls,
        Self::Login,
        Self::Query,
    ];

    /// Returns the phase in words.
    pub fn label(self) -> Text {
        match self {
            Self::Resolve => say::phase_resolve(),
            Self::Connect => say::phase_connect(),
            Self::Tls => say::phase_tls(),
            Self::Login => say::phase_login(),
            Self::Query => say::phase_query(),
        }
    }
}

/// A phase that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseDone {
    /// Which one.
    pub phase: Phase,
    /// What it found: the address, the port, the certificate's subject, the login, the version.
    pub detail: String,
    /// How long it took.
    pub took: Duration,
}

impl Serialize for PhaseDone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("PhaseDone", 3)?;
        object.serialize_field("phase", &self.phase)?;
        object.serialize_field("detail", &self.detail)?;
        object.serialize_field("ms", &millis(self.took))?;
        object.end()
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn as_millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(millis(*duration))
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(method)
}

/// What the user may do with the schema that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemaUse {
    /// The user may use it.
    Usable,
    /// It is there, and the user may not use it.
    NoUsage,
    /// It is not there.
    Missing,
}

/// What the user may do with the IAM role that was asked for, as far as the database says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RoleUse {
    /// Whether COPY may use it.
    pub copy: Option<bool>,
    /// Whether UNLOAD may use it.
    pub unload: Option<bool>,
}

/// What a successful test found.
#[derive(Clone, Debug, Serialize)]
pub struct Connected {
    /// Every phase with its time.
    pub phases: Vec<PhaseDone>,
    /// `Redshift 1.0.N`, or what else the server calls itself.
    pub version: String,
    /// Whether it is Amazon Redshift.
    pub redshift: bool,
    /// The user, as the warehouse knows it.
    pub user: String,
    /// The database, as the warehouse knows it.
    pub database: String,
    /// The server's certificate; none without TLS.
    pub certificate: Option<Certificate>,
    /// How long `select 1` took.
    #[serde(rename = "latency_ms", serialize_with = "as_millis")]
    pub latency: Duration,
    /// How the login was done.
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// What the user may do with the schema that was asked for.
    pub schema: Option<SchemaUse>,
    /// What the user may do with the IAM role that was asked for.
    pub role: Option<RoleUse>,
}
