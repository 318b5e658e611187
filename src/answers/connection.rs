//! Owns the flags of the connection as answers: each is read by the validator of
//! its question.

use super::flags::Flags;
use super::{Answers, choice};
use crate::args::Connection;
use crate::error::Result;
use crate::messages::{Text, login as say, names as msg};
use crate::redshift::Address;
use crate::redshift::password::PasswordSource;
use crate::redshift::tls::TlsMode;
use crate::site::names::{ClusterId, Identifier, Port, Region, Workgroup, shortened};
use crate::site::secret::SecretArn;
use crate::site::text::certificate_name;
use crate::site::{Tls, Warehouse};
use std::time::Duration;

/// Reads a number of seconds from 1 to 300.
pub fn timeout(value: &str) -> Result<Duration, Text> {
    match value.trim().parse::<u16>() {
        Ok(seconds) if (1..=300).contains(&seconds) => Ok(Duration::from_secs(seconds.into())),
        _ => Err(msg::choice(shortened(value), "1-300")),
    }
}

const TLS_MODES: [(&str, TlsMode); 4] = [
    ("verify-full", TlsMode::VerifyFull),
    ("verify-ca", TlsMode::VerifyCa),
    ("require", TlsMode::Require),
    ("disable", TlsMode::Disable),
];

impl Answers {
    /// Reads the flags of the connection alone; every refused one is named in the error.
    pub fn from_connection(given: &Connection, region: Option<Region>) -> Result<Self> {
        let mut flags = Flags::default();
        let mut answers = Self {
            region,
            ..Self::default()
        };
        answers.connection_flags(given, &mut flags);
        flags.finish()?;
        Ok(answers)
    }

    pub(super) fn connection_flags(&mut self, given: &Connection, flags: &mut Flags) {
        if let Some(address) = flags.read("--host", given.host.as_ref(), Address::parse) {
            self.set_address(address);
        }
        let redshift = &mut self.redshift;
        if let Some(port) = flags.read("--port", given.port.as_ref(), Port::parse) {
            redshift.port = Some(port);
        }
        if let Some(name) = flags.read("--database", given.database.as_ref(), Identifier::parse) {
            redshift.database = Some(name);
        }
        if let Some(name) = flags.read("--user", given.user.as_ref(), Identifier::parse) {
            redshift.user = Some(name);
        }
        redshift.password = password_source(given, flags);
        redshift.tls = Tls {
            mode: flags.read("--tls", given.tls.as_ref(), |value| {
                choice(value, &TLS_MODES)
            }),
            ca_file: given.ca_file.clone(),
            server_name: flags.read(
                "--tls-server-name",
                given.tls_server_name.as_ref(),
                certificate_name,
            ),
        };
        let cluster = flags.read("--cluster", given.cluster.as_ref(), ClusterId::parse);
        let workgroup = flags.read("--workgroup", given.workgroup.as_ref(), Workgroup::parse);
        redshift.warehouse = cluster
            .map(Warehouse::Cluster)
            .or(workgroup.map(Warehouse::Workgroup));
        self.serverless = flags.read("--warehouse", given.warehouse.as_ref(), |value| {
            choice(value, &[("provisioned", false), ("serverless", true)])
        });
        self.connect_timeout =
            flags.read("--connect-timeout", given.connect_timeout.as_ref(), timeout);
    }

    /// Takes what a pasted address says, keeping what was known of the rest.
    pub fn set_address(&mut self, address: Address) {
        let redshift = &mut self.redshift;
        redshift.host = Some(address.host);
        if let Some(port) = address.port.and_then(|port| Port::try_from(port).ok()) {
            redshift.port = Some(port);
        }
        if let Some(name) = address
            .database
            .and_then(|name| Identifier::parse(&name).ok())
        {
            redshift.database = Some(name);
        }
        if let Some(name) = address.user.and_then(|name| Identifier::parse(&name).ok()) {
            redshift.user = Some(name);
        }
    }
}

/// Returns where the flags say that the password comes from.
fn password_source(given: &Connection, flags: &mut Flags) -> Option<PasswordSource> {
    let secret = flags.read(
        "--password-secret",
        given.password_secret.as_ref(),
        SecretArn::parse,
    );
    let user = flags.read("--db-user", given.db_user.as_ref(), Identifier::parse);
    let iam = flags.read("--auth", given.auth.as_ref(), |value| {
        choice(value, &[("password", false), ("iam", true)])
    });
    if iam == Some(true) {
        if given.password_stdin || given.password_secret.is_some() {
            flags.refuse("--auth", say::iam_and_password());
        }
        return Some(user.map_or(PasswordSource::Iam, PasswordSource::IamDbUser));
    }
    if iam == Some(false) && given.db_user.is_some() {
        flags.refuse("--db-user", say::db_user_without_iam());
    }
    if given.password_stdin {
        return Some(PasswordSource::Stdin);
    }
    // `--auth password` alone takes back what a file says.
    secret
        .map(PasswordSource::SecretsManager)
        .or(iam.map(|_| PasswordSource::Prompt))
}
