//! Owns the edits of policy documents that grant buckets to a role or take them away.

use crate::error::{Error, Result};
use crate::messages::aws as msg;
use crate::plan::PolicyEdit;
use crate::plan::observed::PresentRole;
use crate::plan::policy::{self, Access, Budget, INLINE_ROLE_LIMIT, Policy};
use crate::site::names::PolicyName;
use crate::site::{RoleKind, Site};

/// Returns the access of a role by the manual.
pub fn access_of(kind: RoleKind) -> Access {
    match kind {
        RoleKind::Redshift => Access::Warehouse,
        RoleKind::EcsTask | RoleKind::Lambda => Access::Application,
    }
}

/// Plans the edit of a role's inline policy; `None` where it has all it needs and no more.
pub(super) fn policy_edit(
    site: &Site,
    kind: RoleKind,
    present: Option<&PresentRole>,
) -> Result<Option<PolicyEdit>> {
    let role = site.role(kind);
    let access = access_of(kind);
    let (buckets, revoked) = (site.reach_of(kind), site.revoked_of(kind));
    let name = match kind {
        RoleKind::EcsTask => Some(site.roles.ecs_task.policy.clone()),
        RoleKind::Lambda => Some(site.roles.lambda.policy.clone()),
        RoleKind::Redshift => site.roles.redshift.policy.clone(),
    };
    let Some(name) = name else { return Ok(None) };
    let before = present.and_then(|role| role.policies.get(name.as_str()));
    let (after, added, removed) = match before {
        Some(text) => {
            let edited = edited(text, access, site.partition(), &buckets, &revoked)
                .map_err(|error| unreadable(site, kind, &name, &error))?;
            if edited.text == *text {
                return Ok(None);
            }
            (edited.text, edited.added, edited.removed)
        }
        None if kind == RoleKind::Redshift => {
            let text = Policy::new_for(access, site.partition(), &buckets)?;
            let added = new_changes(access, site.partition(), &buckets)?;
            (text, added, Vec::new())
        }
        None => {
            let missing = msg::policy_missing(&role.name, &name);
            return Err(Error::new(missing).hint(msg::policy_flag_hint(match kind {
                RoleKind::EcsTask => "--ecs-task-policy",
                _ => "--lambda-policy",
            })));
        }
    };
    let others = present.into_iter().flat_map(|role| {
        let name = name.as_str();
        role.policies
            .iter()
            .filter(move |(other, _)| *other != name)
            .map(|(_, text)| text.as_str())
    });
    let before_text = before.map(String::as_str);
    let budget = Budget::new(others, before_text, Some(after.as_str()), INLINE_ROLE_LIMIT);
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    Ok(Some(PolicyEdit {
        kind,
        role: role.clone(),
        policy: name,
        access,
        buckets: owned(buckets),
        revoked: owned(revoked),
        added,
        removed,
        before: before.cloned(),
        after,
        budget,
    }))
}

/// A document after an edit, and what that changes.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The document.
    pub text: String,
    /// What is granted.
    pub added: Vec<policy::Change>,
    /// What is taken away.
    pub removed: Vec<policy::Change>,
}

/// Grants some buckets in a document and takes others away; the same edit is made
/// when planning and, on the document as it is then, when writing.
pub fn edited(
    text: &str,
    access: Access,
    partition: &str,
    buckets: &[&str],
    revoked: &[&str],
) -> Result<Edited> {
    let granted = Policy::parse(text)?.with_buckets(access, partition, buckets)?;
    if revoked.is_empty() {
        return Ok(Edited {
            text: granted.after,
            added: granted.added,
            removed: Vec::new(),
        });
    }
    let cut = Policy::parse(&granted.after)?.without_buckets(access, partition, revoked)?;
    Ok(Edited {
        text: cut.after,
        added: granted.added,
        removed: cut.removed,
    })
}

fn unreadable(site: &Site, kind: RoleKind, name: &PolicyName, error: &Error) -> Error {
    let text = msg::policy_unreadable(&site.role(kind).name, name);
    let outer = Error::new(text).cause(error.text().get(crate::messages::Lang::En));
    error.hints().iter().cloned().fold(outer, Error::hint)
}

/// Describes what a new document grants, as an edit of an existing one would.
fn new_changes(access: Access, partition: &str, buckets: &[&str]) -> Result<Vec<policy::Change>> {
    let grants: Vec<policy::Grant> = buckets
        .iter()
        .map(|bucket| policy::Grant::new(access, partition, bucket))
        .collect::<Result<_>>()?;
    let levels: [fn(&policy::Grant) -> &policy::Level; 2] =
        [|grant| &grant.on_bucket, |grant| &grant.on_objects];
    let change = |(index, level): (usize, fn(&policy::Grant) -> &policy::Level)| policy::Change {
        sign: policy::Sign::Grant,
        actions: grants.first().map_or(&[], |grant| level(grant).actions),
        arns: grants
            .iter()
            .map(|grant| level(grant).arn.clone())
            .collect(),
        place: policy::Place::New { index },
    };
    Ok(levels.into_iter().enumerate().map(change).collect())
}
