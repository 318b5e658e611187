//! Owns changing a policy document under its role's lock: read again, keep what is there, edit it,
//! write it in one call, read back. IAM replaces documents as a whole and knows no conditional
//! write, so nothing older than this moment may be written back.

use super::apply::PROPAGATION;
use super::document::{Document, Found};
use super::lock::{self, Guard, Lock, Run};
use super::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{Text, aws as msg, check as check_msg, lock as lock_msg};
use crate::plan::PolicyEdit;
use crate::plan::diff::edited;
use crate::plan::policy::Policy;
use crate::site::names::RoleName;
use crate::site::undo::{self, Kept};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep};

/// How long the read-back waits where no lock keeps others away.
const UNGUARDED_PAUSE: Duration = Duration::from_secs(5);

/// How often a role is locked for one edit, where reading its policy takes too much of the lease.
const LOCKS: u32 = 3;

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
    /// Says whether the run is to stop, so that nobody else's lock is waited for.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Hears of waiting, and of what else is done.
    pub say: &'a (dyn Fn(&Text) + Sync),
}

/// What becomes of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It stays as it is.
    Keep,
    /// It is replaced, or made.
    Put(String),
    /// It goes, and its policy with it.
    Delete,
}

/// What to do with a document, given what is there now.
pub type Change<'a> = &'a (dyn Fn(Option<&str>) -> Result<Next> + Sync);

/// Grants and revokes the buckets of a plan's step under its role's lock, and returns that to be
/// given back; after a failure it is given back already.
pub async fn apply(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    partition: &str,
    edit: &PolicyEdit,
    lock: Option<Lock>,
) -> Result<Option<Lock>> {
    let buckets: Vec<&str> = edit.buckets.iter().map(String::as_str).collect();
    let leaving = edit.leaving();
    let seen = [edit.before.as_deref(), edit.after.as_deref()];
    let change = |now: Option<&str>| match now {
        now if editor.exact && !seen.contains(&now) => Err(Error::new(check_msg::stale_policy(
            &edit.role.name,
            &edit.policy,
        ))
        .hint(check_msg::stale_hint())),
        Some(text) => {
            let after = edited(text, edit.access, partition, &buckets, &leaving)?.text;
            Ok(match after {
                Some(after) if after == text => Next::Keep,
                Some(after) => Next::Put(after),
                None => Next::Delete,
            })
        }
        None => match (&edit.before, &edit.after) {
            // It was to go, and has gone.
            (_, None) => Ok(Next::Keep),
            (None, Some(after)) => Ok(Next::Put(after.clone())),
            (Some(_), Some(_)) => Err(Error::new(match &edit.managed {
                Some(managed) => msg::managed_missing(&managed.arn),
                None => msg::policy_missing(&edit.role.name, &edit.policy),
            })),
        },
    };
    let (none, managed) = (BTreeMap::new(), edit.managed.as_ref());
    let document = Document {
        role: &edit.role,
        policy: &edit.policy,
        managed: managed.map(|managed| &managed.arn),
        tags: managed.map_or(&none, |managed| &managed.tags),
    };
    let attach = managed.is_some_and(|managed| managed.attach);
    replace(observer, editor, &document, attach, &change, lock).await
}

/// Takes the lock of a role, where roles are locked.
pub async fn lock(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    role: &RoleName,
) -> Result<Option<Lock>> {
    match editor.guard {
        Guard::Bucket(shelf) => lock::acquire(observer, shelf, role, editor).await.map(Some),
        Guard::None => Ok(None),
    }
}

/// Changes a document under its role's lock, and attaches a managed policy to the role where that
/// is asked. A lock that has been held for long is taken anew, and the document read again.
async fn replace(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    document: &Document<'_>,
    attach: bool,
    change: Change<'_>,
    mut lock: Option<Lock>,
) -> Result<Option<Lock>> {
    let role = &document.role.name;
    let mut locks = 1;
    loop {
        let failure = match write(observer, editor, document, attach, change, lock.as_ref()).await {
            Ok(Written::Done) => return Ok(lock),
            Ok(Written::Late) if locks < LOCKS => {
                release(observer, lock).await?;
                lock = self::lock(observer, editor, role).await?;
                locks += 1;
                continue;
            }
            Ok(Written::Late) => Error::new(lock_msg::lock_late(role)),
            Err(error) => error,
        };
        // A failure of the edit matters more than one of this.
        let _ = release(observer, lock).await;
        return Err(failure);
    }
}

