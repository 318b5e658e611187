//! Owns the comparison: what a site wants against what was observed. Pure: the
//! same input gives the same plan.

use super::observed::{BucketState, Observed, OurBucket, PresentRole, RoleState, TopicState};
use super::policy::{self, Access, Budget, INLINE_ROLE_LIMIT, Policy, trust};
use super::{Action, Plan, PolicyEdit, Unchanged};
use crate::error::{Error, Result};
use crate::messages::{aws as msg, plan as say};
use crate::site::arn::TopicRef;
use crate::site::names::PolicyName;
use crate::site::{BucketKind, Event, Origin, RoleKind, Site, Topic, Warehouse};
use std::collections::BTreeMap;

/// The highest number of IAM roles of a cluster or namespace.
///
/// Source: <https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html>.
const WAREHOUSE_ROLES: usize = 50;

/// The same in regions with a lower limit.
const WAREHOUSE_ROLES_OSAKA: usize = 10;

/// Records what only AWS can tell: which resources are there already, and which
/// inline policy of the Redshift role is extended.
///
/// A resource that is missing will be ours. One that exists is ours only if the site says so.
pub fn settle(site: &mut Site, observed: &Observed) {
    let settled = |origin: Option<Origin>, missing: bool| match (missing, origin) {
        (true, _) => Origin::Created,
        (false, known) => known.unwrap_or(Origin::Adopted),
    };
    for bucket in &mut site.buckets {
        if let Some(Ok(state)) = observed.buckets.get(&bucket.name) {
            bucket.origin = Some(settled(bucket.origin, *state == BucketState::Missing));
        }
    }
    let own = PolicyName::parse(&format!("jmc-{}-s3-policy", site.name)).ok();
    let buckets: Vec<String> = site
        .reach_of(RoleKind::Redshift)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let role = &mut site.roles.redshift;
    match observed.roles.get(&RoleKind::Redshift) {
        Some(Ok(RoleState::Missing)) => {
            // A role that was there before is not ours to make: what it could do is not known.
            role.origin = role.origin.or(Some(Origin::Created));
            role.policy = role.policy.take().or(own);
        }
        Some(Ok(RoleState::Present(present))) => {
            role.origin = Some(settled(role.origin, false));
            let known = role.policy.take();
            role.policy = known.or_else(|| own_or_suitable(present, own, &buckets));
        }
        _ => {}
    }
}

/// Chooses the inline policy of an adopted role: our own, else the only one that
/// has the manual's statements already, else a new one of our own.
fn own_or_suitable(
    role: &PresentRole,
    own: Option<PolicyName>,
    buckets: &[String],
) -> Option<PolicyName> {
    if own
        .as_ref()
        .is_some_and(|name| role.policies.contains_key(name.as_str()))
    {
        return own;
    }
    let names: Vec<&str> = buckets.iter().map(String::as_str).collect();
    let suitable = |text: &str| {
        let edit = Policy::parse(text)
            .and_then(|policy| policy.with_buckets(Access::Warehouse, "aws", &names));
        edit.is_ok_and(|edit| {
            edit.added
                .iter()
                .all(|change| matches!(change.place, policy::Place::Existing { .. }))
        })
    };
    let mut matching = role.policies.iter().filter(|(_, text)| suitable(text));
    match (matching.next(), matching.next()) {
        (Some((name, _)), None) => PolicyName::parse(name).ok().or(own),
        _ => own,
    }
}

/// Compares the site with what was observed.
pub fn diff(site: &Site, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    let created = buckets(&mut plan, site, observed);
    roles(&mut plan, site, observed, &created);
    for (event, topic) in site.topics() {
        match observed.topics.get(&event) {
            Some(Ok(state)) => self::topic(&mut plan, site, event, topic, state),
            Some(Err(error)) => plan.blockers.push(error.clone()),
            None => {}
        }
    }
    plan
}

/// Plans the buckets and returns the steps that create one, by name.
fn buckets(plan: &mut Plan, site: &Site, observed: &Observed) -> BTreeMap<String, usize> {
    let mut created = BTreeMap::new();
    for bucket in &site.buckets {
        let state = match observed.buckets.get(&bucket.name) {
            Some(Ok(state)) => state,
            Some(Err(error)) => {
                plan.blockers.push(error.clone());
                continue;
            }
            None => continue,
        };
        if let Err(error) = usable(site, bucket.name.as_str(), state) {
            plan.blockers.push(error);
            continue;
        }
        if bucket.name.as_str().contains('.') {
            plan.notes.push(say::bucket_dots_note(&bucket.name));
        }
        match state {
            BucketState::Ours(ours) => existing_bucket(plan, site, bucket, ours),
            _ => {
                let step = plan.push(
                    Action::CreateBucket {
                        bucket: bucket.name.clone(),
                        region: site.region.clone(),
                        tags: site.all_tags(),
                        folders: bucket.markers(),
                    },
                    Vec::new(),
                );
                created.insert(bucket.name.to_string(), step);
            }
        }
    }
    created
}

