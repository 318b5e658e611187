//! Owns the comparison: what a site wants against what was observed. Pure: the
//! same input gives the same plan.

mod buckets;
mod grants;
mod matrix;
mod roles;
mod settle;
mod topics;
mod warehouse;

pub use buckets::{usable, usable_in};
pub use grants::{Edited, access_of, edited, policy_edits};
pub use matrix::matrix;
pub use settle::settle;
pub use topics::{display_name, pending};
pub use warehouse::is_available;

use super::Plan;
use super::observed::Observed;
use crate::site::Site;

/// Compares the site with what was observed.
pub fn diff(site: &Site, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    let created = buckets::buckets(&mut plan, site, observed);
    roles::roles(&mut plan, site, observed, &created);
    for (event, topic) in site.topics() {
        match observed.topics.get(&event) {
            Some(Ok(state)) => topics::topic(&mut plan, site, event, topic, state),
            Some(Err(error)) => plan.blockers.push(error.clone()),
            None => {}
        }
    }
    plan
}
