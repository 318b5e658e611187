//! Owns what is asked after the login. Simple queries only: the extended protocol has
//! failed on real clusters.

use super::connect::Connection;
use super::failure;
use super::role::role_use;
use super::target::{Phase, RoleUse, SchemaUse, Target};
use super::tls::printable;
use crate::error::Error;
use std::time::{Duration, Instant};
use tokio_postgres::{Client, SimpleQueryMessage};

/// What the queries found.
pub(super) struct Found {
    pub(super) version: String,
    pub(super) redshift: bool,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) latency: Duration,
    pub(super) schema: Option<SchemaUse>,
    pub(super) role: Option<RoleUse>,
}

/// Asks who we are, what the server is, and whether the schema may be used.
pub(super) async fn question(
    target: &Target,
    client: Client,
    mut connection: Connection,
) -> Result<(String, Found), Error> {
    // Only the version: another of these parameters is a secret (`driver_token`).
    let padb = connection.parameter("padb_version").map(str::to_owned);
    let found = tokio::select! {
        found = ask(target, &client, padb) => found?,
        end = &mut connection => return Err(match end {
            Ok(()) => failure::ended(target, Phase::Query),
            Err(error) => failure::postgres(target, Phase::Query, &error),
        }),
    };
    // Takes leave, so that the server does not log a lost connection.
    drop(client);
    let _ = tokio::time::timeout(Duration::from_millis(200), connection).await;
    Ok((found.version.clone(), found))
}

async fn ask(target: &Target, client: &Client, padb: Option<String>) -> Result<Found, Error> {
    let start = Instant::now();
    row(target, client, "select 1").await?;
    let latency = start.elapsed();
    let who = row(target, client, "select current_user, current_database()").await?;
    let [user, database] = who.as_slice() else {
        return Err(failure::garbled(target, Phase::Query));
    };
    let words = row(target, client, "select version()").await?;
    let words = words.into_iter().next().unwrap_or_default();
    let release = words.split_once("Redshift ").map(|(_, rest)| rest);
    let release = release
        .and_then(|rest| rest.split([' ', ',']).next())
        .map(str::to_owned)
        .or_else(|| padb.as_deref().map(printable));
    let version = match &release {
        Some(release) => format!("Redshift {release}"),
        None => words
            .split([' ', ','])
            .take(2)
            .collect::<Vec<_>>()
            .join(" "),
    };
    let schema = match &target.schema {
        None => None,
        Some(schema) => Some(schema_use(target, client, schema).await?),
    };
    // PostgreSQL has no such roles.
    let role = match target.role.as_deref().filter(|_| release.is_some()) {
        None => None,
        Some(role) => Some(role_use(client, role).await),
    };
    Ok(Found {
        version,
        redshift: release.is_some(),
        user: user.clone(),
        database: database.clone(),
        latency,
        schema,
        role,
    })
}

/// Runs a simple query and returns its first row.
async fn row(target: &Target, client: &Client, sql: &str) -> Result<Vec<String>, Error> {
    let messages = client
        .simple_query(sql)
        .await
        .map_err(|error| failure::postgres(target, Phase::Query, &error))?;
    messages
        .iter()
        .find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|at| printable(row.get(at).unwrap_or_default()))
                    .collect(),
            ),
            _ => None,
        })
        .ok_or_else(|| failure::garbled(target, Phase::Query))
}

async fn schema_use(target: &Target, client: &Client, schema: &str) -> Result<SchemaUse, Error> {
    // Redshift reads a backslash in a literal as an escape, PostgreSQL does not.
    let literal = schema.replace('\\', "\\\\").replace('\'', "''");
    let sql = format!("select has_schema_privilege(current_user, '{literal}', 'usage')");
    let messages = client.simple_query(&sql).await;
    if let Err(error) = &messages
        && error.code().is_some_and(|code| code.code() == "3F000")
    {
        return Ok(SchemaUse::Missing);
    }
    let messages = messages.map_err(|error| failure::postgres(target, Phase::Query, &error))?;
    let answer = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    match answer {
        Some("t" | "true") => Ok(SchemaUse::Usable),
        Some("f" | "false") => Ok(SchemaUse::NoUsage),
        _ => Err(failure::garbled(target, Phase::Query)),
    }
}
