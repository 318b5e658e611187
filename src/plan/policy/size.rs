//! Counts what a policy document takes of IAM's quotas.

use serde::Serialize;

/// Characters that all inline policies of one role may have together; it cannot be raised.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
pub const INLINE_ROLE_LIMIT: usize = 10_240;

/// Characters that one managed policy may have; it cannot be raised.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length>
pub const MANAGED_LIMIT: usize = 6_144;

/// Managed policies that a role may have, unless AWS has raised it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities>
pub const ATTACHED_LIMIT: usize = 10;

/// Versions that a managed policy keeps; it cannot be raised.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities>
pub const VERSIONS_LIMIT: usize = 5;

/// What IAM allows in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Characters of all inline policies of a role.
    pub inline_role: usize,
    /// Characters of a managed policy.
    pub managed: usize,
    /// Managed policies of a role.
    pub attached: usize,
    /// Customer managed policies of the account, where AWS told: how many there are, and may be.
    pub policies: Option<(usize, usize)>,
}

impl Default for Quotas {
    /// Returns the quotas that AWS documents.
    fn default() -> Self {
        Self {
            inline_role: INLINE_ROLE_LIMIT,
            managed: MANAGED_LIMIT,
            attached: ATTACHED_LIMIT,
            policies: None,
        }
    }
}

/// Counts the characters of a policy document as IAM's quotas do.
///
/// AWS says only that white space is not counted. What stands between the JSON tokens
/// (space, tab, line feed, carriage return) surely is that and is left out. White space
/// inside a string is counted here: the documentation does not say, and a count that is
/// a little too high can only warn too early, never let IAM refuse a planned change.
/// An escape such as `\u0041` counts as the characters that it is written with.
pub fn size(text: &str) -> usize {
    let mut count = 0;
    let mut quoted = false;
    let mut escaped = false;
    for character in text.chars() {
        if !quoted && matches!(character, ' ' | '\t' | '\n' | '\r') {
            continue;
        }
        count += 1;
        if escaped {
            escaped = false;
        } else if character == '"' {
            quoted = !quoted;
        } else if quoted && character == '\\' {
            escaped = true;
        }
    }
    count
}

/// What a change of one document does to the quota that it counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// Characters used before the change, summed over all documents.
    pub used_before: usize,
    /// Characters used after the change.
    pub used_after: usize,
    /// Characters allowed.
    pub limit: usize,
}

impl Budget {
    /// Sums all inline policies of a role, of which one is replaced, created (no `before`)
    /// or deleted (no `after`). For a managed policy there are no others.
    pub fn new<'a>(
        others: impl IntoIterator<Item = &'a str>,
        before: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Self {
        let others: usize = others.into_iter().map(size).sum();
        Self {
            used_before: others + before.map_or(0, size),
            used_after: others + after.map_or(0, size),
            limit,
        }
    }

    /// Says whether the result is within the limit.
    pub fn fits(&self) -> bool {
        self.used_after <= self.limit
    }

    /// Returns the characters that are left after the change.
    pub fn left(&self) -> usize {
        self.limit.saturating_sub(self.used_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_is_free() {
        assert_eq!(size("{ \"a b\" :\r\n\t[ 1 , 2 ] }"), 13);
        assert_eq!(size(r#"{"a\" b":1}"#), 11);
        assert_eq!(size("\"\u{e9}\""), 3);
    }

    #[test]
    fn a_budget_sums_all_documents_of_the_role() {
        let budget = Budget::new(["{ }", "[1]"], Some("{ \"a\": 1 }"), Some("{\"a\":12}"), 13);
        assert_eq!((budget.used_before, budget.used_after), (12, 13));
        assert!(budget.fits());
        assert_eq!(budget.left(), 0);
        assert!(
            !Budget {
                limit: 12,
                ..budget
            }
            .fits()
        );
    }
}
