//! Owns keeping two operators from writing the same role's policy at once: an object
//! per role, written with `If-None-Match`, in a bucket that all operators of the
//! installation share. IAM itself has no guard against a lost update.

use super::apply::until_known;
use super::edit::Editor;
use super::error::{self, Call};
use super::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::lock as msg;
use crate::plan::observed::{Observed, RoleState};
use crate::site::names::RoleName;
use crate::site::{RoleKind, Site};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The folder of the locks.
pub const PREFIX: &str = "jmc-site-locks/";

/// The ending of the bucket that JMC's installation keeps for itself (manual, the policy of the ECS task role).
const SYSTEM_BUCKET: &str = "-csa-system-bucket";

/// How long a lock holds if its holder dies.
pub const LEASE: Duration = Duration::from_secs(120);

/// How much of the lease must be left before a policy is written: more than one call can take.
const MARGIN: Duration = Duration::from_secs(75);

/// How long somebody else's lock is waited for: a whole lease and a little more.
const PATIENCE: Duration = Duration::from_secs(150);

/// Who holds a lock, as it stands in the lock's object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The lock's id, unique to the run.
    pub id: String,
    /// The ARN of the caller.
    pub holder: String,
    /// The machine.
    pub host: String,
    /// The command.
    pub command: String,
    /// When the lock was taken, in seconds since 1970 by the clock of S3.
    pub time: u64,
    /// When it ends by itself, in seconds since 1970.
    pub expires: u64,
}

impl Holder {
    /// Returns how long the lock still holds at a time of S3; 0 where it has ended.
    pub fn seconds_left(&self, now: u64) -> u64 {
        self.expires.saturating_sub(now)
    }
}

/// What a run writes into its locks.
#[derive(Clone, Debug)]
pub struct Run {
    /// The id of the run.
    pub id: String,
    /// The machine.
    pub host: String,
    /// The command.
    pub command: String,
}

/// How policies are guarded while they are written.
#[derive(Clone, Debug)]
pub enum Guard {
    /// By locks in a bucket.
    Bucket(Shelf),
    /// By nothing (`--no-lock`): only by reading back after a pause.
    None,
}

/// The bucket of the locks, and a client of its region: an installation may keep its
/// system bucket elsewhere.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The bucket.
    pub bucket: String,
    /// A client of the bucket's region.
    pub s3: aws_sdk_s3::Client,
}

impl Shelf {
    /// Finds the bucket's region.
    pub async fn open(observer: &Observer<'_>, bucket: &str) -> Result<Self> {
        let region = observer
            .bucket_region(bucket)
            .await
            .map_err(|error| error.hint(msg::lock_bucket_hint()))?;
        Ok(Self {
            bucket: bucket.to_owned(),
            s3: observer.clients.s3_in(&region),
        })
    }
}

/// A lock that is held.
#[derive(Debug)]
pub struct Lock {
    shelf: Shelf,
    key: String,
    etag: String,
    until: Instant,
}

/// Returns the key of a role's lock. Role names are unique in an account whatever their case.
pub fn key_of(account: &str, role: &RoleName) -> String {
    format!(
        "{PREFIX}{account}/{}.json",
        role.as_str().to_ascii_lowercase()
    )
}

/// Returns the keys of the locks of a site's roles.
pub fn keys_of(account: &str, site: &Site) -> BTreeSet<String> {
    RoleKind::ALL
        .map(|kind| key_of(account, &site.role(kind).name))
        .into()
}

