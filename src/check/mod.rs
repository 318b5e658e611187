//! Owns what `check` finds: the site against what was observed, cell by cell, as plain
//! data. It reads nothing itself and changes nothing.

mod access;
mod bucket;
pub mod junit;
mod role;
mod topic;

use crate::error::Error;
use crate::messages::{Text, aws as msg, check as say};
use crate::plan::observed::{Observed, RoleState};
use crate::site::{Origin, RoleKind, Site};
use serde::Serialize;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As the site wants it.
    Ok,
    /// Not there.
    Missing,
    /// There, but not as it must be.
    Wrong,
    /// It could not be read.
    Unknown,
}

/// One thing that was checked.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of thing; its code is stable.
    pub what: Text,
    /// Which one.
    pub subject: String,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub evidence: Text,
    /// What mends it.
    pub fix: Option<Text>,
    /// Whether nobody expects to know: it was left out on purpose, or is not ours to judge.
    pub accepted: bool,
}

/// What the connection test found.
#[derive(Clone, Debug)]
pub enum Connection {
    /// It passed; the version.
    Passed(String),
    /// It failed.
    Failed(Error),
    /// It was left out on purpose.
    LeftOut,
    /// There was no password.
    NoPassword,
}

/// Every code of a finding.
pub fn codes() -> Vec<&'static str> {
    let all = [
        say::connection(),
        say::bucket(),
        say::folder(),
        say::settings(),
        say::role(),
        say::trust(),
        say::attached(),
        say::grant(),
        say::home(),
        say::topic(),
        say::subscription(),
    ];
    all.iter().filter_map(Text::code).collect()
}

/// Collects findings with the command that mends them.
struct Findings<'a> {
    found: Vec<Finding>,
    apply: &'a str,
}

impl Findings<'_> {
    fn add(
        &mut self,
        what: Text,
        subject: impl ToString,
        state: State,
        evidence: Text,
        fix: Option<Text>,
    ) {
        self.found.push(Finding {
            what,
            subject: subject.to_string(),
            state,
            evidence,
            fix,
            accepted: false,
        });
    }

    /// Something is not known, and that is as it should be.
    fn left(&mut self, what: Text, subject: impl ToString, evidence: Text, fix: Option<Text>) {
        self.add(what, subject, State::Unknown, evidence, fix);
        if let Some(last) = self.found.last_mut() {
            last.accepted = true;
        }
    }

    fn ok(&mut self, what: Text, subject: impl ToString, evidence: Text) {
        self.add(what, subject, State::Ok, evidence, None);
    }

    fn missing(&mut self, what: Text, subject: impl ToString, evidence: Text) {
        let fix = say::fix_apply(self.apply);
        self.add(what, subject, State::Missing, evidence, Some(fix));
    }

    fn gone(&mut self, what: Text, subject: impl ToString, fix: &Text) {
        let fix = Some(fix.clone());
        self.add(what, subject, State::Missing, say::gone(), fix);
    }

    /// Something could not be read: never ok, and the reason is the evidence.
    fn unknown(&mut self, what: Text, subject: impl ToString, error: &Error) {
        let evidence = say::reason(error.code(), error.text());
        let fix = error.hints().first().cloned().unwrap_or_else(say::fix_read);
        self.add(what, subject, State::Unknown, evidence, Some(fix));
    }
}

/// Compares a site with what was seen; `apply` is the command that mends what can be mended.
pub fn findings(
    site: &Site,
    observed: &Observed,
    connection: &Connection,
    apply: &str,
) -> Vec<Finding> {
    let mut all = Findings {
        found: Vec::new(),
        apply,
    };
    self::connection(&mut all, site, connection);
    for bucket in &site.buckets {
        match observed.buckets.get(&bucket.name) {
            Some(Ok(state)) => bucket::bucket(&mut all, site, bucket, state),
            Some(Err(error)) => bucket::unknown_bucket(&mut all, bucket, error),
            None => {}
        }
    }
    for kind in RoleKind::ALL {
        let role = &site.role(kind).name;
        match observed.roles.get(&kind) {
            Some(Ok(RoleState::Present(present))) => {
                all.ok(say::role(), role, say::is_there());
                if kind == RoleKind::Redshift {
                    role::trust(&mut all, site, present);
                }
                access::grants(&mut all, site, kind, present, observed.guards.get(&kind));
                access::leftovers(&mut all, site, observed, kind, present);
                access::home(&mut all, site, observed, kind, present);
            }
            Some(Ok(RoleState::Missing)) => {
                // Only a role of our own making is made again: what else an adopted one could do is unknown.
                let ours = kind == RoleKind::Redshift
                    && site.roles.redshift.origin != Some(Origin::Adopted);
                let fix = match ours {
                    true => say::fix_apply(apply),
                    false => msg::role_missing_hint(),
                };
                all.gone(say::role(), role, &fix);
                for bucket in site.reach_of(kind) {
                    all.gone(say::grant(), format!("{role} -> {bucket}"), &fix);
                }
            }
            Some(Err(error)) => role::unknown_role(&mut all, site, kind, error),
            None => {}
        }
    }
    role::attachment(&mut all, site, observed);
    topic::topics(&mut all, site, observed);
    all.found
}

fn connection(all: &mut Findings<'_>, site: &Site, connection: &Connection) {
    let subject = format!("{}:{}", site.redshift.host, site.redshift.port);
    match connection {
        Connection::Passed(version) => all.ok(say::connection(), subject, say::connected(version)),
        Connection::Failed(error) => {
            let evidence = say::reason(error.code(), error.text());
            let fix = error
                .hints()
                .first()
                .cloned()
                .unwrap_or_else(say::fix_connection);
            all.add(
                say::connection(),
                subject,
                State::Wrong,
                evidence,
                Some(fix),
            );
        }
        Connection::LeftOut => all.left(say::connection(), subject, say::not_tested(), None),
        Connection::NoPassword => {
            let fix = Some(say::password_fix());
            all.add(
                say::connection(),
                subject,
                State::Unknown,
                say::no_password(),
                fix,
            );
        }
    }
}
