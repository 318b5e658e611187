//! Owns what has to change in the three roles: their existence, trust, grants and place.

use super::grants::{access_of, policy_edits};
use super::warehouse::attachment;
use crate::error::{Error, Result};
use crate::messages::{aws as msg, plan as say};
use crate::plan::observed::{Observed, PresentRole, RoleState};
use crate::plan::policy::{Policy, trust};
use crate::plan::{Action, Plan, PolicyEdit, Unchanged};
use crate::site::{Origin, RoleKind, Site, Warehouse};
use std::collections::BTreeMap;

pub(super) fn roles(
    plan: &mut Plan,
    site: &Site,
    observed: &Observed,
    created: &BTreeMap<String, usize>,
) {
    let mut creation = None;
    for kind in RoleKind::ALL {
        let role = site.role(kind);
        let present = match observed.roles.get(&kind) {
            Some(Ok(RoleState::Present(present))) => Some(present),
            Some(Ok(RoleState::Missing)) => None,
            Some(Err(error)) => {
                plan.blockers.push(error.clone());
                continue;
            }
            None => continue,
        };
        let mut needs = Vec::new();
        match (present, kind) {
            (Some(present), RoleKind::Redshift) => {
                if let Err(error) = trusted(site, present) {
                    plan.blockers.push(error);
                }
            }
            // Only a role of our own making is made; an adopted one that is gone had rights that we don't know.
            (None, RoleKind::Redshift) if site.roles.redshift.origin != Some(Origin::Adopted) => {
                let step = plan.push(
                    Action::CreateRole {
                        role: role.clone(),
                        trust: trust::for_redshift(is_serverless(site)),
                        permissions_boundary: site.roles.redshift.permissions_boundary.clone(),
                        tags: site.all_tags(),
                    },
                    Vec::new(),
                );
                creation = Some(step);
                needs.push(step);
            }
            (None, _) => {
                plan.blockers
                    .push(Error::new(msg::role_missing(role)).hint(msg::role_missing_hint()));
                continue;
            }
            (Some(_), _) => {}
        }
        match policy_edits(site, observed, kind, present) {
            Ok(edits) if edits.is_empty() => plan.unchanged.push(Unchanged::Role {
                kind,
                role: role.clone(),
            }),
            Ok(edits) => {
                for edit in edits {
                    plan.blockers.extend(beyond_quota(&edit, observed));
                    // No role reaches a name before the bucket behind it is known to be ours.
                    needs.extend(edit.buckets.iter().filter_map(|name| created.get(name)));
                    let step = plan.push(Action::EditPolicy(Box::new(edit)), needs);
                    // What leaves one home has to be in the other by then.
                    needs = vec![step];
                }
            }
            Err(error) => plan.blockers.push(error),
        }
        if let Some(present) = present {
            denials(plan, site, kind, present);
        }
    }
    attachment(plan, site, observed, creation);
}

/// Returns the quotas of IAM that an edit would exceed.
fn beyond_quota(edit: &PolicyEdit, observed: &Observed) -> Vec<Error> {
    let mut found = Vec::new();
    let budget = &edit.budget;
    let grows = budget.used_after > budget.used_before;
    let Some(managed) = &edit.managed else {
        if grows && !budget.fits() {
            let full = msg::policy_full(&edit.role.name, budget.used_after, budget.limit);
            found.push(Error::new(full).hint(msg::policy_full_hint()));
        }
        return found;
    };
    if grows && !budget.fits() {
        let full = msg::managed_full(&managed.arn, budget.used_after, budget.limit);
        found.push(Error::new(full).hint(msg::managed_full_hint()));
    }
    if managed.attach && managed.attached_before >= managed.attached_limit {
        let full = msg::attached_full(&edit.role.name, managed.attached_limit);
        found.push(Error::new(full).hint(msg::attached_full_hint()));
    }
    if let Some((used, limit)) = observed.quotas.policies
        && edit.before.is_none()
        && used >= limit
    {
        found.push(Error::new(msg::policies_full(limit)).hint(msg::policies_full_hint()));
    }
    found
}

fn is_serverless(site: &Site) -> bool {
    matches!(site.redshift.warehouse, Warehouse::Workgroup(_))
}

/// Checks that Redshift may assume an adopted role.
fn trusted(site: &Site, role: &PresentRole) -> Result<()> {
    for service in site.redshift.warehouse.services() {
        if trust::allows_service(&role.trust, service)? == trust::Trusted::No {
            return Err(Error::new(msg::trust(&role.arn.name, service)).hint(msg::trust_hint()));
        }
    }
    Ok(())
}

/// Reports statements of any inline policy that deny what the site needs.
fn denials(plan: &mut Plan, site: &Site, kind: RoleKind, role: &PresentRole) {
    let buckets = site.reach_of(kind);
    for (name, text) in &role.policies {
        let Ok(policy) = Policy::parse(text) else {
            continue;
        };
        let Ok(denies) = policy.denies(access_of(kind), site.partition(), &buckets) else {
            continue;
        };
        for deny in denies {
            if deny.certain {
                let text = msg::policy_deny(&role.arn.name, name, &deny.at);
                plan.blockers
                    .push(Error::new(text).hint(msg::policy_deny_hint()));
            } else {
                plan.notes
                    .push(say::maybe_denied_note(&role.arn.name, name, &deny.at));
            }
        }
    }
}