/// Finds the bucket to lock in: the site's, else the only system bucket that the
/// policies of the installation name.
pub fn bucket_of(site: &Site, observed: &Observed) -> Option<String> {
    if let Some(bucket) = &site.lock_bucket {
        return Some(bucket.to_string());
    }
    let mut found: Vec<String> = Vec::new();
    for kind in [RoleKind::EcsTask, RoleKind::Lambda] {
        let Some(Ok(RoleState::Present(role))) = observed.roles.get(&kind) else {
            continue;
        };
        let policy = site.inline_policy(kind);
        let text = policy.and_then(|policy| role.policies.get(policy.as_str()));
        for name in text.into_iter().flat_map(|text| named_buckets(text)) {
            if name.ends_with(SYSTEM_BUCKET) && !found.contains(&name) {
                found.push(name);
            }
        }
    }
    match found.as_slice() {
        [bucket] => Some(bucket.clone()),
        _ => None,
    }
}

/// Returns the buckets that a policy names without their objects.
fn named_buckets(text: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => {
                let name = text
                    .splitn(6, ':')
                    .nth(5)
                    .filter(|_| text.contains(":s3:::"));
                found.extend(
                    name.filter(|name| !name.contains(['/', '*', '?']))
                        .map(str::to_owned),
                );
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            serde_json::Value::Object(fields) => {
                fields.values().for_each(|item| collect(item, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        collect(&value, &mut found);
    }
    found
}

/// Takes the lock of a role, waiting for whoever holds it; the person hears of that once.
pub async fn acquire(
    observer: &Observer<'_>,
    shelf: &Shelf,
    role: &RoleName,
    editor: &Editor<'_>,
) -> Result<Lock> {
    let run = editor.run;
    let left = |holder: &Holder| holder.seconds_left(observer.clients.clock.now());
    let key = key_of(observer.caller.account.as_str(), role);
    let deadline = Instant::now() + PATIENCE;
    let mut told = false;
    let mut pause = Duration::from_millis(100);
    loop {
        let taken = Instant::now();
        if let Some(etag) = write(observer, shelf, &key, run, None).await? {
            return Ok(Lock {
                shelf: shelf.clone(),
                key,
                etag,
                until: taken + LEASE,
            });
        }
        match read(observer, shelf, &key).await? {
            // It went away in between: at once again.
            None => continue,
            Some((holder, etag)) if left(&holder) == 0 => {
                let taken = Instant::now();
                if let Some(etag) = write(observer, shelf, &key, run, Some(&etag)).await? {
                    return Ok(Lock {
                        shelf: shelf.clone(),
                        key,
                        etag,
                        until: taken + LEASE,
                    });
                }
            }
            // The answer to our own write got lost, and the attempt after it was refused.
            Some((holder, etag)) if holder.id == run.id => {
                return Ok(Lock {
                    shelf: shelf.clone(),
                    key,
                    etag,
                    until: taken + LEASE,
                });
            }
            Some((holder, _)) => {
                if (editor.cancelled)() {
                    return Err(held(role, &holder).exit(Exit::Interrupted));
                }
                if Instant::now() >= deadline {
                    return Err(held(role, &holder));
                }
                if !told {
                    let left = left(&holder);
                    (editor.say)(&msg::lock_waiting(role, &holder.holder, &holder.host, left));
                    told = true;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(3));
            }
        }
    }
}

fn held(role: &RoleName, holder: &Holder) -> Error {
    let text = msg::lock_held(
        role,
        &holder.holder,
        &holder.host,
        &holder.command,
        &holder.id,
    );
    Error::new(text).hint(msg::lock_held_hint(&holder.id))
}

/// Writes the lock where there is none, or over the one with an ETag; `None` if it is not so.
async fn write(
    observer: &Observer<'_>,
    shelf: &Shelf,
    key: &str,
    run: &Run,
    over: Option<&str>,
) -> Result<Option<String>> {
    let time = observer.clients.clock.now();
    let holder = Holder {
        id: run.id.clone(),
        holder: observer.caller.arn.clone(),
        host: run.host.clone(),
        command: run.command.clone(),
        time,
        expires: time + LEASE.as_secs(),
    };
    let body = serde_json::to_vec(&holder).unwrap_or_default();
    let put = until_known(
        || {
            let put = shelf.s3.put_object().bucket(&shelf.bucket).key(key);
            let put = match over {
                Some(etag) => put.if_match(etag),
                None => put.if_none_match("*"),
            };
            put.content_type("application/json")
                .expected_bucket_owner(observer.caller.account.as_str())
                .body(body.clone().into())
                .send()
        },
        |error| error.code() == Some("ConditionalRequestConflict"),
    );
    match put.await {
        Ok(answer) => Ok(Some(answer.e_tag.unwrap_or_default())),
        Err(error)
            if matches!(error::status(&error), Some(412 | 404))
                && error.code() != Some("NoSuchBucket") =>
        {
            Ok(None)
        }
        Err(error) => {
            let call = Call::new("s3:PutObject", object_arn(observer, &shelf.bucket, key));
            Err(observer.failed(&call, &error).hint(msg::lock_bucket_hint()))
        }
    }
}

/// Reads a lock and its ETag.
pub async fn read(
    observer: &Observer<'_>,
    shelf: &Shelf,
    key: &str,
) -> Result<Option<(Holder, String)>> {
    let got = shelf
        .s3
        .get_object()
        .bucket(&shelf.bucket)
        .key(key)
        .expected_bucket_owner(observer.caller.account.as_str())
        .send()
        .await;
    let call = Call::new("s3:GetObject", object_arn(observer, &shelf.bucket, key));
    let got = match got {
        Ok(got) => got,
        Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
        Err(error) => {
            return Err(observer.failed(&call, &error).hint(msg::lock_bucket_hint()));
        }
    };
    let etag = got.e_tag.clone().unwrap_or_default();
    let broken = || Error::new(msg::lock_broken(&shelf.bucket, key));
    let body = got
        .body
        .collect()
        .await
        .map_err(|error| broken().source(&error))?;
    let holder =
        serde_json::from_slice(&body.into_bytes()).map_err(|error| broken().source(&error))?;
    Ok(Some((holder, etag)))
}

/// Takes away what runs that died have left of a site's locks, once their leases are over.
///
/// Only the next edit of the same role would do so otherwise. What can't be read or deleted
/// is left: an ended lock is in nobody's way.
pub async fn sweep(observer: &Observer<'_>, shelf: &Shelf, site: &Site) {
    let keys = keys_of(observer.caller.account.as_str(), site);
    join_all(keys.iter().map(async |key| {
        if let Ok(Some((holder, etag))) = read(observer, shelf, key).await
            && holder.seconds_left(observer.clients.clock.now()) == 0
        {
            let _ = delete(observer, shelf, key, &etag).await;
        }
    }))
    .await;
}

fn object_arn(observer: &Observer<'_>, bucket: &str, key: &str) -> String {
    format!("arn:{}:s3:::{bucket}/{key}", observer.caller.partition)
}

impl Lock {
    /// Says whether enough of the lease is left to write under it.
    pub fn is_fresh(&self) -> bool {
        Instant::now() + MARGIN < self.until
    }

    /// Gives the lock back. Only our own object is deleted: after the lease it may be somebody else's.
    pub async fn release(self, observer: &Observer<'_>) -> Result<()> {
        delete(observer, &self.shelf, &self.key, &self.etag)
            .await
            .map(drop)
    }
}

/// Deletes a lock that still is what it was; says whether it did.
pub async fn delete(observer: &Observer<'_>, shelf: &Shelf, key: &str, etag: &str) -> Result<bool> {
    let deleted = until_known(
        || {
            shelf
                .s3
                .delete_object()
                .bucket(&shelf.bucket)
                .key(key)
                .if_match(etag)
                .expected_bucket_owner(observer.caller.account.as_str())
                .send()
        },
        |error| error.code() == Some("ConditionalRequestConflict"),
    );
    match deleted.await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error::status(&error), Some(412 | 404)) => Ok(false),
        Err(error) => {
            let call = Call::new("s3:DeleteObject", object_arn(observer, &shelf.bucket, key));
            Err(observer.failed(&call, &error))
        }
    }
}
