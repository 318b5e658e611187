//! Owns what has been seen to be there, or was just made: a hint, by which the next look asks for all
//! of it at once, in place of first asking whether it is there. It answers nothing itself.

use crate::site::arn::RoleArn;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the clients of a run have seen.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    /// ARNs of buckets and topics.
    resources: BTreeSet<String>,
    /// The inline policies of roles, by the ARNs of these.
    policies: BTreeMap<String, BTreeSet<String>>,
}

impl Seen {
    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a bucket or topic is there.
    pub fn note(&self, arn: &str) {
        self.names().resources.insert(arn.to_owned());
    }

    /// Says whether a bucket or topic was there.
    pub fn has(&self, arn: &str) -> bool {
        self.names().resources.contains(arn)
    }

    /// Notes that a role has an inline policy.
    pub fn note_policy(&self, role: &RoleArn, policy: &str) {
        let mut names = self.names();
        let policies = names.policies.entry(role.to_string()).or_default();
        policies.insert(policy.to_owned());
    }

    /// Returns the inline policies that a role had.
    pub fn policies(&self, role: &RoleArn) -> BTreeSet<String> {
        let names = self.names();
        let policies = names.policies.get(&role.to_string());
        policies.cloned().unwrap_or_default()
    }
}
