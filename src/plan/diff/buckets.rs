//! Owns what has to change in buckets, and whether a bucket can be used at all.

use crate::error::{Error, Result};
use crate::messages::{aws as msg, plan as say};
use crate::plan::observed::{BucketState, Observed, OurBucket};
use crate::plan::{Action, Plan, Unchanged};
use crate::site::{Bucket, Origin, Site};
use std::collections::{BTreeMap, BTreeSet};

/// Plans the buckets and returns the steps that create one, by name.
pub(super) fn buckets(
    plan: &mut Plan,
    site: &Site,
    observed: &Observed,
) -> BTreeMap<String, usize> {
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

fn existing_bucket(plan: &mut Plan, site: &Site, bucket: &Bucket, ours: &OurBucket) {
    let before = plan.steps.len();
    let folders: BTreeSet<String> = bucket
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
