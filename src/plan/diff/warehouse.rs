//! Owns whether the warehouse has its role, and whether it can get it now.

use crate::error::Error;
use crate::messages::{aws as msg, plan as say};
use crate::plan::observed::Observed;
use crate::plan::{Action, Plan, Unchanged};
use crate::site::Site;

/// The highest number of IAM roles of a cluster or namespace.
///
/// Source: <https://docs.aws.amazon.com/redshift/latest/mgmt/amazon-redshift-limits.html>.
const WAREHOUSE_ROLES: usize = 50;

/// The same in regions with a lower limit.
const WAREHOUSE_ROLES_OSAKA: usize = 10;

/// Plans that the warehouse has the role.
pub(super) fn attachment(
    plan: &mut Plan,
    site: &Site,
    observed: &Observed,
    creation: Option<usize>,
) {
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
