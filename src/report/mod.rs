//! Owns how plans and results read: lines for a person, values for JSON. It
//! decides nothing and calls nothing.

pub mod connection;
pub mod outcome;
pub mod plan;

use crate::messages::{Text, plan as say};
use crate::plan::{Action, PolicyEdit, Unchanged};
use crate::site::RoleKind;

/// A line of a plan in parts.
#[derive(Clone, Debug)]
pub struct Line {
    /// `+` create, `~` change, `-` revoke, `=` unchanged, `!` blocker.
    pub symbol: char,
    /// What is done.
    pub verb: Text,
    /// What it is done to.
    pub subject: String,
    /// What else matters, in short.
    pub details: Vec<Detail>,
}

/// A detail of a line: a sentence, or a name that is the same in both languages.
#[derive(Clone, Debug)]
pub enum Detail {
    /// A sentence.
    Text(Text),
    /// A name.
    Name(String),
}

/// Describes an action.
pub fn describe(action: &Action) -> Line {
    let line = |symbol, verb, subject: String, details| Line {
        symbol,
        verb,
        subject,
        details,
    };
    let names = |names: &std::collections::BTreeSet<String>| {
        names.iter().cloned().map(Detail::Name).collect::<Vec<_>>()
    };
    match action {
        Action::CreateBucket {
            bucket, folders, ..
        } => line(
            '+',
            say::create_bucket(),
            bucket.to_string(),
            names(folders),
        ),
        Action::CreateFolders { bucket, folders } => line(
            '~',
            say::create_folders(),
            bucket.to_string(),
            names(folders),
        ),
        Action::BlockPublicAccess { bucket } => line(
            '~',
            say::block_public_access(),
            bucket.to_string(),
            Vec::new(),
        ),
        Action::TagBucket { bucket, .. } => {
            line('~', say::tag_bucket(), bucket.to_string(), Vec::new())
        }
        Action::CreateRole {
            role,
            permissions_boundary,
            ..
        } => line(
            '+',
            say::create_role(),
            role.name.to_string(),
            permissions_boundary
                .iter()
                .map(|boundary| Detail::Text(say::boundary(boundary)))
                .collect(),
        ),
        Action::EditPolicy(edit) => {
            let budget = &edit.budget;
            let size = say::size(
                &edit.policy,
                grouped(budget.used_before),
                grouped(budget.used_after),
                grouped(budget.limit),
            );
            let managed = edit.managed.as_ref();
            let (symbol, verb) = match (&edit.before, &edit.after) {
                (None, _) if managed.is_some() => ('+', say::create_managed()),
                (None, _) => ('+', say::create_policy()),
                (_, None) if managed.is_some() => ('-', say::delete_managed()),
                (_, None) => ('-', say::delete_policy()),
                _ if !edit.added.is_empty() => ('~', say::grant_buckets()),
                _ if edit.removed.is_empty() => ('~', say::attach_policy()),
                _ if revokes(edit) => ('-', say::revoke_buckets()),
                _ => ('~', say::move_buckets()),
            };
            let count = managed.filter(|managed| managed.attach).map(|managed| {
                let before = managed.attached_before;
                say::policies_count(before, before + 1, managed.attached_limit)
            });
            line(
                symbol,
                verb,
                edit.role.name.to_string(),
                [size].into_iter().chain(count).map(Detail::Text).collect(),
            )
        }
        Action::AttachRole {
            warehouse,
            roles_before,
            roles_limit,
            attached,
            ..
        } => {
            let id = warehouse.id().to_owned();
            if *attached {
                return line('~', say::wait_in_sync(), id, Vec::new());
            }
            let count = say::roles_count(roles_before, roles_before + 1, roles_limit);
            line('~', say::attach_role(), id, vec![Detail::Text(count)])
        }
        Action::CreateTopic {
            topic,
            subscriptions,
            ..
        } => line(
            '+',
            say::create_topic(),
            topic.to_string(),
            vec![Detail::Text(say::subscriptions_count(subscriptions.len()))],
        ),
        Action::UpdateTopic { arn, .. } => {
            line('~', say::update_topic(), topic_name(arn), Vec::new())
        }
        Action::Subscribe { arn, subscriptions } => line(
            '~',
            say::subscribe(),
            topic_name(arn),
            subscriptions
                .iter()
                .map(|one| Detail::Name(one.to_string()))
                .collect(),
        ),
    }
}

/// Says whether an edit takes a permission away for good, not only to another policy.
pub fn revokes(edit: &PolicyEdit) -> bool {
    edit.removed
        .iter()
        .flat_map(|change| &change.arns)
        .any(|arn| !moves(edit, arn))
}

/// Says whether an ARN that an edit takes out stands in another policy of the role by then.
pub fn moves(edit: &PolicyEdit, arn: &str) -> bool {
    let bucket = arn.rsplit(":::").next().unwrap_or(arn);
    let bucket = bucket.trim_end_matches("/*");
    edit.moved.iter().any(|moved| moved == bucket)
}

/// Describes what is used as it is.
pub fn describe_unchanged(unchanged: &Unchanged) -> Line {
    let (verb, subject) = match unchanged {
        Unchanged::Bucket { bucket } => (say::use_bucket(), bucket.to_string()),
        Unchanged::Role { role, .. } => (say::use_role(), role.name.to_string()),
        Unchanged::Topic { arn } => (say::use_topic(), topic_name(arn)),
        Unchanged::Warehouse { warehouse } => (say::use_warehouse(), warehouse.clone()),
    };
    Line {
        symbol: '=',
        verb,
        subject,
        details: Vec::new(),
    }
}

fn topic_name(arn: &str) -> String {
    arn.rsplit(':').next().unwrap_or(arn).to_owned()
}

/// Writes a number with a comma between thousands, as AWS's console does in both languages.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a role of the matrix in words.
pub fn role_label(kind: RoleKind) -> Text {
    match kind {
        RoleKind::Redshift => say::matrix_redshift(),
        RoleKind::EcsTask => say::matrix_ecs(),
        RoleKind::Lambda => say::matrix_lambda(),
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (2412, "2,412"),
            (10240, "10,240"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
