//! Owns finding what an operator did not name: the roles and inline policies of
//! a JMC installation, by the endings that the manual gives.

use super::Clients;
use super::error::Call;
use super::observe::Observer;
use crate::error::Result;
use crate::site::RoleKind;
use crate::site::arn::RoleArn;
use aws_sdk_iam::operation::list_roles::ListRolesError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
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

/// The roles that can be the installation's, in the order of their names, or why they were not told.
pub type ListedRoles = std::result::Result<Vec<RoleArn>, SdkError<ListRolesError, HttpResponse>>;

/// Lists the account's roles whose names end as the manual says.
pub async fn list_roles(clients: &Clients) -> ListedRoles {
    let suffixes = RoleKind::ALL.map(role_suffix);
    let of_installation = |name: &str| {
        let mut suffixes = suffixes.iter().flatten();
        suffixes.any(|suffix| name.ends_with(suffix))
    };
    let mut found = Vec::new();
    let mut pages = clients.iam.list_roles().into_paginator().items().send();
    while let Some(next) = pages.next().await {
        let role = next?;
        if of_installation(role.role_name())
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
