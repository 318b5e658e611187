//! Owns the edits of policy documents that grant buckets to a role or take them away, in
//! whichever home the site keeps its grants.

use crate::error::{Error, Result};
use crate::messages::{Lang, aws as msg};
use crate::plan::observed::{Home, ManagedPolicy, Observed, PresentRole};
use crate::plan::policy::{self, Access, Budget, Policy};
use crate::plan::{Managed, PolicyEdit};
use crate::site::names::PolicyName;
use crate::site::{PolicyHome, RoleKind, Site};

/// Returns the access of a role by the manual.
pub fn access_of(kind: RoleKind) -> Access {
    match kind {
        RoleKind::Redshift => Access::Warehouse,
        RoleKind::EcsTask | RoleKind::Lambda => Access::Application,
    }
}

/// Plans the edits of a role's documents, in the order in which they have to be made: what
/// leaves one home is in the other by then, so that the role never loses it in between.
pub fn policy_edits(
    site: &Site,
    observed: &Observed,
    kind: RoleKind,
    present: Option<&PresentRole>,
) -> Result<Vec<PolicyEdit>> {
    let inline = || inline_edit(site, observed, kind, present);
    let managed = || managed_edit(site, observed, kind);
    let edits = match site.policy_home {
        None => [inline()?, None],
        Some(PolicyHome::Managed) => [managed()?, inline()?],
        Some(PolicyHome::Inline) => [inline()?, managed()?],
    };
    Ok(edits.into_iter().flatten().collect())
}

/// What a document should grant, and what not.
struct Wish<'a> {
    site: &'a Site,
    kind: RoleKind,
    access: Access,
    partition: &'a str,
    granted: Vec<&'a str>,
    revoked: Vec<&'a str>,
    moved: Vec<&'a str>,
}

impl<'a> Wish<'a> {
    /// Says what a role's document in one of the two homes should grant.
    fn of(site: &'a Site, kind: RoleKind, home: PolicyHome) -> Self {
        let reach = site.reach_of(kind);
        let here = site.is_managed() == (home == PolicyHome::Managed);
        let (granted, moved) = if here {
            (reach, Vec::new())
        } else {
            (Vec::new(), reach)
        };
        Self {
            site,
            kind,
            access: access_of(kind),
            partition: site.partition(),
            granted,
            revoked: site.revoked_of(kind),
            moved,
        }
    }

    /// Changes a document, or makes a new one; none where it is as wished.
    fn come_true(&self, before: Option<&str>) -> Result<Option<Come>> {
        let Some(text) = before else {
            if self.granted.is_empty() {
                return Ok(None);
            }
            return Ok(Some(Come {
                after: Some(Policy::new_for(self.access, self.partition, &self.granted)?),
                added: new_changes(self.access, self.partition, &self.granted)?,
                removed: Vec::new(),
            }));
        };
        let leaving: Vec<&str> = self.revoked.iter().chain(&self.moved).copied().collect();
        let edited = edited(text, self.access, self.partition, &self.granted, &leaving)?;
        if edited.text.as_deref() == Some(text) {
            return Ok(None);
        }
        Ok(Some(Come {
            after: edited.text,
            added: edited.added,
            removed: edited.removed,
        }))
    }

    /// Describes the edit of a document that makes this true.
    fn edit(
        self,
        policy: PolicyName,
        before: Option<&str>,
        come: Come,
        budget: Budget,
    ) -> PolicyEdit {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        PolicyEdit {
            kind: self.kind,
            role: self.site.role(self.kind).clone(),
            policy,
            managed: None,
            access: self.access,
            buckets: owned(self.granted),
            revoked: owned(self.revoked),
            moved: owned(self.moved),
            added: come.added,
            removed: come.removed,
            before: before.map(str::to_owned),
            after: come.after,
            budget,
        }
    }
}

/// A document after a wish came true.
#[derive(Default)]
struct Come {
    after: Option<String>,
    added: Vec<policy::Change>,
    removed: Vec<policy::Change>,
}

