//! Owns finding what an operator did not name: the roles and inline policies of
//! a JMC installation, by the endings that the manual gives.

use super::error::Call;
use super::observe::Observer;
use crate::error::Result;
use crate::site::RoleKind;
use crate::site::arn::RoleArn;
use percent_encoding::percent_decode_str;

/// The ending of the inline policy that lists JMC's buckets (manual, ECSタスク IAMロール).
pub const POLICY_SUFFIX: &str = "app-s3-policy";

/// Returns the ending of a role's name by the manual; the Redshift role has none.
pub fn role_suffix(kind: RoleKind) -> Option<&'static str> {
    match kind {
        RoleKind::Redshift => None,
        RoleKind::EcsTask => Some("jmc-app-role"),
        RoleKind::Lambda => Some("jmc-api-role"),
    }
}

/// Returns the roles whose names end in one of these ways.
pub async fn roles_ending(observer: &Observer<'_>, suffixes: &[&str]) -> Result<Vec<RoleArn>> {
    let mut found = Vec::new();
    let mut pages = observer
        .clients
        .iam
        .list_roles()
        .into_paginator()
        .items()
        .send();
    while let Some(next) = pages.next().await {
        let role =
            next.map_err(|error| observer.failed(&Call::new("iam:ListRoles", "*"), &error))?;
        if suffixes
            .iter()
            .any(|suffix| role.role_name().ends_with(suffix))
            && let Ok(arn) = RoleArn::parse(role.arn())
        {
            found.push(arn);
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Returns the names of a role's inline policies; none where the role does not exist.
pub async fn inline_policies(observer: &Observer<'_>, role: &RoleArn) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pages = observer
        .clients
        .iam
        .list_role_policies()
        .role_name(role.name.as_str())
        .into_paginator()
        .items()
        .send();
    while let Some(next) = pages.next().await {
        match next {
            Ok(name) => {
                observer.clients.seen.note_policy(role, &name);
                found.push(name);
            }
            Err(error) if super::error::code(&error) == "NoSuchEntity" => return Ok(Vec::new()),
            Err(error) => {
                let call = Call::new("iam:ListRolePolicies", role.to_string());
                return Err(observer.failed(&call, &error));
            }
        }
    }
    Ok(found)
}

/// Decodes a document as IAM returns it: percent-encoded, once. A document that is
/// JSON already, as some emulators send it, is left as it is.
pub fn decoded(document: &str) -> String {
    if document.trim_start().starts_with(['{', '[']) {
        return document.to_owned();
    }
    percent_decode_str(document)
        .decode_utf8_lossy()
        .into_owned()
}
