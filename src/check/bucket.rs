//! Finds how the buckets, their folders and their settings are.

use super::{Findings, State};
use crate::error::Error;
use crate::messages::check as say;
use crate::plan::diff::usable;
use crate::plan::observed::{BucketState, OurBucket};
use crate::site::{Bucket, Origin, Site};

/// A bucket that could not be looked at hides no finding: none of it can be told.
pub(super) fn unknown_bucket(all: &mut Findings<'_>, bucket: &Bucket, error: &Error) {
    let name = &bucket.name;
    all.unknown(say::bucket(), name, error);
    for key in bucket.markers() {
        all.unknown(say::folder(), format!("{name}/{key}"), error);
    }
    if bucket.origin == Some(Origin::Created) {
        all.unknown(say::settings(), name, error);
    }
}

pub(super) fn bucket(all: &mut Findings<'_>, site: &Site, bucket: &Bucket, state: &BucketState) {
    let name = &bucket.name;
    match state {
        BucketState::Missing => {
            all.missing(say::bucket(), name, say::gone());
            for key in bucket.markers() {
                all.missing(say::folder(), format!("{name}/{key}"), say::gone());
            }
        }
        BucketState::Elsewhere(_) | BucketState::Foreign => {
            if let Err(error) = usable(site, name.as_str(), state) {
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
        all.left(say::settings(), name, say::not_ours(), fix);
    }
}
