//! Owns how a result reads: progress, what was done and what was not, the
//! matrix of the manual, and the values for JMC's screens.

use super::{describe, role_label};
use crate::aws::apply::{Outcome, Report};
use crate::error::Error;
use crate::messages::{Text, plan as say};
use crate::plan::{Action, Plan};
use crate::site::{BucketKind, Event, Notifications, RoleKind, Site, SourceCode};
use crate::ui::{Ui, cells, cut, pad};
use crate::wizard::notifications::event_label;
use serde_json::{Value, json};
use std::time::Duration;

/// A row of the matrix: a kind of bucket, and each role's cell.
pub type Row = (BucketKind, [Option<bool>; 3]);

/// Returns the line of a finished step: `[ 1/11] create bucket x ....... ok   0.4 s`.
pub fn progress(
    ui: &Ui,
    (number, total): (usize, usize),
    what: &str,
    outcome: &Outcome,
    took: Duration,
) -> String {
    let digits = total.to_string().len();
    let head = format!("  [{number:>digits$}/{total}] {}", cut(what, 48));
    let dots = ".".repeat(60usize.saturating_sub(cells(&head) + 1).max(3));
    let end = match outcome {
        Outcome::Done => say::step_ok(),
        _ => say::step_failed(),
    };
    let seconds = say::seconds(format!("{:.1}", took.as_secs_f64()));
    format!(
        "{head} {dots} {}  {}",
        pad(ui.text(&end), 6),
        ui.text(&seconds)
    )
}

/// Names an action in one line.
pub fn name(ui: &Ui, action: &Action) -> String {
    let line = describe(action);
    format!("{} {}", ui.text(&line.verb), line.subject)
}

/// Says what was done, what failed and what was not begun, after a run that did not finish.
pub fn unfinished(ui: &Ui, plan: &Plan, report: &Report) {
    let count = |wanted: fn(&Outcome) -> bool| {
        report
            .outcomes
            .iter()
            .filter(|outcome| wanted(outcome))
            .count()
    };
    let done = count(|outcome| matches!(outcome, Outcome::Done));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let under_way = count(|outcome| matches!(outcome, Outcome::UnderWay));
    let left = count(|outcome| matches!(outcome, Outcome::NotRun));
    ui.line("");
    for (step, outcome) in plan.steps.iter().zip(&report.outcomes) {
        let text = match outcome {
            Outcome::NotRun => say::not_begun(name(ui, &step.action)),
            Outcome::UnderWay => say::under_way(name(ui, &step.action)),
            Outcome::Done | Outcome::Failed(_) => continue,
        };
        ui.line(&format!("  {}", ui.text(&text)));
    }
    for error in report.failures() {
        ui.error(error);
    }
    ui.say(&match under_way {
        0 => say::partly_done(done, failed, left),
        _ => say::partly_done_under_way(done, failed, under_way, left),
    });
}

fn kind_label(kind: BucketKind) -> Text {
    match kind {
        BucketKind::Data => say::matrix_data(),
        BucketKind::Sql => say::matrix_sql(),
        BucketKind::Program => say::matrix_program(),
    }
}

/// Prints the matrix of the manual's last step.
pub fn matrix(ui: &Ui, rows: &[Row]) {
    let labels: Vec<Text> = rows.iter().map(|(kind, _)| kind_label(*kind)).collect();
    let width = labels
        .iter()
        .map(|label| cells(ui.text(label)))
        .max()
        .unwrap_or(0);
    let roles = RoleKind::ALL.map(role_label);
    let heads: Vec<String> = roles.iter().map(|role| pad(ui.text(role), 10)).collect();
    ui.result("");
    ui.result(format!("  {}  {}", " ".repeat(width), heads.join("  ")).trim_end());
    for ((_, row), label) in rows.iter().zip(&labels) {
        let marks: Vec<String> = row
            .iter()
            .map(|cell| {
                let mark = match cell {
                    None => say::matrix_none(),
                    Some(true) => say::matrix_granted(),
                    Some(false) => say::matrix_missing(),
                };
                pad(ui.text(&mark), 10)
            })
            .collect();
        let line = format!("  {}  {}", pad(ui.text(label), width), marks.join("  "));
        ui.result(line.trim_end());
    }
}

