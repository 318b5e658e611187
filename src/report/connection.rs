//! Owns how the result of a connection test is told: what the login can do, for a
//! person and as JSON.

use crate::error::{Error, Exit};
use crate::messages::{Text, login as say};
use crate::redshift::{
    Connected, Failure, PasswordSource, Phase, PhaseDone, RoleUse, SchemaUse, Target,
};
use crate::ui::{Ui, cells, pad};
use serde_json::{Value, json};

/// Prints the result and returns how the command ends.
///
/// A schema that was asked for and can't be used is a failure, although the login succeeded.
pub fn print(
    ui: &Ui,
    target: &Target,
    source: &PasswordSource,
    result: &Result<Connected, Failure>,
) -> Exit {
    let error = match result {
        Ok(connected) => {
            facts(ui, target, connected);
            schema_error(target, connected)
        }
        Err(failure) => Some(failure.error.clone()),
    };
    if let Some(error) = &error {
        ui.error(error);
    }
    ui.value(&value(target, source, result, error.as_ref()));
    error.map_or(Exit::Done, |error| error.exit_code())
}

fn schema_error(target: &Target, connected: &Connected) -> Option<Error> {
    let schema = target.schema.as_deref().unwrap_or_default();
    match connected.schema {
        None | Some(SchemaUse::Usable) => None,
        Some(SchemaUse::Missing) => Some(
            Error::new(say::schema_missing(schema, &connected.database))
                .hint(say::schema_missing_hint()),
        ),
        Some(SchemaUse::NoUsage) => Some(
            Error::new(say::schema_denied(schema, &connected.user)).hint(say::schema_denied_hint(
                identifier(schema),
                identifier(&connected.user),
            )),
        ),
    }
}

/// Writes a name as SQL needs it.
fn identifier(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if name.starts_with(plain) && name.chars().all(|c| plain(c) || c.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// Returns the commands that a role may not be used for.
fn refused(found: RoleUse) -> String {
    let commands = [("COPY", found.copy), ("UNLOAD", found.unload)];
    let refused = commands.into_iter().filter(|(_, can)| *can == Some(false));
    refused.map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

fn facts(ui: &Ui, target: &Target, connected: &Connected) {
    let text = |text: Text| ui.text(&text).to_owned();
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |label: Text, value: String| rows.push((text(label), value));
    row(say::fact_user(), connected.user.clone());
    row(say::fact_database(), connected.database.clone());
    let version = connected.version.clone();
    row(
        say::fact_version(),
        match connected.redshift {
            true => version,
            false => text(say::fact_not_redshift(version)),
        },
    );
    row(
        say::fact_tls(),
        text(match &connected.certificate {
            Some(found) => say::fact_tls_on(&found.subject, &found.issuer),
            None => say::fact_tls_off(),
        }),
    );
    row(say::fact_method(), connected.method.to_string());
    let latency = format!("{} ms", connected.latency.as_millis());
    row(say::fact_latency(), latency);
    if let (Some(schema), Some(found)) = (&target.schema, connected.schema) {
        let can = match found {
            SchemaUse::Usable => say::usable(),
            SchemaUse::NoUsage => say::unusable(),
            SchemaUse::Missing => say::not_there(),
        };
        row(say::fact_schema(schema), text(can));
    }
    let mut advice = None;
    if let (Some(role), Some(found)) = (&target.role, connected.role) {
        let name = role.rsplit('/').next().unwrap_or(role);
        let refused = refused(found);
        let can = if !refused.is_empty() {
            let user = identifier(&connected.user);
            advice = Some(say::role_grant(role, user, &refused));
            say::unusable_for(refused)
        } else if found.copy.is_some() && found.unload.is_some() {
            say::usable()
        } else {
            say::unknown()
        };
        row(say::fact_role(name), text(can));
    }
    let width = rows.iter().map(|(label, _)| cells(label)).max();
    for (label, value) in &rows {
        ui.result(&format!("  {}  {value}", pad(label, width.unwrap_or(0))));
    }
    if let Some(advice) = advice {
        ui.say(&advice);
    }
}

fn value(
    target: &Target,
    source: &PasswordSource,
    result: &Result<Connected, Failure>,
    error: Option<&Error>,
) -> Value {
    let phases: &[PhaseDone] = match result {
        Ok(connected) => &connected.phases,
        Err(failure) => &failure.done,
    };
    let failed = result.as_ref().err().map(|failure| {
        let ms = u64::try_from(failure.took.as_millis()).unwrap_or(u64::MAX);
        let phase: Phase = failure.phase;
        json!({ "phase": phase, "ms": ms })
    });
    let mut connected = json!(result.as_ref().ok());
    if let Some(facts) = connected.as_object_mut() {
        // They stand beside it, whether the test succeeded or not.
        facts.shift_remove("phases");
    }
    json!({
        "command": "test-connection",
        "status": if error.is_some() { "failed" } else { "passed" },
        "target": {
            "host": target.host,
            "port": target.port,
            "database": target.database,
            "user": target.user,
            "tls": target.tls,
        },
        "password": source,
        "phases": phases,
        "failed": failed,
        "connected": connected,
        "error": error.map(Error::to_json),
    })
}