/// Says why a bucket can't be used, if it can't.
pub fn usable(site: &Site, name: &str, state: &BucketState) -> Result<()> {
    usable_in(site.region.as_str(), site.account.as_str(), name, state)
}

/// Says why a bucket can't be used for a site of a region and account, if it can't.
pub fn usable_in(region: &str, account: &str, name: &str, state: &BucketState) -> Result<()> {
    match state {
        BucketState::Missing | BucketState::Ours(_) => Ok(()),
        BucketState::Elsewhere(actual) => {
            Err(Error::new(msg::bucket_region(name, actual, region))
                .hint(msg::bucket_region_hint()))
        }
        BucketState::Foreign => {
            Err(Error::new(msg::bucket_foreign(name)).hint(msg::bucket_foreign_hint(account)))
        }
    }
}

fn existing_bucket(plan: &mut Plan, site: &Site, bucket: &crate::site::Bucket, ours: &OurBucket) {
    let before = plan.steps.len();
    let folders: std::collections::BTreeSet<String> = bucket
        .markers()
        .difference(&ours.markers)
        .cloned()
        .collect();
    if !folders.is_empty() {
        plan.push(
            Action::CreateFolders {
                bucket: bucket.name.clone(),
                folders,
            },
            Vec::new(),
        );
    }
    if bucket.origin == Some(Origin::Created) {
        if !ours.public_access_blocked {
            plan.push(
                Action::BlockPublicAccess {
                    bucket: bucket.name.clone(),
                },
                Vec::new(),
            );
        }
        if let Some(tags) = merged(&ours.tags, &site.all_tags()) {
            plan.push(
                Action::TagBucket {
                    bucket: bucket.name.clone(),
                    tags,
                },
                Vec::new(),
            );
        }
    } else if !ours.public_access_blocked {
        plan.notes.push(say::public_access_note(&bucket.name));
    }
    if plan.steps.len() == before {
        plan.unchanged.push(Unchanged::Bucket {
            bucket: bucket.name.clone(),
        });
    }
}

/// Returns all tags with the wanted ones among them, or nothing where they are there.
fn merged(
    present: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let mut all = present.clone();
    all.extend(wanted.clone());
    (all != *present).then_some(all)
}

fn roles(plan: &mut Plan, site: &Site, observed: &Observed, created: &BTreeMap<String, usize>) {
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
        match policy_edit(site, kind, present) {
            Ok(Some(edit)) => {
                if !edit.budget.fits() && edit.budget.used_after > edit.budget.used_before {
                    let full =
                        msg::policy_full(&role.name, edit.budget.used_after, edit.budget.limit);
                    plan.blockers
                        .push(Error::new(full).hint(msg::policy_full_hint()));
                }
                // No role reaches a name before the bucket behind it is known to be ours.
                needs.extend(edit.buckets.iter().filter_map(|name| created.get(name)));
                plan.push(Action::EditPolicy(edit), needs);
            }
            Ok(None) => plan.unchanged.push(Unchanged::Role {
                kind,
                role: role.clone(),
            }),
            Err(error) => plan.blockers.push(error),
        }
        if let Some(present) = present {
            denials(plan, site, kind, present);
        }
    }
    attachment(plan, site, observed, creation);
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

/// Returns the access of a role by the manual.
pub fn access_of(kind: RoleKind) -> Access {
    match kind {
        RoleKind::Redshift => Access::Warehouse,
        RoleKind::EcsTask | RoleKind::Lambda => Access::Application,
    }
}

