//! Owns writing an inline policy: lock, read again, keep what is there, edit it, one
//! `PutRolePolicy`, read back, unlock. IAM replaces documents as a whole and knows no
//! versions, so nothing older than this moment may be written back.

use super::apply::{PROPAGATION, until_known};
use super::error::Call;
use super::lock::{self, Guard, Run};
use super::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{Text, aws as msg, check as check_msg, lock as lock_msg};
use crate::plan::PolicyEdit;
use crate::plan::diff::edited;
use crate::plan::policy::{Budget, INLINE_ROLE_LIMIT, Policy};
use crate::site::arn::RoleArn;
use crate::site::names::PolicyName;
use crate::site::undo::{self, Kept};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep};

/// How long the read-back waits where no lock keeps others away.
const UNGUARDED_PAUSE: Duration = Duration::from_secs(5);

/// What writing policies needs to know of the run.
#[derive(Clone, Copy)]
pub struct Editor<'a> {
    /// How others are kept away.
    pub guard: &'a Guard,
    /// The run, for locks and for what is kept.
    pub run: &'a Run,
    /// The site file, beside which policies are kept; none where they are kept already.
    pub site: Option<&'a Path>,
    /// Whether a policy is only replaced where it still is what the plan has seen.
    pub exact: bool,
    /// Hears of waiting.
    pub say: &'a (dyn Fn(&Text) + Sync),
}

/// What to do with a policy, given what is there now; `None` leaves it.
pub type Change<'a> = &'a (dyn Fn(Option<&str>) -> Result<Option<String>> + Sync);

/// Grants and revokes the buckets of a plan's step.
pub async fn apply(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    partition: &str,
    edit: &PolicyEdit,
) -> Result<()> {
    let buckets: Vec<&str> = edit.buckets.iter().map(String::as_str).collect();
    let revoked: Vec<&str> = edit.revoked.iter().map(String::as_str).collect();
    let planned = |now: Option<&str>| now == edit.before.as_deref() || now == Some(&edit.after);
    let change = |now: Option<&str>| match now {
        now if editor.exact && !planned(now) => Err(Error::new(check_msg::stale_policy(
            &edit.role.name,
            &edit.policy,
        ))
        .hint(check_msg::stale_hint())),
        Some(text) => {
            let after = edited(text, edit.access, partition, &buckets, &revoked)?.text;
            Ok((after != text).then_some(after))
        }
        None if edit.before.is_some() => Err(Error::new(msg::policy_missing(
            &edit.role.name,
            &edit.policy,
        ))),
        None => Ok(Some(edit.after.clone())),
    };
    replace(observer, editor, &edit.role, &edit.policy, &change).await
}

/// Replaces a policy under its role's lock.
pub async fn replace(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    role: &RoleArn,
    policy: &PolicyName,
    change: Change<'_>,
) -> Result<()> {
    let Guard::Bucket(shelf) = editor.guard else {
        return write(observer, editor, role, policy, change)
            .await
            .map(drop);
    };
    loop {
        let lock = lock::acquire(observer, shelf, &role.name, editor.run, editor.say).await?;
        if !lock.is_fresh() {
            lock.release(observer).await?;
            continue;
        }
        let written = write(observer, editor, role, policy, change).await;
        // The lock goes whatever happened; a failure of the edit matters more than one of this.
        let released = lock.release(observer).await;
        written?;
        return released;
    }
}

async fn write(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    role: &RoleArn,
    policy: &PolicyName,
    change: Change<'_>,
) -> Result<()> {
    let now = observer.inline_policy(role, policy.as_str()).await?;
    let Some(after) = change(now.as_deref())? else {
        return Ok(());
    };
    Policy::check_characters(&after)?;
    let time = OffsetDateTime::now_utc();
    let kept = Kept {
        run: editor.run.id.clone(),
        time: time.format(&Rfc3339).unwrap_or_default(),
        command: editor.run.command.clone(),
        account: observer.caller.account.clone(),
        role: role.clone(),
        policy: policy.clone(),
        before: now.clone(),
        after: after.clone(),
    };
    if let Some(site) = editor.site {
        undo::keep(site, &kept)?;
    }
    let put = until_known(
        || {
            observer
                .clients
                .iam
                .put_role_policy()
                .role_name(role.name.as_str())
                .policy_name(policy.as_str())
                .policy_document(&after)
                .send()
        },
        // A role that was made a moment ago is not known everywhere yet.
        |error| error.code() == Some("NoSuchEntity"),
    );
    let call = Call::new("iam:PutRolePolicy", role.to_string());
    put.await.map_err(|error| {
        if error.code() == Some("LimitExceeded") || error.code() == Some("LimitExceededException") {
            let budget = Budget::new([], now.as_deref(), Some(&after), INLINE_ROLE_LIMIT);
            let full = msg::policy_full(&role.name, budget.used_after, budget.limit);
            return Error::new(full).hint(msg::policy_full_hint());
        }
        observer.failed(&call, &error)
    })?;
    if matches!(editor.guard, Guard::None) {
        sleep(UNGUARDED_PAUSE).await;
    }
    read_back(observer, role, policy, change).await
}

/// Reads until IAM shows the edit: until then the next holder of the lock could read
/// what was before, and write that back.
async fn read_back(
    observer: &Observer<'_>,
    role: &RoleArn,
    policy: &PolicyName,
    change: Change<'_>,
) -> Result<()> {
    let deadline = Instant::now() + PROPAGATION;
    let mut pause = Duration::from_millis(250);
    loop {
        let now = observer.inline_policy(role, policy.as_str()).await?;
        if matches!(change(now.as_deref()), Ok(None)) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let lost = lock_msg::lost_update(&role.name, policy);
            return Err(Error::new(lost).hint(lock_msg::lost_update_hint()));
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(4));
    }
}

/// Puts a policy back as it was, where it is still what was written then.
pub async fn put_back(observer: &Observer<'_>, editor: &Editor<'_>, kept: &Kept) -> Result<()> {
    let changed = || Error::new(lock_msg::undo_changed(&kept.role.name, &kept.policy));
    let Some(before) = &kept.before else {
        return delete(observer, editor, kept).await;
    };
    let change = |now: Option<&str>| match now {
        Some(text) if text == kept.after => Ok(Some(before.clone())),
        Some(text) if text == before => Ok(None),
        _ => Err(changed()),
    };
    replace(observer, editor, &kept.role, &kept.policy, &change).await
}

/// Deletes a policy that was new.
async fn delete(observer: &Observer<'_>, editor: &Editor<'_>, kept: &Kept) -> Result<()> {
    let lock = match editor.guard {
        Guard::Bucket(shelf) => {
            let role = &kept.role.name;
            Some(lock::acquire(observer, shelf, role, editor.run, editor.say).await?)
        }
        Guard::None => None,
    };
    let deleted = async {
        let now = observer
            .inline_policy(&kept.role, kept.policy.as_str())
            .await?;
        if now.as_deref() != Some(kept.after.as_str()) {
            let changed = lock_msg::undo_changed(&kept.role.name, &kept.policy);
            return Err(Error::new(changed));
        }
        let call = Call::new("iam:DeleteRolePolicy", kept.role.to_string());
        let deleted = observer
            .clients
            .iam
            .delete_role_policy()
            .role_name(kept.role.name.as_str())
            .policy_name(kept.policy.as_str())
            .send()
            .await;
        deleted
            .map(drop)
            .map_err(|error| observer.failed(&call, &error))
    }
    .await;
    let released = match lock {
        Some(lock) => lock.release(observer).await,
        None => Ok(()),
    };
    deleted.and(released)
}
