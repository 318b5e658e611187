//! Owns what only AWS can tell of a site and the site file keeps: what is ours, and which
//! policy of the Redshift role is extended.

use crate::plan::observed::{BucketState, Observed, PresentRole, RoleState};
use crate::plan::policy::{self, Access, Policy};
use crate::site::names::PolicyName;
use crate::site::{Origin, RoleKind, Site};

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
    let own = PolicyName::of_site(&site.name, "s3-policy");
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
            role.policy = role.policy.take().or(Some(own));
        }
        Some(Ok(RoleState::Present(present))) => {
            role.origin = Some(settled(role.origin, false));
            let known = role.policy.take();
            role.policy = known.or_else(|| Some(own_or_suitable(present, own, &buckets)));
        }
        _ => {}
    }
}

/// Chooses the inline policy of an adopted role: our own, else the only one that
/// has the manual's statements already, else a new one of our own.
fn own_or_suitable(role: &PresentRole, own: PolicyName, buckets: &[String]) -> PolicyName {
    if role.policies.contains_key(own.as_str()) {
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
        (Some((name, _)), None) => PolicyName::parse(name).unwrap_or(own),
        _ => own,
    }
}
