//! Finds how the roles are: whether they exist, who may assume them, and whether the warehouse
//! has its own.

use super::{Findings, State};
use crate::error::Error;
use crate::messages::check as say;
use crate::plan::observed::{Observed, PresentRole};
use crate::plan::policy::trust;
use crate::site::{RoleKind, Site};

/// The same of a role.
pub(super) fn unknown_role(all: &mut Findings<'_>, site: &Site, kind: RoleKind, error: &Error) {
    let role = &site.role(kind).name;
    all.unknown(say::role(), role, error);
    if kind == RoleKind::Redshift {
        all.unknown(say::trust(), role, error);
    }
    for bucket in site.reach_of(kind) {
        all.unknown(say::grant(), format!("{role} -> {bucket}"), error);
    }
}

pub(super) fn trust(all: &mut Findings<'_>, site: &Site, role: &PresentRole) {
    let name = &role.arn.name;
    let fix = Some(say::fix_trust(name));
    let mut conditional = false;
    for service in site.redshift.warehouse.services() {
        match trust::allows_service(&role.trust, service) {
            Ok(trust::Trusted::Yes) => {}
            Ok(trust::Trusted::Conditional) => conditional = true,
            Ok(trust::Trusted::No) => {
                let evidence = say::not_trusted(service);
                return all.add(say::trust(), name, State::Wrong, evidence, fix);
            }
            Err(error) => return all.unknown(say::trust(), name, &error),
        }
    }
    if conditional {
        all.add(say::trust(), name, State::Unknown, say::trusted_if(), fix);
    } else {
        all.ok(say::trust(), name, say::trusted());
    }
}

pub(super) fn attachment(all: &mut Findings<'_>, site: &Site, observed: &Observed) {
    let role = &site.roles.redshift.role;
    let subject = format!("{} @ {}", role.name, site.redshift.warehouse.id());
    match &observed.warehouse {
        Err(error) => all.unknown(say::attached(), subject, error),
        Ok(state) => match state.roles.get(&role.to_string()).map(String::as_str) {
            Some("in-sync") => all.ok(say::attached(), subject, say::status("in-sync")),
            Some(other) => {
                let fix = Some(say::fix_apply(all.apply));
                all.add(
                    say::attached(),
                    subject,
                    State::Wrong,
                    say::status(other),
                    fix,
                );
            }
            None => all.missing(say::attached(), subject, say::not_attached()),
        },
    }
}
