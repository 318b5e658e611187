//! Owns whether the user may use an IAM role. The database keeps that apart from the role's
//! own permissions, as the privilege ASSUMEROLE.

use super::target::RoleUse;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Asks the database; where it does not say, the answer is unknown and nothing has failed.
///
/// <https://docs.aws.amazon.com/redshift/latest/dg/r_HAS_ASSUMEROLE_PRIVILEGE.html>
pub(super) async fn role_use(client: &Client, role: &str) -> RoleUse {
    RoleUse {
        copy: allowed(client, role, "copy").await,
        unload: allowed(client, role, "unload").await,
    }
}

async fn allowed(client: &Client, role: &str, command: &str) -> Option<bool> {
    // The ARN of a role has no quotation mark or backslash; nothing else is asked about.
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/+=,.@_-".contains(c);
    if !role.chars().all(plain) {
        return None;
    }
    let sql = format!("select has_assumerole_privilege(current_user, '{role}', '{command}')");
    let messages = client.simple_query(&sql).await.ok()?;
    let answer = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    match answer? {
        "t" | "true" => Some(true),
        "f" | "false" => Some(false),
        _ => None,
    }
}
