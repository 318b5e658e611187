//! The quotas and counts of an account.

use super::super::call::Call;
use super::super::state::State;
use super::super::xml::{el, text};
use super::{ATTACHED_POLICIES, POLICY_SIZE, POLICY_VERSIONS, ROLE_POLICY_SIZE, TRUST_POLICY_SIZE};

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
pub fn get(state: &mut State, call: &Call) -> String {
    let roles = state.roles_of(call).count();
    let owner = call.iam_arn("policy/");
    let policies = state
        .policies
        .iter()
        .filter(|p| p.arn.starts_with(&owner))
        .count();
    let entries: String = [
        ("AssumeRolePolicySizeQuota", TRUST_POLICY_SIZE),
        (
            "AttachedPoliciesPerRoleQuota",
            state.attached_quota.unwrap_or(ATTACHED_POLICIES),
        ),
        ("Policies", policies),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", POLICY_SIZE),
        ("RolePolicySizeQuota", ROLE_POLICY_SIZE),
        ("Roles", roles),
        ("RolesQuota", 1000),
        ("VersionsPerPolicyQuota", POLICY_VERSIONS),
    ]
    .iter()
    .map(|(key, value)| {
        el(
            "entry",
            text("key", key) + &text("value", value.to_string()),
        )
    })
    .collect();
    el("SummaryMap", entries)
}
