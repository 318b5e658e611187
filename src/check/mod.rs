//! Owns what `check` finds: the site against what was observed, cell by cell, as plain
//! data. It reads nothing itself and changes nothing.

pub mod junit;

use crate::error::Error;
use crate::messages::{Text, aws as msg, check as say};
use crate::plan::diff::{access_of, display_name, edited};
use crate::plan::observed::{
    BucketState, Observed, OurBucket, PresentRole, PresentTopic, RoleState, TopicState,
};
use crate::plan::policy::{self, Doubt, Policy, Verdict, trust};
use crate::site::arn::TopicRef;
use crate::site::names::PolicyName;
use crate::site::{Bucket, Origin, RoleKind, Site, Topic};
use serde::Serialize;
use std::collections::BTreeMap;

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

/// The policies that can take away what a role's inline policies give.
pub type Guards = BTreeMap<RoleKind, Result<Guard, Error>>;

/// What stands over a role's inline policies.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// The documents of its managed policies.
    pub managed: Vec<String>,
    /// The document of its permissions boundary.
    pub boundary: Option<String>,
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
        });
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
    guards: &Guards,
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
            Some(Ok(state)) => self::bucket(&mut all, site, bucket, state),
            Some(Err(error)) => unknown_bucket(&mut all, bucket, error),
            None => {}
        }
    }
    for kind in RoleKind::ALL {
        let role = &site.role(kind).name;
        match observed.roles.get(&kind) {
            Some(Ok(RoleState::Present(present))) => {
                all.ok(say::role(), role, say::is_there());
                if kind == RoleKind::Redshift {
                    self::trust(&mut all, site, present);
                }
                grants(&mut all, site, kind, present, guards.get(&kind));
                leftovers(&mut all, site, kind, present);
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
            Some(Err(error)) => unknown_role(&mut all, site, kind, error),
            None => {}
        }
    }
    attachment(&mut all, site, observed);
    topics(&mut all, site, observed);
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
        Connection::LeftOut => {
            all.add(
                say::connection(),
                subject,
                State::Unknown,
                say::not_tested(),
                None,
            );
        }
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

/// A bucket that could not be looked at hides no finding: none of it can be told.
fn unknown_bucket(all: &mut Findings<'_>, bucket: &Bucket, error: &Error) {
    let name = &bucket.name;
    all.unknown(say::bucket(), name, error);
    for key in bucket.markers() {
        all.unknown(say::folder(), format!("{name}/{key}"), error);
    }
    if bucket.origin == Some(Origin::Created) {
        all.unknown(say::settings(), name, error);
    }
}

/// The same of a role.
fn unknown_role(all: &mut Findings<'_>, site: &Site, kind: RoleKind, error: &Error) {
    let role = &site.role(kind).name;
    all.unknown(say::role(), role, error);
    if kind == RoleKind::Redshift {
        all.unknown(say::trust(), role, error);
    }
    for bucket in site.reach_of(kind) {
        all.unknown(say::grant(), format!("{role} -> {bucket}"), error);
    }
}

fn bucket(all: &mut Findings<'_>, site: &Site, bucket: &Bucket, state: &BucketState) {
    let name = &bucket.name;
    match state {
        BucketState::Missing => {
            all.missing(say::bucket(), name, say::gone());
            for key in bucket.markers() {
                all.missing(say::folder(), format!("{name}/{key}"), say::gone());
            }
        }
        BucketState::Elsewhere(_) | BucketState::Foreign => {
            if let Err(error) = crate::plan::diff::usable(site, name.as_str(), state) {
                let evidence = say::reason(error.code(), error.text());
                let fix = error.hints().first().cloned();
                all.add(say::bucket(), name, State::Wrong, evidence, fix);
            }
        }
        BucketState::Ours(ours) => {
            all.ok(say::bucket(), name, say::in_region(&site.region));
            for key in bucket.markers() {
                let subject = format!("{name}/{key}");
                if ours.markers.contains(&key) {
                    all.ok(say::folder(), subject, say::is_there());
                } else {
                    all.missing(say::folder(), subject, say::gone());
                }
            }
            settings(all, site, bucket, ours);
        }
    }
}

fn settings(all: &mut Findings<'_>, site: &Site, bucket: &Bucket, ours: &OurBucket) {
    let name = &bucket.name;
    let created = bucket.origin == Some(Origin::Created);
    let apply = Some(say::fix_apply(all.apply));
    let tagged = site
        .all_tags()
        .iter()
        .all(|(key, value)| ours.tags.get(key) == Some(value));
    if created && !ours.public_access_blocked {
        all.add(say::settings(), name, State::Wrong, say::public(), apply);
    } else if created && !tagged {
        all.add(
            say::settings(),
            name,
            State::Wrong,
            say::tags_differ(),
            apply,
        );
    } else if created {
        all.ok(say::settings(), name, say::as_wanted());
    } else if !ours.public_access_blocked {
        // Somebody else's bucket is reported on, and left: it may be public on purpose.
        let fix = Some(say::fix_public(name));
        all.add(say::settings(), name, State::Unknown, say::not_ours(), fix);
    }
}

fn trust(all: &mut Findings<'_>, site: &Site, role: &PresentRole) {
    let name = &role.arn.name;
    let fix = Some(say::fix_trust(name));
    let mut conditional = false;
    for service in site.redshift.warehouse.services() {
        match trust::allows_service(&role.trust, service) {
            Ok(trust::Trusted::Yes) => {}
            Ok(trust::Trusted::Conditional) => conditional = true,
            Ok(trust::Trusted::No) => {
                let evidence = say::not_trusted(service);
                return all.add(say::trust(), name, State::Wrong, evidence, fix);
            }
            Err(error) => return all.unknown(say::trust(), name, &error),
        }
    }
    if conditional {
        all.add(say::trust(), name, State::Unknown, say::trusted_if(), fix);
    } else {
        all.ok(say::trust(), name, say::trusted());
    }
}

/// The cells of the manual's matrix: each bucket that a role must reach.
fn grants(
    all: &mut Findings<'_>,
    site: &Site,
    kind: RoleKind,
    role: &PresentRole,
    guard: Option<&Result<Guard, Error>>,
) {
    let none = Guard::default();
    let guard = match guard {
        None => Ok(&none),
        Some(guard) => guard.as_ref(),
    };
    for bucket in site.reach_of(kind) {
        let subject = format!("{} -> {bucket}", role.arn.name);
        let guard = match guard {
            Ok(guard) => guard,
            Err(error) => {
                all.unknown(say::grant(), subject, error);
                continue;
            }
        };
        match cell(site, kind, role, guard, bucket) {
            Ok(Cell::Granted) => all.ok(say::grant(), subject, say::granted()),
            Ok(Cell::Lacking(evidence)) => {
                let fix = Some(lacking_fix(all.apply, site, kind, role));
                all.add(say::grant(), subject, State::Missing, evidence, fix);
            }
            Ok(Cell::Denied(evidence)) => {
                let fix = Some(say::fix_deny(&role.arn.name));
                all.add(say::grant(), subject, State::Wrong, evidence, fix);
            }
            Ok(Cell::OutsideBoundary(evidence)) => {
                let fix = Some(say::fix_boundary(&role.arn.name));
                all.add(say::grant(), subject, State::Wrong, evidence, fix);
            }
            Ok(Cell::Doubtful(doubt, evidence)) => {
                let fix = match doubt {
                    Doubt::MayBeDenied { .. } => say::fix_deny(&role.arn.name),
                    // What is allowed only now and then is granted again without a condition.
                    Doubt::Conditional { .. } | Doubt::Pattern { .. } => {
                        lacking_fix(all.apply, site, kind, role)
                    }
                };
                all.add(say::grant(), subject, State::Unknown, evidence, Some(fix));
            }
            Err(error) => all.unknown(say::grant(), subject, &error),
        }
    }
}

/// The buckets that have left the site, where a removal did not get as far as this role.
fn leftovers(all: &mut Findings<'_>, site: &Site, kind: RoleKind, role: &PresentRole) {
    let Some(text) = policy_of(site, kind).and_then(|name| role.policies.get(name.as_str())) else {
        return;
    };
    for bucket in site.revoked_of(kind) {
        let cut = edited(text, access_of(kind), site.partition(), &[], &[bucket]);
        if cut.is_ok_and(|cut| cut.text != *text) {
            let subject = format!("{} -> {bucket}", role.arn.name);
            let fix = Some(say::fix_apply(all.apply));
            all.add(
                say::grant(),
                subject,
                State::Wrong,
                say::still_granted(),
                fix,
            );
        }
    }
}

/// Returns the inline policy of a role that holds the site's buckets.
fn policy_of(site: &Site, kind: RoleKind) -> Option<&PolicyName> {
    match kind {
        RoleKind::Redshift => site.roles.redshift.policy.as_ref(),
        RoleKind::EcsTask => Some(&site.roles.ecs_task.policy),
        RoleKind::Lambda => Some(&site.roles.lambda.policy),
    }
}

/// Says what grants a bucket: an inline policy of JMC's own installation is extended, not made.
fn lacking_fix(apply: &str, site: &Site, kind: RoleKind, role: &PresentRole) -> Text {
    let flag = match kind {
        RoleKind::Redshift => return say::fix_apply(apply),
        RoleKind::EcsTask => "--ecs-task-policy",
        RoleKind::Lambda => "--lambda-policy",
    };
    let there = |name: &PolicyName| role.policies.contains_key(name.as_str());
    if policy_of(site, kind).is_some_and(there) {
        say::fix_apply(apply)
    } else {
        msg::policy_flag_hint(flag)
    }
}

/// A cell of the matrix, with the evidence where it is not well.
enum Cell {
    Granted,
    Lacking(Text),
    Denied(Text),
    OutsideBoundary(Text),
    Doubtful(Doubt, Text),
}

fn cell(
    site: &Site,
    kind: RoleKind,
    role: &PresentRole,
    guard: &Guard,
    bucket: &str,
) -> Result<Cell, Error> {
    let access = access_of(kind);
    let texts = role.policies.values().chain(&guard.managed);
    let policies: Vec<Policy> = texts
        .map(|text| Policy::parse(text))
        .collect::<Result<_, _>>()?;
    let policies: Vec<&Policy> = policies.iter().collect();
    let cells = policy::verdict(&policies, access, site.partition(), bucket)?;
    let named = |wanted: &dyn Fn(&Verdict) -> bool| {
        let names = cells.iter().filter(|cell| wanted(&cell.verdict));
        names.map(|cell| cell.action).collect::<Vec<_>>().join(", ")
    };
    let denied = named(&|verdict| matches!(verdict, Verdict::Denied { .. }));
    if !denied.is_empty() {
        return Ok(Cell::Denied(say::denied(denied)));
    }
    let lacking = named(&|verdict| matches!(verdict, Verdict::Missing));
    if !lacking.is_empty() {
        return Ok(Cell::Lacking(say::lacks(lacking)));
    }
    let doubt = cells.iter().find_map(|cell| match &cell.verdict {
        Verdict::Unknown { why } => Some(why.clone()),
        _ => None,
    });
    if let Some(why) = doubt {
        let doubtful = named(&|verdict| matches!(verdict, Verdict::Unknown { .. }));
        let evidence = say::depends(doubtful, why.text());
        return Ok(Cell::Doubtful(why, evidence));
    }
    if let Some(boundary) = &guard.boundary {
        // Nothing is allowed that the boundary does not allow too.
        let boundary = Policy::parse(boundary)?;
        let within = policy::verdict(&[&boundary], access, site.partition(), bucket)?;
        let outside: Vec<&str> = within
            .iter()
            .filter(|cell| !matches!(cell.verdict, Verdict::Allowed { .. }))
            .map(|cell| cell.action)
            .collect();
        if !outside.is_empty() {
            let evidence = say::outside_boundary(outside.join(", "));
            return Ok(Cell::OutsideBoundary(evidence));
        }
    }
    Ok(Cell::Granted)
}

fn attachment(all: &mut Findings<'_>, site: &Site, observed: &Observed) {
    let role = &site.roles.redshift.role;
    let subject = format!("{} @ {}", role.name, site.redshift.warehouse.id());
    match &observed.warehouse {
        Err(error) => all.unknown(say::attached(), subject, error),
        Ok(state) => match state.roles.get(&role.to_string()).map(String::as_str) {
            Some("in-sync") => all.ok(say::attached(), subject, say::status("in-sync")),
            Some(other) => {
                let fix = Some(say::fix_apply(all.apply));
                all.add(
                    say::attached(),
                    subject,
                    State::Wrong,
                    say::status(other),
                    fix,
                );
            }
            None => all.missing(say::attached(), subject, say::not_attached()),
        },
    }
}

fn topics(all: &mut Findings<'_>, site: &Site, observed: &Observed) {
    for (event, topic) in site.topics() {
        let arn = site.topic_arn(&topic.topic);
        let name = arn.rsplit(':').next().unwrap_or(&arn).to_owned();
        match observed.topics.get(&event) {
            Some(Ok(TopicState::Present(present))) => {
                if topic_as_wanted(site, topic, present) {
                    all.ok(say::topic(), &name, say::is_there());
                } else {
                    let fix = Some(say::fix_apply(all.apply));
                    all.add(say::topic(), &name, State::Wrong, say::topic_differs(), fix);
                }
                for wanted in &topic.subscriptions {
                    let subject = format!("{name} -> {wanted}");
                    match present.subscriptions.get(wanted) {
                        Some(true) => all.ok(say::subscription(), subject, say::confirmed()),
                        Some(false) => {
                            let fix = Some(say::fix_confirm());
                            all.add(
                                say::subscription(),
                                subject,
                                State::Wrong,
                                say::pending(),
                                fix,
                            );
                        }
                        None => all.missing(say::subscription(), subject, say::gone()),
                    }
                }
            }
            Some(Ok(TopicState::Missing)) => {
                let fix = match topic.topic {
                    TopicRef::Name(_) => say::fix_apply(all.apply),
                    TopicRef::Arn(_) => msg::topic_missing_hint(),
                };
                all.gone(say::topic(), &name, &fix);
                for wanted in &topic.subscriptions {
                    all.gone(say::subscription(), format!("{name} -> {wanted}"), &fix);
                }
            }
            Some(Err(error)) => {
                all.unknown(say::topic(), &name, error);
                for wanted in &topic.subscriptions {
                    let subject = format!("{name} -> {wanted}");
                    all.unknown(say::subscription(), subject, error);
                }
            }
            None => {}
        }
    }
}

/// Says whether a topic has the settings of one that is ours; those of another are not looked at.
fn topic_as_wanted(site: &Site, topic: &Topic, present: &PresentTopic) -> bool {
    let tagged = || {
        let tags = site.all_tags();
        tags.iter()
            .all(|(key, value)| present.tags.get(key) == Some(value))
    };
    matches!(topic.topic, TopicRef::Arn(_))
        || (present.display_name == display_name(site) && tagged())
}
