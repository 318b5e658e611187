//! Asks for the quotas of the account.

use super::Observer;
use crate::plan::policy::Quotas;
use aws_sdk_iam::types::SummaryKeyType;

impl Observer<'_> {
    /// Returns the account's quotas of IAM, as far as AWS tells them to this caller.
    ///
    /// The documented ones stand in for what is not told: most of them cannot be raised, and
    /// nobody should need one more permission to learn them.
    pub async fn quotas(&self) -> Quotas {
        let documented = Quotas::default();
        let answer = self.clients.iam.get_account_summary().send().await;
        let Some(summary) = answer.ok().and_then(|answer| answer.summary_map) else {
            return documented;
        };
        let told = |key: SummaryKeyType| {
            let value = summary.get(&key).copied().unwrap_or_default();
            usize::try_from(value).ok().filter(|value| *value > 0)
        };
        let limit = told(SummaryKeyType::PoliciesQuota);
        let used = summary.get(&SummaryKeyType::Policies).copied();
        let used = used.and_then(|used| usize::try_from(used).ok());
        Quotas {
            inline_role: told(SummaryKeyType::from("RolePolicySizeQuota"))
                .unwrap_or(documented.inline_role),
            managed: told(SummaryKeyType::PolicySizeQuota).unwrap_or(documented.managed),
            attached: told(SummaryKeyType::from("AttachedPoliciesPerRoleQuota"))
                .unwrap_or(documented.attached),
            policies: used.zip(limit),
        }
    }
}
