//! Owns `jmc-site check`: look at one or many sites, live and read-only, and say what
//! is right, what is missing and what could not be told.

use super::opened::{Opened, read};
use super::session::{Session, password_on_stdin};
use crate::Environment;
use crate::answers::Answers;
use crate::args::{Check, Common};
use crate::aws::observe::Depth;
use crate::check::{Connection, Finding, State, codes, findings, junit};
use crate::connection::{self, Credentials};
use crate::error::{Error, Exit, Result};
use crate::messages::{Text, check as say, error as usage};
use crate::redshift::{self, PasswordSource};
use crate::secret::Secret;
use crate::site::file::SiteFile;
use crate::site::{ConnectionTest, Site};
use crate::ui::{Ui, cells, pad};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Runs the command.
pub fn run(args: &Check, common: &Common, ui: &Ui, environment: &Environment<'_>) -> Result<Exit> {
    for code in &args.only {
        if !codes().contains(&code.as_str()) {
            return Err(Error::usage(say::only_unknown(code, codes().join(", "))));
        }
    }
    let deadlines = args
        .connect_timeout
        .as_deref()
        .map(crate::answers::connection::timeout)
        .transpose();
    let deadlines =
        deadlines.map_err(|reason| Error::usage(usage::flag("--connect-timeout", reason)))?;
    let files: Vec<PathBuf> = if args.files.is_empty() {
        vec![common.site.clone()]
    } else {
        args.files.clone()
    };
    let sites: Vec<(SiteFile, Site)> =
        files.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let password = if args.password_stdin {
        Some(password_on_stdin(environment)?)
    } else {
        None
    };
    let mut session = Session::start("check", common, ui, environment)?;
    let mut all = Vec::new();
    for (file, site) in sites {
        let opened = Opened::of(site, file, session, common, environment)?;
        let connection = connection(args, &opened, deadlines, password.as_ref(), environment)?;
        let mut found = look(&opened, &connection);
        if !args.only.is_empty() {
            found.retain(|finding| {
                args.only
                    .iter()
                    .any(|code| Some(code.as_str()) == finding.what.code())
            });
        }
        all.push((
            opened.site.name.to_string(),
            opened.file.path().display().to_string(),
            found,
        ));
        session = opened.session;
    }
    report(args, ui, &all)
}

/// Observes a site, the policies that stand over its roles' own included.
fn look(opened: &Opened, connection: &Connection) -> Vec<Finding> {
    let observer = opened.observer();
    let site = &opened.site;
    let observing = observer.observe(site, Depth::Guards);
    let observed = opened.session.runtime.block_on(observing);
    let apply = format!(
        "jmc-site apply --site {}",
        super::record::quoted(&opened.file.path().display().to_string())
    );
    findings(site, &observed, connection, &apply)
}

fn connection(
    args: &Check,
    opened: &Opened,
    deadlines: Option<Duration>,
    given: Option<&Secret>,
    environment: &Environment<'_>,
) -> Result<Connection> {
    let site = &opened.site;
    let skipped = site.redshift.connection_test == ConnectionTest::Skipped;
    if args.skip_connection_test || skipped {
        return Ok(Connection::LeftOut);
    }
    let mut answers = Answers::from_site(site);
    answers.connect_timeout = deadlines;
    let runtime = &opened.session.runtime;
    let credentials = match (&site.redshift.password, given) {
        (_, Some(password)) => Some(Credentials {
            source: PasswordSource::Stdin,
            user: None,
            password: password.clone(),
        }),
        (source, None) if source.is_from_aws() => {
            let found = runtime.block_on(connection::from_aws(
                &opened.observer(),
                &answers.redshift,
                source,
            ));
            match found {
                Ok(credentials) => Some(credentials),
                Err(error) => return Ok(Connection::Failed(error)),
            }
        }
        _ => connection::local(&answers.redshift, &environment.variable)?,
    };
    let Some(credentials) = credentials else {
        return Ok(Connection::NoPassword);
    };
    let target = connection::target(&answers, &credentials, &environment.variable)?;
    let tested = runtime.block_on(redshift::test(&target, &credentials.password, &mut |_| {}));
    Ok(match tested {
        Ok(connected) => Connection::Passed(connected.version),
        Err(failure) => {
            let warehouse = Some(&site.redshift.warehouse);
            let clients = || opened.clients.clone();
            let failure = connection::explained(failure, runtime, &target, warehouse, clients);
            Connection::Failed(failure.error)
        }
    })
}

type Checked = (String, String, Vec<Finding>);

fn report(args: &Check, ui: &Ui, all: &[Checked]) -> Result<Exit> {
    for (site, path, found) in all {
        ui.result("");
        ui.result(ui.text(&say::heading(site, path)));
        table(ui, found);
    }
    let count = |state: State| {
        let found = all.iter().flat_map(|(_, _, found)| found);
        found.filter(|finding| finding.state == state).count()
    };
    let (ok, missing) = (count(State::Ok), count(State::Missing));
    let (wrong, unknown) = (count(State::Wrong), count(State::Unknown));
    ui.result("");
    ui.result(ui.text(&say::summary(all.len(), ok, missing, wrong, unknown)));
    if let Some(path) = &args.junit {
        let suites: Vec<(String, Vec<Finding>)> = all
            .iter()
            .map(|(site, _, found)| (site.clone(), found.clone()))
            .collect();
        crate::site::file::write_text(path, &junit::report(&suites))?;
    }
    let sites: Vec<Value> = all
        .iter()
        .map(|(site, path, found)| {
            json!({ "site": site, "file": path, "findings": found.iter().map(value).collect::<Vec<_>>() })
        })
        .collect();
    ui.value(&json!({
        "command": "check",
        "sites": sites,
        "summary": { "ok": ok, "missing": missing, "wrong": wrong, "unknown": unknown },
    }));
    // What could not be told is no proof that all is well: a pipeline must not take it for one.
    let doubtful = all
        .iter()
        .flat_map(|(_, _, found)| found)
        .any(|finding| finding.state == State::Unknown && !finding.accepted);
    Ok(
        if missing + wrong > 0 || (doubtful && !args.allow_unknown) {
            Exit::Differences
        } else {
            Exit::Done
        },
    )
}

fn value(finding: &Finding) -> Value {
    let english = |text: &Text| text.get(crate::messages::Lang::En).to_owned();
    json!({
        "code": finding.what.code(),
        "subject": finding.subject,
        "state": finding.state,
        "evidence": english(&finding.evidence),
        "fix": finding.fix.as_ref().map(english),
        "accepted": finding.accepted,
    })
}

fn state_label(state: State) -> Text {
    match state {
        State::Ok => say::state_ok(),
        State::Missing => say::state_missing(),
        State::Wrong => say::state_wrong(),
        State::Unknown => say::state_unknown(),
    }
}

/// Prints the findings: what, which, and below what is not well its evidence and what mends it.
fn table(ui: &Ui, found: &[Finding]) {
    let width = found
        .iter()
        .map(|finding| cells(ui.text(&finding.what)))
        .max()
        .unwrap_or(0);
    for finding in found {
        let state = state_label(finding.state);
        ui.result(&format!(
            "  {}  {}  {}",
            pad(ui.text(&state), 7),
            pad(ui.text(&finding.what), width),
            finding.subject
        ));
        if finding.state == State::Ok {
            continue;
        }
        let code = finding.what.code().unwrap_or_default();
        ui.result(&format!(
            "           {code}: {}",
            ui.text(&finding.evidence)
        ));
        if let Some(fix) = &finding.fix {
            ui.result(&format!("           -> {}", ui.text(fix)));
        }
    }
}