/// Gives a lock back, where one is held.
pub async fn release(observer: &Observer<'_>, lock: Option<Lock>) -> Result<()> {
    match lock {
        Some(lock) => lock.release(observer).await,
        None => Ok(()),
    }
}

/// What became of an edit.
enum Written {
    /// The document is as it should be.
    Done,
    /// Nothing was written: too little was left of the lease after the document was read.
    Late,
}

async fn write(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    document: &Document<'_>,
    attach: bool,
    change: Change<'_>,
    lock: Option<&Lock>,
) -> Result<Written> {
    let now = document.read(observer).await?;
    let next = change(now.text.as_deref())?;
    let attach = attach && next != Next::Delete && !now.attached;
    let before = now.text.as_deref();
    if next == Next::Keep && !attach {
        return Ok(Written::Done);
    }
    if lock.is_some_and(|lock| !lock.is_fresh()) {
        return Ok(Written::Late);
    }
    match &next {
        Next::Keep => {}
        Next::Put(after) => {
            Policy::check_characters(after)?;
            keep(observer, editor, document, before, Some(after))?;
            document.put(observer, before, after, editor.say).await?;
        }
        Next::Delete => {
            keep(observer, editor, document, before, None)?;
            document.delete(observer).await?;
        }
    }
    if attach {
        document.attach(observer).await?;
    }
    if matches!(editor.guard, Guard::None) {
        sleep(UNGUARDED_PAUSE).await;
    }
    let arrived = |found: &Found| {
        let as_wanted = matches!(change(found.text.as_deref()), Ok(Next::Keep));
        as_wanted && (found.attached || !attach)
    };
    read_back(observer, document, &arrived).await?;
    Ok(Written::Done)
}

/// Keeps what is about to be replaced beside the site file.
fn keep(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    document: &Document<'_>,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<()> {
    let Some(site) = editor.site else {
        return Ok(());
    };
    let time = OffsetDateTime::now_utc();
    let kept = Kept {
        run: editor.run.id.clone(),
        time: time.format(&Rfc3339).unwrap_or_default(),
        command: editor.run.command.clone(),
        account: observer.caller.account.clone(),
        role: document.role.clone(),
        policy: document.policy.clone(),
        managed: document.managed.cloned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    undo::keep(site, &kept).map(drop)
}

/// Reads until IAM shows the edit: until then the next holder of the lock could read
/// what was before, and write that back.
async fn read_back(
    observer: &Observer<'_>,
    document: &Document<'_>,
    arrived: &(dyn Fn(&Found) -> bool + Sync),
) -> Result<()> {
    let deadline = Instant::now() + PROPAGATION;
    let mut pause = Duration::from_millis(250);
    loop {
        if arrived(&document.read(observer).await?) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let lost = lock_msg::lost_update(&document.role.name, document.policy);
            return Err(Error::new(lost).hint(lock_msg::lost_update_hint()));
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(4));
    }
}

/// Puts a policy back as it was, where it is still what was written then.
pub async fn put_back(
    observer: &Observer<'_>,
    editor: &Editor<'_>,
    kept: &Kept,
    tags: &BTreeMap<String, String>,
) -> Result<()> {
    let change = |now: Option<&str>| {
        if now == kept.before.as_deref() {
            return Ok(Next::Keep);
        }
        if now != kept.after.as_deref() {
            let changed = lock_msg::undo_changed(&kept.role.name, &kept.policy);
            return Err(Error::new(changed));
        }
        Ok(match &kept.before {
            Some(before) => Next::Put(before.clone()),
            None => Next::Delete,
        })
    };
    // What was deleted was attached before.
    let attach = kept.after.is_none();
    let document = Document::of_kept(kept, tags);
    let held = lock(observer, editor, &kept.role.name).await?;
    let held = replace(observer, editor, &document, attach, &change, held).await?;
    release(observer, held).await
}
