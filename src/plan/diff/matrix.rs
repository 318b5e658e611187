//! Owns the manual's matrix (section 設定の保存): which roles reach which kinds of bucket.

use super::grants::access_of;
use crate::plan::observed::{Observed, RoleState};
use crate::plan::policy::{self, Policy};
use crate::site::{BucketKind, RoleKind, Site};

/// Returns the matrix of the manual: for each kind of bucket and role, whether every
/// bucket of the kind is reached; `None` where the manual asks for nothing.
pub fn matrix(site: &Site, observed: &Observed) -> Vec<(BucketKind, [Option<bool>; 3])> {
    let reached = |role: RoleKind, bucket: &str| {
        let Some(Ok(RoleState::Present(present))) = observed.roles.get(&role) else {
            return false;
        };
        let managed = match observed.homes.get(&role) {
            Some(Ok(home)) => home.document_of(&site.managed_policy_arn(role)),
            _ => None,
        };
        let policies: Vec<Policy> = present
            .policies
            .values()
            .map(String::as_str)
            .chain(managed)
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