/// Plans the edit of a role's inline policy; `None` where it has all it needs and no more.
fn policy_edit(
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

/// Plans that the warehouse has the role.
fn attachment(plan: &mut Plan, site: &Site, observed: &Observed, creation: Option<usize>) {
    let state = match &observed.warehouse {
        Ok(state) => state,
        Err(error) => return plan.blockers.push(error.clone()),
    };
    let warehouse = &site.redshift.warehouse;
    let role = &site.roles.redshift.role;
    let status = state.roles.get(&role.to_string());
    if status.is_some_and(|status| status == "in-sync") {
        let warehouse = warehouse.id().to_owned();
        return plan.unchanged.push(Unchanged::Warehouse { warehouse });
    }
    let limit = match site.region.as_str() {
        "ap-northeast-3" => WAREHOUSE_ROLES_OSAKA,
        _ => WAREHOUSE_ROLES,
    };
    if status.is_none() && state.roles.len() >= limit {
        let full = msg::warehouse_roles_full(warehouse.id(), limit);
        plan.blockers
            .push(Error::new(full).hint(msg::warehouse_roles_full_hint()));
    }
    // Any other state passes by itself, and is waited for.
    if !can_become_available(&state.status) {
        let busy = msg::warehouse_busy(warehouse.id(), &state.status);
        plan.blockers
            .push(Error::new(busy).hint(msg::warehouse_busy_hint()));
    } else if !is_available(&state.status) {
        plan.notes
            .push(say::busy_note(warehouse.id(), &state.status));
    }
    plan.push(
        Action::AttachRole {
            warehouse: warehouse.clone(),
            role: role.clone(),
            roles_before: state.roles.len(),
            roles_limit: limit,
            attached: status.is_some(),
        },
        creation.into_iter().collect(),
    );
}

/// Says whether a cluster or namespace takes changes now. A cluster's status can have a
/// second part, as in `available, resize-cleanup`.
pub fn is_available(status: &str) -> bool {
    status.to_ascii_lowercase().starts_with("available")
}

/// Says whether a status can turn into `available` without somebody's doing.
fn can_become_available(status: &str) -> bool {
    const LASTING: [&str; 8] = [
        "paused",
        "pausing",
        "deleting",
        "final-snapshot",
        "hardware-failure",
        "incompatible-hsm",
        "incompatible-network",
        "storage-full",
    ];
    !LASTING.contains(&status.to_ascii_lowercase().as_str())
}

/// Returns the display name of a topic of ours: SNS shows it as the sender of mails.
pub fn display_name(site: &Site) -> String {
    format!("JMC {}", site.name)
}

fn topic(plan: &mut Plan, site: &Site, event: Event, topic: &Topic, state: &TopicState) {
    let arn = site.topic_arn(&topic.topic);
    let present = match (state, &topic.topic) {
        (TopicState::Present(present), _) => present,
        (TopicState::Missing, TopicRef::Name(name)) => {
            plan.push(
                Action::CreateTopic {
                    event,
                    topic: name.clone(),
                    arn,
                    display_name: display_name(site),
                    tags: site.all_tags(),
                    subscriptions: topic.subscriptions.clone(),
                },
                Vec::new(),
            );
            return;
        }
        (TopicState::Missing, TopicRef::Arn(_)) => {
            plan.blockers
                .push(Error::new(msg::topic_missing(arn)).hint(msg::topic_missing_hint()));
            return;
        }
    };
    let before = plan.steps.len();
    if matches!(topic.topic, TopicRef::Name(_)) {
        let name = display_name(site);
        let display_name = (present.display_name != name).then_some(name);
        let tags: BTreeMap<String, String> = site
            .all_tags()
            .into_iter()
            .filter(|(key, value)| present.tags.get(key) != Some(value))
            .collect();
        if display_name.is_some() || !tags.is_empty() {
            plan.push(
                Action::UpdateTopic {
                    arn: arn.clone(),
                    display_name,
                    tags,
                },
                Vec::new(),
            );
        }
    }
    let missing: std::collections::BTreeSet<_> = topic
        .subscriptions
        .iter()
        .filter(|wanted| !present.subscriptions.contains_key(wanted))
        .cloned()
        .collect();
    if !missing.is_empty() {
        plan.push(
            Action::Subscribe {
                arn: arn.clone(),
                subscriptions: missing,
            },
            Vec::new(),
        );
    }
    if plan.steps.len() == before {
        plan.unchanged.push(Unchanged::Topic { arn });
    }
}

/// Returns the matrix of the manual: for each kind of bucket and role, whether every
/// bucket of the kind is reached; `None` where the manual asks for nothing.
pub fn matrix(site: &Site, observed: &Observed) -> Vec<(BucketKind, [Option<bool>; 3])> {
    let reached = |role: RoleKind, bucket: &str| {
        let Some(Ok(RoleState::Present(present))) = observed.roles.get(&role) else {
            return false;
        };
        let policies: Vec<Policy> = present
            .policies
            .values()
            .filter_map(|text| Policy::parse(text).ok())
            .collect();
        let policies: Vec<&Policy> = policies.iter().collect();
        policy::verdict(&policies, access_of(role), site.partition(), bucket).is_ok_and(|cells| {
            cells
                .iter()
                .all(|cell| matches!(cell.verdict, policy::Verdict::Allowed { .. }))
        })
    };
    BucketKind::ALL
        .into_iter()
        .map(|kind| {
            let cells = RoleKind::ALL.map(|role| {
                role.reaches(kind).then(|| {
                    site.buckets_of(kind)
                        .all(|bucket| reached(role, bucket.name.as_str()))
                })
            });
            (kind, cells)
        })
        .collect()
}

/// Returns the subscriptions that nobody has confirmed yet.
pub fn pending(site: &Site, observed: &Observed) -> Vec<(Event, String)> {
    let mut found = Vec::new();
    for (event, topic) in site.topics() {
        if let Some(Ok(TopicState::Present(present))) = observed.topics.get(&event) {
            for wanted in &topic.subscriptions {
                if present.subscriptions.get(wanted) == Some(&false) {
                    found.push((event, wanted.to_string()));
                }
            }
        }
    }
    found
}
