//! Finds what the roles may do: the cells of the manual's matrix, and what holds their grants.

use super::{Findings, State};
use crate::error::Error;
use crate::messages::{Text, aws as msg, check as say};
use crate::plan::diff::{access_of, edited, policy_edits};
use crate::plan::observed::{Guard, Observed, PresentRole};
use crate::plan::policy::{self, Doubt, Policy, Verdict};
use crate::site::names::PolicyName;
use crate::site::{RoleKind, Site};

/// The cells of the manual's matrix: each bucket that a role must reach.
pub(super) fn grants(
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
pub(super) fn leftovers(
    all: &mut Findings<'_>,
    site: &Site,
    observed: &Observed,
    kind: RoleKind,
    role: &PresentRole,
) {
    let inline = site.inline_policy(kind);
    let inline = inline.and_then(|name| role.policies.get(name.as_str()));
    let managed = match observed.homes.get(&kind) {
        Some(Ok(home)) => home.document_of(&site.managed_policy_arn(kind)),
        _ => None,
    };
    let documents: Vec<&str> = inline
        .map(String::as_str)
        .into_iter()
        .chain(managed)
        .collect();
    for bucket in site.revoked_of(kind) {
        let still = documents.iter().any(|text| {
            edited(text, access_of(kind), site.partition(), &[], &[bucket])
                .is_ok_and(|cut| cut.text.as_deref() != Some(*text))
        });
        if still {
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

/// The policies that hold the grants, where the site keeps them in managed ones or moves them back.
pub(super) fn home(
    all: &mut Findings<'_>,
    site: &Site,
    observed: &Observed,
    kind: RoleKind,
    role: &PresentRole,
) {
    if site.policy_home.is_none() {
        return;
    }
    let subject = |policy: &PolicyName| format!("{}: {policy}", role.arn.name);
    let edits = match policy_edits(site, observed, kind, Some(role)) {
        Ok(edits) => edits,
        Err(error) => {
            let unread = matches!(observed.homes.get(&kind), Some(Err(_)));
            let subject = subject(&site.managed_policy(kind));
            if unread {
                return all.unknown(say::home(), subject, &error);
            }
            let evidence = say::reason(error.code(), error.text());
            let fix = error.hints().first().cloned();
            return all.add(say::home(), subject, State::Wrong, evidence, fix);
        }
    };
    if edits.is_empty() {
        let policy = match site.is_managed() {
            true => Some(site.managed_policy(kind)),
            false => site.inline_policy(kind).cloned(),
        };
        if let Some(policy) = policy {
            all.ok(say::home(), subject(&policy), say::holds_grants());
        }
    }
    for edit in edits {
        let (state, evidence) = match &edit.managed {
            _ if edit.before.is_none() => (State::Missing, say::gone()),
            Some(managed) if managed.attach => (State::Wrong, say::policy_not_attached()),
            _ if !edit.added.is_empty() => (State::Wrong, say::lacks_grants()),
            _ => (State::Wrong, say::to_be_moved()),
        };
        let fix = Some(say::fix_apply(all.apply));
        all.add(say::home(), subject(&edit.policy), state, evidence, fix);
    }
}

/// Says what grants a bucket: an inline policy of JMC's own installation is extended, not made.
fn lacking_fix(apply: &str, site: &Site, kind: RoleKind, role: &PresentRole) -> Text {
    let flag = match kind {
        RoleKind::Redshift => return say::fix_apply(apply),
        _ if site.policy_home.is_some() => return say::fix_apply(apply),
        RoleKind::EcsTask => "--ecs-task-policy",
        RoleKind::Lambda => "--lambda-policy",
    };
    let there = |name: &PolicyName| role.policies.contains_key(name.as_str());
    if site.inline_policy(kind).is_some_and(there) {
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