/// Plans the edit of a role's inline policy; `None` where it has all that it should, and no more.
fn inline_edit(
    site: &Site,
    observed: &Observed,
    kind: RoleKind,
    present: Option<&PresentRole>,
) -> Result<Option<PolicyEdit>> {
    let Some(name) = site.inline_policy(kind) else {
        return Ok(None);
    };
    let before = present.and_then(|role| role.policies.get(name.as_str()));
    // That of JMC's own installation is extended, not made: unless it went when its grants moved.
    if before.is_none() && kind != RoleKind::Redshift && site.policy_home.is_none() {
        let missing = msg::policy_missing(&site.role(kind).name, name);
        return Err(Error::new(missing).hint(msg::policy_flag_hint(match kind {
            RoleKind::EcsTask => "--ecs-task-policy",
            _ => "--lambda-policy",
        })));
    }
    let wish = Wish::of(site, kind, PolicyHome::Inline);
    let before = before.map(String::as_str);
    let come = wish
        .come_true(before)
        .map_err(|error| unreadable(site, kind, name, &error))?;
    let others = present.into_iter().flat_map(|role| {
        let all = role.policies.iter();
        all.filter(|(other, _)| *other != name.as_str())
            .map(|(_, text)| text.as_str())
    });
    Ok(come.map(|come| {
        let after = come.after.as_deref();
        let budget = Budget::new(others, before, after, observed.quotas.inline_role);
        wish.edit(name.clone(), before, come, budget)
    }))
}

/// Plans the edit of the managed policy that is the home of a role's grants, or was.
fn managed_edit(site: &Site, observed: &Observed, kind: RoleKind) -> Result<Option<PolicyEdit>> {
    let unseen = Home::default();
    let home = match observed.homes.get(&kind) {
        Some(Ok(home)) => home,
        Some(Err(error)) => return Err(error.clone()),
        None => &unseen,
    };
    let arn = site.managed_policy_arn(kind);
    let tags = site.all_tags();
    let ours = |there: &ManagedPolicy| {
        there.tags.get(Site::TAG).map(String::as_str) == Some(site.name.as_str())
    };
    if home.policy.as_ref().is_some_and(|there| !ours(there)) {
        return Err(Error::new(msg::managed_taken(&arn)).hint(msg::managed_taken_hint(&site.name)));
    }
    let name = site.managed_policy(kind);
    let before = home.policy.as_ref().map(|there| there.document.as_str());
    let wish = Wish::of(site, kind, PolicyHome::Managed);
    let come = wish
        .come_true(before)
        .map_err(|error| unreadable(site, kind, &name, &error))?;
    let is_attached = home.attached.contains(&arn);
    let others = home.policy.as_ref().map_or(0, |there| {
        there.attachments.saturating_sub(usize::from(is_attached))
    });
    let goes = come.as_ref().is_some_and(|come| come.after.is_none());
    if goes && others > 0 {
        return Err(Error::new(msg::managed_shared(&arn, others)).hint(msg::managed_shared_hint()));
    }
    let attach = site.is_managed() && !is_attached;
    let come = match come {
        Some(come) => come,
        None if attach => Come {
            after: before.map(str::to_owned),
            ..Come::default()
        },
        None => return Ok(None),
    };
    let budget = Budget::new([], before, come.after.as_deref(), observed.quotas.managed);
    let managed = Managed {
        arn,
        tags,
        attach,
        attached_before: home.attached.len(),
        attached_limit: observed.quotas.attached,
    };
    Ok(Some(PolicyEdit {
        managed: Some(managed),
        ..wish.edit(name, before, come, budget)
    }))
}

/// A document after an edit, and what that changes.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The document; none where no statement is left, which IAM does not store.
    pub text: Option<String>,
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
    leaving: &[&str],
) -> Result<Edited> {
    let granted = Policy::parse(text)?.with_buckets(access, partition, buckets)?;
    if leaving.is_empty() {
        return Ok(Edited {
            text: Some(granted.after),
            added: granted.added,
            removed: Vec::new(),
        });
    }
    let cut = Policy::parse(&granted.after)?.without_buckets(access, partition, leaving)?;
    Ok(Edited {
        text: (!cut.empty || !cut.changed).then_some(cut.after),
        added: granted.added,
        removed: cut.removed,
    })
}

fn unreadable(site: &Site, kind: RoleKind, name: &PolicyName, error: &Error) -> Error {
    let text = msg::policy_unreadable(&site.role(kind).name, name);
    let outer = Error::new(text).cause(error.text().get(Lang::En));
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