/// Returns what is typed into JMC's screens: screen, label, value.
fn values(site: &Site) -> Vec<(Text, Vec<(Text, Text)>)> {
    use crate::messages::init::{self as screens, as_is};
    let redshift = &site.redshift;
    let mut notifications = Vec::new();
    match &site.notifications {
        Notifications::System {} => {
            notifications.push((say::value_system(), as_is("")));
        }
        Notifications::Site {
            source_code,
            topics,
        } => {
            let code = match source_code {
                SourceCode::Include => say::value_include(),
                SourceCode::Omit => say::value_omit(),
            };
            let events = topics.keys().map(|event| event_label(*event));
            if let Some(events) = events.reduce(say::listed) {
                notifications.push((say::value_events(), events));
            }
            notifications.push((say::value_source(), code));
            for (event, topic) in topics {
                notifications.push((
                    say::value_topic(event_label(*event)),
                    as_is(site.topic_arn(&topic.topic)),
                ));
            }
        }
    }
    let bucket = |kind| {
        let names: Vec<&str> = site
            .buckets_of(kind)
            .map(|bucket| bucket.name.as_str())
            .collect();
        as_is(names.join(", "))
    };
    vec![
        (
            screens::review_redshift(),
            vec![
                (say::value_host(), as_is(&redshift.host)),
                (say::value_port(), as_is(redshift.port)),
                (say::value_database(), as_is(&redshift.database)),
                (say::value_user(), as_is(&redshift.user)),
            ],
        ),
        (screens::review_notifications(), notifications),
        (
            screens::review_components(),
            vec![
                (say::value_ec2_role(), as_is(&site.roles.ecs_task.role)),
                (say::value_lambda_role(), as_is(&site.roles.lambda.role)),
                (say::value_redshift_role(), as_is(&site.roles.redshift.role)),
                (say::value_data_bucket(), bucket(BucketKind::Data)),
                (say::value_sql_bucket(), bucket(BucketKind::Sql)),
                (say::value_program_bucket(), bucket(BucketKind::Program)),
            ],
        ),
    ]
}

/// Prints the values for JMC's screens, each on a line of its own to be copied.
pub fn screens(ui: &Ui, site: &Site) {
    ui.result("");
    ui.result(ui.text(&say::values_heading()));
    for (screen, values) in values(site) {
        ui.result(&format!("  [{}]", ui.text(&screen)));
        let width = values.iter().map(|(label, _)| cells(ui.text(label))).max();
        for (label, value) in values {
            let label = pad(ui.text(&label), width.unwrap_or_default());
            let line = format!("    {label}  {}", ui.text(&value));
            ui.result(line.trim_end());
        }
    }
}

/// Prints the subscriptions that wait for somebody's confirmation.
pub fn pending(ui: &Ui, waiting: &[(Event, String)]) {
    if !waiting.is_empty() {
        ui.result("");
    }
    for (event, subscription) in waiting {
        ui.result(ui.text(&say::pending(event_label(*event), subscription)));
    }
}

/// Returns the matrix as JSON.
pub fn matrix_value(rows: &[Row]) -> Value {
    rows.iter()
        .map(|(kind, row)| {
            let cells = RoleKind::ALL.into_iter().zip(row).map(|(role, cell)| {
                let cell = match cell {
                    None => "none",
                    Some(true) => "ok",
                    Some(false) => "missing",
                };
                (
                    json!(role).as_str().unwrap_or_default().to_owned(),
                    json!(cell),
                )
            });
            json!({ "bucket": kind, "roles": cells.collect::<serde_json::Map<_, _>>() })
        })
        .collect()
}

/// Returns the values for JMC's screens as JSON.
pub fn screens_value(site: &Site) -> Value {
    let topics: serde_json::Map<_, _> = site
        .topics()
        .map(|(event, topic)| {
            let event = json!(event).as_str().unwrap_or_default().to_owned();
            (event, json!(site.topic_arn(&topic.topic)))
        })
        .collect();
    let buckets = |kind| {
        site.buckets_of(kind)
            .map(|bucket| &bucket.name)
            .collect::<Vec<_>>()
    };
    json!({
        "redshift": {
            "host": site.redshift.host,
            "port": site.redshift.port,
            "database": site.redshift.database,
            "user": site.redshift.user,
        },
        "notifications": { "topics": topics },
        "components": {
            "ec2_role": site.roles.ecs_task.role,
            "lambda_role": site.roles.lambda.role,
            "redshift_role": site.roles.redshift.role,
            "data_buckets": buckets(BucketKind::Data),
            "sql_buckets": buckets(BucketKind::Sql),
            "program_buckets": buckets(BucketKind::Program),
        },
    })
}

/// Returns why locks could not be given back as JSON; null where all were.
pub fn unreleased_value(report: &Report) -> Value {
    let errors: Vec<Value> = report.unreleased.iter().map(Error::to_json).collect();
    match errors.is_empty() {
        true => Value::Null,
        false => Value::Array(errors),
    }
}

/// Returns how each step ended as JSON.
pub fn report_value(report: &Report) -> Value {
    report
        .outcomes
        .iter()
        .zip(&report.took)
        .map(|(outcome, took)| match outcome {
            Outcome::Done => json!({ "outcome": "done", "ms": took.as_millis() as u64 }),
            Outcome::Failed(error) => json!({
                "outcome": "failed",
                "ms": took.as_millis() as u64,
                "error": Error::to_json(error),
            }),
            Outcome::UnderWay => json!({ "outcome": "under-way", "ms": took.as_millis() as u64 }),
            Outcome::NotRun => json!({ "outcome": "not-run" }),
        })
        .collect()
}
